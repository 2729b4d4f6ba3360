"""The progress app."""

from __future__ import annotations

from django.apps import AppConfig


class ProgressConfig(AppConfig):
    """Reports and mails."""

    name = "progress"
    verbose_name = "Progress"

    def ready(self) -> None:
        """Listen for graded attempts, and add to the review how often the student fell for a confusion."""
        from exams.review import register_review_panel  # noqa: PLC0415 (models are not loaded before this)
        from exams.signals import attempt_graded  # noqa: PLC0415 (as above)
        from progress.receivers import refresh_after_grading  # noqa: PLC0415 (as above)
        from progress.selectors import confusion_panel  # noqa: PLC0415 (as above)

        attempt_graded.connect(refresh_after_grading, dispatch_uid="progress.refresh_after_grading")
        register_review_panel(confusion_panel)
