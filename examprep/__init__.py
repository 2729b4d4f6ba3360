"""The project package: settings and wiring, no domain rules."""

from examprep.celery import app as celery_app

__all__ = ["celery_app"]
