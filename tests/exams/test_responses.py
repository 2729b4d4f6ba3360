"""One canonical shape per kind of item, whatever a browser sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questions.responses import MalformedResponse, ResponseShape, canonical, is_blank

KINDS = ("single", "multiple", "ordering", "matching")


@st.composite
def shapes(draw: st.DrawFn) -> ResponseShape:
    kind = draw(st.sampled_from(KINDS))
    option_count = draw(st.integers(3, 8))
    choose = 1 if kind == "single" else draw(st.integers(2, option_count))
    return ResponseShape(kind, option_count, choose if kind == "matching" else 0, choose)


def accepted(shape: ResponseShape, picks: list[int]) -> list[int] | None:
    try:
        return canonical(shape, picks)
    except MalformedResponse:
        return None


@given(shape=shapes(), picks=st.lists(st.integers(-2, 10), max_size=9))
def test_what_is_accepted_is_a_possible_response(shape: ResponseShape, picks: list[int]) -> None:
    response = accepted(shape, picks)
    if response is None:
        return
    chosen = [pick for pick in response if pick]

    assert len(set(chosen)) == len(chosen)
    assert all(1 <= pick <= shape.option_count for pick in chosen)
    assert sorted(response) == sorted(picks)
    if shape.kind == "matching":
        assert len(response) == shape.prompt_count
    else:
        assert response == chosen
        assert len(response) <= {"single": 1, "multiple": shape.choose, "ordering": shape.option_count}[shape.kind]


@given(shape=shapes(), picks=st.lists(st.integers(0, 8), max_size=8, unique=True))
def test_canonical_shape_of_a_canonical_response_is_itself(shape: ResponseShape, picks: list[int]) -> None:
    response = accepted(shape, picks)
    if response is not None:
        assert canonical(shape, response) == response


@given(picks=st.permutations([1, 3, 4]))
def test_order_of_picks_says_nothing_for_multiple_and_everything_for_ordering(picks: list[int]) -> None:
    assert canonical(ResponseShape("multiple", 5, 0, 3), picks) == [1, 3, 4]
    assert canonical(ResponseShape("ordering", 5, 0, 3), picks) == picks


@pytest.mark.parametrize(
    ("shape", "picks", "reason"),
    [
        (ResponseShape("single", 4, 0, 1), [5], "unknown option"),
        (ResponseShape("single", 4, 0, 1), [0], "unknown option"),
        (ResponseShape("single", 4, 0, 1), [-1], "unknown option"),
        (ResponseShape("single", 4, 0, 1), [1, 2], "more options"),
        (ResponseShape("multiple", 5, 0, 2), [1, 2, 3], "more options"),
        (ResponseShape("multiple", 5, 0, 2), [1, 1], "twice"),
        (ResponseShape("ordering", 4, 0, 3), [2, 2], "twice"),
        (ResponseShape("matching", 4, 3, 3), [1, 2], "one entry per prompt"),
        (ResponseShape("matching", 4, 3, 3), [1, 2, 5], "unknown option"),
        (ResponseShape("matching", 4, 3, 3), [1, 0, 1], "twice"),
    ],
)
def test_what_the_item_does_not_allow_is_refused_by_name(shape: ResponseShape, picks: list[int], reason: str) -> None:
    with pytest.raises(MalformedResponse, match=reason):
        canonical(shape, picks)


@pytest.mark.parametrize(("response", "blank"), [([], True), ([0, 0, 0], True), ([0, 2, 0], False), ([1], False)])
def test_blank_means_nothing_chosen(response: list[int], blank: bool) -> None:
    assert is_blank(response) == blank
