"""The room in every state: no finding of axe, no sideways scrolling, nothing that moves by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser.audit import audit
from tests.browser.conftest import Open
from tests.browser.room import SAVED, SAVES, Room
from tests.factories import OLDER, position_of_kind, start

# Every shift counts here, also those that the standard excuses for half a second after a click or a key.
SHIFTS = """
window.shifts = [];
const note = (list) => list.forEach((entry) => window.shifts.push({
  value: entry.value,
  moved: entry.sources.map(({ node }) => node && (node.id || node.className || node.nodeName)).join(", "),
}));
const observer = new PerformanceObserver((list) => note(list.getEntries()));
observer.observe({ type: "layout-shift", buffered: true });
window.takeShifts = async () => {
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  note(observer.takeRecords());
  return window.shifts.splice(0);
};
"""
# A question that is swapped in is made of new nodes, which cannot shift: what all have must lie where it lay.
STAYING = """async () => {
  while (window.scrollY) await new Promise(requestAnimationFrame); // a new question is shown from its top
  const staying = ["#question", "#flag-button", "#clock", "#progress", "#save-state", ".room-bar",
    ".room-bar .next", ".room-bar .previous", "#navigator > summary", "#navigator > .sheet"];
  return Object.fromEntries(staying.map((selector) => {
    const element = document.querySelector(selector);
    const { left, top } = element.getBoundingClientRect();
    return [selector, element.checkVisibility() ? `${Math.round(left)}, ${Math.round(top)}` : "not shown"];
  }));
}"""


@pytest.fixture
def room(open_browser: Open, candidate: User) -> Room:
    """Give a mock that was just begun."""
    return Room(open_browser(candidate), start(candidate, f"{OLDER}-mock", now=timezone.now()))


def states(room: Room) -> Iterator[str]:
    """Bring the room into one state after the other."""
    page = room.page
    for kind in ("single", "multiple", "ordering", "matching"):
        room.enter(position_of_kind(room.attempt, kind))
        expect(room.answer(kind)).to_be_visible()
        yield kind
        if kind in ("single", "ordering"):
            room.choose(position_of_kind(room.attempt, kind))
            yield f"{kind}, answered"
    room.enter(position_of_kind(room.attempt, "multiple"))
    for place in range(3):
        room.fields("multiple").nth(place).click()
    room.button("Flag for review").click()
    room.button("I was guessing").click()
    room.button("Strike out A").click()
    page.get_by_text(re.compile("^Note")).click()
    yield "marked, and one too many"
    room.button("Help").click()
    yield "help"
    page.keyboard.press("Escape")
    room.button("Highlight").click()
    page.get_by_label("Which way is best?").check()
    yield "sentences"
    page.keyboard.press("Escape")
    yield "highlighted"
    room.enter(room.attempt.items.exclude(version__case_html="").order_by("position")[0].position)
    yield "case"
    page.goto(f"/attempts/{room.attempt.uuid}/review/")
    page.get_by_role("radio", name="not seen").check()
    yield "review"


def test_axe_finds_nothing_in_any_state(room: Room) -> None:
    found = {state: problems for state in states(room) if (problems := audit(room.page))}
    assert found == {}


def test_axe_finds_nothing_in_forced_colours(room: Room) -> None:
    """What axe says of structure is said elsewhere; here it is about colours, where something is marked or chosen."""
    room.page.emulate_media(forced_colors="active")
    shown = ("single, answered", "marked, and one too many", "highlighted", "review")
    found = {state: audit(room.page) for state in states(room) if state in shown}
    assert found == {state: [] for state in shown}


def test_an_open_list_on_a_phone(open_browser: Open, candidate: User) -> None:
    page = open_browser(candidate, phone=True)
    room = Room(page, start(candidate, f"{OLDER}-mock", now=timezone.now()))
    room.enter()
    page.keyboard.press("i")
    expect(page.get_by_role("button", name="not seen")).to_be_visible()
    assert audit(page) == []


def test_pressed_and_chosen_are_seen_without_colours(room: Room) -> None:
    """With forced colours backgrounds are gone; what is pressed, answered or chosen has a shape."""
    room.page.emulate_media(forced_colors="active")
    room.enter(position_of_kind(room.attempt, "single"))
    room.button("Flag for review").click()
    with room.page.expect_response(SAVES):
        room.fields("single").first.check()
    room.expect_saved()
    outline = "(element) => getComputedStyle(element).outlineStyle"
    assert room.button("Flag for review").evaluate(outline) == "solid"
    assert room.button("I was guessing").evaluate(outline) == "none"
    background = "(element) => getComputedStyle(element).backgroundColor"
    answered, open_ = room.page.locator(".cells .state.answered"), room.page.locator(".cells .state.unseen").first
    assert answered.evaluate(background) != open_.evaluate(background)


def test_at_four_hundred_per_cent_nothing_runs_out_of_the_page(room: Room) -> None:
    """A window of 1280 by 1024 at 400 % is 320 by 256; one that is held upright has more height, so other styles."""
    page, too_wide = room.page, {}
    page.set_viewport_size({"width": 320, "height": 256})
    for state in states(room):
        for height in (640, 256):
            page.set_viewport_size({"width": 320, "height": height})
            wide = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
            if wide > 0:
                too_wide[state, height] = wide
    assert too_wide == {}


def test_at_four_hundred_per_cent_clock_and_save_state_stay_in_sight(room: Room) -> None:
    page = room.page
    page.set_viewport_size({"width": 320, "height": 256})
    room.enter(position_of_kind(room.attempt, "single"))
    room.choose(position_of_kind(room.attempt, "single"))
    room.button("Next").scroll_into_view_if_needed()
    expect(page.get_by_text(SAVED)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("timer")).to_be_in_viewport(ratio=1)
    saved, clock = page.locator(".save-state time").bounding_box(), page.get_by_role("timer").bounding_box()
    assert saved
    assert clock
    assert saved["x"] + saved["width"] <= clock["x"]


def test_no_bar_covers_what_has_the_focus(room: Room) -> None:
    """WCAG 2.4.11, on a small screen: each stop of Tab lies in sight, not below the bars at the edges."""
    page = room.page
    page.set_viewport_size({"width": 360, "height": 560})
    room.enter(position_of_kind(room.attempt, "ordering"))
    covered = []
    for _ in range(45):
        page.keyboard.press("Tab")
        covered += page.evaluate(COVERED)
    assert covered == []


COVERED = """() => {
  const element = document.activeElement;
  const box = element.getBoundingClientRect();
  if (element === document.body || box.width < 5) return [];
  const points = [0.2, 0.5, 0.8].map((part) => [box.left + box.width / 2, box.top + box.height * part]);
  const isSeen = points.some(([x, y]) => {
    const top = document.elementFromPoint(x, y);
    return top && (element.contains(top) || top.contains(element));
  });
  return isSeen ? [] : [element.id || element.className || element.nodeName];
}"""


def shifts(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("window.takeShifts()")
    return found


@pytest.fixture(params=[False, True], ids=["desk", "phone"])
def watched(request: pytest.FixtureRequest, open_browser: Open, candidate: User) -> Room:
    """Give a mock that was just begun, at a desk and on a phone, whose every shift is noted."""
    page = open_browser(candidate, phone=request.param)
    page.add_init_script(SHIFTS)
    return Room(page, start(candidate, f"{OLDER}-mock", now=timezone.now()))


def test_nothing_moves_when_a_question_changes(watched: Room) -> None:
    watched.enter()
    found = {}
    for position in watched.walk():
        watched.expect_at(position)
        found[position, "shown"] = shifts(watched.page)
        watched.choose(position)
        watched.expect_saved()
        moved = shifts(watched.page)
        if watched.item(position).version.kind != "ordering":  # there the student moves the steps
            found[position, "answered"] = moved
        if position < watched.count:
            watched.button("Next").click()
    assert {when: moved for when, moved in found.items() if moved} == {}


def test_what_every_question_has_lies_where_it_lay(watched: Room) -> None:
    """In questions with a case, which take the whole width, head and marks have places of their own."""
    cased = set(watched.attempt.items.exclude(version__case_html="").values_list("position", flat=True))
    places: dict[tuple[str, bool], dict[str, list[int]]] = {}
    watched.enter(2)
    for position in watched.walk()[1:-1]:
        watched.expect_at(position)
        for name, place in watched.page.evaluate(STAYING).items():
            is_wide = name in ("#question", "#flag-button") and position in cased
            places.setdefault((name, is_wide), {}).setdefault(place, []).append(position)
        watched.button("Next").click()
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_nothing_moves_when_a_page_is_loaded(watched: Room) -> None:
    found = {}
    for position in watched.walk():
        watched.enter(position)
        watched.page.wait_for_load_state("networkidle")
        found[position] = shifts(watched.page)
    assert {position: moved for position, moved in found.items() if moved} == {}


def test_nothing_moves_when_something_is_marked(room: Room) -> None:
    """Not even what the standard would excuse because it was asked for."""
    page = room.page
    page.add_init_script(SHIFTS)
    room.enter(position_of_kind(room.attempt, "multiple"))
    for button in ("Flag for review", "I was guessing", "Strike out A", "hide the clock"):
        room.button(button).click()
    for place in range(3):
        room.fields("multiple").nth(place).click()
    room.expect_saved()
    expect(room.answer("multiple").get_by_text("Only 2 may be chosen")).to_be_visible()
    assert shifts(page) == []


@pytest.mark.parametrize("kind", ["single", "ordering"])
def test_the_first_question_takes_few_requests(kind: str, room: Room) -> None:
    """Up to the moment the page stands; dragging, and what is copied for times without a network, come later."""
    room.hold_lease()
    position = position_of_kind(room.attempt, kind)
    asked: list[str] = []
    room.page.on("request", lambda request: asked.append(request.url))
    room.page.goto(f"/attempts/{room.attempt.uuid}/items/{position}/", wait_until="load")
    assert len(asked) <= 14, "\n".join(asked)  # and the icon of the site, which this browser does not report
