"""Check a bank folder."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exams.bank_check import BankCheck, check_bank
from questions.bank_check import Coverage, Cue


class Command(BaseCommand):
    """Say everything that is wrong or doubtful in a bank folder; the database is not touched."""

    help = "Check a bank folder: problems, lint, coverage, cues. Example: manage.py check_bank questions/bank/mla"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, and whether a program reads the answer."""
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--json", action="store_true", help="one JSON object: items, errors, warnings, coverage, cues"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found; exit 1 when there are errors, 0 when there are at most warnings."""
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder")
        found = check_bank(folder)
        if options["json"]:
            self.stdout.write(json.dumps(_as_data(found), indent=2, ensure_ascii=False))
        else:
            self._print(found)
        if found.errors:
            raise CommandError(f"{len(found.errors)} errors; load_bank would load nothing or students could not start")

    def _print(self, found: BankCheck) -> None:
        for label, problems in (("error", found.errors), ("warning", found.warnings)):
            for problem in problems:
                self.stdout.write(f"{label}: {problem}")
        for line in [*_coverage_lines(found.coverage), *_cue_lines(found.cues)]:
            self.stdout.write(line)
        self.stdout.write(f"{found.items} items, {len(found.errors)} errors, {len(found.warnings)} warnings")


def _as_data(found: BankCheck) -> dict[str, Any]:
    data = dataclasses.asdict(found)
    for cue, row in zip(found.cues, data["cues"], strict=True):
        row.update(rate=round(cue.rate, 3), expected=round(cue.expected, 3), is_suspicious=cue.is_suspicious)
    return data


def _coverage_lines(coverage: list[Coverage]) -> list[str]:
    """Return a table for each exam version: tasks down, pools across."""
    lines = []
    for exam, group in itertools.groupby(coverage, key=lambda row: row.exam):
        rows = list(group)
        pools = list(dict.fromkeys(row.pool for row in rows))
        have = {(row.task, row.pool): row.have for row in rows}
        lines += ["", f"{exam:<12}" + "".join(f"{pool:>10}" for pool in pools)]
        for domain, tasks in itertools.groupby(
            dict.fromkeys(row.task for row in rows), key=lambda task: task.split(".")[0]
        ):
            names = list(tasks)
            lines += [f"  task {task:<5}" + "".join(f"{have[task, pool]:>10}" for pool in pools) for task in names]
            sums = [sum(have[task, pool] for task in names) for pool in pools]
            lines.append(f"  domain {domain:<3}" + "".join(f"{number:>10}" for number in sums))
    return lines


def _cue_lines(cues: list[Cue]) -> list[str]:
    return [
        "",
        *(
            f"{cue.name}: {cue.count} of {cue.total} single items ({cue.rate:.0%}; chance {cue.expected:.0%})"
            + (" - more than chance explains" if cue.is_suspicious else "")
            for cue in cues
        ),
        "",
    ]
