"""Show a time left the way a clock does."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def countdown(milliseconds: int) -> str:
    """Return milliseconds as h:mm:ss, rounded up to the second, so that 0:00:00 means zero: 6123000 is "1:42:03"."""
    minutes, seconds = divmod(-(-milliseconds // 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"
