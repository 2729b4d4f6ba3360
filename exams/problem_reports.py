"""A student reports that something is wrong with an item; its authors answer; the student reads the answer."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import Q

from exams.mark_input import read_report
from exams.models import REVEALING_MODES, Attempt, AttemptItem, ProblemReport
from exams.owners import Owner
from exams.saving import AttemptNotFound


def report_problem(
    *, owner: Owner, attempt_uuid: uuid.UUID, position: int, text: str, now: dt.datetime
) -> ProblemReport:
    """Store what a student says about an item they may review; saying it again replaces the words and reopens it.

    An answer that was given stays until there is a new one. Three queries. Raises MalformedMark for no words or
    too many, and AttemptNotFound for an item that is not this owner's or whose explanation was not shown yet.
    """
    words = read_report(text)
    is_checked = Q(checked_at__isnull=False, attempt__blueprint__mode__in=REVEALING_MODES)
    is_reviewed = Q(attempt__state=Attempt.State.GRADED) | is_checked
    item = AttemptItem.objects.filter(
        owner.owns("attempt__"), is_reviewed, attempt__uuid=attempt_uuid, position=position
    ).first()
    if item is None:
        raise AttemptNotFound
    report, _created = ProblemReport.objects.update_or_create(
        version_id=item.version_id,
        attempt_id=item.attempt_id,
        defaults={"text": words, "state": ProblemReport.State.OPEN, "reported_at": now},
    )
    return report


def settle(*, report: ProblemReport) -> None:
    """Store an answer that was written: with one the report is settled, without one it is open again."""
    report.answer = report.answer.strip()
    report.state = ProblemReport.State.SETTLED if report.answer else ProblemReport.State.OPEN
    report.save(update_fields=["answer", "state"])
