"""What this app adds to the pages of the notes."""

from __future__ import annotations

from exams.focus import Focus, FocusKind
from exams.offers import exams_to_drill
from questions.models import Misconception
from questions.panels import Panel


def drill_panel(user_id: int, misconception: Misconception) -> Panel | None:
    """Offer a drill of what a comparison tells apart, in each exam that has one. One query."""
    exams = list(exams_to_drill(misconception))
    focus = Focus(FocusKind.CONFUSION, misconception.slug)
    return Panel("exams/partials/drill_panel.html", {"exams": exams, "focus": focus}) if exams else None
