"""Whole numbers as forms and cookies carry them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.whole_numbers import whole_number


@given(st.integers(min_value=0, max_value=999_999_999))
def test_numbers_of_up_to_nine_digits_are_read(number: int) -> None:
    assert whole_number(str(number)) == number


@pytest.mark.parametrize("text", [None, "", "-1", "+1", "1.0", " 1", "1e3", "1_0", "x", "\u0663", "\u00b2", "1" * 10])
def test_anything_else_is_none(text: str | None) -> None:
    assert whole_number(text) is None
