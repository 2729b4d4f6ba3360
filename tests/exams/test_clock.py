"""One rule about time, `now < accept_until`, told apart to the microsecond wherever it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from accounts.accommodations import Accommodation
from accounts.models import User
from exams.clock import about_minutes, accept_until_for, deadline_for, is_accepting, milliseconds_left
from exams.closing import close_if_over, sweep
from exams.focus import Focus, FocusKind
from exams.marking import set_flag
from exams.models import AnswerEvent, Attempt
from exams.saving import AnswerRefused, AttemptNotFound, Refusal
from tests.factories import NOW, OLDER, Pen, item_at, owner_of_attempt, right_response, start

MICROSECOND = dt.timedelta(microseconds=1)
DEADLINE = NOW + dt.timedelta(minutes=60)
ACCEPT_UNTIL = DEADLINE + dt.timedelta(seconds=30)
BOUNDARY = [
    pytest.param(DEADLINE, True, id="at the deadline"),
    pytest.param(ACCEPT_UNTIL - MICROSECOND, True, id="a microsecond before the end of the grace"),
    pytest.param(ACCEPT_UNTIL, False, id="at the end of the grace"),
    pytest.param(ACCEPT_UNTIL + MICROSECOND, False, id="a microsecond after"),
]


@pytest.fixture
def attempt(bank: None, candidate: User) -> Attempt:
    return start(candidate)


def saves(attempt: Attempt, now: dt.datetime) -> bool:
    try:
        Pen(attempt).save(1, right_response(item_at(attempt)), now=now)
    except AnswerRefused as error:
        return error.refusal is not Refusal.LATE or AnswerEvent.objects.exists()
    return True


def flags(attempt: Attempt, now: dt.datetime) -> bool:
    try:
        set_flag(owner=owner_of_attempt(attempt), attempt_uuid=attempt.uuid, position=1, is_flagged=True, now=now)
    except AttemptNotFound:
        return False
    return True


def survives_the_sweep(attempt: Attempt, now: dt.datetime) -> bool:
    sweep(now=now)
    attempt.refresh_from_db()
    return attempt.is_open


def survives_a_visit(attempt: Attempt, now: dt.datetime) -> bool:
    return not close_if_over(attempt=attempt, now=now)


def counts_by_the_clock(attempt: Attempt, now: dt.datetime) -> bool:
    return is_accepting(accept_until=attempt.accept_until, now=now)


@pytest.mark.parametrize(("now", "open_still"), BOUNDARY)
@pytest.mark.parametrize(
    "asked", [counts_by_the_clock, saves, flags, survives_the_sweep, survives_a_visit], ids=lambda asked: asked.__name__
)
def test_all_who_ask_get_the_same_answer(
    asked: Callable[[Attempt, dt.datetime], bool], now: dt.datetime, open_still: bool, attempt: Attempt
) -> None:
    assert asked(attempt, now) == open_still


def test_start_stores_deadline_and_grace(attempt: Attempt) -> None:
    assert (attempt.deadline, attempt.accept_until) == (DEADLINE, ACCEPT_UNTIL)


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (NOW, 3_600_000),
        (DEADLINE - dt.timedelta(milliseconds=1), 1),
        (DEADLINE - MICROSECOND, 0),
        (DEADLINE, 0),
        (ACCEPT_UNTIL, 0),
    ],
)
def test_countdown_ends_at_the_deadline_not_at_the_grace(now: dt.datetime, left: int) -> None:
    assert milliseconds_left(deadline=DEADLINE, now=now) == left


def test_untimed_sitting_has_no_end() -> None:
    assert deadline_for(started_at=NOW, minutes=None) is None
    assert accept_until_for(deadline=None, grace_seconds=30) is None
    assert is_accepting(accept_until=None, now=NOW)
    assert milliseconds_left(deadline=None, now=NOW) is None


IDLE = [
    ("practice", dt.timedelta(hours=24) - MICROSECOND, True),
    ("practice", dt.timedelta(hours=24), False),
    ("drill", dt.timedelta(hours=24) - MICROSECOND, True),
    ("drill", dt.timedelta(hours=24), False),
    ("mock", dt.timedelta(days=7) - MICROSECOND, True),
    ("mock", dt.timedelta(days=7), False),
]


@pytest.fixture
def untimed(bank: None, candidate: User) -> Callable[[str], Attempt]:
    """Give what starts a sitting without a time limit."""
    User.objects.filter(pk=candidate.pk).update(accommodation=Accommodation.UNTIMED)

    def begin(mode: str) -> Attempt:
        return start(candidate, f"{OLDER}-{mode}", focus=Focus(FocusKind.TOPIC, "1") if mode == "drill" else None)

    return begin


@pytest.mark.parametrize(("mode", "idle", "open_still"), IDLE)
@pytest.mark.parametrize("asked", [survives_the_sweep, survives_a_visit], ids=lambda asked: asked.__name__)
def test_untimed_sitting_ends_after_its_idle_time_without_an_answer(
    asked: Callable[[Attempt, dt.datetime], bool],
    mode: str,
    idle: dt.timedelta,
    open_still: bool,
    untimed: Callable[[str], Attempt],
) -> None:
    attempt = untimed(mode)
    answered_at = NOW + dt.timedelta(hours=5)
    Pen(attempt).save(1, right_response(item_at(attempt)), now=answered_at)

    assert asked(attempt, answered_at + idle) == open_still


@pytest.mark.parametrize(("mode", "idle", "open_still"), IDLE)
def test_untimed_sitting_that_was_never_answered_counts_from_its_start(
    mode: str, idle: dt.timedelta, open_still: bool, untimed: Callable[[str], Attempt]
) -> None:
    assert survives_the_sweep(untimed(mode), NOW + idle) == open_still


@pytest.mark.parametrize(("questions", "minutes"), [(10, 12), (5, 6), (1, 1), (0, 1)])
def test_a_round_without_a_clock_takes_about_so_long(questions: int, minutes: int) -> None:
    assert about_minutes(questions=questions) == minutes
