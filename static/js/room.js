/* What the room does around the item: one voice for announcements, focus and title after a swap, the navigator. */

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

function applyFilter() {
  const navigator = document.getElementById("navigator");
  navigator.dataset.filter = filter;
  navigator.querySelectorAll("[data-filter]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.filter === filter));
  });
  const cells = [...navigator.querySelectorAll(".cells > li")];
  navigator.querySelector(".no-match").hidden = cells.some((cell) => getComputedStyle(cell).display !== "none");
}

function prepare() {
  const navigator = document.getElementById("navigator");
  navigator.open = wide.matches;
  navigator.querySelector(".filters").hidden = false;
  applyFilter();
}

function countAnswered() {
  const cells = document.querySelectorAll(".cells .state.answered");
  document.getElementById("progress").value = cells.length;
  applyFilter();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-filter]");
  if (button && button.tagName === "BUTTON") {
    filter = button.dataset.filter;
    applyFilter();
  }
  const navigator = document.getElementById("navigator");
  if (!wide.matches && navigator.open && !event.target.closest("#navigator")) navigator.open = false;
});

document.addEventListener("keydown", (event) => {
  const navigator = document.getElementById("navigator");
  if (event.key === "Escape" && !wide.matches && navigator.open) {
    navigator.open = false;
    navigator.querySelector("summary").focus();
  }
});

wide.addEventListener("change", () => { document.getElementById("navigator").open = wide.matches; });
document.addEventListener("room:saved", countAnswered);
document.addEventListener("room:saved", () => {
  if (trouble.textContent.trim() === trouble.dataset.noContact) showTrouble("");
});
document.body.addEventListener("htmx:oobAfterSwap", applyFilter);

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "room") return;
  const room = document.getElementById("room");
  document.title = room.dataset.title;
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

prepare();
