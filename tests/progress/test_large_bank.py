"""A full mock of a large bank costs the pages and the refresh no more statements than a small one."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import User
from progress.models import ReportState
from tests.asserts import assert_status, at_most_queries
from tests.cast import client_of
from tests.factories import NEWER, NOW, OLDER
from tests.progress.sittings import PRACTICE, refresh, sit, wrong

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("large_bank")]


@pytest.mark.parametrize("path", ["/dashboard/", f"/report/{NEWER}/", f"/report/{OLDER}/"])
def test_pages_cost_at_most_twelve_statements(candidate: User, path: str) -> None:
    sit(candidate, f"{OLDER}-full", is_right=wrong)
    sit(candidate, PRACTICE, now=NOW + dt.timedelta(hours=1), is_right=wrong)
    refresh(candidate)
    client = client_of(candidate)
    with at_most_queries(12):
        assert_status(client.get(path), 200)


def test_a_refresh_costs_nine_statements(candidate: User) -> None:
    sit(candidate, f"{OLDER}-full", is_right=wrong)
    with at_most_queries(9):
        refresh(candidate)
    assert ReportState.objects.get(user=candidate).first_total == 65
