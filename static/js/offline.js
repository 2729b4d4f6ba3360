/* When the page stands and the browser has nothing better to do: copy the remaining questions, one by one, for when
 * the network is gone. The worker keeps what passes through it, so all that is done here is to ask. */

const PAUSE = 50;
const AGAIN = 30000;
const wait = (milliseconds) => new Promise((resolve) => { window.setTimeout(resolve, milliseconds); });
const quiet = () => new Promise((resolve) => {
  if (window.requestIdleCallback) window.requestIdleCallback(resolve, { timeout: 2000 });
  else window.setTimeout(resolve, 500); // Safari
});

async function workerIsThere({ worker, scope }) {
  await navigator.serviceWorker.register(worker, { scope });
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) => {
    navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
  });
}

async function ask(address, headers) {
  const response = await fetch(address, { headers, priority: "low", credentials: "same-origin" });
  if (!response.ok) throw new Error(`${address} answers ${response.status}`);
  await response.arrayBuffer();
}

/* This page itself, and every file it took. */
async function copyPage() {
  await import("./lease.js"); // wanted only when it is too late to ask for it
  const files = performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => /\/static\//.test(name));
  for (const file of new Set(files)) await ask(file, {});
  await ask(window.location.pathname, { Purpose: "prefetch" });
}

async function copyQuestions({ copies }) {
  const cache = await caches.open(copies);
  for (const link of document.querySelectorAll("#navigator .cells a")) {
    const address = link.pathname;
    if (await cache.match(`${address}?fragment`, { ignoreVary: true })) continue;
    await quiet();
    await ask(address, { Purpose: "prefetch", "HX-Request": "true", "HX-Target": "room" });
    await wait(PAUSE);
  }
}

async function forgetOlder({ copies }) {
  const attempt = copies.slice(0, copies.lastIndexOf(".") + 1);
  const older = (await caches.keys()).filter((name) => name.startsWith(attempt) && name !== copies);
  await Promise.all(older.map((name) => caches.delete(name)));
}

/**
 * Copy the room, and try again until all of it is there. Without workers (plain http, old browsers) nothing happens.
 * @param {{worker: string, scope: string, copies: string}} page
 */
export async function keepCopies(page) {
  if (!navigator.serviceWorker || !window.caches) return;
  await quiet();
  for (;;) {
    try {
      await workerIsThere(page);
      await forgetOlder(page);
      await copyPage();
      await copyQuestions(page);
      return;
    } catch { // no network, or a server that restarts
      await Promise.race([wait(AGAIN), new Promise((resolve) => { window.addEventListener("online", resolve, { once: true }); })]);
    }
  }
}
