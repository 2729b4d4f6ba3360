/* What the room does around the item: one voice for announcements, focus and title after a swap, the navigator, and
 * how long each item was in sight. */

const wide = window.matchMedia("(min-width: 64rem)");
const announcement = document.getElementById("announcement");
const trouble = document.getElementById("trouble");
let filter = "all";

document.addEventListener("room:announce", (event) => {
  // A changed text is read; the same text again is not, so it is emptied first.
  announcement.textContent = "";
  window.setTimeout(() => { announcement.textContent = event.detail; }, 50);
});

document.addEventListener("room:trouble", (event) => {
  const { text, link, label, isNewWindow } = event.detail;
  trouble.replaceChildren(text ? `${text} ` : "");
  if (link) {
    const anchor = document.createElement("a");
    Object.assign(anchor, { href: link, textContent: label, target: isNewWindow ? "_blank" : "" });
    trouble.append(anchor);
  }
  trouble.hidden = !text;
});

function showTrouble(text) {
  document.dispatchEvent(new CustomEvent("room:trouble", { detail: { text } }));
}

const navigator = () => document.getElementById("navigator");

function applyFilter() {
  navigator().dataset.filter = filter;
  navigator().querySelectorAll("button[data-filter]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.filter === filter));
  });
  const cells = [...navigator().querySelectorAll(".cells > li")];
  navigator().querySelector(".no-match").hidden = cells.some((cell) => getComputedStyle(cell).display !== "none");
}

function prepare() {
  navigator().open = wide.matches;
  applyFilter();
}

function countAnswered() {
  document.getElementById("progress").value = document.querySelectorAll(".cells .state.answered").length;
  applyFilter();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-filter]");
  if (button) {
    filter = button.dataset.filter;
    applyFilter();
  }
  if (!wide.matches && navigator().open && event.isTrusted && !event.target.closest("#navigator")) navigator().open = false;
});

// At a desk the list is always open, so its key leads there; on a phone it opens the sheet, and its head is read.
document.addEventListener("room:items", () => {
  navigator().open = true;
  document.getElementById("items-heading").focus({ preventScroll: true });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !wide.matches && navigator().open) {
    navigator().open = false;
    navigator().querySelector("summary").focus();
  }
});

wide.addEventListener("change", () => { navigator().open = wide.matches; });
document.addEventListener("room:saved", countAnswered);
document.addEventListener("room:marked", applyFilter);

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "room") return;
  document.title = document.getElementById("room").dataset.title;
  prepare();
  document.getElementById("question").focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("room:shown"));
});

for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.body.addEventListener(name, (event) => {
    const status = event.detail.xhr ? event.detail.xhr.status : 0;
    if (status === 409 || status === 422) return; // the answer is the room itself, with its message
    if (status === 401) document.dispatchEvent(new CustomEvent("room:logged-out"));
    else showTrouble(trouble.dataset.noContact);
  });
}
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status < 400 && event.detail.target.id === "room") showTrouble("");
});

// A page that the browser kept from before may show an old answer and an old clock.
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });

/* Time in sight. Whole seconds are reported when the item or the page is left; what is over counts on. */
let seen = { address: "", milliseconds: 0, since: 0 };

function look() {
  seen = { address: document.getElementById("room").dataset.visit, milliseconds: 0, since: performance.now() };
}

function lookAway() {
  if (seen.since) seen.milliseconds += performance.now() - seen.since;
  seen.since = 0;
  const seconds = Math.floor(seen.milliseconds / 1000);
  const token = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="))?.slice("csrftoken=".length);
  if (seconds === 0 || !token) return;
  const fields = new URLSearchParams({ seconds, csrfmiddlewaretoken: token });
  if (window.navigator.sendBeacon(seen.address, fields)) seen.milliseconds -= seconds * 1000;
}

document.addEventListener("room:shown", () => { lookAway(); look(); });
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") lookAway();
  else seen.since = performance.now();
});
window.addEventListener("pagehide", lookAway);

prepare();
look();
