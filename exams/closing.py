"""Close attempts, then grade them: one closer wins, grading can be repeated, a sweep finishes what a crash left."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from exams.clock import idle_limit
from exams.grading import is_correct
from exams.models import REVEALING_MODES, AnswerEvent, Attempt, AttemptItem, AttemptPick
from exams.owners import GUEST_DAYS
from exams.pacing import GivenAnswer, changes_of_mind
from exams.signals import attempt_graded
from questions.models import Option, Prompt, ScoringRule


def close_attempt(*, attempt_id: int, closer: Attempt.Closer, now: dt.datetime) -> bool:
    """Close an open attempt and grade it; return whether this call was the one that closed it.

    The UPDATE waits for saves in flight. A second closer finds nothing to close, but still finishes a
    grading that a crash left undone. About nine queries for any number of items.
    """
    closed = Attempt.objects.filter(pk=attempt_id, state=Attempt.State.OPEN).update(
        state=Attempt.State.CLOSED, closed_at=now, closed_by=closer
    )
    grade_attempt(attempt_id=attempt_id, now=now)
    return closed == 1


@transaction.atomic
def grade_attempt(*, attempt_id: int, now: dt.datetime) -> None:
    """Grade a closed attempt and announce it after commit. A graded attempt is left as it is."""
    attempt = Attempt.objects.select_for_update().filter(pk=attempt_id, state=Attempt.State.CLOSED).first()
    if attempt is None:
        return
    items = list(AttemptItem.objects.filter(attempt=attempt).select_related("version", "rule"))
    rules = current_rules([item.version_id for item in items])
    for item in items:
        grade_item(item, rules[item.version_id])
    _count_changes(attempt, items)
    AttemptItem.objects.bulk_update(items, ["outcome", "rule", "right_to_wrong", "wrong_to_right", "wrong_to_wrong"])
    _write_picks(items)
    scored = [item for item in items if item.is_scored]
    attempt.scored_correct = sum(item.outcome == AttemptItem.Outcome.CORRECT for item in scored)
    attempt.scored_total = len(scored)
    attempt.state = Attempt.State.GRADED
    attempt.graded_at = now
    attempt.save(update_fields=["scored_correct", "scored_total", "state", "graded_at"])
    announce_graded(attempt_id)


def announce_graded(attempt_id: int) -> None:
    """Send `attempt_graded` after the current transaction commits."""
    transaction.on_commit(partial(attempt_graded.send_robust, sender=Attempt, attempt_id=attempt_id))


def current_rules(version_ids: list[int]) -> dict[int, ScoringRule]:
    """Return the rule that counts now, by version key. One query."""
    rules = ScoringRule.objects.filter(version__in=version_ids).order_by("version_id", "-number").distinct("version_id")
    return {rule.version_id: rule for rule in rules}


def grade_item(item: AttemptItem, rule: ScoringRule) -> None:
    """Set outcome and rule of an item, without saving. An item that was checked keeps its own."""
    if item.outcome:
        return
    correct = is_correct(response=item.response, accepted=rule.accepted, is_void=rule.reason == ScoringRule.Reason.VOID)
    item.outcome = AttemptItem.Outcome.CORRECT if correct else AttemptItem.Outcome.WRONG
    item.rule = rule


def _count_changes(attempt: Attempt, items: list[AttemptItem]) -> None:
    """Set the changes of mind of graded items by their events, without saving. One query."""
    answers: dict[int, list[GivenAnswer]] = defaultdict(list)
    events = AnswerEvent.objects.filter(attempt=attempt).order_by("position", "epoch", "revision")
    for position, response, saved_at in events.values_list("position", "response", "saved_at"):
        answers[position].append(GivenAnswer(response, saved_at))
    moments = sorted(answer.saved_at for given in answers.values() for answer in given)
    for item in items:
        has_key = item.rule is not None and item.rule.reason != ScoringRule.Reason.VOID
        accepted = item.rule.accepted if item.rule and has_key else []
        changes = changes_of_mind(answers[item.position], accepted=accepted, moments=moments)
        item.right_to_wrong = changes.right_to_wrong
        item.wrong_to_right = changes.wrong_to_right
        item.wrong_to_wrong = changes.wrong_to_wrong


def _write_picks(items: list[AttemptItem]) -> None:
    AttemptPick.objects.filter(item__in=[item.pk for item in items]).delete()
    versions = {item.version_id for item in items}
    options = {
        (version_id, position): pk
        for version_id, position, pk in Option.objects.filter(version__in=versions).values_list(
            "version", "position", "pk"
        )
    }
    prompts = {
        (version_id, position): pk
        for version_id, position, pk in Prompt.objects.filter(version__in=versions).values_list(
            "version", "position", "pk"
        )
    }
    AttemptPick.objects.bulk_create(
        AttemptPick(
            item=item,
            option_id=options[item.version_id, position],
            prompt_id=prompts.get((item.version_id, place)),
            place=place,
        )
        for item in items
        for place, position in enumerate(item.response, start=1)
        if position
    )


def sweep(*, now: dt.datetime) -> int:
    """Close every attempt whose time is over, finish interrupted gradings, and return how many were touched.

    One attempt that fails does not stop the others: the exception is raised after all were tried.
    """
    overdue = Attempt.objects.filter(overdue_filter(now)).values_list("pk", flat=True)
    ungraded = Attempt.objects.filter(state=Attempt.State.CLOSED).values_list("pk", flat=True)
    failures: list[Exception] = []
    attempt_ids = [*overdue, *ungraded]
    for attempt_id in attempt_ids:
        try:
            close_attempt(attempt_id=attempt_id, closer=Attempt.Closer.DEADLINE, now=now)
        except Exception as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup("attempts that could not be closed", failures)
    return len(attempt_ids)


def overdue_filter(now: dt.datetime) -> Q:
    """Return the filter for open attempts that take no more answers: the rule of `clock.is_accepting`.

    Untimed attempts are over when nobody answered for as long as `clock.idle_limit` says.
    """
    reveals = Q(blueprint__mode__in=REVEALING_MODES)
    timed = Q(accept_until__lte=now)
    idle_practice = reveals & _idle_since(now - idle_limit(is_practice=True))
    idle_exam = ~reveals & _idle_since(now - idle_limit(is_practice=False))
    return Q(Q(state=Attempt.State.OPEN) & (timed | idle_practice | idle_exam))


def _idle_since(moment: dt.datetime) -> Q:
    later_answer = AttemptItem.objects.filter(attempt=OuterRef("pk"), saved_at__gt=moment)
    return Q(Q(accept_until=None, started_at__lte=moment) & ~Exists(later_answer))


def close_if_over(*, attempt: Attempt, now: dt.datetime) -> bool:
    """Close this attempt when its time is over; return whether it is closed now. One query while it is open."""
    if attempt.is_open and Attempt.objects.filter(overdue_filter(now), pk=attempt.pk).exists():
        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.DEADLINE, now=now)
        attempt.refresh_from_db()
    return not attempt.is_open


def purge_guest_attempts(*, now: dt.datetime) -> int:
    """Delete guests' attempts that nobody claimed within GUEST_DAYS; return how many."""
    before = now - dt.timedelta(days=GUEST_DAYS)
    attempts = Attempt.objects.filter(user=None, started_at__lt=before)
    count = attempts.count()
    attempts.delete()
    return count
