"""What higher apps add to the pages of the notes, without these pages knowing them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from questions.models import Misconception


@dataclasses.dataclass(frozen=True)
class Panel:
    """A template of the higher app, and what it finds under the name `panel`."""

    template: str
    context: Any


# (key of the student, misconception of the page) -> a panel, or None where there is nothing to add.
ComparisonPanel = Callable[[int, Misconception], Panel | None]
_panels: list[ComparisonPanel] = []


def register_comparison_panel(panel: ComparisonPanel) -> None:
    """Let a higher app add to the page that compares two things; called once per page, for students only."""
    if panel not in _panels:
        _panels.append(panel)


def comparison_panels(*, user_id: int | None, misconception: Misconception) -> list[Panel]:
    """Return what to show below a comparison; nothing for visitors without an account."""
    if user_id is None:
        return []
    return [found for panel in _panels if (found := panel(user_id, misconception)) is not None]
