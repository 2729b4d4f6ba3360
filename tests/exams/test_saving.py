"""An acknowledged answer is stored exactly once, an older one never overwrites a newer one."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from accounts.models import User
from exams.answer_input import PostedAnswer
from exams.closing import close_attempt
from exams.marking import check_answer
from exams.models import AnswerEvent, Attempt, AttemptItem, RefusedAnswer
from exams.owners import Owner, new_guest
from exams.saving import AnswerRefused, AttemptNotFound, Refusal, item_shape, save_answer
from exams.starting import take_lease
from questions.responses import ResponseShape
from tests.asserts import at_most_queries
from tests.factories import NEWER, NOW, Pen, item_at, owner_of_attempt, position_of_kind, start, start_with

LATER = NOW + dt.timedelta(minutes=5)
TOO_LATE = NOW + dt.timedelta(minutes=61)


@pytest.fixture
def attempt(bank: None, candidate: User) -> Attempt:
    return start(candidate)


def stored(attempt: Attempt, position: int = 1) -> tuple[list[int], int, int]:
    item = item_at(attempt, position)
    return item.response, item.epoch, item.revision


def test_answer_is_stored_once_with_its_event(attempt: Attempt) -> None:
    key = uuid.uuid4()

    saved = Pen(attempt).save(3, [2], now=LATER, key=key)

    assert (saved.response, saved.revision, saved.saved_at) == ([2], 1, LATER)
    assert stored(attempt, 3) == ([2], 1, 1)
    event = AnswerEvent.objects.get()
    assert (event.attempt_id, event.position, event.epoch, event.revision) == (attempt.pk, 3, 1, 1)
    assert (event.response, event.saved_at, event.idempotency_key) == ([2], LATER, key)
    assert not RefusedAnswer.objects.exists()


def test_saving_touches_no_other_item(attempt: Attempt) -> None:
    Pen(attempt).save(3, [2])

    assert not AttemptItem.objects.exclude(position=3).exclude(response=[]).exists()


def test_repeat_of_a_save_returns_the_first_outcome(attempt: Attempt) -> None:
    pen, key = Pen(attempt), uuid.uuid4()
    first = pen.save(1, [2], key=key)

    again = pen.save(1, [2], key=key, revision=1, now=LATER)

    assert again == first
    assert AnswerEvent.objects.count() == 1
    assert not RefusedAnswer.objects.exists()


def test_repeat_returns_the_first_outcome_even_after_a_newer_answer_and_the_end(attempt: Attempt) -> None:
    pen, key = Pen(attempt), uuid.uuid4()
    first = pen.save(1, [2], key=key)
    pen.save(1, [3])
    close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=LATER)

    assert pen.save(1, [2], key=key, revision=1, now=TOO_LATE) == first
    assert stored(attempt)[0] == [3]


@pytest.mark.django_db(transaction=True)
def test_key_used_again_for_another_answer_stores_nothing(bank: None, candidate: User) -> None:
    attempt = start(candidate)
    pen, key = Pen(attempt), uuid.uuid4()
    first = pen.save(1, [2], key=key)

    assert pen.save(1, [3], key=key) == first
    assert stored(attempt) == ([2], 1, 1)


def test_older_revision_never_overwrites_a_newer_one(attempt: Attempt) -> None:
    pen = Pen(attempt)
    pen.save(1, [2], revision=5)

    for revision in (4, 5):
        with pytest.raises(AnswerRefused) as refused:
            pen.save(1, [3], revision=revision)
        assert refused.value.refusal is Refusal.STALE

    assert stored(attempt) == ([2], 1, 5)
    assert AnswerEvent.objects.count() == 1


def test_window_that_lost_the_lease_no_longer_saves(attempt: Attempt) -> None:
    old_window = Pen(attempt, revision=100)
    new_window = Pen(take_lease(attempt=Attempt.objects.get(pk=attempt.pk)))
    new_window.save(1, [2])

    for position in (1, 2):  # not even an item that the new window has not touched
        with pytest.raises(AnswerRefused) as refused:
            old_window.save(position, [3], epoch=1)
        assert refused.value.refusal is Refusal.ELSEWHERE

    assert stored(attempt) == ([2], 2, 1)
    assert stored(attempt, 2) == ([], 0, 0)


def test_lease_that_was_never_given_is_refused(attempt: Attempt) -> None:
    with pytest.raises(AnswerRefused) as refused:
        Pen(attempt).save(1, [2], epoch=7)

    assert refused.value.refusal is Refusal.ELSEWHERE


def test_new_lease_starts_its_revisions_over(attempt: Attempt) -> None:
    Pen(attempt, revision=40).save(1, [2])
    take_lease(attempt=attempt)

    Pen(attempt).save(1, [3])

    assert stored(attempt) == ([3], 2, 1)


def test_late_answer_is_kept_and_does_not_count(attempt: Attempt) -> None:
    pen, key = Pen(attempt), uuid.uuid4()
    pen.save(1, [2])

    for _ in range(2):
        with pytest.raises(AnswerRefused) as refused:
            pen.save(1, [3], now=TOO_LATE, key=key)
        assert refused.value.refusal is Refusal.LATE

    kept = RefusedAnswer.objects.get()
    assert (kept.attempt_id, kept.position, kept.response, kept.reason) == (attempt.pk, 1, [3], "late")
    assert kept.refused_at == TOO_LATE
    assert stored(attempt)[0] == [2]
    assert AnswerEvent.objects.count() == 1


def test_answer_after_submitting_is_refused_as_closed(attempt: Attempt) -> None:
    close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)

    for now in (LATER, TOO_LATE):  # submitted is submitted, also when the clock has run out since
        with pytest.raises(AnswerRefused) as refused:
            Pen(attempt).save(1, [2], now=now)
        assert refused.value.refusal is Refusal.CLOSED

    assert stored(attempt) == ([], 0, 0)


def test_answer_after_the_sweep_is_refused_as_late(attempt: Attempt) -> None:
    close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.DEADLINE, now=TOO_LATE)

    with pytest.raises(AnswerRefused) as refused:
        Pen(attempt).save(1, [2], now=TOO_LATE)

    assert refused.value.refusal is Refusal.LATE


def test_answer_to_an_explained_practice_item_is_refused(bank: None, candidate: User) -> None:
    practice = start(candidate, f"{NEWER}-practice")
    pen = Pen(practice)
    pen.save(1, [1])
    check_answer(owner=owner_of_attempt(practice), attempt_uuid=practice.uuid, position=1, now=NOW)

    with pytest.raises(AnswerRefused) as refused:
        pen.save(1, [2])

    assert refused.value.refusal is Refusal.CHECKED
    assert stored(practice)[0] == [1]


@pytest.mark.parametrize("whose", ["stranger", "guest"])
def test_attempt_of_somebody_else_is_not_found(whose: str, attempt: Attempt, stranger: User) -> None:
    owner = Owner(user_id=stranger.pk) if whose == "stranger" else new_guest()[0]

    with pytest.raises(AttemptNotFound):
        Pen(attempt, owner=owner).save(1, [2])

    assert stored(attempt) == ([], 0, 0)
    assert not RefusedAnswer.objects.exists()


def test_unknown_attempt_and_unknown_item_are_not_found(attempt: Attempt) -> None:
    with pytest.raises(AttemptNotFound):
        Pen(attempt).save(99, [2])
    with pytest.raises(AttemptNotFound):
        item_shape(attempt_uuid=uuid.uuid4(), position=1)
    with pytest.raises(AttemptNotFound):
        save_answer(
            owner=owner_of_attempt(attempt),
            attempt_uuid=uuid.uuid4(),
            position=1,
            answer=PostedAnswer([1], 1, 1, uuid.uuid4()),
            now=NOW,
        )


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("single", ResponseShape("single", 4, 0, 1)),
        ("multiple", ResponseShape("multiple", 5, 0, 2)),
        ("ordering", ResponseShape("ordering", 5, 0, 3)),
        ("matching", ResponseShape("matching", 4, 3, 3)),
    ],
)
def test_shape_of_each_kind_is_read_and_remembered(
    kind: str, shape: ResponseShape, bank: None, candidate: User
) -> None:
    attempt = start_with(kind, candidate)
    position = position_of_kind(attempt, kind)

    first = item_shape(attempt_uuid=attempt.uuid, position=position)
    with at_most_queries(0):
        second = item_shape(attempt_uuid=attempt.uuid, position=position)

    assert first.shape == second.shape == shape
    assert first.option_order == second.option_order == item_at(attempt, position).option_order


@pytest.mark.parametrize("refusal", list(Refusal))
def test_every_refusal_has_words(refusal: Refusal) -> None:
    assert refusal.message.endswith(".")
