"""Answers that came too late do not count; what they would have changed is told, and nothing more than that."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from exams.closing import close_attempt, sweep
from exams.models import Attempt, RefusedAnswer
from exams.review import ReviewPage, review_page
from exams.saving import AnswerRefused, Refusal
from questions.models import ScoringRule
from tests.exams.room import Room, begin
from tests.exams.test_clock import ACCEPT_UNTIL
from tests.factories import NOW, OLDER, Pen, item_at, owner_of_attempt, right_response, start, wrong_response


@pytest.fixture
def attempt(bank: None, candidate: User) -> Attempt:
    return start(candidate)


def scored_positions(attempt: Attempt, *, is_scored: bool = True) -> list[int]:
    items = attempt.items.filter(is_scored=is_scored).order_by("position")
    return list(items.values_list("position", flat=True))


def save_late(
    attempt: Attempt, position: int, response: list[int], *, epoch: int | None = None, revision: int | None = None
) -> None:
    with pytest.raises(AnswerRefused) as refused:
        Pen(attempt, revision=50).save(position, response, now=ACCEPT_UNTIL, epoch=epoch, revision=revision)
    assert refused.value.refusal is Refusal.LATE


def page_of(attempt: Attempt) -> ReviewPage:
    sweep(now=ACCEPT_UNTIL)
    graded = Attempt.objects.select_related("blueprint__exam_version").get(pk=attempt.pk)
    return review_page(owner=owner_of_attempt(graded), attempt=graded)


def with_late(attempt: Attempt) -> tuple[int | None, int | None, int]:
    """Return per cent counted, per cent with the late answers, and how many items these are."""
    page = page_of(attempt)
    return page.percent, page.late.percent if page.late else None, len(page.late.answers) if page.late else 0


class TestWhatIf:
    def test_without_late_answers_there_is_none(self, attempt: Attempt) -> None:
        assert with_late(attempt) == (0, None, 0)

    def test_right_ones_would_have_earned_their_marks(self, attempt: Attempt) -> None:
        one, two, three, *_others = scored_positions(attempt)
        Pen(attempt).save(one, right_response(item_at(attempt, one)))
        for position in (two, three):
            save_late(attempt, position, right_response(item_at(attempt, position)))

        assert with_late(attempt) == (17, 50, 2)

    def test_wrong_one_in_place_of_a_right_one_would_have_cost_it(self, attempt: Attempt) -> None:
        position = scored_positions(attempt)[0]
        Pen(attempt).save(position, right_response(item_at(attempt, position)))
        save_late(attempt, position, wrong_response(item_at(attempt, position)))

        assert with_late(attempt) == (17, 0, 1)

    def test_newest_of_an_item_is_the_one_that_would_count(self, attempt: Attempt) -> None:
        position = scored_positions(attempt)[0]
        item = item_at(attempt, position)
        save_late(attempt, position, right_response(item), epoch=1, revision=9)
        save_late(attempt, position, wrong_response(item), epoch=1, revision=8)  # came last, was given first
        assert with_late(attempt) == (0, 17, 1)

    def test_newer_lease_beats_a_higher_revision(self, attempt: Attempt) -> None:
        position = scored_positions(attempt)[0]
        item = item_at(attempt, position)
        save_late(attempt, position, right_response(item), epoch=2, revision=1)
        save_late(attempt, position, wrong_response(item), epoch=1, revision=99)

        assert with_late(attempt) == (0, 17, 1)

    def test_one_that_was_given_before_the_stored_one_changes_nothing(self, attempt: Attempt) -> None:
        position = scored_positions(attempt)[0]
        item = item_at(attempt, position)
        Pen(attempt).save(position, right_response(item), revision=10)
        save_late(attempt, position, wrong_response(item), revision=9)

        assert with_late(attempt) == (17, 17, 1)

    def test_unscored_item_is_listed_and_counts_nothing(self, attempt: Attempt) -> None:
        position = scored_positions(attempt, is_scored=False)[0]
        save_late(attempt, position, right_response(item_at(attempt, position)))

        assert with_late(attempt) == (0, 0, 1)

    @pytest.mark.parametrize("response", ["right", "wrong"])
    def test_is_graded_by_the_rule_that_graded_the_item(self, response: str, attempt: Attempt) -> None:
        position = scored_positions(attempt)[0]
        item = item_at(attempt, position)
        right, wrong = right_response(item), wrong_response(item)
        ScoringRule.objects.create(version=item.version, number=2, accepted=[wrong], reason="rekey")
        save_late(attempt, position, right if response == "right" else wrong)
        sweep(now=ACCEPT_UNTIL)
        ScoringRule.objects.create(version=item.version, number=3, accepted=[right], reason="rekey")

        assert with_late(attempt) == (0, 0 if response == "right" else 17, 1)

    def test_void_item_gives_its_mark_in_any_case(self, attempt: Attempt) -> None:
        position = scored_positions(attempt)[0]
        item = item_at(attempt, position)
        wrong = wrong_response(item)
        ScoringRule.objects.create(version=item.version, number=2, accepted=[], reason=ScoringRule.Reason.VOID)
        save_late(attempt, position, wrong)

        assert with_late(attempt) == (17, 17, 1)

    def test_blank_that_came_late_would_have_been_a_blank(self, attempt: Attempt) -> None:
        position = scored_positions(attempt)[0]
        item = item_at(attempt, position)
        Pen(attempt).save(position, right_response(item))
        save_late(attempt, position, [])

        assert with_late(attempt) == (17, 0, 1)

    @pytest.mark.parametrize("reason", [refusal.value for refusal in Refusal if refusal is not Refusal.LATE])
    def test_other_refusals_are_no_what_if(self, reason: str, attempt: Attempt) -> None:
        position = scored_positions(attempt)[0]
        save_late(attempt, position, right_response(item_at(attempt, position)))
        RefusedAnswer.objects.update(reason=reason)

        assert with_late(attempt) == (0, None, 0)

    def test_answer_after_submitting_is_not_late(self, attempt: Attempt) -> None:
        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)
        with pytest.raises(AnswerRefused) as refused:
            Pen(attempt).save(1, right_response(item_at(attempt)), now=ACCEPT_UNTIL)

        assert refused.value.refusal is Refusal.CLOSED
        assert with_late(attempt) == (0, None, 0)

    def test_marks_stay_as_they_are(self, attempt: Attempt) -> None:
        position = scored_positions(attempt)[0]
        save_late(attempt, position, right_response(item_at(attempt, position)))

        page_of(attempt)

        item = item_at(attempt, position)
        assert (item.response, item.outcome) == ([], "wrong")
        assert Attempt.objects.get(pk=attempt.pk).scored_correct == 0


class TestPage:
    def test_says_what_counts_and_what_would(self, bank: None, candidate_client: Client) -> None:
        room, positions = self.sat_with_late_answers(candidate_client, count=3)

        page = " ".join(re.sub(r"<[^>]+>", " ", room.result()).split())

        assert "3 answers arrived after time was up." in page
        assert "Counted 0 %; with your 3 late answers 50 %." in page
        for position in positions:
            assert f"question {position} at " in page

    def test_one_answer_is_told_in_the_singular(self, bank: None, candidate_client: Client) -> None:
        room, _positions = self.sat_with_late_answers(candidate_client, count=1)

        assert "Counted 0 %; with your late answer 17 %." in room.result()

    def test_waits_while_the_item_is_in_another_open_exam(self, bank: None, candidate_client: Client) -> None:
        room, positions = self.sat_with_late_answers(candidate_client, count=2)
        second = begin(candidate_client, f"{OLDER}-mock")
        second.attempt.items.filter(position=1).update(version=item_at(room.attempt, positions[0]).version)

        page = room.result()

        assert "2 answers arrived after time was up." in page
        assert "with your 2 late answers" not in page
        assert "waits until you submit the exam that you have open" in page
        second.submit()
        assert "with your 2 late answers 33 %" in room.result()

    def sat_with_late_answers(self, client: Client, *, count: int) -> tuple[Room, list[int]]:
        """Sit a mock, save right answers to scored items when time is up, and let it close."""
        room = begin(client, f"{OLDER}-mock")
        positions = scored_positions(room.attempt)[:count]
        forms = {
            position: room.fields(position, right_response(item_at(room.attempt, position))) for position in positions
        }
        assert room.attempt.accept_until is not None
        with time_machine.travel(room.attempt.accept_until + dt.timedelta(seconds=1), tick=False):
            for position, form in forms.items():
                client.post(room.address("save_answer", position), form)
        return room, positions
