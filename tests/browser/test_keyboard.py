"""Single keys: what each does, that they can be switched off, and what arrows do not do."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from exams.models import Attempt
from tests.browser.conftest import Open
from tests.browser.hands import Keyboard
from tests.browser.room import Room
from tests.factories import OLDER, SECRET, position_of_kind, start


def test_arrow_keys_over_options_reveal_nothing_and_are_no_change_of_mind(open_browser: Open, candidate: User) -> None:
    page = open_browser(candidate)
    room = Room(page, start(candidate, f"{OLDER}-practice", now=timezone.now()))
    single = position_of_kind(room.attempt, "single")
    room.enter(single)
    hands = Keyboard(page)
    hands.press(room.fields("single").first, "Space")
    for _ in range(7):
        page.keyboard.press("ArrowDown")
    expect(room.fields("single").nth(3)).to_be_checked()
    room.expect_saved()
    assert SECRET not in page.content()
    expect(page.get_by_role("button", name="Check answer")).to_be_visible()

    hands.press(room.to_review())
    hands.press(page.get_by_role("button", name="Submit and see my result"))
    expect(page.get_by_role("heading", name="Every question, explained")).to_be_visible()
    item = room.item(single)
    assert item.response == [item.option_order[3]]
    assert (item.right_to_wrong, item.wrong_to_right, item.wrong_to_wrong) == (0, 0, 0)


@pytest.fixture
def room(open_browser: Open, candidate: User) -> Room:
    """Give a mock that was just begun, at its first single item."""
    found = Room(open_browser(candidate), start(candidate, f"{OLDER}-mock", now=timezone.now()))
    found.enter(position_of_kind(found.attempt, "single"))
    return found


def pressed(page: Page, name: str) -> str | None:
    return page.get_by_role("button", name=name, exact=True).get_attribute("aria-pressed")


def test_shift_and_a_letter_strike_an_option_out(room: Room) -> None:
    room.page.keyboard.press("Shift+B")
    button = room.button("Strike out B")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_be_focused()  # so that it is heard
    expect(room.fields("single").nth(1)).not_to_be_checked()
    room.page.keyboard.press("Shift+B")
    expect(button).to_have_attribute("aria-pressed", "false")


def test_each_key_has_a_button_and_the_list_names_all_of_them(room: Room) -> None:
    page = room.page
    keys = set(page.locator("[data-shortcut]").evaluate_all("(all) => all.map((one) => one.dataset.shortcut)"))
    assert keys | {"p"} == set("fghwnpirt?")  # the first question has no previous one
    page.keyboard.press("?")
    overlay = page.get_by_role("dialog", name="Keys in the exam room")
    expect(overlay).to_be_visible()
    listed = overlay.locator("kbd").all_inner_texts()
    assert {key.upper() for key in keys} <= set(listed)
    page.keyboard.press("f")  # an open dialog keeps the keys away from the page below it
    page.keyboard.press("Escape")
    expect(overlay).to_be_hidden()
    assert pressed(page, "Flag for review") == "false"


def test_letters_typed_into_a_field_do_nothing_else(room: Room) -> None:
    page = room.page
    page.keyboard.press("w")
    note = page.get_by_label("Your note on this question")
    expect(note).to_be_focused()
    page.keyboard.type("abcdefghinprtw? 123")
    expect(note).to_have_value("abcdefghinprtw? 123")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert pressed(page, "Flag for review") == "false"
    for field in room.fields("single").all():
        expect(field).not_to_be_checked()


@pytest.mark.parametrize("key", ["Control+b", "Alt+b", "Meta+b"])
def test_keys_with_others_belong_to_the_browser(room: Room, key: str) -> None:
    room.page.keyboard.press(key)
    expect(room.fields("single").nth(1)).not_to_be_checked()


def switch_off(page: Page) -> None:
    page.keyboard.press("?")
    page.get_by_role("dialog").get_by_label("Use single keys in the exam room").uncheck()
    page.keyboard.press("Escape")


def expect_no_keys(room: Room) -> None:
    for key in ("a", "f", "Shift+B", "n", "?"):
        room.page.keyboard.press(key)
    expect(room.page.get_by_role("dialog")).to_have_count(0)
    expect(room.fields("single").first).not_to_be_checked()
    assert pressed(room.page, "Flag for review") == "false"


def test_keys_are_switched_off_for_an_account_and_on_again(room: Room, candidate: User) -> None:
    with room.page.expect_response("**/shortcuts/"):
        switch_off(room.page)
    expect_no_keys(room)
    candidate.refresh_from_db()
    assert not candidate.uses_shortcuts
    room.page.reload()
    expect_no_keys(room)
    room.button("Help").click()
    with room.page.expect_response("**/shortcuts/"):
        room.page.get_by_label("Use single keys in the exam room").check()
    room.button("Close").click()
    room.page.keyboard.press("f")
    expect(room.button("Flag for review")).to_have_attribute("aria-pressed", "true")


def test_keys_are_switched_off_for_a_guest_before_the_exam_begins(open_browser: Open) -> None:
    page = open_browser()
    page.goto("/")
    page.get_by_role("link", name=re.compile("Try a .*-question sample")).click()
    page.get_by_label("Use single keys in the exam room").uncheck()
    page.get_by_role("button", name="Start, 20 minutes from now").click()
    room = Room(page, Attempt.objects.get())
    room.enter(position_of_kind(room.attempt, "single"))
    expect_no_keys(room)
    page.reload()
    expect_no_keys(room)
