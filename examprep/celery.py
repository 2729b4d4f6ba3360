"""The Celery application; its schedule stands in settings."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examprep.settings")

app = Celery("examprep")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
