/* Single keys in the exam room. Each presses a button that is on the page; they can be switched off, for an account
 * there and for a guest on this device, and they do nothing while somebody types in a field or a dialog is open.
 *
 * Options are chosen by A to E or by number, so that F, G and H always mean the same, however many options there are. */

const LETTERS = "abcde";
const STORED = "examprep-single-keys";

const keysSwitch = document.getElementById("keys-switch");
const help = document.getElementById("help");
const box = keysSwitch.querySelector("input");

function areOn() {
  return keysSwitch.dataset.address ? keysSwitch.dataset.areOn === "1" : localStorage.getItem(STORED) !== "off";
}

function show() {
  box.checked = areOn();
  document.documentElement.toggleAttribute("data-no-keys", !areOn());
}

async function set(isOn) {
  if (!keysSwitch.dataset.address) {
    localStorage.setItem(STORED, isOn ? "on" : "off");
    show();
    return;
  }
  keysSwitch.dataset.areOn = isOn ? "1" : "0";
  show();
  const token = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="))?.slice("csrftoken=".length);
  const response = await fetch(keysSwitch.dataset.address, {
    method: "POST",
    body: new URLSearchParams({ on: isOn ? "1" : "0" }),
    headers: { "X-CSRFToken": token ?? "" },
  }).catch(() => null);
  if (!response?.ok) document.dispatchEvent(new CustomEvent("room:announce", { detail: keysSwitch.dataset.failed }));
}

function isTyping(element) {
  if (element.matches("input")) return !["radio", "checkbox", "button", "submit"].includes(element.type);
  return element.matches("textarea, select") || element.isContentEditable;
}

/* The place among the options that a key names, from 0; -1 for other keys. */
function placeOf(event) {
  const digit = /^(?:Digit|Numpad)([1-8])$/.exec(event.code);
  return digit ? Number(digit[1]) - 1 : LETTERS.indexOf(event.key.toLowerCase());
}

function choose(place) {
  const field = document.querySelectorAll(".option label input, .prompt select")[place] ?? stepAt(place);
  field?.focus();
  if (field?.matches("input")) field.click();
}

const stepAt = (place) => document.querySelector(`.step[data-letter="${"ABCDEFGH"[place]}"]`);

function strike(place) {
  const button = document.querySelectorAll(".strike button")[place];
  button?.focus(); // the button then says what it is now
  button?.click();
}

function press(key) {
  const target = [...document.querySelectorAll(`[data-shortcut="${CSS.escape(key)}"]`)].at(-1);
  if (!target) return false;
  if (key === "i") document.dispatchEvent(new CustomEvent("room:items"));
  else if (key === "w") {
    target.parentElement.open = true;
    target.parentElement.querySelector("textarea").focus();
  } else {
    if (target.hasAttribute("aria-pressed")) target.focus(); // the button then says what it is now
    target.click();
  }
  return true;
}

function onKey(event) {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing && !event.repeat;
  if (!isPlain || event.defaultPrevented || !areOn() || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const place = placeOf(event);
  if (place >= 0) (event.shiftKey ? strike : choose)(place);
  else if (event.shiftKey && event.key !== "?") return;
  else if (!press(event.key.toLowerCase())) return;
  event.preventDefault();
}

if (help) {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => { if (event.target.closest("#help-button")) help.showModal(); });
}
box.addEventListener("change", () => set(box.checked));
show();
