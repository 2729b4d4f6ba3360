"""The one rule about time: an answer counts while `now < accept_until`. Pure.

The same comparison stands in the save and close statements of `saving` and `closing`; one boundary table
tests all of them.
"""

from __future__ import annotations

import datetime as dt

# An untimed sitting is over when nobody answered for so long: an exam without a time limit may rest for a week, a
# practice round is a matter of a day.
UNTIMED_IDLE = dt.timedelta(days=7)
PRACTICE_IDLE = dt.timedelta(hours=24)

# What a question takes without an exam's pressure, for telling how long a round will be.
_SECONDS_PER_QUESTION = 72


def deadline_for(*, started_at: dt.datetime, minutes: int | None) -> dt.datetime | None:
    """Return when the countdown reaches zero; None for an untimed sitting."""
    return None if minutes is None else started_at + dt.timedelta(minutes=minutes)


def accept_until_for(*, deadline: dt.datetime | None, grace_seconds: int) -> dt.datetime | None:
    """Return until when answers are accepted: the deadline and the published grace for slow networks."""
    return None if deadline is None else deadline + dt.timedelta(seconds=grace_seconds)


def is_accepting(*, accept_until: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether an answer that arrives now counts."""
    return accept_until is None or now < accept_until


def milliseconds_left(*, deadline: dt.datetime | None, now: dt.datetime) -> int | None:
    """Return the time on the countdown in milliseconds, never below zero; None for an untimed sitting."""
    if deadline is None:
        return None
    return max(0, int((deadline - now) / dt.timedelta(milliseconds=1)))


def about_minutes(*, questions: int) -> int:
    """Return how long so many practice questions take, roughly: ten take about twelve minutes."""
    return max(1, round(questions * _SECONDS_PER_QUESTION / 60))


def idle_limit(*, is_practice: bool) -> dt.timedelta:
    """Return how long an untimed sitting may rest without a saved answer."""
    return PRACTICE_IDLE if is_practice else UNTIMED_IDLE
