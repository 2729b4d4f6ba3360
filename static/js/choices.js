/* Keep a choice within what the question asks for, before it is saved. Runs in the capture phase, ahead of saving. */

function announce(text) {
  document.dispatchEvent(new CustomEvent("room:announce", { detail: text }));
}

function tooMany(input) {
  const form = input.form;
  const choose = Number(form.dataset.choose);
  const chosen = [...form.elements].filter((other) => other.type === "checkbox" && other.checked);
  const hint = document.getElementById("choose-hint");
  if (hint) hint.textContent = "";
  if (chosen.length <= choose) return false;
  input.checked = false;
  if (hint) hint.textContent = hint.dataset.tooMany;
  return true;
}

/* Two steps never share a place, two lines never share an answer: the other one gets what this one had. */
function exchange(select) {
  const blank = select.options[0].value;
  const others = [...select.form.elements].filter((other) => other.matches("[data-distinct]") && other !== select);
  const taken = others.find((other) => other.value === select.value && select.value !== blank);
  if (taken) {
    taken.value = select.dataset.before ?? blank;
    taken.dataset.before = taken.value;
    const name = taken.labels[0].textContent.trim();
    announce(`${name}: ${taken.selectedOptions[0].textContent}`);
  }
  select.dataset.before = select.value;
}

function remember() {
  document.querySelectorAll("[data-distinct]").forEach((select) => { select.dataset.before = select.value; });
}

document.addEventListener("change", (event) => {
  const field = event.target;
  if (!field.form || field.form.id !== "answer") return;
  if (field.type === "checkbox" && tooMany(field)) event.stopImmediatePropagation();
  else if (field.matches("[data-distinct]")) exchange(field);
}, { capture: true });

document.addEventListener("room:shown", remember);
remember();
