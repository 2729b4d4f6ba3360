"""From graded attempts to the derived rows: first sight and repeats apart, safe to repeat, nothing invented."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model

from accounts.models import User
from exams.closing import close_attempt
from exams.marking import mark_seen
from exams.models import Attempt, AttemptItem, AttemptPick
from exams.owners import new_guest
from exams.starting import claim_guest_attempts
from progress.models import Confusion, ReportState, ServiceResult, TopicResult
from progress.reports import refresh_reports, stale_user_ids
from questions.models import Placement, ScoringRule
from tests.asserts import at_most_queries
from tests.exams.races import Actor, uncommitted
from tests.factories import NEWER, NOW, OLDER, Pen, item_at, right_response, start
from tests.progress.sittings import MOCK, PRACTICE, SAMPLE, domain_of, refresh, sit, wrong

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bank")]
LATER = NOW + dt.timedelta(days=1)
DERIVED: list[type[Model]] = [TopicResult, ServiceResult, Confusion, ReportState]


def derived_rows() -> list[list[tuple[Any, ...]]]:
    """Return every derived row without its key and build time."""
    found = []
    for model in DERIVED:
        names = [field.attname for field in model._meta.concrete_fields if field.name not in ("id", "built_at")]
        found.append(sorted(model._default_manager.values_list(*names)))
    return found


def domain_counts(user: User, exam: str = NEWER) -> dict[str, tuple[int, int, int, int]]:
    """Return (first right, first, repeats right, repeats) by domain."""
    rows = TopicResult.objects.filter(user=user, exam_version__slug=exam, topic__domain=None)
    return {
        row.topic.code: (row.first_correct, row.first_total, row.repeat_correct, row.repeat_total)
        for row in rows.select_related("topic")
    }


def state_of(user: User, exam: str = NEWER) -> ReportState:
    return ReportState.objects.get(user=user, exam_version__slug=exam)


class TestCounts:
    def test_every_domain_and_task_counts_its_questions(self, candidate: User) -> None:
        attempt = sit(candidate, MOCK, is_right=lambda item: domain_of(item) == "1")
        refresh(candidate)

        expected: dict[str, list[int]] = {}
        for item in attempt.items.select_related("version__scenario"):
            counts = expected.setdefault(domain_of(item), [0, 0])
            counts[0] += item.outcome == AttemptItem.Outcome.CORRECT
            counts[1] += 1
        assert domain_counts(candidate) == {code: (right, n, 0, 0) for code, (right, n) in expected.items()}
        tasks = TopicResult.objects.filter(user=candidate, exam_version__slug=NEWER).exclude(topic__domain=None)
        assert {row.topic.code: (row.first_correct, row.first_total) for row in tasks.select_related("topic")} == {
            f"{code}.1": (right, n) for code, (right, n) in expected.items()
        }

    def test_services_count_every_question_that_names_them(self, candidate: User) -> None:
        attempt = sit(candidate, MOCK, is_right=wrong)
        refresh(candidate)
        rows = ServiceResult.objects.filter(user=candidate, exam_version__slug=NEWER).select_related("service")
        assert {row.service.slug: (row.first_correct, row.first_total) for row in rows} == {
            "north": (0, attempt.items.count()),
            "south": (0, attempt.items.count()),
        }

    def test_first_sight_and_repeats_are_kept_apart(self, candidate: User) -> None:
        first = sit(candidate, SAMPLE, is_right=wrong)
        seen = set(first.items.values_list("version__scenario_id", flat=True))
        attempts = [sit(candidate, PRACTICE, now=NOW + dt.timedelta(hours=n)) for n in range(1, 5)]
        refresh(candidate)

        items = AttemptItem.objects.filter(attempt__in=attempts).values_list("version__scenario_id", flat=True)
        repeats = 0
        for scenario_id in items:
            repeats += scenario_id in seen
            seen.add(scenario_id)
        state = state_of(candidate)
        assert repeats > 0
        assert (state.first_total, state.repeat_total) == (len(seen), repeats)
        assert state.first_correct == len(seen) - first.items.count()
        assert state.repeat_correct == repeats

    def test_questions_never_opened_are_no_evidence_and_opened_blanks_are_wrong(self, candidate: User) -> None:
        attempt = sit(candidate, MOCK, only={1, 2}, close=False)
        mark_seen(item=item_at(attempt, 3), now=NOW)
        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)
        refresh(candidate)
        state = state_of(candidate)
        assert (state.first_correct, state.first_total) == (2, 3)

    def test_void_questions_are_no_evidence(self, candidate: User) -> None:
        attempt = start(candidate, MOCK)
        void = item_at(attempt, 1)
        ScoringRule.objects.create(version=void.version, number=2, accepted=[[1]], reason=ScoringRule.Reason.VOID)
        sit(candidate, MOCK, is_right=wrong)
        refresh(candidate)
        state = state_of(candidate)
        assert (state.first_correct, state.first_total) == (0, attempt.items.count() - 1)

    def test_questions_of_two_exams_count_in_both_once_both_are_sat(self, candidate: User) -> None:
        newer = sit(candidate, MOCK)
        refresh(candidate)
        assert not ReportState.objects.filter(exam_version__slug=OLDER).exists()

        older = sit(candidate, f"{OLDER}-mock", now=LATER)
        refresh(candidate)
        scenarios = set(
            AttemptItem.objects.filter(attempt__in=[newer, older]).values_list("version__scenario_id", flat=True)
        )
        for exam in (NEWER, OLDER):
            placed = Placement.objects.filter(exam_version__slug=exam, scenario__in=scenarios).count()
            assert state_of(candidate, exam).first_total == placed

    def test_open_attempts_say_nothing(self, candidate: User) -> None:
        sit(candidate, MOCK, close=False)
        refresh(candidate)
        assert derived_rows() == [[], [], [], []]

    def test_only_the_persons_own_attempts_count(self, candidate: User, stranger: User) -> None:
        sit(candidate, MOCK)
        sit(stranger, MOCK, is_right=wrong)
        refresh(candidate)
        refresh(stranger)
        assert (state_of(candidate).first_correct, state_of(stranger).first_correct) == (8, 0)


class TestConfusions:
    def counts(self, user: User) -> tuple[int, int, int, int]:
        [row] = Confusion.objects.filter(user=user, exam_version__slug=NEWER)
        assert (row.chosen.slug, row.right.slug) == ("south", "north")
        return row.first_fell, row.first_chances, row.repeat_fell, row.repeat_chances

    def test_a_wrong_choice_about_the_other_thing_is_falling_for_it(self, candidate: User) -> None:
        attempt = sit(candidate, MOCK, is_right=lambda item: item.position > 3)
        refresh(candidate)
        fell = AttemptPick.objects.filter(item__attempt=attempt, option__about__slug="south").values("item").distinct()
        assert self.counts(candidate) == (fell.count(), attempt.items.count(), 0, 0)
        assert fell.count() > 0

    def test_right_answers_are_chances_that_were_not_fallen_for(self, candidate: User) -> None:
        attempt = sit(candidate, MOCK)
        refresh(candidate)
        assert self.counts(candidate) == (0, attempt.items.count(), 0, 0)

    def test_blanks_are_no_chance(self, candidate: User) -> None:
        attempt = sit(candidate, MOCK, only={1}, close=False)
        mark_seen(item=item_at(attempt, 2), now=NOW)
        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)
        refresh(candidate)
        assert self.counts(candidate) == (0, 1, 0, 0)

    def test_repeats_are_counted_apart(self, candidate: User) -> None:
        for hours in range(4):
            sit(candidate, PRACTICE, is_right=wrong, now=NOW + dt.timedelta(hours=hours))
        refresh(candidate)
        state = state_of(candidate)
        fell, chances, repeat_fell, repeat_chances = self.counts(candidate)
        assert (chances, repeat_chances) == (state.first_total, state.repeat_total)
        assert 0 < repeat_fell <= repeat_chances
        assert 0 < fell <= chances


class TestRefresh:
    def test_building_again_changes_nothing(self, candidate: User) -> None:
        sit(candidate, MOCK, is_right=lambda item: item.position % 2 == 0)
        sit(candidate, PRACTICE, is_right=wrong, now=LATER)
        refresh(candidate)
        before = derived_rows()
        refresh(candidate, now=LATER)
        assert derived_rows() == before
        assert state_of(candidate).built_at == LATER

    def test_all_rows_come_back_from_the_attempts_alone(self, candidate: User) -> None:
        sit(candidate, MOCK, is_right=lambda item: item.position % 2 == 0)
        refresh(candidate)
        before = derived_rows()
        for model in DERIVED:
            model._default_manager.all().delete()
        refresh(candidate)
        assert derived_rows() == before

    def test_rows_of_a_deleted_attempt_go(self, candidate: User) -> None:
        sit(candidate, MOCK).delete()
        refresh(candidate)
        assert derived_rows() == [[], [], [], []]

    def test_an_unknown_student_is_no_error(self) -> None:
        assert refresh_reports(user_id=0, now=NOW) is False

    def test_the_number_of_statements_does_not_grow(self, candidate: User) -> None:
        sit(candidate, MOCK)
        with at_most_queries(9):
            refresh(candidate)
        for hours in range(1, 8):
            sit(candidate, PRACTICE, now=NOW + dt.timedelta(hours=hours))
        with at_most_queries(9):
            refresh(candidate)


class TestStaleReports:
    def test_a_new_graded_attempt_makes_the_report_stale_until_it_is_built(
        self, candidate: User, stranger: User
    ) -> None:
        sit(candidate, MOCK)
        sit(stranger, MOCK)
        refresh(stranger)
        assert stale_user_ids() == [candidate.pk]
        refresh(candidate)
        assert stale_user_ids() == []
        sit(candidate, PRACTICE, now=LATER)
        assert stale_user_ids() == [candidate.pk]

    def test_an_open_attempt_and_a_guests_attempt_do_not(self, candidate: User) -> None:
        sit(candidate, MOCK, close=False)
        owner, _cookie = new_guest()
        attempt = start(owner, SAMPLE)
        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)
        assert stale_user_ids() == []

    def test_a_claimed_attempt_older_than_the_report_is_found(self, candidate: User) -> None:
        owner, _cookie = new_guest()
        guests = start(owner, SAMPLE)
        Pen(guests).save(1, right_response(item_at(guests)))
        close_attempt(attempt_id=guests.pk, closer=Attempt.Closer.STUDENT, now=NOW)
        sit(candidate, MOCK, now=LATER)
        refresh(candidate)
        assert stale_user_ids() == []

        assert owner.guest_token_hash
        claim_guest_attempts(guest_token_hash=owner.guest_token_hash, user_id=candidate.pk, now=LATER)
        assert stale_user_ids() == [candidate.pk]
        refresh(candidate)
        assert stale_user_ids() == []
        assert state_of(candidate).attempt_count == 2


@pytest.mark.django_db(transaction=True)
def test_two_refreshes_at_once_wait_for_each_other(transactional_db: None, candidate: User) -> None:
    sit(candidate, MOCK)
    with uncommitted():
        refresh(candidate)
        second = Actor(lambda: refresh_reports(user_id=candidate.pk, now=LATER))
        second.wait_until_blocked()
    assert second.result()
    assert state_of(candidate).built_at == LATER
    assert TopicResult.objects.filter(user=candidate).count() == 6
    connection.close()
