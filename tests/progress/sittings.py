"""Whole sittings in one line: who, what, when, and which questions were right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection

from accounts.models import User
from exams.closing import close_attempt
from exams.marking import mark_seen
from exams.models import Attempt, AttemptItem
from progress.reports import refresh_reports
from tests.factories import NEWER, NOW, Pen, right_response, start, wrong_response

PRACTICE = f"{NEWER}-practice"
MOCK = f"{NEWER}-mock"
SAMPLE = f"{NEWER}-sample"


def domain_of(item: AttemptItem) -> str:
    """Return the code of an item's domain (the made-up bank has the same places in both exams)."""
    placement = item.version.scenario.placements.select_related("topic__domain").all()[0]
    return placement.topic.domain.code if placement.topic.domain else placement.topic.code


def sit(
    user: User,
    slug: str = PRACTICE,
    *,
    now: dt.datetime = NOW,
    is_right: Callable[[AttemptItem], bool] = lambda item: True,
    only: Collection[int] | None = None,
    close: bool = True,
) -> Attempt:
    """Start, open and answer the items (`only` these positions), and submit a minute later."""
    attempt = start(user, slug, now=now)
    pen = Pen(attempt)
    for item in attempt.items.select_related("version__scenario").order_by("position"):
        if only is not None and item.position not in only:
            continue
        mark_seen(item=item, now=now)
        pen.save(item.position, right_response(item) if is_right(item) else wrong_response(item), now=now)
    if close:
        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=now + dt.timedelta(minutes=1))
        attempt.refresh_from_db()
    return attempt


def wrong(item: AttemptItem) -> bool:
    """For `is_right`: miss everything."""
    return False


def refresh(user: User, *, now: dt.datetime = NOW) -> None:
    """Build the reports, as the worker does after a closed attempt."""
    refresh_reports(user_id=user.pk, now=now)
