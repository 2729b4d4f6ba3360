"""Start an attempt, or return the open one; take the lease; hand a guest's attempts to an account."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
from collections.abc import Iterable
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Count, F

from exams.assembly import Candidate, DrawnItem, NotEnoughItems, Shortage, draw_form
from exams.clock import accept_until_for, deadline_for
from exams.closing import announce_graded, close_attempt, close_if_over
from exams.models import Attempt, AttemptItem, ExamBlueprint
from exams.owners import Owner
from questions.models import Placement, Scenario, Topic


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


def start_attempt(*, owner: Owner, blueprint: ExamBlueprint, now: dt.datetime) -> Attempt:
    """Return the owner's open attempt for a blueprint, drawn and stored when there is none; take its lease.

    Two starts at the same moment give one attempt. About eight queries for any number of items.
    Raises CannotStart naming every domain that is short.
    """
    found = _open_attempt(owner, blueprint)
    if found is not None and not close_if_over(attempt=found, now=now):
        return take_lease(attempt=found)
    try:
        with transaction.atomic():
            return _draw_and_store(owner, blueprint, now)
    except IntegrityError:
        winner = _open_attempt(owner, blueprint)
        if winner is None:
            raise
        return take_lease(attempt=winner)


def take_lease(*, attempt: Attempt) -> Attempt:
    """Make this entry the one that saves: windows entered earlier are told so at their next save."""
    Attempt.objects.filter(pk=attempt.pk).update(epoch=F("epoch") + 1)
    attempt.refresh_from_db(fields=["epoch"])
    return attempt


def _open_attempt(owner: Owner, blueprint: ExamBlueprint) -> Attempt | None:
    return Attempt.objects.filter(owner.owns(), blueprint=blueprint, state=Attempt.State.OPEN).first()


def _draw_and_store(owner: Owner, blueprint: ExamBlueprint, now: dt.datetime) -> Attempt:
    seed = secrets.randbits(48)
    form = _draw(owner, blueprint, seed)
    deadline = deadline_for(started_at=now, minutes=blueprint.minutes)
    attempt = Attempt.objects.create(
        blueprint=blueprint,
        user_id=owner.user_id,
        guest_token_hash=owner.guest_token_hash,
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


def _draw(owner: Owner, blueprint: ExamBlueprint, seed: int) -> list[DrawnItem]:
    domains = {t.code: t for t in Topic.objects.filter(exam_version=blueprint.exam_version_id, domain=None)}
    weights = {code: topic.weight or Decimal(0) for code, topic in domains.items()}
    try:
        return draw_form(
            candidates=_candidates(owner, blueprint),
            weights=weights,
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


def _candidates(owner: Owner, blueprint: ExamBlueprint) -> list[Candidate]:
    placements = (
        Placement.objects.filter(
            exam_version=blueprint.exam_version_id,
            pool=blueprint.pool,
            scenario__state=Scenario.State.PUBLISHED,
            scenario__published_version__kind__in=blueprint.kinds,
        )
        .exclude(scenario__in=sealed_scenario_ids(owner))
        .annotate(option_count=Count("scenario__published_version__options"))
        .values_list(
            "scenario_id", "scenario__published_version_id", "topic__code", "topic__domain__code", "option_count"
        )
    )
    ranks = _ranks(owner, is_practice=blueprint.reveals_on_check)
    return [
        Candidate(version_id, domain or code, option_count, ranks.get(scenario_id, 0))
        for scenario_id, version_id, code, domain, option_count in placements
    ]


def _ranks(owner: Owner, *, is_practice: bool) -> dict[int, int]:
    """Return which seen scenarios wait behind unseen ones (rank 0), and how long.

    Mocks take what was seen least often; practice takes what was missed last time before what was right.
    """
    seen = AttemptItem.objects.filter(owner.owns("attempt__"), seen_at__isnull=False)
    if not is_practice:
        return dict(seen.order_by().values_list("version__scenario_id").annotate(times=Count("pk")))
    latest = seen.order_by("version__scenario_id", "-seen_at").distinct("version__scenario_id")
    return {
        scenario_id: 1 if outcome == AttemptItem.Outcome.WRONG else 2
        for scenario_id, outcome in latest.values_list("version__scenario_id", "outcome")
    }


def sealed_scenario_ids(owner: Owner) -> list[int]:
    """Return the scenarios in this owner's open sealed attempts: no other page may explain or draw them. One query."""
    return list(
        AttemptItem.objects.filter(owner.owns("attempt__"), attempt__state=Attempt.State.OPEN)
        .exclude(attempt__blueprint__mode=ExamBlueprint.Mode.PRACTICE)
        .values_list("version__scenario_id", flat=True)
    )


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
