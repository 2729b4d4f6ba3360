"""Weekly mails, at most one per person and ISO week: claim, then send, and keep what came of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import smtplib
import zoneinfo

from allauth.account.models import EmailAddress
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction

from accounts.models import User
from progress.emails import weekly_message
from progress.models import MailDelivery
from progress.periods import IsoWeek, is_due, week_bounds, week_of
from progress.reports import refresh_reports
from progress.weekly import WeeklyNews, weekly_news

logger = logging.getLogger(__name__)

State = MailDelivery.State
INTERRUPTED_AFTER = dt.timedelta(minutes=15)

# One statement for everybody: the unique row is the claim, so two fan-outs at once claim each mail once.
_CLAIM = """
INSERT INTO progress_maildelivery (user_id, kind, iso_year, iso_week, state, note, claimed_at, snapshot)
SELECT person.id, 'weekly', due.iso_year, due.iso_week, 'claimed', '', %(now)s, '{}'
FROM unnest(%(zones)s::text[], %(years)s::int[], %(weeks)s::int[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
    AS due (time_zone, iso_year, iso_week, starts, ends)
JOIN accounts_user AS person ON person.time_zone = due.time_zone
WHERE person.is_active AND person.wants_weekly_mail
  AND (%(user_id)s::bigint IS NULL OR person.id = %(user_id)s)
  AND EXISTS (
      SELECT 1 FROM account_emailaddress AS address
      WHERE address.user_id = person.id AND address.email = person.email AND address.verified
  )
  AND EXISTS (
      SELECT 1 FROM exams_attempt AS attempt JOIN exams_attemptitem AS item ON item.attempt_id = attempt.id
      WHERE attempt.user_id = person.id AND attempt.state = 'graded'
        AND attempt.graded_at >= due.starts AND attempt.graded_at < due.ends
        AND (item.seen_at IS NOT NULL OR item.saved_at IS NOT NULL)
  )
  AND NOT EXISTS (
      SELECT 1 FROM progress_maildelivery AS delivery
      WHERE delivery.user_id = person.id AND delivery.kind = 'weekly'
        AND delivery.iso_year = due.iso_year AND delivery.iso_week = due.iso_week
  )
ORDER BY person.id
ON CONFLICT DO NOTHING
RETURNING id
"""


@dataclasses.dataclass(frozen=True)
class _DueZone:
    name: str
    year: int
    week: int
    start: dt.datetime
    end: dt.datetime


class MailServerDown(Exception):
    """The mail server does not answer; nothing was handed over, the mail stays claimed and is tried again."""


def claim_due(*, now: dt.datetime, user_id: int | None = None) -> list[int]:
    """Claim the mails that are due at `now`, of everybody or one person; return the new deliveries. Two queries.

    Due: Monday 08:00 has come on the person's own clock, the last ISO week has a graded attempt with something in
    it, the person is active, wants the mail, has a verified address, and was not sent one this week.
    """
    zones = _due_zones(now)
    parameters = {
        "now": now,
        "user_id": user_id,
        "zones": [zone.name for zone in zones],
        "years": [zone.year for zone in zones],
        "weeks": [zone.week for zone in zones],
        "starts": [zone.start for zone in zones],
        "ends": [zone.end for zone in zones],
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        return [delivery_id for (delivery_id,) in cursor.fetchall()]


def claimed_ids(*, user_id: int | None = None) -> list[int]:
    """Return every delivery that is claimed, those that a crash left included; or one person's. One query."""
    claimed = MailDelivery.objects.filter(state=State.CLAIMED)
    if user_id is not None:
        claimed = claimed.filter(user=user_id)
    return list(claimed.order_by("pk").values_list("pk", flat=True))


def give_up_interrupted(*, now: dt.datetime) -> int:
    """Mark mails that hang in `sending` as unknown; return how many. They may have gone out, so they never go again."""
    return MailDelivery.objects.filter(state=State.SENDING, sending_at__lt=now - INTERRUPTED_AFTER).update(
        state=State.UNKNOWN, finished_at=now, note="Broken off while it was handed over; it may have been sent."
    )


def send_weekly_mail(*, delivery_id: int, now: dt.datetime) -> str:
    """Send one claimed mail and return the state it is in then. Safe to repeat: only a claimed one is ever sent.

    What was true at the claim is asked again: a mail that is no longer wanted, or whose week is over, is not sent.
    `sending` is committed before the server gets the message. Raises MailServerDown while it is still claimed.
    About thirty queries.
    """
    delivery = MailDelivery.objects.select_related("user").filter(pk=delivery_id).first()
    if delivery is None or delivery.state != State.CLAIMED:
        return delivery.state if delivery else ""
    refresh_reports(user_id=delivery.user_id, now=now)
    week = IsoWeek(delivery.iso_year, delivery.iso_week)
    news = weekly_news(user=delivery.user, week=week)
    reason = _reason_not_to_send(delivery.user, week_of(now, delivery.user.zone) > week, news)
    if news is None or reason:
        _finish(delivery_id, State.CLAIMED, State.FAILED, now, f"Not sent: {reason}.")
        return State.FAILED
    message = weekly_message(news)
    server = _open_server()
    try:
        if _take(delivery_id, news, now):
            _hand_over(server, message, delivery_id, now)
    finally:
        server.close()
    return MailDelivery.objects.values_list("state", flat=True).get(pk=delivery_id)


def _due_zones(now: dt.datetime) -> list[_DueZone]:
    names = User.objects.filter(is_active=True, wants_weekly_mail=True).order_by().values_list("time_zone", flat=True)
    found = []
    for name in names.distinct():
        zone = zoneinfo.ZoneInfo(name)
        if is_due(now, zone):
            week = week_of(now, zone)
            found.append(_DueZone(name, week.year, week.week, *week_bounds(week.previous, zone)))
    return found


def _reason_not_to_send(user: User, is_over: bool, news: WeeklyNews | None) -> str:  # noqa: FBT001 (private, one caller)
    if not user.is_active:
        return "the account is not active"
    if not user.wants_weekly_mail:
        return "it is no longer wanted"
    if not EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists():
        return "the address is not verified"
    if is_over:
        return "its week is over"
    return "" if news else "there is nothing to say"


def _open_server() -> BaseEmailBackend:
    server = get_connection()
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as error:
        raise MailServerDown(str(error)) from error
    return server


def _take(delivery_id: int, news: WeeklyNews, now: dt.datetime) -> bool:
    """Commit that the mail is being sent, if it is still claimed and still wanted."""
    with transaction.atomic(durable=True):
        taken = MailDelivery.objects.filter(
            pk=delivery_id, state=State.CLAIMED, user__wants_weekly_mail=True, user__is_active=True
        ).update(state=State.SENDING, sending_at=now, snapshot=news.snapshot)
    return taken == 1


def _hand_over(server: BaseEmailBackend, message: EmailMultiAlternatives, delivery_id: int, now: dt.datetime) -> None:
    """Give the message to the server and keep the outcome; an answer that never came is unknown, not failed."""
    try:
        server.send_messages([message])
    except smtplib.SMTPServerDisconnected as error:
        _broke_off(delivery_id, now, error)
    except smtplib.SMTPException as error:
        logger.warning("weekly mail %s was refused: %s", delivery_id, error)
        _finish(delivery_id, State.SENDING, State.FAILED, now, f"Refused: {error}")
    except OSError as error:
        _broke_off(delivery_id, now, error)
    else:
        _finish(delivery_id, State.SENDING, State.SENT, now, "")


def _broke_off(delivery_id: int, now: dt.datetime, error: Exception) -> None:
    logger.warning("weekly mail %s may or may not have been sent: %s", delivery_id, error)
    _finish(delivery_id, State.SENDING, State.UNKNOWN, now, f"It may have been sent: {error}")


def _finish(delivery_id: int, was: MailDelivery.State, state: MailDelivery.State, now: dt.datetime, note: str) -> None:
    MailDelivery.objects.filter(pk=delivery_id, state=was).update(state=state, finished_at=now, note=note[:300])
