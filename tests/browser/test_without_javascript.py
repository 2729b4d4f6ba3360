"""Without JavaScript: all four kinds are answered, flagged, struck out and submitted by plain forms."""

from __future__ import annotations

import re

from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.conftest import Open
from tests.browser.room import Room
from tests.factories import OLDER, SECRET, start


def test_a_whole_attempt_by_plain_forms(open_browser: Open, candidate: User) -> None:
    page = open_browser(candidate, javascript=False)
    room = Room(page, start(candidate, f"{OLDER}-mock", now=timezone.now()))
    assert set(room.attempt.items.values_list("version__kind", flat=True)) == {
        "single",
        "multiple",
        "ordering",
        "matching",
    }
    room.enter()
    room.button("Flag for review").click()
    expect(page.get_by_role("heading", name="Question 1 of 12, flagged")).to_be_visible()
    for position in room.walk():
        room.expect_at(position)
        room.choose(position, is_answered_by_server=False)
        if position == 1:
            room.button("Save answer").click()
            room.expect_at(position)
            room.expect_saved()
        if position < room.count:
            room.button("Next").click()
    room.to_review().click()
    expect(page.get_by_text("All 12 questions have an answer.")).to_be_visible()
    page.get_by_role("link", name=re.compile(r"^1\b.*flagged")).click()
    room.expect_at(1)
    room.to_review().click()
    page.get_by_role("button", name="Submit and see my result").click()
    expect(page.get_by_text("10 of 10 scored questions right")).to_be_visible()
    assert (page.get_by_role("main").text_content() or "").count(f"{SECRET} learning point") == room.count


def test_struck_out_options_stay_so(open_browser: Open, candidate: User) -> None:
    page = open_browser(candidate, javascript=False)
    room = Room(page, start(candidate, f"{OLDER}-mock", now=timezone.now()))
    room.enter(room.attempt.items.filter(version__kind="single").order_by("position")[0].position)
    room.button("Strike out").nth(1).click()
    expect(room.button("Strike out").nth(1)).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(room.button("Strike out").nth(1)).to_have_attribute("aria-pressed", "true")
    expect(room.button("Strike out").nth(0)).to_have_attribute("aria-pressed", "false")
