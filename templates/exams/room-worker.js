{% load static %}/* Shows the exam room from its copies while the network is gone or slow. It decides nothing: the server names the pages
 * that may be copied, and under which name; pages delete what is theirs. A copy says of itself that it is one. */

const PATIENCE = 4000;
const ITEM = /^(\/attempts\/[0-9a-f-]{36}\/)items\/\d+\/$/;
const STATIC = "{% get_static_prefix %}";
const FILES = "room.files";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  const item = ITEM.exec(pathname);
  // One whole page stands for all questions of an attempt; each question is a fragment of it.
  if (item) event.respondWith(answer(event, request.headers.has("HX-Request") ? `${pathname}?fragment` : item[1], copyPage));
  else if (pathname.startsWith(STATIC)) event.respondWith(answer(event, pathname, copyFile));
});

/* The network first; the copy where it fails, is too slow, or where something in between answers for a dead server. */
async function answer(event, key, copy) {
  const fresh = fetch(event.request).then((response) => {
    if (response.ok) event.waitUntil(copy(key, response.clone()).catch(() => null));
    return response;
  });
  event.waitUntil(fresh.catch(() => null));
  const slow = new Promise((resolve) => { setTimeout(resolve, PATIENCE, null); });
  const first = await Promise.race([fresh, slow]).catch(() => null);
  if (first && first.status < 500) return first;
  return await copyOf(key) ?? first ?? fresh;
}

async function copyFile(key, response) {
  await (await caches.open(FILES)).put(key, response);
}

async function copyPage(key, response) {
  const name = response.headers.get("X-Room-Copy");
  if (!name) { // it explains something now, so no older copy may say that it can be answered
    await Promise.all((await caches.keys()).map(async (each) => (await caches.open(each)).delete(key, { ignoreVary: true })));
    return;
  }
  const headers = new Headers(response.headers);
  headers.set("X-Copied", String(Date.now()));
  for (const unwanted of ["Content-Encoding", "Content-Length", "Vary"]) headers.delete(unwanted);
  const text = (await response.text())
    .replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1")
    .replace('id="room"', 'id="room" data-copy');
  await (await caches.open(name)).put(key, new Response(text, { headers }));
}

/* A page that was open all along knows the time left better than a copy; one that is opened anew gets the best guess. */
async function copyOf(key) {
  const found = await caches.match(key, { ignoreVary: true });
  if (!found || !found.headers.has("X-Copied")) return found;
  const passed = Math.max(0, Date.now() - Number(found.headers.get("X-Copied")));
  const left = (whole, name, milliseconds) => (key.endsWith("?fragment") ? "" : `${name}"${Math.max(0, milliseconds - passed)}"`);
  const text = (await found.text()).replace(/(data-milliseconds-left=)"(\d+)"/g, left);
  return new Response(text, { headers: found.headers });
}
