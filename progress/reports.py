"""Build the derived rows of a student from the graded attempts: a fixed number of statements, safe to repeat."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction

from accounts.models import User
from progress.evidence import CONFUSIONS, SERVICES, STALE, STATES, TOPICS
from progress.models import Confusion, ReportState, ServiceResult, TopicResult


@transaction.atomic
def refresh_reports(*, user_id: int, now: dt.datetime) -> bool:
    """Build all reports of a student anew; return False for an unknown student. Nine statements, safe to repeat.

    The lock on the user's row puts two refreshes one after the other. The state is written first: an attempt that
    is graded meanwhile makes the report look old, never newer than it is.
    """
    if not User.objects.select_for_update(no_key=True).filter(pk=user_id).values_list("pk").first():
        return False
    for model in (TopicResult, ServiceResult, Confusion, ReportState):
        model._default_manager.filter(user_id=user_id).delete()
    with connection.cursor() as cursor:
        for statement in (STATES, TOPICS, SERVICES, CONFUSIONS):
            cursor.execute(statement, {"user_id": user_id, "now": now})
    return True


def stale_user_ids() -> list[int]:
    """Return the students with a graded attempt that their report lacks. One query over all graded attempts."""
    with connection.cursor() as cursor:
        cursor.execute(STALE)
        return [user_id for (user_id,) in cursor.fetchall()]
