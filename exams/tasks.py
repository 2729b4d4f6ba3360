"""Periodic work on attempts; each task calls one service."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from exams import closing


@shared_task(name="exams.close_overdue_attempts", ignore_result=True)
def close_overdue_attempts() -> None:
    """Close what is overdue and finish what a crash left ungraded."""
    closing.sweep(now=timezone.now())


@shared_task(name="exams.purge_guest_attempts", ignore_result=True)
def purge_guest_attempts() -> None:
    """Delete guests' attempts that nobody claimed in time."""
    closing.purge_guest_attempts(now=timezone.now())
