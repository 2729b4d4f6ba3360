"""Start an attempt, or return the open one; take the lease; hand a guest's attempts to an account."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
from collections.abc import Iterable
from typing import Literal

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.accommodations import Accommodation, minutes_with
from accounts.models import User
from exams.assembly import DrawnItem, NotEnoughItems, Shortage, draw_drill, draw_form
from exams.clock import accept_until_for, deadline_for
from exams.closing import announce_graded, close_attempt, close_if_over
from exams.focus import Focus
from exams.models import Attempt, AttemptItem, ExamBlueprint
from exams.owners import Owner
from exams.pools import candidates, sealed_form_attempt, weights_of
from questions.models import Topic


@dataclasses.dataclass(frozen=True)
class NamedShortage:
    """A domain that cannot fill its share of a form, in words for a page; an empty title means the whole pool."""

    title: str
    need: int
    have: int


class CannotStart(Exception):
    """The bank has not enough items for the blueprint; nothing was written."""

    def __init__(self, shortages: list[NamedShortage]) -> None:
        self.shortages = shortages
        super().__init__("; ".join(f"{s.title or 'pool'}: needs {s.need}, has {s.have}" for s in shortages))


class AlreadySat(Exception):
    """The sealed form is sat once, and `attempt` did; nothing was written."""

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        super().__init__(str(attempt))


def start_attempt(*, owner: Owner, blueprint: ExamBlueprint, now: dt.datetime, focus: Focus | None = None) -> Attempt:
    """Return the owner's open attempt for a blueprint, drawn and stored when there is none; take its lease.

    A drill has one open attempt for each focus. Two starts at the same moment give one attempt. The person's
    extra time counts as it is now. About eight queries for any number of items. Raises CannotStart naming
    every domain that is short, and AlreadySat for a sealed form that this person has seen.
    """
    found = _open_attempt(owner, blueprint, focus)
    if found is not None and not close_if_over(attempt=found, now=now):
        return take_lease(attempt=found)
    if blueprint.is_sealed_form:
        sat = sealed_form_attempt(owner=owner, exam_version_id=blueprint.exam_version_id)
        if sat is not None:
            raise AlreadySat(sat)
    try:
        with transaction.atomic():
            return _draw_and_store(owner, blueprint, focus, now)
    except IntegrityError:
        winner = _open_attempt(owner, blueprint, focus)
        if winner is None:
            raise
        return take_lease(attempt=winner)


def take_lease(*, attempt: Attempt) -> Attempt:
    """Make this entry the one that saves: windows entered earlier are told so at their next save."""
    Attempt.objects.filter(pk=attempt.pk).update(epoch=F("epoch") + 1)
    attempt.refresh_from_db(fields=["epoch"])
    return attempt


def _open_attempt(owner: Owner, blueprint: ExamBlueprint, focus: Focus | None) -> Attempt | None:
    return Attempt.objects.filter(
        owner.owns(), blueprint=blueprint, focus=str(focus or ""), state=Attempt.State.OPEN
    ).first()


def _draw_and_store(owner: Owner, blueprint: ExamBlueprint, focus: Focus | None, now: dt.datetime) -> Attempt:
    seed = secrets.randbits(48)
    form = _draw(owner, blueprint, focus, seed)
    accommodation = _accommodation(owner)
    minutes = minutes_with(accommodation or Accommodation.NONE, minutes=blueprint.minutes)
    deadline = deadline_for(started_at=now, minutes=minutes)
    attempt = Attempt.objects.create(
        blueprint=blueprint,
        user_id=owner.user_id,
        guest_token_hash=owner.guest_token_hash,
        focus=str(focus or ""),
        accommodation=accommodation,
        started_at=now,
        deadline=deadline,
        accept_until=accept_until_for(deadline=deadline, grace_seconds=blueprint.grace_seconds),
        seed=seed,
    )
    AttemptItem.objects.bulk_create(
        AttemptItem(
            attempt=attempt,
            position=position,
            version_id=drawn.version_id,
            option_order=list(drawn.option_order),
            is_scored=drawn.is_scored,
        )
        for position, drawn in enumerate(form, start=1)
    )
    return attempt


def _accommodation(owner: Owner) -> Accommodation | Literal[""]:
    """Return what the person has now. One query, none for guests, who have none."""
    if owner.user_id is None:
        return ""
    return Accommodation(User.objects.values_list("accommodation", flat=True).get(pk=owner.user_id))


def _draw(owner: Owner, blueprint: ExamBlueprint, focus: Focus | None, seed: int) -> list[DrawnItem]:
    drawable = candidates(owner=owner, blueprint=blueprint, focus=focus)
    domains = {t.code: t for t in Topic.objects.filter(exam_version=blueprint.exam_version_id, domain=None)}
    try:
        if focus is not None:
            return draw_drill(candidates=drawable, most=blueprint.item_count, seed=seed)
        return draw_form(
            candidates=drawable,
            weights=weights_of(domains.values()),
            scored_count=blueprint.scored_count,
            unscored_count=blueprint.unscored_count,
            seed=seed,
        )
    except NotEnoughItems as error:
        raise CannotStart(_named(error.shortages, domains)) from error


def _named(shortages: Iterable[Shortage], domains: dict[str, Topic]) -> list[NamedShortage]:
    return [
        NamedShortage(f"Domain {s.domain}: {domains[s.domain].title}" if s.domain else "", s.need, s.have)
        for s in shortages
    ]


@transaction.atomic
def claim_guest_attempts(*, guest_token_hash: str, user_id: int, now: dt.datetime) -> int:
    """Give a guest's attempts to the account that just logged in; return how many. Safe to repeat.

    Where the account has an open attempt of the same blueprint, the guest's is closed and graded.
    """
    attempts = list(Attempt.objects.select_for_update().filter(guest_token_hash=guest_token_hash).order_by("pk"))
    for attempt in attempts:
        if attempt.state == Attempt.State.GRADED:
            announce_graded(attempt.pk)
        close_if_over(attempt=attempt, now=now)
        _hand_over(attempt, user_id, now)
    return len(attempts)


def _hand_over(attempt: Attempt, user_id: int, now: dt.datetime) -> None:
    claim = Attempt.objects.filter(pk=attempt.pk)
    try:
        with transaction.atomic():
            claim.update(user_id=user_id, guest_token_hash=None)
    except IntegrityError:  # only the database knows of an attempt that the account starts at this moment
        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=now)
        claim.update(user_id=user_id, guest_token_hash=None)
