/* Save each change as it is made, and go on trying until the server has it.
 *
 * A change goes into the store first and is sent from there, in order and one at a time; it leaves the store when the
 * server acknowledged or refused it. So it survives a closed window, a log-in that ended and a network that is gone. A
 * repeat carries the same revision and key, so the server stores it once. Requests are not htmx's own because they
 * must outlive the question on the page: an answer on its way when the student moves on is neither dropped nor painted
 * into the next question. */

import {
  acknowledged, csrfToken, deliver, hold, isLasting, keep, meet, newKey, settle, waiting, wipe,
} from "./store.js";

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30000;
const AFTER_PAINT = 500;

/** Done when the page has come and was painted: what it can do without is fetched then. */
export const pageStands = new Promise((resolve) => {
  const wait = () => window.setTimeout(resolve, AFTER_PAINT);
  if (document.readyState === "complete") wait();
  else window.addEventListener("load", wait, { once: true });
});
const PATIENCE = 400; // a save that takes no longer is not worth a flicker
const OWN_FIELDS = ["csrfmiddlewaretoken", "epoch", "revision", "idempotency_key"];

const page = document.getElementById("queue").dataset;
const words = { ...document.getElementById("trouble").dataset, ...page };
const lease = Number(page.epoch);
const confirmed = new Map(); // name -> the newest save of it that was acknowledged
let queue = []; // what the store holds of this attempt, in order
let checking = ""; // the question whose answer is on its way with "Check answer"
let isSending = false;
let isLeaving = false;
let isLoggedOut = false;
let isInTrouble = false;
let isElsewhere = false; // a newer window has the lease: this one is read-only
let isStoreLasting = true;
let lateCount = 0;
let resultAddress = "";
let pause = FIRST_PAUSE;
let timer = 0;
let ownState = null; // what the shown question's save state says when nothing waits

const room = () => document.getElementById("room");
const isCopy = () => "copy" in room().dataset;
const answerForm = () => document.getElementById("answer");
const shownPosition = () => room().dataset.position;
const send = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const pending = () => queue.filter((save) => !save.isHeld);
const held = () => queue.filter((save) => save.isHeld);
const nameOf = (position) => `answer ${position}`;

/* --- Into the queue --- */

function change(save) {
  const full = { owner: page.owner, attempt: page.attempt, key: newKey(), order: 0, isHeld: false, ...save };
  queue = [...queue.filter((other) => other.name !== full.name || other.epoch !== full.epoch), full];
  window.setTimeout(() => { if (pending().length && !isInTrouble) showState("saving", words.saving); }, PATIENCE);
  return keep(full).then(pump);
}

function changeAnswer(form) {
  if (isElsewhere) return;
  const all = [...new FormData(form)];
  const number = (name) => Number(form.elements[name].value);
  const save = {
    kind: "answer",
    name: nameOf(form.dataset.position),
    position: Number(form.dataset.position),
    address: new URL(form.action).pathname,
    fields: all.filter(([name]) => !OWN_FIELDS.includes(name)),
    epoch: number("epoch"),
    revision: number("revision"),
  };
  change(save);
  showInNavigator(save);
  send("room:saved");
}

function changeMark({ address, fields, isTold }) {
  const { pathname } = new URL(address, window.location.href);
  const option = fields.option ? `?${fields.option}` : "";
  change({
    kind: "mark", name: `${pathname}${option}`, position: Number(shownPosition()), address: pathname,
    fields: Object.entries(fields).map(([name, value]) => [name, String(value)]), epoch: 0, revision: 1, isTold,
  });
}

/* --- Out of the queue --- */

async function pump() {
  window.clearTimeout(timer);
  const save = pending().find((one) => one.order);
  if (isSending || !save) return;
  isSending = true;
  const outcome = await deliver(save).catch(() => null);
  isSending = false;
  if (!outcome?.isFinal) {
    tryLater(outcome);
    return;
  }
  pause = FIRST_PAUSE;
  await conclude(save, outcome);
  if (pending().length === 0) finish();
  else pump();
}

function tryLater(outcome) {
  if (outcome?.status === 401) showLoggedOut();
  if (!isInTrouble) send("room:announce", words.notSaved);
  isInTrouble = true;
  showTrouble();
  timer = window.setTimeout(() => { // an answer that is given meanwhile is tried at once, and makes no pause longer
    pause = Math.min(pause * 2, LONGEST_PAUSE);
    pump();
  }, pause);
}

