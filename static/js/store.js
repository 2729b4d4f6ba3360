/* What this browser keeps of the exam room, and how it reaches the server.
 *
 * `unsent` holds what the server has not acknowledged: payload only, no token, no session. `confirmed` holds the newest
 * acknowledged answer to each question, for copies of pages that are older. Everything hangs on an opaque tag of its
 * owner, so that another person in this browser neither sees nor sends it. A browser that keeps nothing (private
 * windows of some) gets the same in memory, for as long as the page lives. */

const NAME = "exam-room";
const TABLES = { unsent: ["owner", "attempt", "name", "epoch"], confirmed: ["owner", "attempt", "name"] };
const REQUEST_LIMIT = 15000;
const NOT_AN_ANSWER = [401, 403, 429];

/**
 * @typedef {object} Save One change on its way to the server.
 * @property {string} owner
 * @property {string} attempt
 * @property {string} name what it changes: the newest save of a name and lease takes the place of an older one
 * @property {"answer"|"mark"} kind
 * @property {number} position the question
 * @property {string} address where to post it
 * @property {string[][]} fields names and values, without lease, revision and key
 * @property {number} epoch the lease of the window it was made in; 0 for a mark
 * @property {number} revision
 * @property {string} key the server stores a key once
 * @property {number} order its place in the queue; 0 until it is kept
 * @property {boolean} isHeld the server said "elsewhere": only the student sends it again, or drops it
 */

const promised = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
const keyIn = (table, save) => TABLES[table].map((name) => save[name]);
const within = (...start) => IDBKeyRange.bound(start, [...start, []]); // an array sorts behind every text and number

let database = null; // a promise of it, or of null

function open() {
  return new Promise((resolve) => {
    const request = window.indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(TABLES)) request.result.createObjectStore(name, { keyPath });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  });
}

const memory = Object.fromEntries(Object.keys(TABLES).map((table) => {
  const rows = new Map();
  const name = (save) => JSON.stringify(keyIn(table, save));
  return [table, {
    all: async (...start) => [...rows.values()].filter((row) => start.every((part, index) => keyIn(table, row)[index] === part)),
    get: async (save) => rows.get(name(save)),
    put: async (save) => { rows.set(name(save), save); },
    remove: async (save) => { rows.delete(name(save)); },
  }];
}));

/* Do the work in one transaction, which other windows of this browser wait for. */
async function transact(work) {
  database ??= open().catch(() => null);
  const found = await database;
  if (!found) return work(memory);
  try {
    const transaction = found.transaction(Object.keys(TABLES), "readwrite", { durability: "strict" });
    const end = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const tables = Object.fromEntries(Object.keys(TABLES).map((name) => {
      const table = transaction.objectStore(name);
      return [name, {
        all: (...start) => promised(table.getAll(within(...start))),
        get: (save) => promised(table.get(keyIn(name, save))),
        put: (save) => promised(table.put(save)),
        remove: (save) => promised(table.delete(keyIn(name, save))),
      }];
    }));
    const result = await work(tables);
    await end;
    return result;
  } catch { // a full disk, or a store that was cleared under the page
    database = Promise.resolve(null);
    return work(memory);
  }
}

/** Whether what is kept outlives this page. */
export async function isLasting() {
  database ??= open().catch(() => null);
  return (await database) !== null;
}

/**
 * Keep a change, in place of an older one of the same name and lease, and give it its revision and place in the queue.
 * @param {Save} save
 */
export function keep(save) {
  return transact(async ({ unsent, confirmed }) => {
    const waiting = await unsent.all(save.owner, save.attempt);
    const known = [...waiting, ...await confirmed.all(save.owner, save.attempt)];
    const same = known.filter((other) => other.name === save.name && other.epoch === save.epoch);
    save.revision = Math.max(save.revision, ...same.map((other) => other.revision + 1));
    save.order = Math.max(0, ...waiting.map((other) => other.order)) + 1;
    await unsent.put(save);
  });
}

/**
 * What waits, in order: of one attempt, or of all attempts of an owner.
 * @param {...string} whose owner, attempt
 * @returns {Promise<Save[]>}
 */
export async function waiting(...whose) {
  const saves = await transact(({ unsent }) => unsent.all(...whose));
  return saves.sort((one, other) => one.order - other.order);
}

