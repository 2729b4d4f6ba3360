"""The exam room as a student knows it: by headings, buttons, labels and what it says."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from functools import partial

from playwright.sync_api import Locator, Page, expect

from exams.answer_input import shown_numbers
from exams.models import Attempt, AttemptItem
from exams.selectors import letter_for
from tests.factories import item_at, right_response, wrong_response

SAVES = re.compile(r"/answer/$")
SAVED = re.compile(r"Saved\s+\d\d:\d\d:\d\d")
# What another tab in front, or a lid that is closed, does to a page.
HIDE = """() => {
  Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
SHOW = """() => {
  delete document.visibilityState;
  document.dispatchEvent(new Event("visibilitychange"));
}"""
NOT_SAVED = re.compile("Not saved yet")
LEGENDS: dict[str, str | re.Pattern[str]] = {
    "single": "Choose one answer.",
    "multiple": re.compile(r"Choose \d answers?\."),
    "ordering": "Put the steps that are needed in order.",
    "matching": "Match each line with one answer.",
}


@dataclasses.dataclass(frozen=True)
class Room:
    """One attempt on one page."""

    page: Page
    attempt: Attempt

    @property
    def count(self) -> int:
        """How many items the attempt has."""
        return self.attempt.items.count()

    def enter(self, position: int = 1) -> None:
        """Open an item by its address, in a browser that has been in this room: tests start most attempts beside it."""
        self.hold_lease()
        self.page.goto(f"/attempts/{self.attempt.uuid}/items/{position}/")
        self.expect_at(position)

    def hold_lease(self) -> None:
        """Let the browser hold the first lease of the attempt, as the one does that it was started in."""
        known = self.page.context.cookies()
        name = f"lease-{self.attempt.uuid}"
        if name not in [cookie["name"] for cookie in known]:
            path = f"/attempts/{self.attempt.uuid}/"
            domain = known[0]["domain"]
            self.page.context.add_cookies([{"name": name, "value": "1", "domain": domain, "path": path}])

    def expect_at(self, position: int) -> None:
        """The page shows this item."""
        heading = self.page.get_by_role("heading", name=f"Question {position} of {self.count}")
        expect(heading).to_be_visible()

    def item(self, position: int) -> AttemptItem:
        """Return the item as stored, fresh from the database."""
        return item_at(self.attempt, position)

    def answer(self, kind: str) -> Locator:
        """Return where an item of this kind is answered."""
        return self.page.get_by_role("group", name=LEGENDS[kind])

    def fields(self, kind: str) -> Locator:
        """Return the options, or the lists to choose from, in the order shown."""
        role = {"single": "radio", "multiple": "checkbox"}.get(kind, "combobox")
        return self.answer(kind).get_by_role(role)  # type: ignore[arg-type]

    def choices(self, position: int, *, right: bool = True) -> dict[int, str]:
        """Return what to choose: the place of a field (from 0) and, for a list, the label of its choice."""
        item = self.item(position)
        response = right_response(item) if right else wrong_response(item)
        shown = shown_numbers(response, item.option_order)
        if item.version.kind == "ordering":
            return {number - 1: f"place {place}" for place, number in enumerate(shown, start=1)}
        if item.version.kind == "matching":
            return {row: chr(ord("A") + number - 1) for row, number in enumerate(shown)}
        return {number - 1: "" for number in shown}

    def choose(self, position: int, *, right: bool = True, is_answered_by_server: bool = True) -> None:
        """Answer the shown item with pointer or finger, and wait until the server has each change."""
        kind = self.item(position).version.kind
        if kind == "ordering" and self.fields(kind).count() == 0:
            self.put_in_order(position, right=right, is_answered_by_server=is_answered_by_server)
            return
        choices = self.choices(position, right=right)
        if kind == "multiple":  # what is too many is refused, so first away with what was chosen before
            for place, field in enumerate(self.fields(kind).all()):
                if place not in choices and field.is_checked():
                    self._change(field.uncheck, is_answered_by_server)
        for place, label in choices.items():
            field = self.fields(kind).nth(place)
            if label:
                texts = field.get_by_role("option").all_inner_texts()
                text = next(text for text in texts if text.split(" ·")[0].strip() == label)
                self._change(partial(field.select_option, label=text), is_answered_by_server)
            elif not field.is_checked():
                self._change(field.check, is_answered_by_server)

    def _change(self, change: Callable[[], object], is_answered_by_server: bool) -> None:
        if not is_answered_by_server:
            change()
            return
        with self.page.expect_response(SAVES):
            change()

    def steps(self) -> Locator:
        """Return the steps of an ordering item that have a place, in their order."""
        return self.page.get_by_role("list", name="Your order").get_by_role("listitem")

    def put_in_order(self, position: int, *, right: bool = True, is_answered_by_server: bool = True) -> None:
        """Answer an ordering item with its buttons."""
        for _ in range(self.steps().count()):
            self._change(self.steps().first.get_by_role("button", name="Do not use").click, is_answered_by_server)
        letters = self.letters_in_order(position, right=right)
        for letter in letters:
            use = self.page.get_by_role("button", name=f"Use {letter}", exact=True)
            self._change(use.click, is_answered_by_server)
        expect(self.steps()).to_have_count(len(letters))

    def letters_in_order(self, position: int, *, right: bool = True) -> list[str]:
        """Return the letters of the steps of an ordering item, first step first."""
        places = {place: int(label.split()[1]) for place, label in self.choices(position, right=right).items()}
        return [letter_for(place + 1) for place in sorted(places, key=lambda place: places[place])]

    def expect_chosen(self, position: int, *, right: bool = True) -> None:
        """The page shows this answer to an item, as chosen."""
        kind = self.item(position).version.kind
        if kind == "ordering":
            letters = self.letters_in_order(position, right=right)
            expect(self.steps()).to_have_text([re.compile(rf"^\s*{letter}\b") for letter in letters])
            return
        for place, label in self.choices(position, right=right).items():
            field = self.fields(kind).nth(place)
            if label:
                expect(field).to_have_value(str(ord(label) - ord("A") + 1))
            else:
                expect(field).to_be_checked()

    def expect_saved(self) -> None:
        """The page says that everything is saved."""
        expect(self.page.get_by_text(SAVED)).to_be_visible()

    def button(self, name: str) -> Locator:
        """Return a button by its words."""
        return self.page.get_by_role("button", name=name)

    def to_review(self) -> Locator:
        """Return the button to the review screen in the bar: the navigator has one more."""
        return self.page.get_by_role("navigation", name="Move").get_by_role("button", name="Review and submit")

    def walk(self) -> range:
        """Return all positions."""
        return range(1, self.count + 1)
