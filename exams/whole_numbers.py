"""Whole numbers as forms and cookies carry them. Pure."""

from __future__ import annotations

_MOST_DIGITS = 9  # what fits a database integer


def whole_number(text: str | None) -> int | None:
    """Return the number that a text is, or None for anything but one to nine plain digits."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > _MOST_DIGITS:
        return None
    return int(text)
