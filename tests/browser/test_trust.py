"""What a student may rely on: reload, back, a second window, a broken network, the deadline."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import parse_qs

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from accounts.models import User
from exams.models import AnswerEvent, Attempt
from tests.browser.conftest import Open, Watch
from tests.browser.room import NOT_SAVED, SAVES, Room
from tests.factories import OLDER, position_of_kind, start

GRACE = dt.timedelta(seconds=30)


@pytest.fixture
def room(open_browser: Open, candidate: User) -> Room:
    """Give a mock that was just begun, at its first item."""
    found = Room(open_browser(candidate), start(candidate, f"{OLDER}-mock", now=timezone.now()))
    found.enter()
    return found


def seconds_shown(room: Room) -> int:
    hours, minutes, seconds = map(int, (room.page.get_by_role("timer").text_content() or "").split(":"))
    return hours * 3600 + minutes * 60 + seconds


def set_time_left(room: Room, left: dt.timedelta) -> None:
    now = timezone.now()
    Attempt.objects.filter(pk=room.attempt.pk).update(deadline=now + left, accept_until=now + left + GRACE)


def test_a_reload_shows_the_stored_answer_and_the_true_time(room: Room) -> None:
    room.choose(1)
    room.expect_saved()
    set_time_left(room, dt.timedelta(minutes=20))
    room.page.reload()
    room.expect_saved()
    room.expect_chosen(1)
    assert 20 * 60 - 15 <= seconds_shown(room) <= 20 * 60


def test_time_given_by_the_server_arrives_with_the_next_item(room: Room) -> None:
    set_time_left(room, dt.timedelta(minutes=90))
    room.button("Next").click()
    room.expect_at(2)
    expect(room.page.get_by_role("timer")).to_have_text(re.compile(r"1:(30:00|29:\d\d)"))


def test_the_back_button_shows_the_newest_stored_answer(room: Room) -> None:
    room.choose(1, right=False)
    room.expect_saved()
    room.button("Next").click()
    room.expect_at(2)
    room.button("Previous").click()
    room.expect_at(1)
    room.choose(1)
    room.expect_saved()
    room.button("Next").click()
    room.expect_at(2)
    for position in (1, 2, 1):
        # Not `go_back`, which takes the reload that brings the stored answer for a failure.
        room.page.evaluate("window.setTimeout(() => window.history.back())")
        room.expect_at(position)
    room.expect_chosen(1)


def test_a_window_that_was_continued_elsewhere_says_so_and_shows_what_is_stored(room: Room, watch: Watch) -> None:
    watch.expect("409")
    single = position_of_kind(room.attempt, "single")  # one change, so that one save is refused
    room.enter(single)
    room.choose(single)
    room.expect_saved()
    second = room.page.context.new_page()
    second.goto("/dashboard/")
    second.get_by_role("button", name="Continue").first.click()
    expect(second.get_by_role("heading", name="Question ")).to_be_visible()

    room.choose(single, right=False, is_answered_by_server=False)
    alert = room.page.get_by_role("alert").filter(has_text="You continued this exam in another window")
    expect(alert).to_be_visible()
    room.expect_chosen(single)
    assert AnswerEvent.objects.filter(attempt=room.attempt).count() == 1

    room.button("Continue here").click()
    room.expect_at(single)
    expect(alert).to_have_count(0)
    room.choose(single, right=False)
    room.expect_saved()


def keys_of(route: Route) -> str:
    return parse_qs(route.request.post_data or "")["idempotency_key"][0]


@pytest.mark.parametrize("how", ["502", "no connection", "the answer is lost on its way back"])
def test_a_save_that_fails_is_repeated_and_stored_once(room: Room, watch: Watch, how: str) -> None:
    watch.expect("502", "ERR_FAILED", "ERR_INTERNET_DISCONNECTED")
    sent: list[str] = []

    def fail(route: Route) -> None:
        sent.append(keys_of(route))
        if how == "502":
            route.fulfill(status=502, body="<h1>Bad gateway</h1>")
            return
        if how.startswith("the answer"):
            route.fetch()
        route.abort()

    single = position_of_kind(room.attempt, "single")
    room.enter(single)
    room.page.route(SAVES, fail)
    room.choose(single, is_answered_by_server=False)
    expect(room.page.get_by_text(NOT_SAVED).first).to_be_visible()
    room.expect_chosen(single)

    room.page.unroute(SAVES)
    with room.page.expect_response(SAVES) as repeated:
        pass
    sent.append(parse_qs(repeated.value.request.post_data or "")["idempotency_key"][0])
    room.expect_saved()
    assert len(set(sent)) == 1
    events = AnswerEvent.objects.filter(attempt=room.attempt)
    assert [str(event.idempotency_key) for event in events] == sent[:1]
    room.page.reload()
    room.expect_chosen(single)


def test_answers_given_without_a_connection_are_all_saved_afterwards(room: Room, watch: Watch) -> None:
    watch.expect("ERR_FAILED")
    room.page.route(SAVES, lambda route: route.abort())
    for position in (1, 2, 3):
        room.expect_at(position)
        room.choose(position, is_answered_by_server=False)
        expect(room.page.get_by_text(NOT_SAVED).first).to_be_visible()
        room.button("Next").click()
    room.expect_at(4)
    room.page.unroute(SAVES)
    room.to_review().click()  # waits for what is not saved yet
    expect(room.page.get_by_text("3 of 12 questions have an answer.")).to_be_visible()
    assert {event.position for event in AnswerEvent.objects.all()} == {1, 2, 3}


def test_the_deadline_submits_by_itself(room: Room) -> None:
    room.choose(1)
    room.expect_saved()
    set_time_left(room, dt.timedelta(seconds=2))
    room.page.reload()
    expect(room.page.get_by_role("timer")).to_have_text(re.compile("0:00:0"))
    expect(room.page.get_by_role("heading", name="Every question, explained")).to_be_visible()
    attempt = Attempt.objects.get()
    assert attempt.state == Attempt.State.GRADED
    assert attempt.items.get(position=1).outcome == "correct"
