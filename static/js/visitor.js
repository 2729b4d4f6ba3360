/* On every page but the exam room: send what a closed room left behind, and forget what must not stay. */

import { deliver, hold, meet, settle, waiting, wipe } from "./store.js";

const { owner } = document.documentElement.dataset;
const RESULT = /^\/attempts\/([0-9a-f-]{36})\/result\/$/;

/* Whether all was delivered that the student need not decide about. */
async function sendAll() {
  let isChanged = false;
  for (const save of (await waiting(owner)).filter((one) => !one.isHeld)) {
    const outcome = await deliver(save).catch(() => null);
    if (!outcome?.isFinal) return { isDone: false, isChanged };
    if (outcome.refusal === "elsewhere") await hold(save);
    else await settle(save, outcome.isSaved);
    isChanged = true;
  }
  return { isDone: true, isChanged };
}

async function visit() {
  if (!owner) return; // a log-in that ended: what waits, waits for its owner
  await meet(owner);
  const result = RESULT.exec(window.location.pathname);
  const { isDone, isChanged } = await sendAll();
  if (!result || !isDone) return;
  await wipe(owner, result[1]);
  if (isChanged) window.location.reload(); // it lists answers that came late
}

async function logOut(form) {
  const unsent = await waiting(owner);
  if (unsent.length && !(await sendAll()).isDone && !window.confirm(form.dataset.logout)) return;
  await wipe(owner);
  form.submit();
}

/* What waits is sent before the attempt is handed in: an answer that comes after it does not count. */
async function handIn(form) {
  await sendAll();
  form.submit();
}

document.addEventListener("submit", (event) => {
  const { target } = event;
  if (!owner || !target.matches("[data-logout], #submit-form")) return;
  event.preventDefault();
  if (target.id === "submit-form") handIn(target);
  else logOut(target);
});

visit();
window.addEventListener("online", visit);
