"""What counts say: the interval, the verdict, confusions and changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress.mastery import (
    MINIMUM_ANSWERS,
    Verdict,
    compare,
    expected_loss,
    is_confused,
    judge,
    wilson,
)

totals = st.integers(min_value=1, max_value=2000)
counts = totals.flatmap(lambda total: st.tuples(st.integers(min_value=0, max_value=total), st.just(total)))


# From the published formula, worked by hand to four places.
@pytest.mark.parametrize(
    ("correct", "total", "low", "high"),
    [(0, 5, 0.0, 0.3511), (3, 5, 0.2725, 0.8573), (5, 5, 0.6489, 1.0), (50, 100, 0.4189, 0.5811), (0, 1, 0.0, 0.7301)],
)
def test_interval_is_wilsons_at_90_percent(correct: int, total: int, low: float, high: float) -> None:
    assert list(wilson(correct, total)) == pytest.approx([low, high], abs=1e-3)


@given(counts)
def test_interval_stays_between_0_and_1_and_holds_the_share(count: tuple[int, int]) -> None:
    correct, total = count
    low, high = wilson(correct, total)
    assert 0 <= low <= correct / total <= high <= 1
    assert low < high


@given(counts)
def test_interval_rises_with_every_right_answer(count: tuple[int, int]) -> None:
    correct, total = count
    if correct == total:
        return
    assert wilson(correct, total) < wilson(correct + 1, total)
    assert wilson(correct, total)[1] < wilson(correct + 1, total)[1] or correct + 1 == total


@given(counts, st.integers(min_value=2, max_value=20))
def test_interval_narrows_when_the_same_share_rests_on_more_answers(count: tuple[int, int], times: int) -> None:
    correct, total = count
    low, high = wilson(correct, total)
    more_low, more_high = wilson(correct * times, total * times)
    assert more_high - more_low < high - low


@given(counts)
def test_interval_of_wrong_answers_mirrors_that_of_right_ones(count: tuple[int, int]) -> None:
    correct, total = count
    low, high = wilson(correct, total)
    mirrored_low, mirrored_high = wilson(total - correct, total)
    assert [1 - mirrored_high, 1 - mirrored_low] == pytest.approx([low, high], abs=1e-9)


@pytest.mark.parametrize(("correct", "total"), [(-1, 5), (6, 5), (1, 0)])
def test_impossible_counts_are_refused(correct: int, total: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        wilson(correct, total)


def test_nothing_answered_leaves_everything_possible() -> None:
    mastery = judge(correct=0, total=0, target=75)
    assert (mastery.low, mastery.high, mastery.missing, mastery.is_known) == (0, 1, MINIMUM_ANSWERS, False)


@pytest.mark.parametrize(
    ("correct", "total", "verdict", "missing"),
    [
        (0, 4, Verdict.NO_EVIDENCE, 1),
        (4, 4, Verdict.NO_EVIDENCE, 1),
        (0, 5, Verdict.WEAK, 0),
        (2, 5, Verdict.WEAK, 0),
        (3, 5, Verdict.UNDECIDED, 0),
        (5, 5, Verdict.UNDECIDED, 0),
        (8, 8, Verdict.UNDECIDED, 0),
        (9, 9, Verdict.STRONG, 0),
        (4, 8, Verdict.UNDECIDED, 0),  # the upper end is 75.1 %
        (9, 16, Verdict.WEAK, 0),  # 74.2 %
        (14, 15, Verdict.UNDECIDED, 0),  # the lower end is 74.9 %
        (24, 27, Verdict.STRONG, 0),  # 75.2 %
        (60, 100, Verdict.WEAK, 0),
        (75, 100, Verdict.UNDECIDED, 0),
        (90, 100, Verdict.STRONG, 0),
    ],
)
def test_verdict_needs_the_whole_interval_on_one_side(correct: int, total: int, verdict: Verdict, missing: int) -> None:
    mastery = judge(correct=correct, total=total, target=75)
    assert (mastery.verdict, mastery.missing) == (verdict, missing)


@given(counts, st.integers(min_value=1, max_value=100))
def test_verdict_never_contradicts_the_share(count: tuple[int, int], target: int) -> None:
    correct, total = count
    mastery = judge(correct=correct, total=total, target=target)
    if mastery.verdict is Verdict.WEAK:
        assert mastery.estimate < target / 100
    if mastery.verdict is Verdict.STRONG:
        assert mastery.estimate > target / 100
    assert mastery.is_known == (total >= MINIMUM_ANSWERS)


@given(counts)
def test_what_is_shown_is_never_surer_than_what_was_computed(count: tuple[int, int]) -> None:
    mastery = judge(correct=count[0], total=count[1], target=75)
    assert 0 <= mastery.low_percent <= mastery.percent <= mastery.high_percent <= 100
    assert mastery.low_percent <= 100 * mastery.low
    assert mastery.high_percent >= 100 * mastery.high


@pytest.mark.parametrize(
    ("fell", "chances", "expected"),
    [
        (2, 2, False),
        (3, 3, True),
        (2, 3, False),
        (3, 4, True),
        (2, 4, False),
        (4, 5, True),
        (3, 5, False),
        (0, 9, False),
    ],
)
def test_a_pair_is_confused_only_beyond_blind_guessing(fell: int, chances: int, expected: bool) -> None:
    assert is_confused(fell=fell, chances=chances) is expected


def test_a_large_change_stands_out_with_its_direction() -> None:
    change = compare(before=(4, 20), since=(18, 20))
    assert change is not None
    assert (change.stands_out, change.percent_points) == (True, 70)
    worse = compare(before=(18, 20), since=(4, 20))
    assert worse is not None
    assert (worse.stands_out, worse.percent_points) == (True, -70)


def test_a_small_change_does_not_stand_out() -> None:
    change = compare(before=(10, 20), since=(12, 20))
    assert change is not None
    assert not change.stands_out
    assert change.low < 0 < change.high


@pytest.mark.parametrize(("before", "since"), [((0, 4), (5, 5)), ((0, 5), (4, 4)), ((0, 0), (9, 9))])
def test_nothing_is_compared_below_the_minimum(before: tuple[int, int], since: tuple[int, int]) -> None:
    assert compare(before=before, since=since) is None


@given(counts, counts)
def test_a_change_lies_within_its_interval(before: tuple[int, int], since: tuple[int, int]) -> None:
    change = compare(before=before, since=since)
    if change is None:
        return
    assert -1 - 1e-9 <= change.low <= change.points <= change.high <= 1 + 1e-9
    assert change.stands_out == (change.low > 0 or change.high < 0)


def test_what_is_unknown_comes_before_what_is_known_to_be_good() -> None:
    unknown = expected_loss(weight=20, correct=0, total=0)
    assert expected_loss(weight=20, correct=9, total=10) < unknown < expected_loss(weight=20, correct=1, total=10)
    assert unknown < expected_loss(weight=40, correct=0, total=0)
