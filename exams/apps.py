"""The exams app."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class ExamsConfig(AppConfig):
    """Blueprints, attempts and their results."""

    name = "exams"
    verbose_name = "Exams"

    def ready(self) -> None:
        """Connect receivers, and offer drills on the pages of the notes."""
        from exams.panels import drill_panel  # noqa: PLC0415 (models are not loaded before this)
        from exams.receivers import claim_for_new_login  # noqa: PLC0415 (as above)
        from questions.panels import register_note_panel  # noqa: PLC0415 (as above)

        register_note_panel(drill_panel)
        user_logged_in.connect(claim_for_new_login, dispatch_uid="exams.claim_for_new_login")
