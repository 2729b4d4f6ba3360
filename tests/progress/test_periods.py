"""Weeks on a person's clock, clock changes and turns of the year included, and when a mail is due."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress.periods import IsoWeek, due_at, is_due, week_bounds, week_of

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
KOLKATA = zoneinfo.ZoneInfo("Asia/Kolkata")
AUCKLAND = zoneinfo.ZoneInfo("Pacific/Auckland")
HONOLULU = zoneinfo.ZoneInfo("Pacific/Honolulu")
CAIRO = zoneinfo.ZoneInfo("Africa/Cairo")
ZONES = [BERLIN, KOLKATA, AUCKLAND, HONOLULU, CAIRO, zoneinfo.ZoneInfo("UTC"), zoneinfo.ZoneInfo("America/Santiago")]
MICROSECOND = dt.timedelta(microseconds=1)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        ("2026-11-23 00:00", BERLIN, IsoWeek(2026, 48)),
        ("2026-11-22 22:59:59.999999", BERLIN, IsoWeek(2026, 47)),
        ("2026-11-22 23:00", BERLIN, IsoWeek(2026, 48)),
        ("2026-11-22 23:00", HONOLULU, IsoWeek(2026, 47)),
        ("2026-11-22 11:00", AUCKLAND, IsoWeek(2026, 48)),
        ("2027-01-01 12:00", KOLKATA, IsoWeek(2026, 53)),
        ("2027-01-04 12:00", KOLKATA, IsoWeek(2027, 1)),
        ("2024-12-30 12:00", KOLKATA, IsoWeek(2025, 1)),
    ],
)
def test_week_follows_the_persons_clock_and_the_iso_year(
    moment: str, zone: zoneinfo.ZoneInfo, expected: IsoWeek
) -> None:
    assert week_of(utc(moment), zone) == expected


def test_the_week_before_the_first_belongs_to_the_year_before() -> None:
    assert IsoWeek(2027, 1).previous == IsoWeek(2026, 53)
    assert IsoWeek(2026, 1).previous == IsoWeek(2025, 52)


@pytest.mark.parametrize(
    ("week", "zone", "start", "end", "hours"),
    [
        (IsoWeek(2026, 48), BERLIN, "2026-11-22 23:00", "2026-11-29 23:00", 168),
        (IsoWeek(2026, 13), BERLIN, "2026-03-22 23:00", "2026-03-29 22:00", 167),
        (IsoWeek(2026, 43), BERLIN, "2026-10-18 22:00", "2026-10-25 23:00", 169),
        (IsoWeek(2026, 48), KOLKATA, "2026-11-22 18:30", "2026-11-29 18:30", 168),
    ],
)
def test_bounds_are_midnights_of_the_zone_through_clock_changes(
    week: IsoWeek, zone: zoneinfo.ZoneInfo, start: str, end: str, hours: int
) -> None:
    bounds = week_bounds(week, zone)
    assert bounds == (utc(start), utc(end))
    assert bounds[1] - bounds[0] == dt.timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        (BERLIN, "2026-11-23 07:00"),
        (KOLKATA, "2026-11-23 02:30"),
        (AUCKLAND, "2026-11-22 19:00"),
        (HONOLULU, "2026-11-23 18:00"),
    ],
)
def test_mail_is_due_from_monday_eight_o_clock_until_the_week_ends(zone: zoneinfo.ZoneInfo, due: str) -> None:
    moment = utc(due)
    end = week_bounds(IsoWeek(2026, 48), zone)[1]
    assert due_at(IsoWeek(2026, 48), zone) == moment
    assert not is_due(moment - MICROSECOND, zone)
    assert is_due(moment, zone)
    assert is_due(end - MICROSECOND, zone)
    assert not is_due(end, zone)


def test_mail_is_due_at_eight_on_the_clock_after_the_clocks_changed() -> None:
    assert due_at(IsoWeek(2026, 13), BERLIN) == utc("2026-03-23 07:00")
    assert due_at(IsoWeek(2026, 14), BERLIN) == utc("2026-03-30 06:00")


def test_moment_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        week_of(dt.datetime(2026, 11, 23), BERLIN)  # noqa: DTZ001 (the point of the test)


@given(
    st.datetimes(min_value=dt.datetime(2000, 1, 1), max_value=dt.datetime(2090, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001
    st.sampled_from(ZONES),
)
def test_every_moment_lies_within_exactly_the_week_it_is_said_to_be_in(
    moment: dt.datetime, zone: zoneinfo.ZoneInfo
) -> None:
    week = week_of(moment, zone)
    start, end = week_bounds(week, zone)
    assert start <= moment < end
    assert week_bounds(week.previous, zone)[1] == start
    assert start < due_at(week, zone) < end
