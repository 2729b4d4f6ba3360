/* The countdown. It knows only "milliseconds left" as the server counted them, and a clock that cannot be set. That clock
 * may stand still while the machine sleeps, so a page that was out of sight asks the server again. */

const LOW = 5 * 60000;
const THRESHOLDS = [30, 15, 5, 1].map((minutes) => minutes * 60000);
const HIDDEN = "clock-hidden";
const LONGEST_PAUSE = 15000;
const LONG_AWAY = 30000;
const WARNING_STAYS = 20000;
const DRIFT = 2000; // what a question took to come; above it, more time than we know of is asked about

const clock = document.getElementById("clock");

function start() {
  const value = clock.querySelector(".clock-value");
  const toggle = clock.querySelector(".clock-toggle");
  const warning = clock.querySelector(".clock-warning");
  const words = clock.dataset;
  const told = new Set();
  let end = performance.now() + Number(words.millisecondsLeft);
  let isOver = false;
  let timer = 0;
  let lastSeen = bothClocks();

  const left = () => Math.max(0, end - performance.now());
  const announce = (text) => {
    const region = document.getElementById("announcement");
    region.textContent = "";
    window.setTimeout(() => { region.textContent = text; }, 50);
  };

  function asClock(milliseconds) {
    const seconds = Math.ceil(milliseconds / 1000);
    const two = (number) => String(number).padStart(2, "0");
    return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  }

  function asWords(milliseconds) {
    const seconds = Math.ceil(milliseconds / 1000);
    const parts = [[words.hour, Math.floor(seconds / 3600)], [words.minute, Math.floor(seconds / 60) % 60]];
    if (seconds < 600) parts.push([words.second, seconds % 60]);
    const text = parts.filter(([, number]) => number).map(([pattern, number]) => pattern.replace("%s", number)).join(" ");
    return words.left.replace("%s", text || words.second.replace("%s", 0));
  }

  function isHidden() {
    return sessionStorage.getItem(HIDDEN) === "yes" && left() > LOW;
  }

  function paint() {
    const hidden = isHidden();
    clock.toggleAttribute("data-hidden", hidden);
    clock.toggleAttribute("data-low", left() <= LOW);
    toggle.hidden = left() <= LOW;
    toggle.querySelector(".clock-verb").textContent = hidden ? toggle.dataset.show : toggle.dataset.hide;
    value.textContent = asClock(left());
  }

  function tick() {
    window.clearTimeout(timer);
    const now = left();
    paint();
    const passed = THRESHOLDS.filter((threshold) => now <= threshold && !told.has(threshold));
    passed.forEach((threshold) => told.add(threshold));
    if (passed.length && now > 0) warn(asWords(now));
    if (now === 0) timeIsUp();
    else timer = window.setTimeout(tick, now % 1000 || 1000); // just after the shown second changes
    if (away() > LONG_AWAY) ask();
    if (document.visibilityState === "visible") lastSeen = bothClocks();
  }

  function warn(text) {
    announce(text);
    warning.textContent = text;
    warning.hidden = false;
    window.setTimeout(() => { warning.hidden = true; }, WARNING_STAYS);
  }

  /* How long nobody looked at the time, by whichever clock went on: a reason to ask, never an answer. */
  function away() {
    const now = bothClocks();
    return document.visibilityState === "hidden" ? 0 : Math.max(...now.map((each, index) => Math.abs(each - lastSeen[index])));
  }

  async function ask() {
    const asked = performance.now();
    const response = await fetch(words.ask, { credentials: "same-origin", cache: "no-store" }).catch(() => null);
    if (!response?.ok) return;
    const answer = await response.json().catch(() => null);
    if (typeof answer?.milliseconds_left !== "number") return;
    end = asked + answer.milliseconds_left; // the server counted after we asked, so this is never too late
    tick();
  }

  async function timeIsUp() {
    if (isOver) return;
    isOver = true;
    tell(words.over);
    const waitFor = [];
    document.dispatchEvent(new CustomEvent("room:time-up", { detail: { waitFor } }));
    await Promise.all(waitFor);
    for (let pause = 1000; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      const address = await handIn().catch(() => null);
      if (address) {
        document.dispatchEvent(new CustomEvent("room:leaving"));
        window.location.assign(address);
        return;
      }
      if (address === "") break;
      tell(words.noContact);
      await new Promise((resolve) => { window.setTimeout(resolve, pause); });
    }
    isOver = false;
    tell("");
    tick();
  }

  /* The address of the result, or null when there is no contact or the server's clock has more to give. */
  async function handIn() {
    const token = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="))?.slice("csrftoken=".length);
    const response = await fetch(words.submit, {
      method: "POST",
      credentials: "same-origin",
      keepalive: true,
      body: new URLSearchParams({ because: "time" }),
      headers: { "HX-Request": "true", "X-CSRFToken": token ?? "" },
    });
    if (response.status === 401) return words.result; // leads to the log-in, then to the result
    if (response.status === 409) { // there is time left: ours went wrong, as a copy's may
      end = performance.now() + (await response.json()).milliseconds_left;
      return "";
    }
    const address = response.ok ? response.headers.get("HX-Redirect") : null;
    return address && `${address}#time-is-up`; // the head there is read first
  }

  function tell(text) {
    const trouble = document.getElementById("trouble");
    trouble.textContent = text;
    trouble.hidden = !text;
  }

  THRESHOLDS.filter((threshold) => left() <= threshold).forEach((threshold) => told.add(threshold));
  toggle.addEventListener("click", () => {
    sessionStorage.setItem(HIDDEN, isHidden() ? "no" : "yes");
    paint();
  });
  clock.querySelector(".clock-read").addEventListener("click", () => announce(asWords(left())));
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") tick(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) ask(); });
  window.addEventListener("online", ask);
  document.addEventListener("room:idle", () => { if ("copy" in document.getElementById("room").dataset) ask(); });
  // Each question brings the server's count along. Less is believed; more may be the count of a copy that was kept, or
  // time that was given meanwhile, and the server is asked which.
  document.addEventListener("room:shown", () => {
    const fresh = Number(document.getElementById("room").dataset.millisecondsLeft);
    if (fresh <= left()) end = performance.now() + fresh;
    else if (fresh > left() + DRIFT) ask();
    tick();
  });
  tick();
}

function bothClocks() {
  return [performance.now(), Date.now()];
}

if (clock) start();
