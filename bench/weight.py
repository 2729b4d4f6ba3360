"""Weigh the exam room in Chromium over HTTP: a first visit with an empty cache, then each next question of a mock.

usage: python3 bench/weight.py --password 'demo words' http://127.0.0.1:8000

Promised are, as the network carries it, headers and all: at most 60 KiB for HTML, CSS and JavaScript of the first visit
in at most 15 requests (icons among them; what is copied for later comes after the page stands and does not count),
and at most 6 KiB for a next question. Also says how long a click on "Next" takes until the question is painted, with
and without the service worker. Exits 1 when a promise is not met. Needs what bench/lighthouse.py needs, but Lighthouse.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, StorageState, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.demo_student import enter, launch, logged_in, prepare, refuse_other_machines

# isort: split
from accounts.models import User
from tests.browser.chromium import chromium_path

KIBIBYTE = 1024
MOST_AT_FIRST = 60 * KIBIBYTE
MOST_REQUESTS = 15
MOST_NEXT = 6 * KIBIBYTE
CODE = ("Document", "Stylesheet", "Script")
SIZES = {"phone": (360, 740), "desk": (1280, 800)}

# From the click to the frame after the one in which the question stands: two frames later it has been painted.
NEXT = """() => new Promise((resolve) => {
  const began = performance.now();
  const painted = () => requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
  document.addEventListener("room:shown", () => requestAnimationFrame(painted), { once: true });
  document.querySelector(".room-bar .next").click();
})"""
# The one page that stands for all and each question; a loop in the page, since the site's policy forbids eval.
COPIED = """async (count) => {
  for (;;) {
    const room = (await caches.keys()).find((name) => name.startsWith("room.") && name !== "room.files");
    if (navigator.serviceWorker.controller && room) {
      if ((await (await caches.open(room)).keys()).length > count) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}"""


@dataclasses.dataclass
class Wire:
    """What a page asked the network for, in order: kind, address and bytes of each request that has ended."""

    page: Page
    asked: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    ended: dict[str, float] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Listen from now on."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._ask)
        session.on("Network.loadingFinished", self._end)

    def _ask(self, event: dict[str, Any]) -> None:
        self.asked[event["requestId"]] = (event["type"], event["request"]["url"])

    def _end(self, event: dict[str, Any]) -> None:
        self.ended[event["requestId"]] = event["encodedDataLength"]

    def take(self) -> list[tuple[str, str, float]]:
        """Return what was asked since the last time."""
        found = [(*what, self.ended.get(request, 0.0)) for request, what in self.asked.items()]
        self.asked.clear()
        self.ended.clear()
        return found


def first_visit(browser: Browser, site: str, state: StorageState, address: str) -> bool:
    """Open a question with an empty cache, print what it took, and say whether that is as promised."""
    context = browser.new_context(base_url=site, storage_state=state, ignore_https_errors=True, service_workers="block")
    page = context.new_page()
    wire = Wire(page)
    page.goto(address, wait_until="load")
    found = wire.take()
    icon = page.locator("link[rel=icon]").get_attribute("href")
    answer = context.request.get(str(icon))  # Chromium asks for it, but reports it to nobody
    found.append(("Icon of the site", answer.url, float(answer.headers.get("content-length", len(answer.body())))))
    for kind, url, size in found:
        print(f"    {size:7.0f}  {kind:16} {url.removeprefix(site)}")
    code = sum(size for kind, _, size in found if kind in CODE)
    kinds = Counter(kind for kind, _, _ in found)
    print(f"first visit: {code / KIBIBYTE:.1f} KiB of HTML, CSS and JavaScript, {len(found)} requests {dict(kinds)}")
    print(f"    with the icons {sum(size for _, _, size in found) / KIBIBYTE:.1f} KiB")
    context.close()
    return code <= MOST_AT_FIRST and len(found) <= MOST_REQUESTS


def next_questions(browser: Browser, site: str, state: StorageState, address: str) -> bool:
    """Walk through all questions, print what each took, and say whether that is as promised."""
    context = browser.new_context(base_url=site, storage_state=state, ignore_https_errors=True, service_workers="block")
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    wire = Wire(page)
    sizes, times = [], []
    while page.locator(".room-bar .next:is(button, a)").count():
        times.append(page.evaluate(NEXT))
        page.wait_for_load_state("networkidle")
        sizes.append(sum(size for kind, url, size in wire.take() if kind != "Ping" and "/items/" in url))
    print(
        f"next question, {len(sizes)} of them: median {statistics.median(sizes) / KIBIBYTE:.1f} KiB,"
        f" largest {max(sizes) / KIBIBYTE:.1f} KiB"
    )
    print_times("click to painted, no worker", times)
    context.close()
    return bool(max(sizes) <= MOST_NEXT)


def time_with_worker(browser: Browser, site: str, state: StorageState, address: str, count: int) -> None:
    """Walk through all questions once the worker has copied them, as the student does."""
    for name, (width, height) in SIZES.items():
        context = browser.new_context(
            base_url=site, storage_state=state, ignore_https_errors=True, viewport={"width": width, "height": height}
        )
        page = context.new_page()
        page.goto(address)
        page.evaluate(COPIED, count)
        times = []
        while page.locator(".room-bar .next:is(button, a)").count():
            times.append(page.evaluate(NEXT))
        print_times(f"click to painted, worker, {name}", times)
        context.close()


def print_times(what: str, times: list[float]) -> None:
    """Print the middle and the slow end of some milliseconds."""
    slow = statistics.quantiles(times, n=20)[-1]
    print(f"{what}: median {statistics.median(times):.0f} ms, 95 % within {slow:.0f} ms, longest {max(times):.0f} ms")


def main() -> None:
    """Prepare the student, then weigh."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", help="address of a site on this machine")
    parser.add_argument("--password", required=True, help="of the demo accounts")
    parser.add_argument("--student", default="student@example.com")
    parser.add_argument("--chromium", default=chromium_path(), help="else EXAMPREP_CHROMIUM or what is on PATH")
    asked = parser.parse_args()
    refuse_other_machines(asked.site)
    site = asked.site.rstrip("/")
    with sync_playwright() as playwright:
        browser = launch(playwright, asked.chromium)
        _, opened = prepare(User.objects.get(email=asked.student))
        context = logged_in(browser, site, asked.student, asked.password)
        exam = opened.blueprint.exam_version.slug
        enter(context, f"/start/{exam}/{opened.blueprint.slug}/")
        state, address = context.storage_state(), f"/attempts/{opened.uuid}/items/1/"
        is_kept = [check(browser, site, state, address) for check in (first_visit, next_questions)]
        time_with_worker(browser, site, state, address, opened.items.count())
        browser.close()
    if not all(is_kept):
        sys.exit("NOT AS PROMISED: see above")
    print("All as promised.")


if __name__ == "__main__":
    main()
