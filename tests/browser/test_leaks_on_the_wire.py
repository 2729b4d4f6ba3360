"""During a timed attempt nothing that reaches the browser holds an explanation or a mark of the key."""

from __future__ import annotations

import re

from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.conftest import Open
from tests.browser.room import Room
from tests.browser.wire import Wire
from tests.factories import OLDER, SECRET, SECRET_SLUG, start

# Words that only a page with the key needs. Scripts and styles are the same for everybody, so they are left out.
MARKS = re.compile(
    r"is-right|is_right|is-wrong|data-result=.(?:correct|wrong|blank)|rationale|distractor|right answer|misconception"
)


def test_nothing_that_is_sent_during_a_mock_tells_the_key(open_browser: Open, candidate: User) -> None:
    page = open_browser(candidate)
    room = Room(page, start(candidate, f"{OLDER}-mock", now=timezone.now()))
    wire = Wire(page)
    room.enter()
    for position in room.walk():
        room.expect_at(position)
        room.choose(position, right=position % 2 == 0)
        room.expect_saved()
        if position == 1:
            room.button("Flag for review").click()
            expect(page.get_by_role("heading", name=", flagged")).to_be_visible()
        wire.read()
        if position < room.count:
            room.button("Next").click()
    room.to_review().click()
    expect(page.get_by_role("heading", name="Review and submit")).to_be_visible()
    wire.read()
    for address in (f"/attempts/{room.attempt.uuid}/result/", "/attempts/", "/dashboard/"):
        page.goto(address)
        wire.read()

    answers = {name: text for name, text in wire.sent.items() if "/static/" not in name}
    assert sum("/answer/" in name for name in answers) >= room.count
    assert wire.holding(SECRET, SECRET_SLUG) == []
    assert [name for name, text in answers.items() if MARKS.search(text)] == []
