"""The one rule about time: an answer counts while `now < accept_until`. Pure.

The same comparison stands in the save and close statements of `saving` and `closing`; one boundary table
tests all of them.
"""

from __future__ import annotations

import datetime as dt


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
