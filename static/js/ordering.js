/* Order steps with buttons, with Alt and the arrow keys, or by dragging. The lists of the page without JavaScript stay
 * behind it: they hold the places and are what is posted. */

import { pageStands } from "./saving.js";

const steps = (name) => document.querySelector(`#ordering .steps.${name}`);
const isUsed = (step) => step.parentElement === steps("used");
const button = (step, name) => step.querySelector(`[data-move="${name}"]`);

function announce(step) {
  const { placed, notUsed } = document.getElementById("ordering").dataset;
  const text = step.querySelector(".option-text").textContent;
  const used = [...steps("used").children];
  const words = isUsed(step) ? [placed, text, used.indexOf(step) + 1, used.length] : [notUsed, text];
  const said = words.reduce((pattern, word) => pattern.replace("%s", () => word));
  document.dispatchEvent(new CustomEvent("room:announce", { detail: said }));
}

/* What can be done with each step, where it stands now. A button at the end of its way stays and keeps the focus. */
function paint() {
  const used = [...steps("used").children];
  for (const step of document.querySelectorAll("#ordering .step")) {
    step.tabIndex = 0;
    button(step, "up").setAttribute("aria-disabled", String(step === used[0]));
    button(step, "down").setAttribute("aria-disabled", String(step === used.at(-1)));
  }
}

/* From the lists on the page to the fields that are posted. */
function store(step) {
  const used = [...steps("used").children];
  for (const each of document.querySelectorAll("#ordering .step")) {
    each.querySelector("select").value = isUsed(each) ? String(used.indexOf(each) + 1) : "";
  }
  paint();
  announce(step);
  step.querySelector("select").dispatchEvent(new Event("change", { bubbles: true }));
}

/* From the fields to the lists: an answer that waits to be saved may differ from what the server sent. */
function restore() {
  const place = (step) => Number(step.querySelector("select").value);
  const all = [...document.querySelectorAll("#ordering .step")];
  const used = all.filter(place).sort((one, other) => place(one) - place(other));
  const isAsShown = used.every((step, index) => step === steps("used").children[index])
    && used.length === steps("used").childElementCount;
  if (!isAsShown) {
    steps("used").append(...used);
    steps("unused").append(...all.filter((step) => !place(step)).sort(byLetter));
  }
  paint();
}

const byLetter = (one, other) => one.dataset.letter.localeCompare(other.dataset.letter);

function move(step, way, focused) {
  if (way === "in" || (way === "up" && !isUsed(step))) steps("used").append(step);
  else if (way === "out") {
    steps("unused").append(step);
    steps("unused").append(...[...steps("unused").children].sort(byLetter));
  } else if (!isUsed(step)) return;
  else if (way === "up" && step.previousElementSibling) step.previousElementSibling.before(step);
  else if (way === "down" && step.nextElementSibling) step.nextElementSibling.after(step);
  else { announce(step); return; }
  store(step);
  (focused.offsetParent ? focused : step).focus(); // its button may have no place in the other list
}

async function letDrag() {
  const field = document.getElementById("ordering");
  await pageStands; // the buttons and keys are there at once
  if (!window.Sortable) await import(field.dataset.library).catch(() => null); // without it there are buttons and keys
  if (!window.Sortable || !field.isConnected || "canDrag" in field.dataset) return;
  for (const list of field.querySelectorAll(".steps")) {
    window.Sortable.create(list, {
      group: "steps",
      handle: ".grip",
      draggable: ".step",
      animation: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      onEnd: (event) => { if (event.from !== event.to || event.oldIndex !== event.newIndex) store(event.item); },
    });
  }
  field.toggleAttribute("data-can-drag", true);
}

function prepare() {
  if (!document.getElementById("ordering")) return;
  restore();
  letDrag();
}

document.addEventListener("click", (event) => {
  const pressed = event.target.closest("#ordering [data-move]");
  if (pressed) move(pressed.closest(".step"), pressed.dataset.move, pressed);
});

document.addEventListener("keydown", (event) => {
  const step = event.target.closest("#ordering .step");
  const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  if (!step || !way || !event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  move(step, way, event.target);
});

document.addEventListener("room:shown", prepare);
document.addEventListener("room:filled", prepare);
prepare();
