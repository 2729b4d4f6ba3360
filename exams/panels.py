"""What this app adds to the pages of the notes."""

from __future__ import annotations

from exams.focus import Focus, FocusKind
from exams.offers import exams_to_drill
from questions.models import Misconception, Service
from questions.panels import Panel


def drill_panel(user_id: int, subject: Service | Misconception) -> Panel | None:
    """Offer a drill of what a page is about, in each exam that has practice items on it. One query."""
    exams = list(exams_to_drill(subject))
    kind = FocusKind.CONFUSION if isinstance(subject, Misconception) else FocusKind.SERVICE
    context = {"exams": exams, "focus": Focus(kind, subject.slug), "compares": kind is FocusKind.CONFUSION}
    return Panel("exams/partials/drill_panel.html", context) if exams else None
