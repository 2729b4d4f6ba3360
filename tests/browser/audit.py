"""What every page is held to: no finding of axe in either colour scheme, and no sideways scrolling on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

Scheme = Literal["light", "dark"]
DESK, PHONE = (1280, 800), (360, 740)
AXE = Axe().axe_script
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


def audit(page: Page, *, but_not: tuple[str, ...] = ()) -> list[str]:
    """Look at the page as it stands, light at a desk and dark on a phone; return what is wrong, if anything.

    `but_not` names rules of axe that are somebody else's: those of a page whose markup is not ours.
    """
    found = [*_at(page, DESK, "light", but_not), *_at(page, PHONE, "dark", but_not)]
    _show(page, DESK, "light")
    return found


def _at(page: Page, size: tuple[int, int], scheme: Scheme, but_not: tuple[str, ...]) -> Iterator[str]:
    _show(page, size, scheme)
    name = f"{page.url.split('/', 3)[-1]} ({page.title()}) {scheme} at {size[0]}"
    width = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
    if width > 0:
        yield f"{name}: {width} px too wide: {page.evaluate(WIDE)}"
    # So tall that the bars at the edges of the screen, which stay when a page is scrolled, lie over nothing.
    height = page.evaluate("document.scrollingElement.scrollHeight")
    page.set_viewport_size({"width": size[0], "height": max(size[1], height)})
    for violation in _violations(page):
        if violation["id"] not in but_not:
            places = [node["target"] for node in violation["nodes"]][:3]
            summary = violation["nodes"][0]["failureSummary"].replace("\n", " ")
            yield f"{name}: {violation['id']} at {places}: {summary}"


WIDE = """[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > window.innerWidth)
    .slice(0, 4).map((e) => `${e.tagName}.${e.className}#${e.id}`).join(", ")"""


def _show(page: Page, size: tuple[int, int], scheme: Scheme) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme)
    # A colour on its way from light to dark is no colour of either scheme.
    page.evaluate("Promise.all(document.getAnimations().map((motion) => motion.finished.catch(() => {})))")


def _violations(page: Page) -> list[dict[str, Any]]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate("(rules) => axe.run(document, rules).then((r) => r.violations)", RULES)
    return found
