/* Flags, guesses, strike-outs, notes and highlights: shown at once, then handed to saving.js, which has them stored.
 * Each is a small form that also works by itself; the newest of a kind is the one that counts. */

const TYPING_PAUSE = 1500;

const words = document.getElementById("trouble").dataset;
let typing = 0;

const send = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

/* `isTold`: whether the save state says when it was stored. A button that is pressed says so itself. */
function keep(address, fields, isTold) {
  send("room:mark", { address, fields, isTold });
}

function icon(name) {
  const found = document.querySelector("#flag-button svg").cloneNode(true);
  const use = found.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
  return found;
}

/* Show a mark as it is now. */
function paint(form, isOn) {
  form.querySelector("button").setAttribute("aria-pressed", String(isOn));
  form.elements.on.value = isOn ? "0" : "1";
  if (form.dataset.mark === "flag") paintFlag(isOn);
  if (form.dataset.mark === "strike") {
    document.getElementById(`struck-${form.elements.option.value}`).textContent = isOn ? words.struck : ""; // heard with the option
  }
}

function paintFlag(isOn) {
  const room = document.getElementById("room");
  document.getElementById("flag-word").textContent = isOn ? words.flagged : "";
  const title = document.getElementById("question").textContent;
  room.dataset.title = room.dataset.title.replace(/^.*? · /, () => `${title} · `);
  document.title = room.dataset.title;
  paintCell(room.dataset.position, isOn);
}

function paintCell(position, isOn) {
  const cell = document.getElementById(`cell-flag-${position}`);
  const word = document.createElement("span");
  word.className = "visually-hidden";
  word.textContent = words.flagged;
  cell.classList.toggle("flagged", isOn);
  cell.replaceChildren(...(isOn ? [icon("flag"), word] : []));
  send("room:marked");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.mark) return;
  event.preventDefault();
  if (form.dataset.mark === "note") {
    keepNote(form);
    return;
  }
  const fields = { on: form.elements.on.value };
  if (form.elements.option) fields.option = form.elements.option.value;
  paint(form, fields.on === "1");
  keep(form.action, fields, false);
});

function keepNote(form) {
  window.clearTimeout(typing);
  typing = 0;
  keep(form.action, { text: form.elements.text.value }, true);
}

document.addEventListener("input", ({ target }) => {
  if (target.form?.dataset.mark !== "note") return;
  window.clearTimeout(typing);
  typing = window.setTimeout(keepNote, TYPING_PAUSE, target.form);
});
document.addEventListener("change", ({ target }) => {
  if (target.form?.dataset.mark === "note" && typing) keepNote(target.form);
});
document.addEventListener("room:highlighted", ({ detail }) => keep(detail.address, { ranges: detail.ranges }, true));

/* After a swap: what still waits to be stored counts more than what the server showed. */
document.addEventListener("room:mark-waits", ({ detail: { name, position, fields } }) => {
  const { on, text } = Object.fromEntries(fields);
  const form = [...document.querySelectorAll("[data-mark]")].find((each) => nameOf(each) === name);
  if (form?.dataset.mark === "note") form.elements.text.value = text;
  else if (form) paint(form, on === "1");
  else if (name.endsWith("/flag/")) paintCell(position, on === "1");
});

function nameOf(form) {
  const { pathname } = new URL(form.action);
  return form.elements.option ? `${pathname}?${form.elements.option.value}` : pathname;
}

/* The indicator is the one of the answers. */
document.addEventListener("room:marks-saved", ({ detail }) => {
  const state = document.getElementById("save-state");
  const date = detail ? new Date(detail) : new Date();
  const time = document.createElement("time");
  time.className = "number";
  time.dateTime = date.toISOString();
  time.textContent = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  state.dataset.state = "saved";
  state.replaceChildren(icon("check"), ` ${words.saved} `, time);
});
