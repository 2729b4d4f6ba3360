"""Small writes inside an open attempt: flag, guess, strike-out, note, highlights, time, and "Check answer"."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from exams.closing import current_rules, grade_item
from exams.mark_input import read_ranges, text_length
from exams.models import REVEALING_MODES, Attempt, AttemptItem
from exams.owners import Owner
from exams.pacing import counted_seconds
from exams.saving import AnswerRefused, AttemptNotFound, Refusal


class MarkRefused(AttemptNotFound):
    """The owner's attempt takes no more input; nothing was stored."""

    def __init__(self, attempt_uuid: uuid.UUID) -> None:
        self.attempt_uuid = attempt_uuid
        super().__init__("the attempt takes no more input")


def _open_item(owner: Owner, attempt_uuid: uuid.UUID, position: int, now: dt.datetime) -> Q:
    is_accepting = Q(attempt__accept_until=None) | Q(attempt__accept_until__gt=now)
    return (
        owner.owns("attempt__")
        & Q(attempt__uuid=attempt_uuid, attempt__state=Attempt.State.OPEN, position=position)
        & is_accepting
    )


def _why_not(owner: Owner, attempt_uuid: uuid.UUID, position: int) -> AttemptNotFound:
    """Return the error for an item that `_open_item` does not find. One query."""
    is_known = AttemptItem.objects.filter(owner.owns("attempt__"), attempt__uuid=attempt_uuid, position=position)
    return MarkRefused(attempt_uuid) if is_known.exists() else AttemptNotFound()


def set_flag(*, owner: Owner, attempt_uuid: uuid.UUID, position: int, is_flagged: bool, now: dt.datetime) -> None:
    """Flag an item for review, or take the flag off. Safe to repeat. Raises MarkRefused, AttemptNotFound."""
    _set(owner, attempt_uuid, position, now, is_flagged=is_flagged)


def set_guess(*, owner: Owner, attempt_uuid: uuid.UUID, position: int, is_guess: bool, now: dt.datetime) -> None:
    """Mark the answer to an item as a guess, or take that back. Safe to repeat. Raises MarkRefused, AttemptNotFound."""
    _set(owner, attempt_uuid, position, now, is_guess=is_guess)


def set_note(*, owner: Owner, attempt_uuid: uuid.UUID, position: int, note: str, now: dt.datetime) -> None:
    """Store the note about an item, as `read_note` returns it. Safe to repeat. Raises MarkRefused, AttemptNotFound."""
    _set(owner, attempt_uuid, position, now, note=note)


def _set(owner: Owner, attempt_uuid: uuid.UUID, position: int, now: dt.datetime, **values: object) -> None:
    if not AttemptItem.objects.filter(_open_item(owner, attempt_uuid, position, now)).update(**values):
        raise _why_not(owner, attempt_uuid, position)


def set_highlights(*, owner: Owner, attempt_uuid: uuid.UUID, position: int, ranges: str, now: dt.datetime) -> None:
    """Store what is highlighted in the stem of an item, as posted, in place of what was. Safe to repeat. Two queries.

    Raises MalformedMark for anything but ranges within the text of the stem, MarkRefused, AttemptNotFound.
    """
    item = AttemptItem.objects.filter(_open_item(owner, attempt_uuid, position, now)).values("version__stem_html")
    found = item.first()
    if found is None:
        raise _why_not(owner, attempt_uuid, position)
    highlights = read_ranges(ranges, length=text_length(found["version__stem_html"]))
    _set(owner, attempt_uuid, position, now, highlights=highlights)


@transaction.atomic
def add_visit(*, owner: Owner, attempt_uuid: uuid.UUID, position: int, seconds: int, now: dt.datetime) -> None:
    """Add the seconds that an item was shown, as far as `counted_seconds` believes them; it counts as seen then.

    The attempt is locked, so that two visits at the same moment cannot both take what is left of its time. Three
    queries. Raises MarkRefused, AttemptNotFound.
    """
    is_accepting = Q(accept_until=None) | Q(accept_until__gt=now)
    attempt = (
        Attempt.objects.select_for_update(of=("self",))
        .filter(owner.owns(), is_accepting, uuid=attempt_uuid, state=Attempt.State.OPEN)
        .first()
    )
    spent = dict(attempt.items.values_list("position", "seconds_spent")) if attempt else {}
    if attempt is None or position not in spent:
        raise _why_not(owner, attempt_uuid, position)
    counted = counted_seconds(
        posted=seconds,
        spent=sum(spent.values()),
        elapsed=_seconds(now - attempt.started_at),
        length=_seconds(attempt.deadline - attempt.started_at) if attempt.deadline else None,
    )
    attempt.items.filter(position=position).update(
        seconds_spent=F("seconds_spent") + counted, seen_at=Coalesce("seen_at", now)
    )


def _seconds(duration: dt.timedelta) -> int:
    return duration // dt.timedelta(seconds=1)


@transaction.atomic
def set_struck(
    *, owner: Owner, attempt_uuid: uuid.UUID, position: int, shown: int, is_struck: bool, now: dt.datetime
) -> None:
    """Strike out the option shown under a number, or bring it back. A struck option can still be chosen.

    Safe to repeat. Raises MarkRefused, and AttemptNotFound for an unknown option too.
    """
    item = (
        AttemptItem.objects.select_for_update(of=("self",))
        .filter(_open_item(owner, attempt_uuid, position, now))
        .first()
    )
    if item is None:
        raise _why_not(owner, attempt_uuid, position)
    if not 1 <= shown <= len(item.option_order):
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
        .filter(_open_item(owner, attempt_uuid, position, now), attempt__blueprint__mode__in=REVEALING_MODES)
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
