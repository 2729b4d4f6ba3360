"""Make the accounts that a first look needs."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.services import INSTRUCTORS, REVIEWERS, ensure_account, ensure_groups

DEMO_ACCOUNTS = {
    "student@example.com": None,
    "instructor@example.com": INSTRUCTORS,
    "reviewer@example.com": REVIEWERS,
}


class Command(BaseCommand):
    """Create student@, instructor@ and reviewer@example.com with one password, printed or given."""

    help = (
        "Create the demo accounts and print their password. "
        "Example: manage.py make_demo_accounts --password 'long words here'"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the password from outside where the caller wants to keep it between runs."""
        parser.add_argument("--password", default="", help="use this password; without it one is made up")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the groups and accounts. Safe to repeat; each run sets the password anew."""
        password = options["password"] or secrets.token_urlsafe(9)
        ensure_groups()
        for email, group in DEMO_ACCOUNTS.items():
            ensure_account(email=email, password=password, group=group)
            self.stdout.write(f"{email}  {password}")
