"""The project package as an app: it loads Celery, so that tasks find their broker in every process."""

from __future__ import annotations

from django.apps import AppConfig


class ExamprepConfig(AppConfig):
    """Wiring only; no models."""

    name = "examprep"

    def ready(self) -> None:
        """Load the Celery application before anything enqueues."""
        from examprep import celery  # noqa: F401, PLC0415 (imported for its effect, after settings are there)
