/* Keep a choice within what the question asks for, before it is saved. Runs in the capture phase, ahead of saving. */

function announce(text) {
  document.dispatchEvent(new CustomEvent("room:announce", { detail: text }));
}

/* One more than asked for is not taken; why, stands above the options and is said. */
function tooMany(input) {
  const chosen = [...input.form.elements].filter((other) => other.type === "checkbox" && other.checked);
  const hint = document.getElementById("choose-hint");
  hint.textContent = "";
  if (chosen.length <= Number(input.form.dataset.choose)) return false;
  input.checked = false;
  hint.textContent = hint.dataset.tooMany.replace("%s", input.labels[0].querySelector(".letter").textContent);
  announce(hint.textContent);
  return true;
}

/* Two lines never share an answer: the other one gets what this one had.
 *
 * Arrow keys pass through choices on their way, and each is a change. So while one list is in hand every change counts
 * from how all of them stood when it was taken up: only where the hand comes to rest takes something from another. */
let held = null;
let before = new Map();
let now = new Map();

const asTheyStand = () => new Map([...document.querySelectorAll("[data-distinct]")].map((list) => [list, list.value]));

function exchange(select) {
  if (held !== select) [held, before] = [select, now];
  const blank = select.options[0].value;
  const others = [...before.keys()].filter((other) => other !== select);
  others.forEach((other) => { other.value = before.get(other); });
  const taken = others.find((other) => other.value === select.value && select.value !== blank);
  if (taken) {
    taken.value = before.get(select);
    const name = taken.labels[0].textContent.trim();
    announce(`${name}: ${taken.selectedOptions[0].textContent}`);
  }
  now = asTheyStand();
}

function remember() {
  held = null;
  now = asTheyStand();
}

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-distinct]")) [held, before] = [event.target, asTheyStand()];
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (!field.form || field.form.id !== "answer") return;
  if (field.type === "checkbox" && tooMany(field)) event.stopImmediatePropagation();
  else if (field.matches("[data-distinct]")) exchange(field);
}, { capture: true });

document.addEventListener("room:shown", remember);
remember();
