"""Hands that never touch a pointer."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.room import Room

IS_BEHIND = """(element) => document.activeElement !== document.body
  && Boolean(element.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING)"""


class Keyboard:
    """Somebody at the keys, who goes about with Tab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, target: Locator) -> None:
        """Press Tab (with Shift where it lies behind) until the target has the focus; what cannot be reached fails."""
        way = "Shift+Tab" if target.evaluate(IS_BEHIND) else "Tab"
        for _ in range(120):
            if target.evaluate("(element) => element === document.activeElement"):
                return
            self.page.keyboard.press(way)
        raise AssertionError(f"Tab does not reach {target}")

    def press(self, target: Locator, key: str = "Enter") -> None:
        """Go to the target and press a key."""
        self.go_to(target)
        self.page.keyboard.press(key)

    def choose(self, room: Room, position: int) -> None:
        """Answer the shown item rightly with Space and the arrows."""
        kind = room.item(position).version.kind
        fields, choices = room.fields(kind), room.choices(position)
        if kind == "single":
            # One stop of Tab for all of them; the arrows choose.
            self.press(fields.first, "Space")
            for _ in range(next(iter(choices))):
                self.page.keyboard.press("ArrowDown")
            return
        if kind == "ordering":
            for letter in room.letters_in_order(position):
                self.press(self.page.get_by_role("button", name=f"Use {letter}", exact=True))
            return
        for place, label in choices.items():
            self.go_to(fields.nth(place))
            for key in ["ArrowDown"] * (ord(label) - ord("A") + 1) if label else ["Space"]:
                self.page.keyboard.press(key)

    def choose_by_letters(self, room: Room, position: int) -> None:
        """Answer the shown item rightly: letters choose, Alt and the arrows order, a number leads to a list."""
        keys, kind = self.page.keyboard, room.item(position).version.kind
        if kind == "ordering":
            for letter in room.letters_in_order(position):
                keys.press(letter.lower())
                step = self.page.get_by_role("listitem").filter(has_text=re.compile(rf"^\s*{letter}\b"))
                expect(step).to_be_focused()
                keys.press("Alt+ArrowUp")
            return
        if kind == "matching":
            keys.press("1")
            for letter in room.choices(position).values():  # a list takes what is typed for itself, and Tab leaves it
                keys.press(letter)
                keys.press("Tab")
            return
        for place in room.choices(position):
            keys.press("abcdefgh"[place])
