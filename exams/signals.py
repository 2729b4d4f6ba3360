"""The one signal of this app."""

from __future__ import annotations

from django.dispatch import Signal

# Sent after the commit that graded an attempt, with `attempt_id`. Receivers may be called more than once.
attempt_graded = Signal()
