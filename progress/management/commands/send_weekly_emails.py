"""Claim and send the weekly mails that are due, as the schedule does."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from progress.deliveries import MailServerDown, claim_due, claimed_ids, give_up_interrupted, send_weekly_mail
from progress.models import MailDelivery


class Command(BaseCommand):
    """For operators: the same rules as the schedule, so nobody gets a second mail in a week."""

    help = (
        "Send the weekly mails that are due. "
        "Example: manage.py send_weekly_emails --user student@example.com --now 2026-11-30T09:00:00+00:00"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a person and a moment, to look at one mail."""
        parser.add_argument("--user", default="", metavar="EMAIL", help="only this person")
        parser.add_argument("--now", default="", metavar="ISO", help="act as if it were this moment (with an offset)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Claim, send one after another, and say what came of each."""
        now, user_id = _moment(options["now"]), _user_id(options["user"])
        give_up_interrupted(now=now)
        claim_due(now=now, user_id=user_id)
        waiting = claimed_ids(user_id=user_id)
        states: Counter[str] = Counter()
        for number, delivery_id in enumerate(waiting, start=1):
            state = self._send(delivery_id, now)
            states[state] += 1
            self.stdout.write(f"{number} of {len(waiting)}: delivery {delivery_id} {state}")
        summary = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "no mail is due"
        self.stdout.write(self.style.SUCCESS(f"Done: {summary}."))

    def _send(self, delivery_id: int, now: dt.datetime) -> str:
        try:
            state = send_weekly_mail(delivery_id=delivery_id, now=now)
        except MailServerDown as error:
            raise CommandError(
                f"The mail server does not answer ({error}). What was not sent stays claimed: run this again later."
            ) from error
        if state == MailDelivery.State.FAILED:
            note = MailDelivery.objects.values_list("note", flat=True).get(pk=delivery_id)
            self.stdout.write(self.style.WARNING(note))
        return state


def _moment(text: str) -> dt.datetime:
    if not text:
        return timezone.now()
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text} is not a moment such as 2026-11-30T09:00:00+00:00.") from error
    if moment.tzinfo is None:
        raise CommandError("Give the moment with its offset, such as 2026-11-30T09:00:00+00:00.")
    return moment


def _user_id(email: str) -> int | None:
    if not email:
        return None
    user_id = User.objects.filter(email=email.lower()).values_list("pk", flat=True).first()
    if user_id is None:
        raise CommandError(f"There is no account with the address {email}.")
    return user_id
