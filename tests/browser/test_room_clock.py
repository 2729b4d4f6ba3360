"""The countdown: told at four moments, hidden on demand, and true whatever the client's clocks do."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from exams.models import Attempt
from tests.browser.conftest import Open
from tests.browser.room import HIDE, SHOW, Room
from tests.factories import OLDER, start

# A clock that can be set: what a person, a time server or the end of a sleep does to `Date`.
SETTABLE = """
const real = Date.now;
const isOurs = window.location.protocol === "http:"; // the blank page, which ends a test, has no storage
Date.now = () => real() + Number((isOurs && sessionStorage.getItem("jump")) || 0);
"""


@pytest.fixture
def room(open_browser: Open, candidate: User) -> Room:
    """Give a mock that was just begun."""
    page = open_browser(candidate)
    page.add_init_script(SETTABLE)
    return Room(page, start(candidate, f"{OLDER}-mock", now=timezone.now()))


def set_time_left(room: Room, left: dt.timedelta) -> None:
    deadline = timezone.now() + left
    Attempt.objects.filter(pk=room.attempt.pk).update(
        deadline=deadline, accept_until=deadline + dt.timedelta(seconds=30)
    )


def seconds_shown(page: Page) -> int:
    hours, minutes, seconds = map(int, (page.get_by_role("timer").text_content() or "").split(":"))
    return hours * 3600 + minutes * 60 + seconds


LISTEN = """() => {
  window.heard = [];
  const region = document.getElementById("announcement");
  new MutationObserver(() => { if (region.textContent) window.heard.push(region.textContent); })
    .observe(region, { childList: true });
}"""


def test_four_moments_are_told_once_each(room: Room) -> None:
    set_time_left(room, dt.timedelta(minutes=30, seconds=5))
    page = room.page
    page.clock.install()
    room.enter()
    page.evaluate(LISTEN)
    warning = page.locator(".clock-warning")
    expect(warning).to_be_hidden()
    passed = 0
    for minutes in (30, 15, 5, 1):
        moment = 30 * 60 + 5 - minutes * 60
        page.clock.run_for((moment + 2 - passed) * 1000)
        expect(warning).to_have_text(re.compile(rf"^({minutes} min|{minutes - 1} min 5\d s|59 s) left$"))
        expect(warning).to_be_visible()
        page.clock.run_for(30_000)
        expect(warning).to_be_hidden()
        passed = moment + 32
    heard = page.evaluate("window.heard")
    assert len(heard) == 4, heard


def test_a_button_reads_the_time_left(room: Room) -> None:
    set_time_left(room, dt.timedelta(minutes=50, seconds=30))
    room.enter()
    button = room.button("Read the time left")
    button.focus()
    expect(button).to_be_visible()
    button.press("Enter")
    expect(room.page.get_by_role("main").get_by_role("status")).to_have_text("50 min left")


def test_it_hides_and_returns_by_itself_at_five_minutes(room: Room) -> None:
    set_time_left(room, dt.timedelta(minutes=5, seconds=20))
    room.page.clock.install()
    room.enter()
    timer = room.page.get_by_role("timer")
    room.button("hide the clock").click()
    expect(timer).to_be_hidden()
    room.button("Next").click()
    room.expect_at(2)
    expect(timer).to_be_hidden()
    room.page.clock.run_for(21_000)
    expect(timer).to_be_visible()
    expect(room.button("show the clock")).to_be_hidden()


@pytest.mark.parametrize("hours", [2, -2, 48])
def test_a_clock_that_jumps_changes_nothing(room: Room, hours: int) -> None:
    room.enter()
    before = seconds_shown(room.page)
    with room.page.expect_response("**/time-left/"):  # it is noticed, and the server is asked
        room.page.evaluate("(jump) => sessionStorage.setItem('jump', jump)", hours * 3_600_000)
    assert before - 15 <= seconds_shown(room.page) <= before
    room.choose(1)
    room.expect_saved()


def test_after_a_sleep_the_true_time_is_shown(room: Room) -> None:
    """While a machine sleeps the clock of the page may stand still, and only the other one tells that time went by."""
    room.enter()
    page = room.page
    page.evaluate(HIDE)
    set_time_left(room, dt.timedelta(minutes=20))
    page.evaluate("sessionStorage.setItem('jump', 40 * 60 * 1000)")
    with page.expect_response("**/time-left/"):
        page.evaluate(SHOW)
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^0:(20:00|19:\d\d)$"))


def test_after_a_minute_in_another_tab_the_server_is_asked(room: Room) -> None:
    page = room.page
    page.clock.install()
    room.enter()
    page.evaluate(HIDE)
    set_time_left(room, dt.timedelta(minutes=90))  # given meanwhile
    page.clock.run_for(60_000)
    page.evaluate(SHOW)
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^1:(30:00|29:\d\d)$"))


def test_time_that_ran_out_during_a_sleep_hands_in(room: Room) -> None:
    room.enter()
    room.choose(1)
    room.page.evaluate(HIDE)
    set_time_left(room, dt.timedelta(seconds=-1))
    room.page.evaluate("sessionStorage.setItem('jump', 3 * 60 * 60 * 1000)")
    room.page.evaluate(SHOW)
    expect(room.page.get_by_role("heading", name="Time is up, 1 answer submitted")).to_be_focused()


def test_an_untimed_exam_has_no_clock(room: Room) -> None:
    Attempt.objects.filter(pk=room.attempt.pk).update(deadline=None, accept_until=None)
    room.enter()
    expect(room.page.get_by_text("No time limit")).to_be_visible()
    expect(room.page.get_by_role("timer")).to_have_count(0)
