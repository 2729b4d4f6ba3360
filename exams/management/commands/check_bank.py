"""Check a bank folder."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exams.bank_check import ALL, BankCheck, Coverage, check_bank
from questions.cues import Cue, KeyRate


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
        for line in [*_coverage_lines(found.coverage), *_cue_lines(found.cues, found.key_rates)]:
            self.stdout.write(line)
        self.stdout.write(f"{found.items} items, {len(found.errors)} errors, {len(found.warnings)} warnings")


def _as_data(found: BankCheck) -> dict[str, Any]:
    data = dataclasses.asdict(found)
    for cue, row in zip(found.cues, data["cues"], strict=True):
        row.update(rate=round(cue.rate, 3), expected=round(cue.expected, 3), is_suspicious=cue.is_suspicious)
    data["cues"] += [
        {"name": f"{rate.about} as key", "count": rate.keys, "total": rate.offers, "rate": round(rate.rate, 3)}
        | {"is_suspicious": rate.is_telling}
        for rate in found.key_rates
    ]
    del data["key_rates"]
    return data


def _coverage_lines(coverage: list[Coverage]) -> list[str]:
    """Return a table for each exam version, pools across: what it has, and after a slash what it needs."""
    lines = []
    for exam, group in itertools.groupby(coverage, key=lambda row: row.exam):
        rows = list(group)
        pools = list(dict.fromkeys(row.pool for row in rows))
        cells = {(row.topic, row.pool): _cell(row) for row in rows}
        lines += ["", f"{exam:<12}" + "".join(f"{pool:>12}" for pool in pools)]
        for topic in sorted({row.topic for row in rows}, key=_place):
            lines.append(f"  {_label(topic):<10}" + "".join(f"{cells[topic, pool]:>12}" for pool in pools))
    holes = sum(row.is_short for row in coverage)
    return [*lines, "", f"coverage: {holes} short" if holes else "coverage: nothing is short"]


def _cell(row: Coverage) -> str:
    return f"{row.have}/{row.need}{'!' if row.is_short else ''}" if row.need else str(row.have)


def _place(topic: str) -> list[int]:
    """Sort a domain after its tasks, and all of them last."""
    if topic == ALL:
        return [1000]
    domain, _dot, task = topic.partition(".")
    return [int(domain), int(task or 1000)]


def _label(topic: str) -> str:
    return topic if topic == ALL else f"{'task' if '.' in topic else 'domain'} {topic}"


def _cue_lines(cues: list[Cue], rates: list[KeyRate]) -> list[str]:
    telling = [rate for rate in rates if rate.is_telling]
    return [
        "",
        *(
            f"{cue.name}: {cue.count} of {cue.total} items ({cue.rate:.0%}; chance {cue.expected:.0%})"
            + (" - more than chance explains" if cue.is_suspicious else "")
            for cue in cues
        ),
        *(f"{rate.about} is a key in {rate.keys} of {rate.offers} items that offer it" for rate in telling),
        "",
    ]
