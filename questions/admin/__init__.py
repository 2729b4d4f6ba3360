"""Authoring in Django's admin: scenarios on one page, and the lists they refer to."""

from __future__ import annotations

from questions.admin import bank, scenarios

__all__ = ["bank", "scenarios"]
