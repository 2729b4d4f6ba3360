"""What every page is held to: no finding of axe at either size in either colour scheme, and no sideways scrolling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

Scheme = Literal["light", "dark"]
DESK, PHONE = (1280, 800), (360, 740)
COMBINATIONS: tuple[tuple[tuple[int, int], Scheme, Scheme], ...] = ((DESK, "light", "dark"), (PHONE, "dark", "light"))
AXE = Axe().axe_script
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "preload": False,  # it would fetch every style sheet once more, for a rule that is not among these
}
CONTRAST = {**RULES, "runOnly": {"type": "rule", "values": ["color-contrast"]}}


def audit(page: Page, *, but_not: tuple[str, ...] = (), is_brief: bool = False) -> list[str]:
    """Look at the page as it stands, at both sizes and in both schemes; return what is wrong, if anything.

    Every rule is asked once for each size, since a scheme changes no more than colours; the contrast of colours is
    asked in each scheme at each size, or, where `is_brief` says that a page is a long one, in one scheme for each size.
    `but_not` names rules of axe that are somebody else's: those of a page whose markup is not ours.
    """
    found = []
    for size, scheme, other in COMBINATIONS:
        _show(page, size, scheme)
        width = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        if width > 0:
            found.append(f"{_name(page, size)}: {width} px too wide: {page.evaluate(WIDE)}")
        # So tall that the bars at the edges of the screen, which stay when a page is scrolled, lie over nothing.
        height = page.evaluate("document.scrollingElement.scrollHeight")
        page.set_viewport_size({"width": size[0], "height": max(size[1], height)})
        found += [f"{_name(page, size)} {scheme}: {text}" for text in _violations(page, RULES, but_not)]
        if not is_brief:
            _colour(page, other)
            found += [f"{_name(page, size)} {other}: {text}" for text in _violations(page, CONTRAST, but_not)]
    _show(page, DESK, "light")
    return found


def _name(page: Page, size: tuple[int, int]) -> str:
    return f"{page.url.split('/', 3)[-1]} ({page.title()}) at {size[0]}"


WIDE = """[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > window.innerWidth)
    .slice(0, 4).map((e) => `${e.tagName}.${e.className}#${e.id}`).join(", ")"""


def _show(page: Page, size: tuple[int, int], scheme: Scheme) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    _colour(page, scheme)


def _colour(page: Page, scheme: Scheme) -> None:
    page.emulate_media(color_scheme=scheme)
    # A colour on its way from light to dark is no colour of either scheme.
    page.evaluate("Promise.all(document.getAnimations().map((motion) => motion.finished.catch(() => {})))")


def _violations(page: Page, rules: dict[str, Any], but_not: tuple[str, ...]) -> Iterator[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate("(rules) => axe.run(document, rules).then((r) => r.violations)", rules)
    for violation in found:
        if violation["id"] not in but_not:
            places = [node["target"] for node in violation["nodes"]][:3]
            summary = violation["nodes"][0]["failureSummary"].replace("\n", " ")
            yield f"{violation['id']} at {places}: {summary}"
