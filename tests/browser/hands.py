"""Hands that never touch a pointer."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

from tests.browser.room import Room


class Keyboard:
    """Somebody at the keys, who goes about with Tab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, target: Locator) -> None:
        """Press Tab until the target has the focus; what cannot be reached fails."""
        for _ in range(120):
            if target.evaluate("(element) => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
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
