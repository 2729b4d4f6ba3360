"""Close, then grade: whoever closes, whatever crashed, each attempt ends graded once."""

from __future__ import annotations

import datetime as dt
from unittest import mock

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from exams import closing
from exams.closing import close_attempt, grade_attempt, sweep
from exams.marking import check_answer
from exams.models import Attempt, AttemptItem, AttemptPick
from exams.signals import attempt_graded
from exams.tasks import close_overdue_attempts, purge_guest_attempts
from questions.models import ScoringRule
from tests.exams.test_clock import ACCEPT_UNTIL
from tests.factories import NEWER, NOW, OLDER, Pen, item_at, owner_of_attempt, right_response, start, wrong_response


@pytest.fixture
def attempt(bank: None, candidate: User) -> Attempt:
    return start(candidate)


def state_of(attempt: Attempt) -> str:
    return Attempt.objects.get(pk=attempt.pk).state


def close(attempt: Attempt) -> bool:
    return close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)


class TestClose:
    def test_first_closer_is_told_so_and_the_second_is_not(self, attempt: Attempt) -> None:
        assert [close(attempt), close(attempt)] == [True, False]

    def test_second_closer_changes_nothing(self, attempt: Attempt) -> None:
        close(attempt)
        before = Attempt.objects.filter(pk=attempt.pk).values().get()

        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.DEADLINE, now=ACCEPT_UNTIL)

        assert Attempt.objects.filter(pk=attempt.pk).values().get() == before

    def test_second_closer_finishes_a_grading_that_a_crash_left(self, attempt: Attempt) -> None:
        with mock.patch.object(closing, "grade_attempt", side_effect=OSError), pytest.raises(OSError):  # noqa: PT011
            close(attempt)
        assert state_of(attempt) == "closed"

        assert not close(attempt)
        assert state_of(attempt) == "graded"


