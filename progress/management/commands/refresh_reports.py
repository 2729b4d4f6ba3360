"""Build reports anew from the attempts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import User
from exams.models import Attempt
from progress.reports import refresh_reports


class Command(BaseCommand):
    """Derived rows only: attempts and mail records are not touched. Safe to repeat and to break off."""

    help = "Build weakness reports anew. Example: manage.py refresh_reports --user student@example.com"

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one person, or everybody."""
        parser.add_argument("--user", default="", metavar="EMAIL", help="only this person; without it everybody")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refresh one student after another and show how far it is."""
        users = User.objects.filter(pk__in=Attempt.objects.filter(state=Attempt.State.GRADED).values("user"))
        if options["user"]:
            users = User.objects.filter(email=options["user"].lower())
            if not users.exists():
                raise CommandError(f"There is no account with the address {options['user']}.")
        user_ids = list(users.order_by("pk").values_list("pk", flat=True))
        for number, user_id in enumerate(user_ids, start=1):
            refresh_reports(user_id=user_id, now=timezone.now())
            if number % 100 == 0 or number == len(user_ids):
                self.stdout.write(f"{number} of {len(user_ids)} students")
        self.stdout.write(self.style.SUCCESS("The reports are up to date."))
