"""The exams app."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class ExamsConfig(AppConfig):
    """Blueprints, attempts and their results."""

    name = "exams"
    verbose_name = "Exams"

    def ready(self) -> None:
        """Connect receivers."""
        from exams.receivers import claim_for_new_login  # noqa: PLC0415 (models are not loaded before this)

        user_logged_in.connect(claim_for_new_login, dispatch_uid="exams.claim_for_new_login")