class TestGrade:
    def test_open_attempt_is_not_graded(self, attempt: Attempt) -> None:
        grade_attempt(attempt_id=attempt.pk, now=NOW)

        assert state_of(attempt) == "open"
        assert not AttemptItem.objects.exclude(outcome="").exists()

    def test_grading_again_changes_nothing(self, attempt: Attempt) -> None:
        Pen(attempt).save(1, right_response(item_at(attempt)))
        close(attempt)
        before = list(AttemptPick.objects.order_by("pk").values())

        grade_attempt(attempt_id=attempt.pk, now=ACCEPT_UNTIL)

        assert list(AttemptPick.objects.order_by("pk").values()) == before
        assert Attempt.objects.get(pk=attempt.pk).graded_at == NOW

    def test_newest_rule_grades_and_is_recorded(self, attempt: Attempt) -> None:
        item = item_at(attempt)
        Pen(attempt).save(1, wrong_response(item))
        rule = ScoringRule.objects.create(
            version=item.version, number=2, accepted=[wrong_response(item)], reason=ScoringRule.Reason.REKEY
        )

        close(attempt)

        item.refresh_from_db()
        assert (item.outcome, item.rule) == ("correct", rule)

    def test_void_item_gives_its_mark_to_a_blank_too(self, attempt: Attempt) -> None:
        item = item_at(attempt)
        ScoringRule.objects.create(version=item.version, number=2, accepted=[], reason=ScoringRule.Reason.VOID)

        close(attempt)

        item.refresh_from_db()
        assert item.outcome == "correct"

    def test_checked_practice_item_keeps_the_outcome_it_was_shown(self, bank: None, candidate: User) -> None:
        practice = start(candidate, f"{NEWER}-practice")
        item = item_at(practice)
        Pen(practice).save(1, wrong_response(item))
        check_answer(owner=owner_of_attempt(practice), attempt_uuid=practice.uuid, position=1, now=NOW)
        shown = item_at(practice).rule
        ScoringRule.objects.create(version=item.version, number=2, accepted=[wrong_response(item)], reason="rekey")

        close(practice)

        item.refresh_from_db()
        assert (item.outcome, item.rule) == ("wrong", shown)
        assert item.picks.count() == len(item.response)

    def test_unscored_items_are_graded_and_do_not_count(self, attempt: Attempt) -> None:
        pen = Pen(attempt)
        for item in attempt.items.filter(is_scored=False):
            pen.save(item.position, right_response(item))
        close(attempt)

        attempt.refresh_from_db()
        assert (attempt.scored_correct, attempt.scored_total) == (0, 6)
        assert attempt.items.filter(outcome="correct").count() == 2

    def test_is_announced_once_after_the_commit(
        self, attempt: Attempt, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        announced: list[tuple[int, str]] = []

        def listen(attempt_id: int, **_: object) -> None:
            announced.append((attempt_id, Attempt.objects.get(pk=attempt_id).state))

        attempt_graded.connect(listen)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                close(attempt)
                close(attempt)
                assert announced == []
        finally:
            attempt_graded.disconnect(listen)

        assert announced == [(attempt.pk, "graded")]

    def test_listener_that_fails_costs_nothing(
        self, attempt: Attempt, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        def fail(**_: object) -> None:
            raise RuntimeError("a report that cannot be built")

        attempt_graded.connect(fail)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                close(attempt)
        finally:
            attempt_graded.disconnect(fail)

        assert state_of(attempt) == "graded"


class TestSweep:
    def test_closes_the_overdue_and_leaves_the_others(self, bank: None, candidate: User, stranger: User) -> None:
        overdue = start(candidate)
        young = start(stranger, now=NOW + dt.timedelta(minutes=1))
        practice = start(candidate, f"{NEWER}-practice")

        assert sweep(now=ACCEPT_UNTIL) == 1

        overdue.refresh_from_db()
        assert (overdue.state, overdue.closed_by, overdue.closed_at) == (
            "graded",
            Attempt.Closer.DEADLINE,
            ACCEPT_UNTIL,
        )
        assert state_of(young) == state_of(practice) == "open"

    def test_second_sweep_finds_nothing(self, attempt: Attempt) -> None:
        assert [sweep(now=ACCEPT_UNTIL), sweep(now=ACCEPT_UNTIL)] == [1, 0]

    def test_finishes_what_a_crash_left_ungraded(self, attempt: Attempt) -> None:
        Attempt.objects.filter(pk=attempt.pk).update(state="closed", closed_at=NOW, closed_by="student")

        assert sweep(now=NOW) == 1

        attempt.refresh_from_db()
        assert (attempt.state, attempt.closed_by, attempt.closed_at) == ("graded", Attempt.Closer.STUDENT, NOW)

    def test_one_that_fails_does_not_stop_the_rest(
        self, bank: None, candidate: User, stranger: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken, whole = start(candidate), start(stranger)

        def grade(*, attempt_id: int, now: dt.datetime) -> None:
            if attempt_id == broken.pk:
                raise RuntimeError("broken")
            grade_attempt(attempt_id=attempt_id, now=now)

        monkeypatch.setattr(closing, "grade_attempt", grade)

        with pytest.raises(ExceptionGroup) as raised:
            sweep(now=ACCEPT_UNTIL)

        assert [str(error) for error in raised.value.exceptions] == ["broken"]
        assert (state_of(broken), state_of(whole)) == ("closed", "graded")

    def test_open_practice_with_a_fresh_answer_stays(self, bank: None, candidate: User) -> None:
        practice = start(candidate, f"{OLDER}-practice")
        Pen(practice).save(1, right_response(item_at(practice)), now=NOW + dt.timedelta(hours=20))

        assert sweep(now=NOW + dt.timedelta(hours=30)) == 0
        assert sweep(now=NOW + dt.timedelta(hours=44)) == 1


class TestTasks:
    def test_each_calls_its_service_with_the_present(self, monkeypatch: pytest.MonkeyPatch) -> None:
        called: dict[str, dt.datetime] = {}
        for name in ("sweep", "purge_guest_attempts"):
            monkeypatch.setattr(closing, name, lambda *, now, name=name: called.update({name: now}))

        close_overdue_attempts()
        purge_guest_attempts()

        assert set(called) == {"sweep", "purge_guest_attempts"}
        assert all(abs(dt.datetime.now(dt.UTC) - now) < dt.timedelta(seconds=5) for now in called.values())
