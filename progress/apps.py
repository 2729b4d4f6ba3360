"""The progress app."""

from __future__ import annotations

from django.apps import AppConfig


class ProgressConfig(AppConfig):
    """Reports and mails."""

    name = "progress"
    verbose_name = "Progress"
