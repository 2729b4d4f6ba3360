"""Time per item and changes of mind: counted between answers that settled, bounded by the clock, told with care."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from exams.closing import close_attempt
from exams.marking import add_visit, check_answer
from exams.models import Attempt
from exams.pacing import (
    LONGEST_VISIT,
    Changes,
    GivenAnswer,
    PacedItem,
    changes_of_mind,
    counted_seconds,
    pacing_of,
)
from questions.models import ScoringRule
from questions.responses import Response
from tests.asserts import at_most_queries
from tests.exams.room import Room, begin
from tests.factories import (
    NEWER,
    NOW,
    OLDER,
    Pen,
    item_at,
    owner_of_attempt,
    position_of_kind,
    right_response,
    start,
    start_with,
    wrong_response,
)

RIGHT, WRONG, OTHER = [2], [1], [3]
LOST, WON, MOVED = Changes(right_to_wrong=1), Changes(wrong_to_right=1), Changes(wrong_to_wrong=1)
NONE = Changes()


def at(seconds: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=seconds)


def given_answers(*answers: tuple[float, Response]) -> list[GivenAnswer]:
    return [GivenAnswer(response, at(seconds)) for seconds, response in answers]


@pytest.mark.parametrize(
    ("answers", "changes"),
    [
        pytest.param([], NONE, id="nothing"),
        pytest.param([(0, RIGHT)], NONE, id="one answer"),
        pytest.param([(0, RIGHT), (10, WRONG)], LOST, id="right to wrong"),
        pytest.param([(0, WRONG), (10, RIGHT)], WON, id="wrong to right"),
        pytest.param([(0, WRONG), (10, OTHER)], MOVED, id="wrong to wrong"),
        pytest.param([(0, WRONG), (2.999, RIGHT)], NONE, id="replaced just before it settled"),
        pytest.param([(0, WRONG), (3, RIGHT)], WON, id="replaced just as it settled"),
        pytest.param([(0, RIGHT), (10, WRONG), (11, RIGHT)], NONE, id="a slip in between"),
        pytest.param([(0, RIGHT), (10, RIGHT)], NONE, id="the same again"),
        pytest.param([(0, RIGHT), (10, []), (20, RIGHT)], NONE, id="taken back and given again"),
        pytest.param([(0, RIGHT), (10, []), (20, WRONG)], LOST, id="taken back, then another"),
        pytest.param([(0, RIGHT), (10, [])], NONE, id="taken back for good: no other answer"),
        pytest.param([(0, RIGHT), (9, WRONG), (18, RIGHT), (27, WRONG)], LOST + WON + LOST, id="to and fro"),
        pytest.param([(0, WRONG), (1, OTHER), (2, RIGHT), (9, WRONG)], LOST, id="quick ones, then a change"),
    ],
)
def test_changes_between_settled_answers(answers: list[tuple[float, Response]], changes: Changes) -> None:
    assert changes_of_mind(given_answers(*answers), accepted=[RIGHT]) == changes


def test_leaving_settles_an_answer_at_once() -> None:
    answers = given_answers((0, WRONG), (2, RIGHT))

    assert changes_of_mind(answers, accepted=[RIGHT], moments=[at(0), at(1), at(2)]) == WON
    assert changes_of_mind(answers, accepted=[RIGHT], moments=[at(0), at(2), at(3)]) == NONE


def test_answer_under_construction_is_none() -> None:
    """The first pick of a multiple response, or the first of three matches, is no answer however long it stands."""
    picks = given_answers((0, [1]), (10, [1, 4]), (20, [4]), (30, [2, 4]))
    matches = given_answers((0, [2, 0, 0]), (10, [2, 3, 0]), (20, [2, 3, 1]))

    assert changes_of_mind(picks, accepted=[[1, 4]]) == LOST
    assert changes_of_mind(matches, accepted=[[2, 3, 1]]) == NONE


def test_one_accepted_answer_for_another_is_no_change_of_the_mark() -> None:
    assert changes_of_mind(given_answers((0, RIGHT), (9, OTHER)), accepted=[RIGHT, OTHER]) == NONE


def test_void_item_has_no_changes() -> None:
    assert changes_of_mind(given_answers((0, WRONG), (9, RIGHT)), accepted=[]) == NONE


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from([[], WRONG, RIGHT, OTHER]))),
    st.lists(st.integers(0, 600), max_size=5),
)
def test_changes_are_fewer_than_answers(steps: list[tuple[int, Response]], moments: list[int]) -> None:
    seconds, answers = 0, []
    for pause, response in steps:
        seconds += pause
        answers.append(GivenAnswer(response, at(seconds)))

    changes = changes_of_mind(answers, accepted=[RIGHT], moments=sorted(at(moment) for moment in moments))

    assert 0 <= changes.total <= max(0, len(answers) - 1)
    assert abs(changes.right_to_wrong - changes.wrong_to_right) <= 1


@given(
    st.lists(st.tuples(st.integers(0, 999_999_999), st.integers(0, 5000))),
    st.one_of(st.none(), st.integers(0, 20_000)),
)
def test_all_items_together_never_get_more_than_the_attempt_has(
    visits: list[tuple[int, int]], length: int | None
) -> None:
    spent = elapsed = 0
    for posted, pause in visits:
        elapsed += pause
        counted = counted_seconds(posted=posted, spent=spent, elapsed=elapsed, length=length)
        assert 0 <= counted <= min(posted, LONGEST_VISIT, elapsed)
        spent += counted
        assert spent <= elapsed
        assert length is None or spent <= length


def paced(position: int, seconds: int, result: str = "correct", changes: Changes = NONE) -> PacedItem:
    return PacedItem(position, seconds, result, changes)


class TestSummary:
    def test_slowest_averages_and_changes(self) -> None:
        items = [
            *(paced(n, 60, changes=LOST) for n in (1, 2, 3)),
            *(paced(n, 120, "wrong") for n in (4, 5)),
            paced(6, 240, "blank", MOVED),
            paced(7, 0, "not-reached"),
        ]

        pacing = pacing_of(items, length=700)

        assert [item.position for item in pacing.slowest] == [6, 4, 5]
        assert (pacing.average, pacing.average_right, pacing.average_missed) == (110, 60, 160)
        assert pacing.changes == LOST + LOST + LOST + MOVED
        assert pacing.pace == 100

    def test_few_items_have_no_average(self) -> None:
        pacing = pacing_of([paced(1, 60), paced(2, 90, "wrong")], length=None)

        assert (pacing.average, pacing.average_right, pacing.average_missed, pacing.pace) == (None, None, None, None)
        assert [item.position for item in pacing.slowest] == [2, 1]

    def test_withheld_item_tells_its_time_and_nothing_else(self) -> None:
        pacing = pacing_of([paced(n, 60, "withheld", LOST) for n in range(1, 9)], length=None)

        assert (pacing.average, pacing.average_right, pacing.average_missed) == (60, None, None)
        assert pacing.changes == NONE

    def test_nothing_counted_is_nothing_to_tell(self) -> None:
        pacing = pacing_of([paced(1, 0), paced(2, 0, "not-reached")], length=60)

        assert not pacing.is_told
        assert pacing.chart is None

    def test_chart_has_right_ones_on_the_axis_and_missed_ones_below(self) -> None:
        chart = pacing_of([paced(1, 30), paced(2, 0), paced(3, 60, "wrong"), paced(4, 10)], length=80).chart

        assert chart is not None
        assert [(bar.position, bar.is_missed) for bar in chart.bars] == [(1, False), (3, True), (4, False)]
        assert chart.axis == "33.33%"  # the longest right one is 30, the longest missed one 60
        assert [(bar.y, bar.height) for bar in chart.bars[:2]] == [("0.00%", "33.33%"), ("33.33%", "66.67%")]
        assert chart.lines == ["11.11%", "55.56%"]  # 20 seconds an item


@pytest.fixture
def attempt(bank: None, candidate: User) -> Attempt:
    return start(candidate)


def close(attempt: Attempt) -> None:
    close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=at(3000))


def changes_at(attempt: Attempt, position: int = 1) -> Changes:
    item = item_at(attempt, position)
    return Changes(item.right_to_wrong, item.wrong_to_right, item.wrong_to_wrong)


class TestGrading:
    @pytest.mark.parametrize("kind", ["single", "multiple", "ordering", "matching"])
    def test_writes_the_changes_of_every_kind(self, kind: str, bank: None, candidate: User) -> None:
        attempt = start_with(kind, candidate)
        position = position_of_kind(attempt, kind)
        item, pen = item_at(attempt, position), Pen(attempt)
        for seconds, response in ((0, wrong_response(item)), (5, right_response(item)), (10, wrong_response(item))):
            pen.save(position, response, now=at(seconds))

        close(attempt)

        assert changes_at(attempt, position) == LOST + WON

    def test_answer_left_within_a_second_counts(self, attempt: Attempt) -> None:
        pen, item = Pen(attempt), item_at(attempt)
        pen.save(1, wrong_response(item), now=at(0))
        pen.save(2, right_response(item_at(attempt, 2)), now=at(1))
        pen.save(1, right_response(item), now=at(2))

        close(attempt)

        assert (changes_at(attempt, 1), changes_at(attempt, 2)) == (WON, NONE)

    def test_grading_again_after_a_crash_counts_once(self, attempt: Attempt) -> None:
        pen, item = Pen(attempt), item_at(attempt)
        pen.save(1, wrong_response(item), now=at(0))
        pen.save(1, right_response(item), now=at(9))
        close(attempt)
        Attempt.objects.filter(pk=attempt.pk).update(state=Attempt.State.CLOSED)

        close(attempt)

        assert changes_at(attempt) == WON

    def test_checked_item_is_judged_by_the_rule_it_was_shown(self, bank: None, candidate: User) -> None:
        practice = start(candidate, f"{NEWER}-practice")
        item, pen = item_at(practice), Pen(practice)
        pen.save(1, right_response(item), now=at(0))
        pen.save(1, wrong_response(item), now=at(9))
        check_answer(owner=owner_of_attempt(practice), attempt_uuid=practice.uuid, position=1, now=at(20))
        ScoringRule.objects.create(version=item.version, number=2, accepted=[wrong_response(item)], reason="rekey")

        close(practice)

        assert changes_at(practice) == LOST

    def test_void_item_has_none(self, attempt: Attempt) -> None:
        item, pen = item_at(attempt), Pen(attempt)
        pen.save(1, right_response(item), now=at(0))
        pen.save(1, wrong_response(item), now=at(9))
        ScoringRule.objects.create(version=item.version, number=2, accepted=[], reason=ScoringRule.Reason.VOID)

        close(attempt)

        assert changes_at(attempt) == NONE

    @pytest.mark.parametrize("answered", [1, 8])
    def test_costs_the_same_for_any_number_of_answers(self, answered: int, attempt: Attempt) -> None:
        pen = Pen(attempt)
        for position in range(1, answered + 1):
            for seconds in range(0, 60, 10):
                pen.save(position, wrong_response(item_at(attempt, position)), now=at(seconds))

        with at_most_queries(11):
            close(attempt)


class TestPanel:
    @pytest.fixture
    def room(self, bank: None, candidate_client: Client) -> Room:
        return begin(candidate_client, f"{OLDER}-mock")

    def spend(self, room: Room, position: int, seconds: int, now: dt.datetime) -> None:
        owner = owner_of_attempt(room.attempt)
        add_visit(owner=owner, attempt_uuid=room.attempt.uuid, position=position, seconds=seconds, now=now)

    def test_tells_the_slowest_item_and_the_changes(self, room: Room) -> None:
        began, pen = room.attempt.started_at, Pen(room.attempt)
        for position in range(1, 8):
            item = item_at(room.attempt, position)
            when = began + dt.timedelta(minutes=15, seconds=position)
            pen.save(position, right_response(item), now=when)
            pen.save(position, wrong_response(item), now=when + dt.timedelta(minutes=1))
            self.spend(room, position, 725 if position == 3 else 10, when)
        room.submit()

        page = words_of(room.result())

        assert "12 minutes on question 3; 7 right-to-wrong changes." in page
        assert "Right ones took" not in page  # none was right
        assert "You changed your mind 7 times: wrong to right 0, right to wrong 7, wrong to wrong 0." in page
        assert "The clock allows 7 min 30 s." in page
        assert "The same as a table" in page

    def test_says_nothing_where_nothing_was_counted(self, room: Room) -> None:
        room.submit()

        assert "Pace and changes of mind" not in room.result()

    def test_tells_nothing_of_items_in_an_open_exam(self, room: Room, candidate_client: Client) -> None:
        for position in range(1, 9):
            item, pen = item_at(room.attempt, position), Pen(room.attempt, revision=position * 10)
            began = room.attempt.started_at
            pen.save(position, right_response(item), now=began + dt.timedelta(seconds=10))
            pen.save(position, wrong_response(item), now=began + dt.timedelta(seconds=20))
        room.submit()
        assert "8 right-to-wrong changes" in words_of(room.result())
        second = begin(candidate_client, f"{OLDER}-mock")
        second.attempt.items.filter(position=1).update(version=item_at(room.attempt, 1).version)

        assert "7 right-to-wrong changes" in words_of(room.result())


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", page).split())
