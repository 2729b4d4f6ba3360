"""A whole mock: by keyboard alone at every size and in both colour schemes, and on a phone with a finger."""

from __future__ import annotations

import dataclasses
import re
from itertools import pairwise
from typing import Literal

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from exams.models import Attempt
from progress.reports import refresh_reports
from questions.models import Option
from tests.browser.conftest import MOCK_COUNT, Open
from tests.browser.hands import Keyboard
from tests.browser.room import Room
from tests.factories import MISCONCEPTION, OLDER, SECRET, item_at, position_of_kind, start

START = f"/start/{OLDER}/{OLDER}-mock/"
NOTE = "the lowest cost rules out the rest"
# What a hand on a mouse or a finger on glass would do.
NO_POINTER = """
for (const name of ["pointerdown", "mousedown", "touchstart", "wheel"]) {
  window.addEventListener(name, () => console.error(`${name}: somebody left the keyboard`), { capture: true });
}
"""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """Somebody without a pointer, who goes about with Tab or presses single keys."""

    room: Room
    hands: Keyboard
    uses_letters: bool

    def answer(self, position: int) -> None:
        """Answer the shown item rightly."""
        (self.hands.choose_by_letters if self.uses_letters else self.hands.choose)(self.room, position)
        self.room.expect_chosen(position)
        self.room.expect_saved()

    def press(self, name: str, letter: str, of_several: int = 0) -> Locator:
        """Press a button of the room by its name or its letter."""
        button = self.room.button(name).nth(of_several)
        if self.uses_letters:
            self.hands.page.keyboard.press(letter)
        else:
            self.hands.press(button, "Space")
        return button

    def write_a_note(self) -> None:
        """Open the note and write it; leaving the field saves it."""
        page, field = self.hands.page, self.room.page.get_by_label("Your note on this question")
        if self.uses_letters:
            page.keyboard.press("w")
        else:
            self.hands.press(page.get_by_text(re.compile("^Note")))
            self.hands.go_to(field)
        expect(field).to_be_focused()
        page.keyboard.type(NOTE)
        with page.expect_response(re.compile("/note/")):
            page.keyboard.press("Tab")

    def read_the_help(self) -> None:
        """Open the list of keys and close it; the focus is where it was."""
        page, before = self.hands.page, self.room.button("Help")
        self.hands.go_to(before)
        page.keyboard.press("?" if self.uses_letters else "Enter")
        expect(page.get_by_role("heading", name="Keys in the exam room")).to_be_focused()
        page.keyboard.press("Escape")
        expect(before).to_be_focused()

    def move_on(self, position: int) -> None:
        """Go to the next question, or to the review from the last one."""
        page = self.hands.page
        if self.uses_letters:
            page.keyboard.press("n" if position < self.room.count else "r")
        elif position < self.room.count:
            self.hands.press(self.room.button("Next"))
        else:
            self.review()

    def review(self) -> None:
        """Go to the review: a button of the bar at a desk, of the sheet with all items on a phone."""
        if self.uses_letters:
            self.hands.page.keyboard.press("r")
            return
        if not self.room.to_review().is_visible():
            self.hands.press(items_button(self.room.page))
        self.hands.press(self.room.page.get_by_role("button", name="Review and submit").locator("visible=true"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_student_sits_a_whole_mock_by_keyboard(
    open_browser: Open, candidate: User, phone: bool, scheme: Literal["light", "dark"]
) -> None:
    """In the light with Tab, Space and arrows, in the dark with single keys; what was pressed is stored and no more."""
    page = open_browser(candidate, phone=phone)
    page.emulate_media(color_scheme=scheme)
    page.add_init_script(NO_POINTER)
    page.goto(START)
    hands = Keyboard(page)
    hands.press(page.get_by_role("button", name="Start, 60 minutes from now"))
    expect(page.get_by_role("heading", name=f"Question 1 of {MOCK_COUNT}")).to_be_visible()
    room = Room(page, Attempt.objects.get())
    student = Candidate(room, hands, uses_letters=scheme == "dark")
    flagged, guessed, noted = (position_of_kind(room.attempt, kind) for kind in ("multiple", "ordering", "matching"))
    for position in room.walk():
        answer_and_go_on(student, position, flagged=flagged, guessed=guessed, noted=noted)

    expect(page.get_by_text(f"All {room.count} questions have an answer.")).to_be_visible()
    expect(page.get_by_text("1 is flagged.")).to_be_visible()
    hands.press(page.get_by_role("link", name=re.compile(rf"^{flagged}\b.*flagged")))
    room.expect_at(flagged)
    student.review()
    hands.press(page.get_by_role("button", name="Submit and see my result"))

    expect(page.get_by_text("10 of 10 scored questions right")).to_be_visible()
    expect_stored(room.attempt, flagged=flagged, guessed=guessed, noted=noted)
    read_the_result(room, hands)
    read_the_report(page, hands, candidate)


def answer_and_go_on(student: Candidate, position: int, *, flagged: int, guessed: int, noted: int) -> None:
    """Answer the shown item, with whatever marks belong to it."""
    room, page = student.room, student.room.page
    room.expect_at(position)
    if position > 1:  # the next item is read from its head, wherever the hands were
        expect(page.get_by_role("heading", name=f"Question {position} of")).to_be_focused()
    if position == flagged:
        expect_pressed(student.press("Flag for review", "f"))
        expect(page.get_by_role("heading", name=", flagged")).to_be_visible()
        expect_pressed(student.press("Strike out C", "Shift+C"))
    student.answer(position)
    if position == guessed:
        expect_pressed(student.press("I was guessing", "g"))
    if position == noted:
        student.write_a_note()
        student.read_the_help()
    student.move_on(position)


def expect_pressed(button: Locator) -> None:
    expect(button).to_have_attribute("aria-pressed", "true")


def expect_stored(attempt: Attempt, *, flagged: int, guessed: int, noted: int) -> None:
    """Every answer is right, each mark is on its own item, and nothing else was stored or refused."""
    fields = ("position", "outcome", "is_flagged", "is_guess", "note", "highlights")
    assert list(attempt.items.order_by("position").values_list(*fields)) == [
        (position, "correct", position == flagged, position == guessed, NOTE if position == noted else "", [])
        for position in range(1, MOCK_COUNT + 1)
    ]
    struck = {item.position: item.struck for item in attempt.items.all() if item.struck}
    assert struck == {flagged: [item_at(attempt, flagged).option_order[2]]}
    assert not attempt.refused_answers.exists()
    attempt.refresh_from_db()
    assert (attempt.epoch, attempt.closed_by) == (1, Attempt.Closer.STUDENT)


def test_arrow_keys_pass_through_an_answer_without_taking_it(open_browser: Open, candidate: User) -> None:
    """Each step of an arrow is a change; only where it stops takes the answer from another line."""
    page = open_browser(candidate)
    room = Room(page, start(candidate, f"{OLDER}-mock", now=timezone.now()))
    room.enter(position_of_kind(room.attempt, "matching"))
    hands, lines = Keyboard(page), room.fields("matching")
    for place, presses in enumerate((1, 2, 3)):
        hands.go_to(lines.nth(place))
        for _ in range(presses):
            page.keyboard.press("ArrowDown")
    for place in range(3):
        expect(lines.nth(place)).to_have_value(str(place + 1))
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowUp")  # taken up anew, the third line takes answer 2, and the second gets what it had
    expect(lines.nth(2)).to_have_value("2")
    expect(lines.nth(1)).to_have_value("3")


def read_the_result(room: Room, hands: Keyboard) -> None:
    """Every option is explained, opened by key; the filter shows the flagged one alone."""
    page = room.page
    text = page.get_by_role("main").text_content() or ""
    whys = Option.objects.filter(version__attempt_items__attempt=room.attempt).values_list("why_html", flat=True)
    assert len(whys) > 4 * room.count
    assert [why for why in whys if re.sub("<[^>]+>", "", why).strip() not in text] == []
    hands.press(page.get_by_role("radio", name="All"), "ArrowUp")  # around to the last filter: flagged
    expect(page.get_by_role("radio", name="Flagged 1")).to_be_checked()
    summary = page.get_by_text(f"{SECRET} decision of").locator("visible=true")
    expect(summary).to_have_count(1)
    lesson = page.get_by_text(f"{SECRET} learning point of").locator("visible=true")
    if lesson.count() == 0:
        hands.press(page.locator("summary").filter(has_text=summary.inner_text()))
    expect(lesson).to_have_count(1)


def read_the_report(page: Page, hands: Keyboard, student: User) -> None:
    refresh_reports(user_id=student.pk, now=timezone.now())  # as the worker does
    hands.press(page.get_by_role("link", name="Dashboard"))
    hands.press(page.get_by_role("link", name=re.compile("Full report")).first)
    expect(page.get_by_role("heading", name=re.compile("Your report for"))).to_be_visible()


def test_a_student_sits_a_whole_mock_on_a_phone(open_browser: Open, candidate: User) -> None:
    page = open_browser(candidate, phone=True)
    page.goto(START)
    page.get_by_role("button", name="Start, 60 minutes from now").tap()
    expect(page.get_by_role("heading", name=f"Question 1 of {MOCK_COUNT}")).to_be_visible()
    room = Room(page, Attempt.objects.get())
    flag = room.button("Flag for review")
    flag.tap()
    expect(flag).to_have_attribute("aria-pressed", "true")
    missed = room.attempt.items.filter(is_scored=True, version__kind="single").order_by("position")[0].position
    for position in room.walk():
        room.expect_at(position)
        tap_answer(room, position, right=position != missed)
        room.expect_saved()
        if position < room.count:
            room.button("Next").tap()
    room.button("Previous").tap()
    room.expect_at(room.count - 1)
    expect_side_by_side([room.button("Previous"), items_button(page), room.button("Next")])
    jump_by_navigator(room, missed)
    strike = room.button("Strike out").first
    strike.tap()
    expect(strike).to_have_attribute("aria-pressed", "true")

    items_button(page).tap()
    page.get_by_role("button", name="Review and submit").tap()
    page.get_by_role("button", name="Submit and see my result").tap()
    expect(page.get_by_text("9 of 10 scored questions right")).to_be_visible()
    page.get_by_text("Wrong 1", exact=False).tap()
    expect(page.get_by_text(f"{SECRET} decision of").locator("visible=true")).to_have_count(1)
    mixed_up = page.get_by_role("link", name=f"{SECRET} north taken for south", exact=True).locator("visible=true")
    mixed_up.first.tap()
    expect(page).to_have_url(re.compile(f"/notes/compare/{MISCONCEPTION}/"))
    expect(page.get_by_role("heading", name=f"{SECRET} north taken for south")).to_be_visible()


def items_button(page: Page) -> Locator:
    """Return what opens the navigator on a phone."""
    return page.get_by_text(re.compile(r"^\s*Items\b")).locator("visible=true").first


def expect_side_by_side(buttons: list[Locator]) -> None:
    """No button covers a part of the next."""
    boxes = [box for button in buttons if (box := button.bounding_box())]
    assert len(boxes) == len(buttons)
    assert [box["x"] + box["width"] <= after["x"] for box, after in pairwise(boxes)] == [True] * (len(boxes) - 1)


def tap_answer(room: Room, position: int, *, right: bool) -> None:
    """Touch the words of an option, not its small circle; lists open the phone's own chooser."""
    kind = room.item(position).version.kind
    if kind in ("ordering", "matching"):
        room.choose(position, right=right)
        return
    for place in room.choices(position, right=right):
        words = room.answer(kind).get_by_text(re.compile(r"choice \d of case")).nth(place)
        words.tap()
        expect(room.fields(kind).nth(place)).to_be_checked()


def jump_by_navigator(room: Room, position: int) -> None:
    page = room.page
    items_button(page).tap()
    page.get_by_role("button", name="flagged").tap()
    expect(page.get_by_role("link", name=re.compile(r"answered.*flagged"))).to_be_visible()
    page.get_by_role("button", name="all").tap()
    page.get_by_role("link", name=re.compile(rf"^{position} answered")).tap()
    room.expect_at(position)
