"""The receipt of an attempt: a record, for the student to keep, of everything the server acknowledged or refused.

It says what was answered in the letters that were shown, and nothing of what is right, so it may be taken at any
time. Its lines depend on the stored rows alone: two downloads of the same state have the same digest. The words are
not translated, so that a change of language does not look like a change of answers.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json

from exams.answer_input import shown_numbers
from exams.models import Attempt
from exams.selectors import letter_for


@dataclasses.dataclass(frozen=True)
class ReceiptEntry:
    """One answer as it arrived. `reason` says why it was refused, and is empty for one that was acknowledged."""

    at: dt.datetime
    position: int
    epoch: int
    revision: int
    answer: str
    reason: str = ""

    @property
    def line(self) -> str:
        """The entry in one line."""
        outcome = f"refused, {self.reason}" if self.reason else "saved"
        place = f"question {self.position}  revision {self.epoch}.{self.revision}"
        return f"{_time(self.at)}  {place}  {outcome}: {self.answer}"

    def as_dict(self) -> dict[str, str | int]:
        """The entry for JSON."""
        fields: dict[str, str | int] = {
            "at": _time(self.at),
            "question": self.position,
            "epoch": self.epoch,
            "revision": self.revision,
            "answer": self.answer,
        }
        return fields | ({"reason": self.reason} if self.reason else {})


@dataclasses.dataclass(frozen=True)
class Receipt:
    """All that is written down of one attempt: facts by their names, and entries in the order they arrived."""

    facts: dict[str, str]
    saved: list[ReceiptEntry]
    refused: list[ReceiptEntry]

    @property
    def lines(self) -> list[str]:
        """What the digest is over."""
        return [
            *(f"{name}: {value}" for name, value in self.facts.items()),
            "",
            f"Answers saved: {len(self.saved)}",
            *(entry.line for entry in self.saved),
            "",
            f"Answers refused: {len(self.refused)}",
            *(entry.line for entry in self.refused),
        ]

    @property
    def digest(self) -> str:
        """SHA-256 of the lines in UTF-8, each with a line feed at its end."""
        return hashlib.sha256("".join(f"{line}\n" for line in self.lines).encode()).hexdigest()

    def as_text(self) -> str:
        """The receipt as a file to read; the last two lines are not part of the digest."""
        last = f"SHA-256 of the lines above the last two: {self.digest}"
        return "".join(f"{line}\n" for line in [*self.lines, "", last])

    def as_json(self) -> str:
        """The receipt as a file for programs, with the same lines and digest."""
        return json.dumps(
            {
                "facts": self.facts,
                "saved": [entry.as_dict() for entry in self.saved],
                "refused": [entry.as_dict() for entry in self.refused],
                "lines": self.lines,
                "sha256": self.digest,
            },
            indent=2,
            ensure_ascii=False,
        )


def receipt_of(attempt: Attempt) -> Receipt:
    """Return the receipt of an attempt, open or over. Three queries; the attempt comes with its blueprint."""
    items = {
        position: (kind, order)
        for position, kind, order in attempt.items.values_list("position", "version__kind", "option_order")
    }
    columns = ("position", "epoch", "revision", "response")
    saved = attempt.events.order_by("saved_at", "position", "epoch", "revision").values_list("saved_at", *columns)
    refused = attempt.refused_answers.order_by("refused_at", "position", "epoch", "revision")
    return Receipt(
        facts=_facts(attempt, len(items)),
        saved=[
            ReceiptEntry(at, position, epoch, revision, shown_answer(response, *items[position]))
            for at, position, epoch, revision, response in saved
        ],
        refused=[
            ReceiptEntry(at, position, epoch, revision, shown_answer(response, *items[position]), reason)
            for at, position, epoch, revision, response, reason in refused.values_list("refused_at", *columns, "reason")
        ],
    )


def _facts(attempt: Attempt, questions: int) -> dict[str, str]:
    blueprint = attempt.blueprint
    return {
        "Receipt of attempt": str(attempt.uuid),
        "Exam": f"{blueprint.exam_version.name}, {attempt.title} ({blueprint.get_mode_display()})",
        "Questions": str(questions),
        "Started": _time(attempt.started_at),
        "Deadline": _time(attempt.deadline) if attempt.deadline else "none",
        "Answers accepted before": _time(attempt.accept_until) if attempt.accept_until else "no limit",
        "Closed": f"{_time(attempt.closed_at)} by the {attempt.closed_by}" if attempt.closed_at else "not yet",
    }


def shown_answer(response: list[int], kind: str, option_order: list[int]) -> str:
    """Return a stored response in the letters its options are shown under: "B", "A, D" or "1 = C, 2 = nothing"."""
    letters = [letter_for(number) if number else "nothing" for number in shown_numbers(response, option_order)]
    if not any(response):
        return "blank"
    if kind == "matching":
        return ", ".join(f"{row} = {letter}" for row, letter in enumerate(letters, start=1))
    return ", ".join(letters if kind == "ordering" else sorted(letters))


def _time(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(sep=" ", timespec="milliseconds").replace("+00:00", " UTC")
