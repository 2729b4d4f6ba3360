"""A whole exam as a screen reader tells it, held to a text that somebody has read and approved."""

from __future__ import annotations

import datetime as dt
import difflib
import os
import re
import secrets
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from exams.models import Attempt
from tests.browser.conftest import Open, Watch
from tests.browser.room import SAVED, SAVES, Room
from tests.browser.transcript import Transcript
from tests.factories import OLDER

APPROVED = Path(__file__).parent / "approved" / "whole_exam.txt"
HOW = "EXAMPREP_APPROVE=1 python3 start.py test tests/browser/test_transcript.py"
SEED = 65


def expect_approved(text: str) -> None:
    """Fail with the difference from the approved text, and say how to approve."""
    if os.environ.get("EXAMPREP_APPROVE"):
        APPROVED.write_text(text)
    lines = (APPROVED.read_text().splitlines(), text.splitlines())
    difference = "\n".join(difflib.unified_diff(*lines, "approved", "heard now", lineterm="", n=6))
    assert not difference, f"Read it as somebody who hears it. To approve it: {HOW}\n{difference}"


def set_time_left(minutes: int, seconds: int) -> None:
    deadline = timezone.now() + dt.timedelta(minutes=minutes, seconds=seconds)
    Attempt.objects.update(deadline=deadline, accept_until=deadline + dt.timedelta(seconds=30))


def test_a_whole_exam_sounds_as_approved(
    open_browser: Open, candidate: User, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    monkeypatch.setattr(secrets, "randbits", lambda _bits: SEED)
    page = open_browser(candidate)
    page.clock.install()
    heard = Transcript(page)
    begin(heard)
    room = Room(page, Attempt.objects.get())
    walk_through_the_page(heard)
    answer_and_mark(heard, room)
    lose_and_find_the_network(heard, room)
    match_and_order(heard, room)
    open_what_lies_beside(heard, room)
    run_out_of_time(heard, room)
    expect_approved(heard.text())


def begin(heard: Transcript) -> None:
    page = heard.page
    heard.say("Before it begins")
    page.goto(f"/start/{OLDER}/{OLDER}-mock/")
    heard.write("> opens the page")
    page.get_by_role("checkbox").focus()
    heard.write("> Tab, many times")
    heard.press("Tab")
    page.clock.pause_at(timezone.now() + dt.timedelta(seconds=5))
    heard.say("It begins")
    heard.press("Enter", until=lambda: page.get_by_role("heading", name="Question 1 of").wait_for())


def walk_through_the_page(heard: Transcript) -> None:
    heard.say("All that Tab comes to")
    for _ in range(34):
        heard.press("Tab")


def press_and_save(heard: Transcript, *steps: str) -> None:
    """Press keys that change the answer, and wait until each change is stored."""
    for keys in steps:
        with heard.page.expect_response(SAVES):
            heard.page.keyboard.press(keys.split()[0])
            for name in keys.split()[1:]:
                heard.page.keyboard.press(name)
            heard.page.clock.run_for(100)
        expect(heard.page.get_by_text(SAVED)).to_be_visible()
        heard.pass_time(500, f"> {keys}")


def go(heard: Transcript, room: Room, position: int, keys: str = "n") -> None:
    """Go to another question; its heading has the focus then."""
    heading = heard.page.get_by_role("heading", name=f"Question {position} of {room.count}")
    heard.press(keys, until=lambda: expect(heading).to_be_focused())


def answer_and_mark(heard: Transcript, room: Room) -> None:
    heard.say("Single: letters and arrows choose; marks say themselves what they are")
    press_and_save(heard, "b", "ArrowDown", "a")
    heard.press("Shift+C")
    heard.press("g")
    heard.press("f")
    go(heard, room, 2)
    press_and_save(heard, "c")
    go(heard, room, 1, "p")
    go(heard, room, 2)
    heard.say("The clock, thirty minutes before the end")
    set_time_left(30, 20)
    go(heard, room, 3)
    press_and_save(heard, "a")
    heard.pass_time(21_000, "   the clock goes on")
    heard.pass_time(60_000, "   the clock goes on for a minute")
    heard.press("t")
    heard.say("Multiple response, and one too many")
    go(heard, room, 4)
    press_and_save(heard, "b", "e")
    heard.press("a")
    heard.say("Ordering: every move is told")
    go(heard, room, 5)
    press_and_save(heard, "b Alt+ArrowUp", "a Alt+ArrowUp", "Alt+ArrowUp", "c Alt+ArrowUp")
    heard.press("Alt+ArrowDown")
    heard.press("Tab")
    heard.press("Tab")
    heard.press("Tab")
    press_and_save(heard, "Enter", "Alt+ArrowUp")


def lose_and_find_the_network(heard: Transcript, room: Room) -> None:
    page = heard.page
    heard.say("The network is gone, fifteen minutes before the end")
    set_time_left(15, 20)
    go(heard, room, 6)
    page.context.set_offline(True)
    heard.press("a", until=lambda: expect(page.get_by_text("Not saved yet: 1")).to_be_visible())
    heard.pass_time(21_000, "   the clock goes on")
    heard.say("It is back")
    with page.expect_response(SAVES):
        page.context.set_offline(False)
    expect(page.get_by_text(SAVED)).to_be_visible()
    heard.pass_time(500)
    go(heard, room, 7)
    press_and_save(heard, "e Alt+ArrowUp", "d Alt+ArrowUp", "b Alt+ArrowUp")
    go(heard, room, 8)
    press_and_save(heard, "c", "d")
    go(heard, room, 9)
    press_and_save(heard, "d", "c")


def match_and_order(heard: Transcript, room: Room) -> None:
    heard.say("Matching, five minutes before the end")
    set_time_left(5, 20)
    go(heard, room, 10)
    heard.pass_time(21_000, "   the clock goes on")
    heard.press("1")
    press_and_save(heard, "b")
    heard.press("Tab")
    press_and_save(heard, "c")
    heard.press("Tab")
    press_and_save(heard, "b", "ArrowUp")
    heard.press("Tab")
    go(heard, room, 11)
    press_and_save(heard, "d Alt+ArrowUp", "c Alt+ArrowUp", "e Alt+ArrowUp")


def open_what_lies_beside(heard: Transcript, room: Room) -> None:
    page = heard.page
    heard.say("Help, note, a sentence, all items; one minute before the end")
    set_time_left(1, 20)
    go(heard, room, 12)
    heard.pass_time(21_000, "   the clock goes on")
    press_and_save(heard, "e", "a")
    heard.press("?")
    heard.press("Escape")
    heard.press("h")
    heard.press("Tab")
    heard.press("Space")
    heard.press("Escape")
    heard.press("w")
    with page.expect_response(re.compile("/note/")):
        page.keyboard.type("ask")
        page.keyboard.press("Tab")
    heard.pass_time(500, "> writes a note, Tab")
    heard.press("i")


def run_out_of_time(heard: Transcript, room: Room) -> None:
    page = heard.page
    heard.say("Review, and the end of the time")
    set_time_left(20, 0)
    review = page.get_by_role("heading", name="Review and submit")
    heard.press("r", until=review.wait_for)
    for _ in range(18):
        heard.press("Tab")
    set_time_left(0, 20)
    heard.press("Enter", until=lambda: room.expect_at(1))
    set_time_left(0, -1)
    with page.expect_navigation(url=re.compile("/result/")):
        page.clock.run_for(21_000)
    expect(page.get_by_role("heading", name="Time is up")).to_be_focused()
    heard.pass_time(500, "   the clock runs out")
