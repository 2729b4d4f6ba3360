"""A student with a week behind them, and mail that goes nowhere."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import User
from tests.progress.sittings import MOCK, sit

# Monday of ISO week 49; the student sat on the Wednesday before it.
MONDAY = dt.datetime(2026, 11, 30, 8, 0, tzinfo=dt.UTC)
WEDNESDAY = dt.datetime(2026, 11, 25, 18, 0, tzinfo=dt.UTC)


@pytest.fixture
def student(bank: None, candidate: User) -> User:
    """Give a student in UTC who finished a mock in the week before MONDAY."""
    sit(candidate, MOCK, now=WEDNESDAY)
    return candidate
