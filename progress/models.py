"""What is derived from graded attempts, and the record of every mail.

`TopicResult`, `ServiceResult`, `Confusion` and `ReportState` are derived: `reports.refresh_reports` builds them anew
from the attempts at any time. A `MailDelivery` is a record and stays.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from questions.models import ExamVersion, Misconception, Service, Topic


class Evidence(models.Model):
    """Counts of one student in one exam version; first sight of a question and repeats never mixed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    exam_version = models.ForeignKey(ExamVersion, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True


class TopicResult(Evidence):
    """Questions of a domain or task."""

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="+")
    first_total = models.PositiveIntegerField()
    first_correct = models.PositiveIntegerField()
    repeat_total = models.PositiveIntegerField()
    repeat_correct = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("topic result")
        constraints = [models.UniqueConstraint(fields=("user", "exam_version", "topic"), name="topic_result_unique")]

    def __str__(self) -> str:
        return f"{self.user_id} topic {self.topic_id}: {self.first_correct} of {self.first_total}"


class ServiceResult(Evidence):
    """Questions that name a service, feature, technique or concept."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    first_total = models.PositiveIntegerField()
    first_correct = models.PositiveIntegerField()
    repeat_total = models.PositiveIntegerField()
    repeat_correct = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("service result")
        constraints = [
            models.UniqueConstraint(fields=("user", "exam_version", "service"), name="service_result_unique")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} service {self.service_id}: {self.first_correct} of {self.first_total}"


class Confusion(Evidence):
    """How often one thing was chosen where another was right, of the chances there were to do so."""

    misconception = models.ForeignKey(Misconception, on_delete=models.CASCADE, related_name="+")
    chosen = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    right = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    first_chances = models.PositiveIntegerField()
    first_fell = models.PositiveIntegerField()
    repeat_chances = models.PositiveIntegerField()
    repeat_fell = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("confusion")
        constraints = [
            models.UniqueConstraint(
                fields=("user", "exam_version", "misconception", "chosen", "right"), name="confusion_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.chosen_id} for {self.right_id}: {self.first_fell} of {self.first_chances}"


class ReportState(Evidence):
    """Since when a student's report of an exam version stands, and which graded attempts of it it knows.

    Count and newest together find an attempt the report lacks, also one graded long ago and claimed just now.
    """

    built_at = models.DateTimeField(_("built"))
    attempt_count = models.PositiveIntegerField()
    newest_graded_at = models.DateTimeField()
    first_total = models.PositiveIntegerField()
    first_correct = models.PositiveIntegerField()
    repeat_total = models.PositiveIntegerField()
    repeat_correct = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("report")
        constraints = [models.UniqueConstraint(fields=("user", "exam_version"), name="report_state_unique")]

    def __str__(self) -> str:
        return f"{self.user_id} exam version {self.exam_version_id}"


class MailDelivery(models.Model):
    """One mail to one person in one ISO week, at most once: claimed, sending, then sent, failed or unknown.

    `sending` is committed before the mail server is asked, so nothing that is not `claimed` is ever sent again.
    """

    class Kind(models.TextChoices):
        WEEKLY = "weekly", _("weekly mail")

    class State(models.TextChoices):
        CLAIMED = "claimed", _("claimed")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("unknown")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_deliveries")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    iso_year = models.PositiveSmallIntegerField(_("ISO year"))
    iso_week = models.PositiveSmallIntegerField(_("ISO week"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CLAIMED)
    note = models.CharField(
        _("note"), max_length=300, blank=True, help_text=_("Why it was not sent, or may not have been.")
    )
    claimed_at = models.DateTimeField(_("claimed"))
    sending_at = models.DateTimeField(_("handed over"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    snapshot = models.JSONField(_("numbers mailed"), default=dict, blank=True)

    class Meta:
        ordering = ("-claimed_at",)
        verbose_name = _("mail delivery")
        verbose_name_plural = _("mail deliveries")
        constraints = [
            # This row is the claim: whoever inserts it sends the mail.
            models.UniqueConstraint(fields=("user", "kind", "iso_year", "iso_week"), name="mail_once_per_week"),
            models.CheckConstraint(name="mail_iso_week", condition=models.Q(iso_week__gte=1, iso_week__lte=53)),
        ]
        indexes = [
            # Each fan-out looks for rows that are not finished; almost all are.
            models.Index(
                fields=("claimed_at",), condition=models.Q(state__in=("claimed", "sending")), name="mail_unfinished"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.iso_year}-W{self.iso_week:02} to user {self.user_id}"
