"""Load a bank folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from exams.blueprints import load_blueprints, read_blueprints
from questions.bank_files import BankInvalid, read_bank
from questions.loading import load_bank


class Command(BaseCommand):
    """Read, check and load a bank: all of it, or nothing when anything is wrong."""

    help = "Load a bank folder into the database. Example: manage.py load_bank questions/bank/mla"

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, and whose side wins where file and database both changed."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--take", choices=("file", "db"), help="whose version wins in a conflict")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say what changed. A malformed bank is reported problem by problem and loads nothing."""
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder")
        try:
            bank, blueprints = read_bank(folder), read_blueprints(folder)
        except BankInvalid as error:
            raise CommandError(f"{error}\n{len(error.problems)} problems; nothing was loaded") from error
        known = {version.id for version in bank.certification.versions}
        if unknown := [
            f"{entry.id} names the unknown exam {entry.exam}" for entry in blueprints if entry.exam not in known
        ]:
            raise CommandError("\n".join([*unknown, "nothing was loaded"]))
        with transaction.atomic():
            report = load_bank(bank=bank, now=timezone.now(), take=options["take"])
            load_blueprints(blueprints)
        self.stdout.write(
            f"{len(report.created)} created, {len(report.new_versions)} new versions, {len(report.retagged)} retagged, "
            f"{len(report.unchanged)} unchanged, {len(report.retired)} retired; {len(blueprints)} blueprints"
        )
        for slug in report.conflicts:
            self.stderr.write(
                f"conflict: {slug} changed in the file and in the database; kept the database's "
                "(--take file or --take db settles it)"
            )
