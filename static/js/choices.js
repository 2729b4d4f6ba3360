/* Keep a choice within what the question asks for, before it is saved. Runs in the capture phase, ahead of saving. */

function announce(text) {
  document.dispatchEvent(new CustomEvent("room:announce", { detail: text }));
}

/* Above the options stands how many are chosen, or why one more is not. */
function count(form) {
  const hint = document.getElementById("choose-hint");
  if (!hint) return 0;
  const chosen = [...form.elements].filter((other) => other.type === "checkbox" && other.checked).length;
  hint.textContent = hint.dataset.count.replace("%s", chosen).replace("%s", form.dataset.choose);
  hint.classList.remove("is-refused");
  return chosen;
}

/* One more than asked for is not taken; why, is said too. */
function tooMany(input) {
  if (count(input.form) <= Number(input.form.dataset.choose)) return false;
  const hint = document.getElementById("choose-hint");
  input.checked = false;
  hint.textContent = hint.dataset.tooMany.replace("%s", input.labels[0].querySelector(".letter").textContent);
  hint.classList.add("is-refused");
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
  const shown = asTheyStand();
  others.forEach((other) => { other.value = before.get(other); });
  const taken = others.find((other) => other.value === select.value && select.value !== blank);
  if (taken) taken.value = before.get(select);
  const moved = others.filter((other) => other.value !== shown.get(other)); // also what is given back
  const words = moved.map((other) => `${other.labels[0].textContent.trim()}: ${other.selectedOptions[0].textContent}`);
  if (words.length) announce(words.join(". "));
  now = asTheyStand();
}

function remember() {
  held = null;
  now = asTheyStand();
  const form = document.getElementById("answer");
  if (form) count(form);
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
document.addEventListener("room:filled", remember);
remember();