async function conclude(save, outcome) {
  const isNewest = queue.includes(save);
  if (outcome.refusal === "elsewhere") {
    await hold(save);
    if (isNewest) show(save, outcome);
    becomeReadOnly();
    return;
  }
  queue = queue.filter((other) => other !== save);
  if (outcome.isSaved) confirmed.set(save.name, save);
  await settle(save, outcome.isSaved);
  if (outcome.refusal === "late") lateCount += 1;
  if (outcome.address) resultAddress = outcome.address;
  if (isLoggedOut) {
    isLoggedOut = false;
    send("room:trouble", { text: "" });
  }
  if (outcome.isSaved) showSaved(save, outcome, isNewest);
  else if (isNewest && !outcome.address && String(save.position) !== checking) show(save, outcome);
}

async function finish() {
  send("room:idle");
  if (resultAddress) {
    if (lateCount) send("room:trouble", { text: words.late.replace("%s", lateCount) });
    isLeaving = true;
    await wipe(page.owner, page.attempt);
    window.location.assign(resultAddress);
    return;
  }
  const state = document.getElementById("save-state");
  if (ownState && ["saving", "trouble"].includes(state.dataset.state)) state.replaceWith(ownState);
  ownState = null;
  if (isInTrouble) send("room:announce", words.savedAgain);
  isInTrouble = false;
}

/* --- What the student sees --- */

function showSaved(save, outcome, isNewest) {
  if (save.kind === "mark") {
    if (isInTrouble || save.isTold) send("room:marks-saved", outcome.date);
  } else if (isNewest) {
    const isShown = String(save.position) === shownPosition();
    for (const part of new DOMParser().parseFromString(outcome.text, "text/html").querySelectorAll("[id]")) {
      if (isShown || part.id !== "save-state") document.getElementById(part.id)?.replaceWith(part);
    }
    localTimes();
  }
  if (pending().length && isInTrouble) showTrouble();
  send("room:saved");
}

/* The server keeps another answer and says why. Its own page of the question takes the place of ours. */
function show(save, outcome) {
  const answer = new DOMParser().parseFromString(outcome.text, "text/html");
  if (answer.getElementById("room") && String(save.position) === shownPosition()) {
    window.htmx.swap("#room", outcome.text, { swapStyle: "outerHTML" });
  } else if (outcome.refusal !== "elsewhere") {
    const link = document.querySelector(`#navigator .cells li:nth-child(${save.position}) a`).href;
    const text = answer.querySelector("[data-problem]")?.textContent ?? words.gone;
    send("room:trouble", { text, link, label: words.question.replace("%s", save.position) });
  }
}

function showLoggedOut() {
  isLoggedOut = true;
  const next = encodeURIComponent(window.location.pathname);
  const link = `${words.login}?next=${next}`;
  send("room:trouble", { text: words.loggedOut, link, label: words.loginLabel, isNewWindow: !isStoreLasting });
}

function showTrouble() {
  showState("trouble", words.waiting.replace("%s", pending().length));
}

function showState(state, text) {
  const element = document.getElementById("save-state");
  if (["saved", "none"].includes(element.dataset.state)) ownState = element.cloneNode(true);
  element.dataset.state = state;
  element.textContent = text;
}

function localTimes() {
  document.querySelectorAll(".save-state time").forEach((element) => {
    element.textContent = new Date(element.dateTime).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  });
}

/* After a swap: what still waits counts more than what the server showed, and what it acknowledged more than a copy. */
function overlay() {
  localTimes();
  const form = answerForm();
  if (form && isCopy()) form.elements.epoch.value = page.epoch;
  if ("elsewhere" in room().dataset || (form && Number(form.elements.epoch.value) > lease)) becomeReadOnly();
  const newest = new Map([...(isCopy() ? confirmed : []), ...pending().map((save) => [save.name, save])]);
  for (const save of newest.values()) {
    if (save.kind === "mark") send("room:mark-waits", save);
    else showInNavigator(save);
  }
  const own = form && newest.get(nameOf(form.dataset.position));
  if (own) fill(form, own.fields);
  if (pending().length && isInTrouble) showTrouble();
  if (isElsewhere) lock();
  send("room:saved");
}

function fill(form, fields) {
  const chosen = new Map();
  for (const [name, value] of fields) chosen.set(name, [...(chosen.get(name) ?? []), value]);
  for (const field of form.elements) {
    const values = chosen.get(field.name) ?? [];
    if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
    else if (values.length) [field.value] = values;
  }
  send("room:filled");
}

function showInNavigator(save) {
  const cell = document.getElementById(`cell-state-${save.position}`);
  const isAnswered = save.fields.some(([, value]) => !["", "0"].includes(value));
  const like = document.querySelector(`#navigator .cells .state.${isAnswered ? "answered" : "open"}`);
  if (!cell) return;
  cell.className = `state ${isAnswered ? "answered" : "open"}`;
  if (like) cell.replaceChildren(...like.cloneNode(true).childNodes);
}

/* --- The lease --- */

