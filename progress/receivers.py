"""A graded attempt makes its student's report old."""

from __future__ import annotations

from typing import Any

from examprep.enqueue import enqueue
from exams.models import Attempt
from progress.tasks import refresh_report


def refresh_after_grading(attempt_id: int, **kwargs: Any) -> None:
    """Enqueue the refresh of the student's reports. A guest has none; a claimed attempt is announced again."""
    user_id = Attempt.objects.filter(pk=attempt_id).values_list("user_id", flat=True).first()
    if user_id is not None:
        enqueue(refresh_report, user_id)
