"""Save an answer: one autocommit statement, which either stores it with its event or does nothing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import uuid

from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from exams.answer_input import PostedAnswer
from exams.clock import is_accepting
from exams.models import AnswerEvent, Attempt, AttemptItem, RefusedAnswer
from exams.owners import Owner
from questions.responses import Response, ResponseShape

# The attempt is locked FOR SHARE, so a close waits for this save or this save sees the close: an
# acknowledged answer is always graded. `now < accept_until` is the rule of `clock.is_accepting`. What is answered
# was seen, also where the page came out of a store while the network was gone.
_SAVE = """
WITH attempt AS (
    SELECT id FROM exams_attempt
    WHERE uuid = %(uuid)s AND (user_id = %(user_id)s OR guest_token_hash = %(guest_token_hash)s)
      AND state = 'open' AND (accept_until IS NULL OR %(now)s < accept_until) AND epoch = %(epoch)s
    FOR SHARE
), item AS (
    UPDATE exams_attemptitem AS item
    SET response = %(response)s::jsonb, epoch = %(epoch)s, revision = %(revision)s, saved_at = %(now)s,
        seen_at = COALESCE(item.seen_at, %(now)s)
    FROM attempt
    WHERE item.attempt_id = attempt.id AND item.position = %(position)s AND item.checked_at IS NULL
      AND (item.epoch, item.revision) < (%(epoch)s, %(revision)s)
    RETURNING item.attempt_id
)
INSERT INTO exams_answerevent (attempt_id, position, epoch, revision, idempotency_key, response, saved_at)
SELECT attempt_id, %(position)s, %(epoch)s, %(revision)s, %(key)s, %(response)s::jsonb, %(now)s FROM item
"""

_SHAPE_SECONDS = 3 * 3600

# Kind, picks asked for, option order.
CachedShape = tuple[str, int, list[int]]


class Refusal(enum.Enum):
    """Why an answer was not stored, in words for the student."""

    CLOSED = "closed"
    LATE = "late"
    ELSEWHERE = "elsewhere"
    STALE = "stale"
    CHECKED = "checked"
    BLANK = "blank"

    @property
    def message(self) -> str:
        """What the page says."""
        return str(_MESSAGES[self])


_MESSAGES = {
    Refusal.CLOSED: _("This attempt is closed. The answer shown is the one that counts."),
    Refusal.LATE: _(
        "Time was up before this answer arrived, so it does not count. We kept it and list it with your result."
    ),
    Refusal.ELSEWHERE: _(
        "You continued this exam in another window or on another device. This one does not save; continue here first."
    ),
    Refusal.STALE: _("A newer answer to this question is stored, and it is shown now. Change it here if you like."),
    Refusal.CHECKED: _("You have seen the explanation of this question, so its answer can no longer change."),
    Refusal.BLANK: _("Choose an answer first, then check it."),
}


class AnswerRefused(Exception):
    """The answer was not stored; the stored one stands."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.value)


class AttemptNotFound(Exception):
    """There is no such attempt or item for this owner."""


@dataclasses.dataclass(frozen=True)
class Saved:
    """The acknowledgement: what is stored since when."""

    response: Response
    revision: int
    saved_at: dt.datetime


@dataclasses.dataclass(frozen=True)
class ItemShape:
    """What never changes about a drawn item, so it is cached beside the database."""

    shape: ResponseShape
    option_order: list[int]


def item_shape(*, attempt_uuid: uuid.UUID, position: int) -> ItemShape:
    """Return shape and option order of a drawn item. One query, none when cached; AttemptNotFound otherwise.

    Not scoped to an owner: the save statement is, and what is returned here never reaches a page.
    """
    key = f"item-shape:{attempt_uuid}:{position}"
    known = _cached(key)
    if known is None:
        row = (
            AttemptItem.objects.filter(attempt__uuid=attempt_uuid, position=position)
            .values("option_order", "version__kind", "version__choose")
            .first()
        )
        if row is None:
            raise AttemptNotFound
        known = (row["version__kind"], row["version__choose"], row["option_order"])
        _remember(key, known)
    kind, choose, option_order = known
    prompt_count = choose if kind == "matching" else 0
    return ItemShape(ResponseShape(kind, len(option_order), prompt_count, choose), option_order)


def save_answer(
    *, owner: Owner, attempt_uuid: uuid.UUID, position: int, answer: PostedAnswer, now: dt.datetime
) -> Saved:
    """Store an answer and its event; a repeat of the same save returns the first outcome.

    One statement, plus one to three where it is refused. Raises AnswerRefused with the reason, or
    AttemptNotFound for what is not this owner's.
    """
    parameters = {
        "uuid": attempt_uuid,
        "user_id": owner.user_id,
        "guest_token_hash": owner.guest_token_hash,
        "now": now,
        "epoch": answer.epoch,
        "revision": answer.revision,
        "position": position,
        "response": json.dumps(answer.response),
        "key": answer.idempotency_key,
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute(_SAVE, parameters)
            stored = cursor.rowcount == 1
    except IntegrityError:
        stored = False  # the key was used before: `_why_refused` finds the first outcome
    if stored:
        return Saved(answer.response, answer.revision, now)
    return _first_outcome_or_refusal(owner, attempt_uuid, position, answer, now)


def _first_outcome_or_refusal(
    owner: Owner, attempt_uuid: uuid.UUID, position: int, answer: PostedAnswer, now: dt.datetime
) -> Saved:
    attempt = Attempt.objects.filter(owner.owns(), uuid=attempt_uuid).first()
    item = AttemptItem.objects.filter(attempt=attempt, position=position).first() if attempt else None
    if attempt is None or item is None:
        raise AttemptNotFound
    first = AnswerEvent.objects.filter(
        attempt=attempt, position=position, idempotency_key=answer.idempotency_key
    ).first()
    if first is not None:
        return Saved(first.response, first.revision, first.saved_at)
    refusal = _refusal(attempt, item, answer, now)
    with transaction.atomic():
        RefusedAnswer.objects.bulk_create(
            [
                RefusedAnswer(
                    attempt=attempt,
                    position=position,
                    epoch=answer.epoch,
                    revision=answer.revision,
                    idempotency_key=answer.idempotency_key,
                    response=answer.response,
                    reason=refusal.value,
                    refused_at=now,
                )
            ],
            ignore_conflicts=True,
        )
    raise AnswerRefused(refusal)


def _refusal(attempt: Attempt, item: AttemptItem, answer: PostedAnswer, now: dt.datetime) -> Refusal:
    if attempt.closed_by == Attempt.Closer.STUDENT:
        return Refusal.CLOSED  # submitted is submitted, also when time has run out since
    if not is_accepting(accept_until=attempt.accept_until, now=now):
        return Refusal.LATE
    if not attempt.is_open:
        return Refusal.CLOSED
    if answer.epoch != attempt.epoch:
        return Refusal.ELSEWHERE
    return Refusal.CHECKED if item.checked_at else Refusal.STALE


def _cached(key: str) -> CachedShape | None:
    try:
        found: CachedShape | None = cache.get(key)
    except Exception:
        return None
    return found


def _remember(key: str, shape: CachedShape) -> None:
    try:
        cache.set(key, shape, _SHAPE_SECONDS)
    except Exception:
        return
