"""Work in the background; each task calls one service."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from examprep.enqueue import enqueue
from progress import deliveries, reports


@shared_task(name="progress.refresh_report", ignore_result=True)
def refresh_report(user_id: int) -> None:
    """Build a student's reports anew."""
    reports.refresh_reports(user_id=user_id, now=timezone.now())


@shared_task(name="progress.refresh_stale_reports", ignore_result=True)
def refresh_stale_reports() -> None:
    """Enqueue the reports that a lost message left behind their attempts."""
    for user_id in reports.stale_user_ids():
        enqueue(refresh_report, user_id)


@shared_task(name="progress.fan_out_weekly_mails", ignore_result=True)
def fan_out_weekly_mails() -> None:
    """Claim the mails that are due, and enqueue each with those that a crash left claimed."""
    now = timezone.now()
    deliveries.give_up_interrupted(now=now)
    deliveries.claim_due(now=now)
    for delivery_id in deliveries.claimed_ids():
        enqueue(send_weekly_mail, delivery_id)


@shared_task(name="progress.send_weekly_mail", ignore_result=True)
def send_weekly_mail(delivery_id: int) -> None:
    """Send one claimed mail, unless it is no longer wanted."""
    deliveries.send_weekly_mail(delivery_id=delivery_id, now=timezone.now())
