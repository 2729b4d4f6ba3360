"""The questions app."""

from __future__ import annotations

from django.apps import AppConfig


class QuestionsConfig(AppConfig):
    """The bank and its authoring."""

    name = "questions"
    verbose_name = "Questions"
