"""Read settings from the environment and fail loudly on a missing or malformed value."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_FLAGS = {"True": True, "False": False}


def env_text(name: str, default: str | None = None) -> str:
    """Return the variable, or the default. Raises ImproperlyConfigured when neither is there."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set the environment variable {name}; .env.example explains it.")
    return value


def env_flag(name: str, default: bool) -> bool:  # noqa: FBT001 (reads as env_flag("DEBUG", False))
    """Return True or False. Raises ImproperlyConfigured for any other word, so that a typo is not a False."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value not in _FLAGS:
        raise ImproperlyConfigured(f"{name} is {value!r}; write True or False.")
    return _FLAGS[value]


def env_number(name: str, default: int) -> int:
    """Return a whole number. Raises ImproperlyConfigured when the variable is something else."""
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a whole number.") from error


def env_list(name: str, default: str = "") -> list[str]:
    """Return the comma separated parts of a variable, without blanks."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def env_secret(name: str) -> str:
    """Return NAME, or the contents of the file that NAME_FILE names (a mounted secret).

    Raises ImproperlyConfigured when neither is set or the file cannot be read.
    """
    path = os.environ.get(f"{name}_FILE")
    if path is None:
        return env_text(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from error
