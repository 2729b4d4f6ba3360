"""What higher apps add to the pages of the notes, without these pages knowing them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from questions.models import Misconception, Service


@dataclasses.dataclass(frozen=True)
class Panel:
    """A template of the higher app, and what it finds under the name `panel`."""

    template: str
    context: Any


# (key of the student, what the page is about) -> a panel, or None where there is nothing to add.
NotePanel = Callable[[int, Service | Misconception], Panel | None]
_panels: list[NotePanel] = []


def register_note_panel(panel: NotePanel) -> None:
    """Let a higher app add to the page of a note or a comparison; called once per page, for students only."""
    if panel not in _panels:
        _panels.append(panel)


def note_panels(*, user_id: int | None, subject: Service | Misconception) -> list[Panel]:
    """Return what to show below a note or a comparison; nothing for visitors without an account."""
    if user_id is None:
        return []
    return [found for panel in _panels if (found := panel(user_id, subject)) is not None]
