"""Authoring in Django's admin: scenarios on one page, and the lists they refer to."""

from __future__ import annotations

from django.contrib import admin

from questions.admin import bank, scenarios

# The writing page needs the width for its two columns; the breadcrumbs lead everywhere.
admin.site.enable_nav_sidebar = False

__all__ = ["bank", "scenarios"]
