/* Save each answer as it changes, and go on trying until the server has it.
 *
 * One entry per question waits in `queue`; a newer answer takes the place of an older one that was not sent yet.
 * A repeat of a save carries the same revision and the same key, so the server stores it once. Requests are not
 * htmx's own because they must outlive the question on the page: an answer on its way when the student moves on is
 * neither dropped nor painted into the next question. */

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30000;
const REQUEST_LIMIT = 15000;
const PATIENCE = 400; // a save that takes no longer is not worth a flicker

const queue = new Map(); // position -> {address, fields, revision, key}
const revisions = new Map(); // "position.epoch" -> highest revision used
const words = document.getElementById("trouble").dataset;
let checking = null; // the question whose answer is on its way with "Check answer"
let isSending = false;
let isLeaving = false;
let isLoggedOut = false;
let isInTrouble = false;
let pause = FIRST_PAUSE;
let timer = 0;
let ownState = null; // what the shown question's save state says when nothing waits

const answerForm = () => document.getElementById("answer");
const shownPosition = () => document.getElementById("room").dataset.position;
const send = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function csrfToken() {
  // From the cookie, not from the form: a log-in in another tab gives a new one.
  const found = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return found ? found.slice("csrftoken=".length) : answerForm()?.elements.csrfmiddlewaretoken.value ?? "";
}

function nextRevision(fields, position) {
  const name = `${position}.${fields.get("epoch")}`;
  const revision = Math.max(Number(fields.get("revision")), (revisions.get(name) ?? 0) + 1);
  revisions.set(name, revision);
  return String(revision);
}

function stamp(fields, position) {
  fields.set("revision", nextRevision(fields, position));
  fields.set("idempotency_key", newKey());
}