/** The newest acknowledged change of each name of an attempt. */
export function acknowledged(owner, attempt) {
  return transact(({ confirmed }) => confirmed.all(owner, attempt));
}

/**
 * Take a change out of the queue: the server has it, or has refused it, or the student dropped it.
 * @param {Save} save
 * @param {boolean} isConfirmed
 */
export function settle(save, isConfirmed) {
  return transact(async ({ unsent, confirmed }) => {
    if ((await unsent.get(save))?.key === save.key) await unsent.remove(save);
    const known = await confirmed.get(save);
    const isNewer = !known || known.epoch < save.epoch || (known.epoch === save.epoch && known.revision <= save.revision);
    if (isConfirmed && isNewer) await confirmed.put(save);
  });
}

/** Keep a change that was made under an older lease for the student to decide about. */
export function hold(save) {
  save.isHeld = true;
  return transact(async ({ unsent }) => {
    if ((await unsent.get(save))?.key === save.key) await unsent.put(save);
  });
}

/** Forget all of an attempt, or of an owner: queue and copies of pages. */
export async function wipe(...whose) {
  await transact(async (tables) => {
    for (const table of Object.values(tables)) {
      for (const save of await table.all(...whose)) await table.remove(save);
    }
  });
  await removeCopies((name) => name.startsWith(`room.${whose.join(".")}.`) || name === "room.files");
}

/** Take the owner of a page, fresh from the server, for who is logged in, and forget the copies made for others. */
export async function meet(owner) {
  proven = `${owner} ${csrfToken()}`;
  await removeCopies((name) => !name.startsWith(`room.${owner}.`));
}

async function removeCopies(isUnwanted) {
  if (!window.caches) return;
  const names = (await caches.keys()).filter((name) => name.startsWith("room.") && isUnwanted(name));
  await Promise.all(names.map((name) => caches.delete(name)));
}

/**
 * Send one change. The answer's `isFinal` says whether the server decided; all else (no network, a server that
 * restarts, somebody else's log-in, the page of a network in between) means: keep it and try again.
 * @param {Save} save
 */
export async function deliver(save) {
  const doubt = await doubtAbout(save);
  if (doubt) return { status: doubt, isFinal: false };
  const stamp = save.kind === "answer" ? [["epoch", save.epoch], ["revision", save.revision], ["idempotency_key", save.key]] : [];
  const response = await fetch(save.address, {
    method: "POST",
    body: new URLSearchParams([...save.fields, ...stamp]),
    credentials: "same-origin",
    keepalive: true, // goes on when the page is left meanwhile
    headers: { "HX-Request": "true", "HX-Target": "save-state", "X-CSRFToken": csrfToken(), "X-Owner": save.owner },
    signal: AbortSignal.timeout(REQUEST_LIMIT),
  });
  const { status, headers } = response;
  if (status === 403) await refreshToken();
  return {
    status,
    isFinal: headers.get("X-Owner") === save.owner && status < 500 && !NOT_AN_ANSWER.includes(status),
    isSaved: response.ok && !headers.has("X-Refusal"),
    refusal: headers.get("X-Refusal"),
    address: headers.get("HX-Redirect"),
    date: headers.get("Date"),
    text: await response.text(),
  };
}

/* Every log-in brings a new token: then it is asked whose it was, before anything is sent to be stored for them. */
let proven = "";

async function doubtAbout({ owner, address }) {
  const now = `${owner} ${csrfToken()}`;
  if (now === proven) return 0;
  const headers = { "HX-Request": "true", "X-Owner": owner, Purpose: "prefetch" };
  const question = address.replace(/[^/]+\/$/, "");
  const response = await fetch(question, { method: "HEAD", headers, signal: AbortSignal.timeout(REQUEST_LIMIT) });
  if (response.headers.get("X-Owner") !== owner) return response.status;
  proven = now;
  return 0;
}

/** The token as it is now: a log-in in another window gives a new one. */
export function csrfToken() {
  return document.cookie.split("; ").find((part) => part.startsWith("csrftoken="))?.slice("csrftoken=".length) ?? "";
}

async function refreshToken() { // any page with a form brings the cookie along
  await fetch(window.location.pathname, { headers: { Purpose: "prefetch" } }).catch(() => null);
}

/** A new idempotency key. */
export function newKey() {
  // randomUUID exists on https and localhost only; a class room may serve plain http.
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
