"""Small writes inside an open attempt: flag, strike out, first sight, and practice's "Check answer"."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Q

from exams.closing import current_rules, grade_item
from exams.models import Attempt, AttemptItem, ExamBlueprint
from exams.owners import Owner
from exams.saving import AnswerRefused, AttemptNotFound, Refusal


def _open_item(owner: Owner, attempt_uuid: uuid.UUID, position: int, now: dt.datetime) -> Q:
    is_accepting = Q(attempt__accept_until=None) | Q(attempt__accept_until__gt=now)
    return (
        owner.owns("attempt__")
        & Q(attempt__uuid=attempt_uuid, attempt__state=Attempt.State.OPEN, position=position)
        & is_accepting
    )


def set_flag(*, owner: Owner, attempt_uuid: uuid.UUID, position: int, is_flagged: bool, now: dt.datetime) -> None:
    """Flag an item for review, or take the flag off. Safe to repeat; AttemptNotFound when it may not be."""
    changed = AttemptItem.objects.filter(_open_item(owner, attempt_uuid, position, now)).update(is_flagged=is_flagged)
    if not changed:
        raise AttemptNotFound


@transaction.atomic
def set_struck(
    *, owner: Owner, attempt_uuid: uuid.UUID, position: int, shown: int, is_struck: bool, now: dt.datetime
) -> None:
    """Strike out the option shown under a number, or bring it back. A struck option can still be chosen.

    Safe to repeat; AttemptNotFound for an unknown option or an attempt that takes no more input.
    """
    item = (
        AttemptItem.objects.select_for_update(of=("self",))
        .filter(_open_item(owner, attempt_uuid, position, now))
        .first()
    )
    if item is None or not 1 <= shown <= len(item.option_order):
        raise AttemptNotFound
    option = item.option_order[shown - 1]
    struck = set(item.struck) | {option} if is_struck else set(item.struck) - {option}
    item.struck = sorted(struck)
    item.save(update_fields=["struck"])


def mark_seen(*, item: AttemptItem, now: dt.datetime) -> None:
    """Record the first time an item was opened. One query the first time, none afterwards."""
    if item.seen_at is None:
        AttemptItem.objects.filter(pk=item.pk, seen_at=None).update(seen_at=now)
        item.seen_at = now


@transaction.atomic
def check_answer(*, owner: Owner, attempt_uuid: uuid.UUID, position: int, now: dt.datetime) -> None:
    """Grade and lock one item of a practice attempt, so that its explanation may be shown. Safe to repeat.

    Raises AttemptNotFound for any attempt that does not reveal, and AnswerRefused when nothing is chosen to check.
    """
    item = (
        AttemptItem.objects.select_for_update(of=("self",))
        .filter(_open_item(owner, attempt_uuid, position, now), attempt__blueprint__mode=ExamBlueprint.Mode.PRACTICE)
        .first()
    )
    if item is None:
        raise AttemptNotFound
    if item.checked_at is not None:
        return
    if not item.is_answered:
        raise AnswerRefused(Refusal.BLANK)
    grade_item(item, current_rules([item.version_id])[item.version_id])
    item.checked_at = now
    item.save(update_fields=["checked_at", "outcome", "rule"])