function newKey() {
  // randomUUID exists on https and localhost only; a class room may serve plain http.
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function enqueue(form) {
  const position = form.dataset.position;
  const fields = new FormData(form);
  fields.delete("csrfmiddlewaretoken");
  stamp(fields, position);
  queue.set(position, { address: form.action, fields });
  window.setTimeout(() => { if (queue.size && !isInTrouble) showState("saving", words.saving); }, PATIENCE);
  pump();
}

async function pump() {
  window.clearTimeout(timer);
  if (isSending || queue.size === 0) return;
  isSending = true;
  const [position, entry] = queue.entries().next().value;
  const outcome = await post(entry).catch(() => null);
  isSending = false;
  const isNewest = queue.get(position) === entry;
  if (!isAnswer(outcome)) {
    wait(outcome);
    return;
  }
  pause = FIRST_PAUSE;
  if (isNewest) queue.delete(position);
  settle(position, outcome, isNewest);
  pump();
}

/* Whether the server itself decided: a page of some network in between, or a log-in, is none of its answers. */
function isAnswer(outcome) {
  if (outcome === null || outcome.status >= 500 || [401, 403, 429].includes(outcome.status)) return false;
  return outcome.status !== 200 || outcome.address !== null || outcome.text.includes('id="save-state"');
}

async function post({ address, fields }) {
  const response = await fetch(address, {
    method: "POST",
    body: new URLSearchParams(fields),
    credentials: "same-origin",
    keepalive: true, // goes on when the page is left meanwhile
    headers: { "HX-Request": "true", "HX-Target": "save-state", "X-CSRFToken": csrfToken() },
    signal: AbortSignal.timeout(REQUEST_LIMIT),
  });
  return { status: response.status, address: response.headers.get("HX-Redirect"), text: await response.text() };
}

function wait(outcome) {
  if (outcome?.status === 401) showLoggedOut();
  if (!isInTrouble) send("room:announce", words.notSaved);
  isInTrouble = true;
  showState("trouble", words.notSaved);
  timer = window.setTimeout(pump, pause);
  pause = Math.min(pause * 2, LONGEST_PAUSE);
}

function showLoggedOut() {
  isLoggedOut = true;
  const next = encodeURIComponent(window.location.pathname);
  send("room:trouble", { text: words.loggedOut, link: `${words.login}?next=${next}`, label: words.loginLabel, isNewWindow: true });
}

function settle(position, outcome, isNewest) {
  if (outcome.address) { leave(outcome.address); return; }
  const answer = new DOMParser().parseFromString(outcome.text, "text/html");
  if (outcome.status === 200) {
    if (isLoggedOut) { isLoggedOut = false; send("room:trouble", { text: "" }); }
    if (isNewest) showSaved(answer, position);
  } else if (isNewest && position !== checking) refuse(answer, position, outcome);
  if (queue.size > 0) return;
  isInTrouble = false;
  showWaiting();
  send("room:idle");
}

function showSaved(answer, position) {
  for (const part of answer.querySelectorAll("[id]")) {
    const old = document.getElementById(part.id);
    const isElsewhere = part.id === "save-state" && position !== shownPosition();
    if (old && !isElsewhere) old.replaceWith(part);
  }
  localTimes();
  if (queue.size === 0) {
    if (position !== shownPosition() && ownState) document.getElementById("save-state").replaceWith(ownState);
    if (isInTrouble) send("room:announce", words.savedAgain);
    isInTrouble = false;
  } else if (isInTrouble) showState("trouble", words.notSaved);
  send("room:saved");
}

/* The server keeps another answer and says why. Its own page of the question takes the place of ours. */
function refuse(answer, position, outcome) {
  const room = answer.getElementById("room");
  if (room && position === shownPosition()) {
    window.htmx.swap("#room", outcome.text, { swapStyle: "outerHTML" });
    return;
  }
  const problem = answer.querySelector("[data-problem]")?.textContent ?? words.gone;
  const link = document.querySelector(`#navigator .cells li:nth-child(${position}) a`).href;
  send("room:trouble", { text: problem, link, label: words.question.replace("%s", position) });
}

function showState(state, text) {
  const element = document.getElementById("save-state");
  if (["saved", "none"].includes(element.dataset.state)) ownState = element.cloneNode(true);
  element.dataset.state = state;
  element.textContent = text;
  showWaiting();
}

/* The save state may be scrolled out of sight; the line above the bar is not. */
function showWaiting() {
  document.getElementById("waiting").hidden = !(isInTrouble && queue.size);
}

/* After a swap: the answer that still waits counts more than the stored one the server showed. */
function overlay() {
  localTimes();
  if (queue.size && isInTrouble) showState("trouble", words.notSaved);
  const form = answerForm();
  const waiting = form && queue.get(form.dataset.position);
  if (!waiting) return;
  for (const field of form.elements) {
    if (field.type === "radio" || field.type === "checkbox") field.checked = waiting.fields.getAll(field.name).includes(field.value);
    else if (field.tagName === "SELECT") field.value = waiting.fields.get(field.name);
  }
}

function localTimes() {
  document.querySelectorAll(".save-state time").forEach((element) => {
    element.textContent = new Date(element.dateTime).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  });
}

function idle(milliseconds) {
  if (queue.size === 0) return Promise.resolve();
  pause = FIRST_PAUSE;
  pump();
  return new Promise((resolve) => {
    document.addEventListener("room:idle", resolve, { once: true });
    window.setTimeout(resolve, milliseconds);
  });
}

function leave(address) {
  isLeaving = true;
  window.location.assign(address);
}

document.addEventListener("change", (event) => {
  if (event.target.form?.id === "answer") enqueue(event.target.form);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-leave]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  idle(3000).then(() => window.location.assign(link.dataset.leave));
});

// Enter in a field would press the form's first button, whichever that is.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input") && event.target.form?.id === "answer") event.preventDefault();
});

// "Check answer" carries the answer itself, so a save that still waits is superseded by it.
document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt.id !== "check") return;
  const form = answerForm();
  const fields = new FormData(form);
  checking = form.dataset.position; // a save that the check overtakes is refused, and nobody needs to hear of it
  stamp(fields, checking);
  event.detail.parameters.revision = fields.get("revision");
  event.detail.parameters.idempotency_key = fields.get("idempotency_key");
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.elt.id === "check" && event.detail.xhr.status === 200) queue.delete(shownPosition());
});

document.body.addEventListener("htmx:afterRequest", (event) => { if (event.detail.elt.id === "check") checking = null; });

document.addEventListener("room:shown", overlay);
document.addEventListener("room:logged-out", showLoggedOut);
document.addEventListener("room:time-up", (event) => { event.detail.waitFor.push(idle(5000)); });
document.addEventListener("room:leaving", () => { isLeaving = true; });
for (const name of ["online", "focus"]) {
  window.addEventListener(name, () => { pause = FIRST_PAUSE; pump(); });
}
window.addEventListener("beforeunload", (event) => {
  if (queue.size && !isLeaving) event.preventDefault();
});

localTimes();
