/* The countdown. It knows only "milliseconds left" as the server counted them, and a clock that cannot be set. */

const LOW = 5 * 60000;
const THRESHOLDS = [30, 15, 5, 1].map((minutes) => minutes * 60000);
const HIDDEN = "clock-hidden";
const LONGEST_PAUSE = 15000;

const clock = document.getElementById("clock");

function start() {
  const value = clock.querySelector(".clock-value");
  const toggle = clock.querySelector(".clock-toggle");
  const words = clock.dataset;
  let end = performance.now() + Number(words.millisecondsLeft);
  let before = end - performance.now();
  let isOver = false;
  let timer = 0;

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
    const passed = THRESHOLDS.filter((threshold) => now <= threshold && before > threshold);
    if (passed.length && now > 0) announce(asWords(now));
    before = now;
    if (now === 0) timeIsUp();
    else timer = window.setTimeout(tick, now % 1000 || 1000); // just after the shown second changes
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
      tell(words.noContact);
      await new Promise((resolve) => { window.setTimeout(resolve, pause); });
    }
  }

  async function handIn() {
    const token = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="))?.slice("csrftoken=".length);
    const response = await fetch(words.submit, {
      method: "POST",
      credentials: "same-origin",
      keepalive: true,
      headers: { "HX-Request": "true", "X-CSRFToken": token ?? "" },
    });
    if (response.status === 401) return words.result; // leads to the log-in, then to the result
    return response.ok ? response.headers.get("HX-Redirect") : null;
  }

  function tell(text) {
    const trouble = document.getElementById("trouble");
    trouble.textContent = text;
    trouble.hidden = false;
  }

  toggle.addEventListener("click", () => {
    sessionStorage.setItem(HIDDEN, isHidden() ? "no" : "yes");
    paint();
  });
  const read = clock.querySelector(".clock-read");
  read.hidden = false;
  read.addEventListener("click", () => announce(asWords(left())));
  document.addEventListener("visibilitychange", tick);
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
  // Each question brings the server's count along; it may have given more time meanwhile.
  document.addEventListener("room:shown", () => {
    const fresh = document.getElementById("room").dataset.millisecondsLeft;
    if (fresh !== undefined) end = performance.now() + Number(fresh);
    tick();
  });
  tick();
}

if (clock) start();
