"""All or nothing, a blank is wrong, a void item gives its mark to everyone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.grading import is_correct

responses = st.lists(st.integers(0, 6), max_size=5)


@given(response=responses, accepted=st.lists(responses, max_size=3))
def test_mark_is_earned_by_an_accepted_response_and_nothing_else(
    response: list[int], accepted: list[list[int]]
) -> None:
    assert is_correct(response=response, accepted=accepted) == (any(response) and response in accepted)


@given(response=responses)
def test_void_item_gives_its_mark_to_everyone(response: list[int]) -> None:
    assert is_correct(response=response, accepted=[[1]], is_void=True)


@pytest.mark.parametrize(
    ("response", "correct"),
    [
        ([1, 4], True),
        ([1], False),  # part of the key earns nothing
        ([1, 4, 5], False),
        ([], False),
        ([2, 3], False),
    ],
)
def test_multiple_response_is_all_or_nothing(response: list[int], correct: bool) -> None:
    assert is_correct(response=response, accepted=[[1, 4]]) == correct


def test_a_second_accepted_response_earns_the_mark_too() -> None:
    assert is_correct(response=[2], accepted=[[1], [2]])
    assert not is_correct(response=[3], accepted=[[1], [2]])
