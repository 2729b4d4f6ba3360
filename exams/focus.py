"""What a drill is about, as it is posted, stored and shown: "topic:1.2", "missed", "confusion:north-or-south". Pure."""

from __future__ import annotations

import dataclasses
import enum
import re

from django.utils.translation import gettext as _

_VALUE = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")


class FocusKind(enum.StrEnum):
    """Each says which items a drill takes; the first three name one topic, service or misconception."""

    TOPIC = "topic"
    SERVICE = "service"
    CONFUSION = "confusion"
    MISSED = "missed"
    FLAGGED = "flagged"

    @property
    def takes_value(self) -> bool:
        """Whether something is named after the colon."""
        return self in (FocusKind.TOPIC, FocusKind.SERVICE, FocusKind.CONFUSION)


class UnknownFocus(Exception):
    """The text is no focus."""


@dataclasses.dataclass(frozen=True)
class Focus:
    """A kind with the outline code or stable id that it names, empty where it names nothing."""

    kind: FocusKind
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.value else str(self.kind)


def read_focus(text: str) -> Focus:
    """Return the focus that a form or a stored attempt names. Raises UnknownFocus for anything else."""
    name, _colon, value = text.partition(":")
    try:
        kind = FocusKind(name)
    except ValueError as error:
        raise UnknownFocus(text) from error
    if kind.takes_value != bool(_VALUE.fullmatch(value)) or (value and not kind.takes_value) or len(value) > 80:
        raise UnknownFocus(text)
    return Focus(kind, value)


def focus_words(text: str) -> str:
    """Return a stored focus for people, without a query: ids are words joined by hyphens."""
    focus = read_focus(text)
    if focus.kind is FocusKind.MISSED:
        return _("what you missed")
    if focus.kind is FocusKind.FLAGGED:
        return _("what you flagged")
    if focus.kind is FocusKind.TOPIC:
        return _("topic %(code)s") % {"code": focus.value}
    return focus.value.replace("-", " ")