function becomeReadOnly() {
  isElsewhere = true;
  lock();
  showLease();
}

function lock() {
  for (const field of room().querySelectorAll(".item :is(input, select, textarea, button:not(#help-button))")) field.disabled = true;
  for (const field of answerForm()?.elements ?? []) field.disabled = !field.matches("[name=go], [data-leave]");
}

async function showLease() {
  const { showLeaseOf } = await import("./lease.js");
  showLeaseOf({ saves: held(), isElsewhere, apply: applyHeld, drop: dropHeld });
}

/* Send it again under this window's lease: a new save, because the student decided anew. */
async function applyHeld(save) {
  await dropHeld(save);
  const sent = change({ ...save, epoch: lease, revision: 1, key: newKey(), order: 0, isHeld: false });
  overlay();
  await sent;
}

async function dropHeld(save) {
  queue = queue.filter((other) => other !== save);
  await settle(save, false);
}

/* --- Leaving --- */

function retry() {
  pause = FIRST_PAUSE;
  pump();
}

function idle(milliseconds) {
  if (pending().length === 0) return Promise.resolve();
  retry();
  return new Promise((resolve) => {
    document.addEventListener("room:idle", resolve, { once: true });
    if (milliseconds) window.setTimeout(resolve, milliseconds);
  });
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-leave]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await idle(3000);
  if (pending().length || !navigator.onLine) send("room:trouble", { text: words.noLeave });
  else window.location.assign(link.dataset.leave);
});

/* --- When --- */

document.addEventListener("change", (event) => {
  if (event.target.form?.id === "answer") changeAnswer(event.target.form);
});
document.addEventListener("room:mark", (event) => changeMark(event.detail));

// Enter in a field would press the form's first button, whichever that is.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input") && event.target.form?.id === "answer") event.preventDefault();
});

// Forms of a page that is older than the log-in, or that is a copy, have no token that counts.
document.addEventListener("submit", ({ target }) => {
  const token = target.elements.csrfmiddlewaretoken;
  if (token && csrfToken()) token.value = csrfToken();
}, { capture: true });

// "Check answer" carries the answer itself, so a save that still waits is superseded by it.
document.body.addEventListener("htmx:configRequest", ({ detail }) => {
  if ("csrfmiddlewaretoken" in detail.parameters && csrfToken()) detail.parameters.csrfmiddlewaretoken = csrfToken();
  if (detail.elt.id !== "check") return;
  checking = shownPosition(); // a save that the check overtakes is refused, and nobody needs to hear of it
  const own = [confirmed.get(nameOf(shownPosition())), ...queue].filter((save) => save?.name === nameOf(shownPosition()));
  const revisions = own.filter((save) => save.epoch === lease).map((save) => save.revision + 1);
  detail.parameters.revision = Math.max(Number(answerForm().elements.revision.value), ...revisions);
  detail.parameters.idempotency_key = newKey();
});
document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.elt.id !== "check" || detail.xhr.status !== 200) return;
  for (const save of queue.filter((one) => one.name === nameOf(shownPosition()))) dropHeld(save);
});
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt.id === "check") checking = "";
  if (detail.xhr?.getResponseHeader("X-Refusal") === "elsewhere") becomeReadOnly();
});

document.addEventListener("room:shown", overlay);
document.addEventListener("room:logged-out", showLoggedOut);
document.addEventListener("room:time-up", (event) => { event.detail.waitFor.push(idle(0)); });
document.addEventListener("room:leaving", () => { isLeaving = true; });
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") retry(); });
for (const name of ["online", "focus"]) window.addEventListener(name, retry);
window.addEventListener("beforeunload", (event) => {
  if (pending().length && !isLeaving && !isStoreLasting) event.preventDefault();
});

/* --- At first --- */

async function start() {
  localTimes();
  isStoreLasting = await isLasting();
  if (!isCopy()) await meet(page.owner);
  for (const save of await acknowledged(page.owner, page.attempt)) confirmed.set(save.name, save);
  const left = await waiting(page.owner, page.attempt);
  queue = [...left.filter((save) => !queue.some((own) => own.name === save.name && own.epoch === save.epoch)), ...queue];
  if (pending().length) isInTrouble = true;
  // A copy is of some question of the attempt; the one that was asked for comes out of the copies too.
  const address = window.location.pathname;
  const isOther = isCopy() && !address.endsWith(`/${shownPosition()}/`);
  if (isOther) window.htmx.ajax("GET", address, { target: "#room", swap: "outerHTML" });
  else overlay();
  if (held().length) showLease();
  pump();
  if (isElsewhere) return; // nothing can be answered here, so nothing is kept for when the network is gone
  await pageStands;
  (await import("./offline.js")).keepCopies(page);
}

start();
