"""ISO weeks in a person's time zone, and when the weekly mail is due. Pure.

A week runs from Monday 00:00 to the next Monday 00:00 on the person's clock, so a week with a clock change has
167 or 169 hours.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import zoneinfo

MAIL_HOUR = 8


@dataclasses.dataclass(frozen=True, order=True)
class IsoWeek:
    """A week by ISO 8601: it belongs to the year that has its Thursday."""

    year: int
    week: int

    @property
    def monday(self) -> dt.date:
        """Its first day."""
        return dt.date.fromisocalendar(self.year, self.week, 1)

    @property
    def previous(self) -> IsoWeek:
        """The week before it."""
        return _week_of_date(self.monday - dt.timedelta(days=7))


def week_of(moment: dt.datetime, zone: zoneinfo.ZoneInfo) -> IsoWeek:
    """Return the week a moment falls into on the clock of a zone. ValueError for a moment without an offset."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs an offset")
    return _week_of_date(moment.astimezone(zone).date())


def week_bounds(week: IsoWeek, zone: zoneinfo.ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """Return start (included) and end (not included) of a week in UTC."""
    return _local(week.monday, 0, zone), _local(week.monday + dt.timedelta(days=7), 0, zone)


def due_at(week: IsoWeek, zone: zoneinfo.ZoneInfo) -> dt.datetime:
    """Return when the mail of a week becomes due, in UTC: its Monday at MAIL_HOUR on the clock of the zone."""
    return _local(week.monday, MAIL_HOUR, zone)


def is_due(moment: dt.datetime, zone: zoneinfo.ZoneInfo) -> bool:
    """Whether the mail of the week a moment falls into is due by then."""
    return moment >= due_at(week_of(moment, zone), zone)


def _local(day: dt.date, hour: int, zone: zoneinfo.ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), tzinfo=zone).astimezone(dt.UTC)


def _week_of_date(day: dt.date) -> IsoWeek:
    year, week, _weekday = day.isocalendar()
    return IsoWeek(year, week)
