"""What a person may start, and on which terms."""

from __future__ import annotations

import dataclasses

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet

from accounts.accommodations import Accommodation, minutes_with
from accounts.models import User
from exams.models import ExamBlueprint
from questions.models import ExamVersion, Misconception, Placement, Scenario


def drill_blueprint(*, exam: str) -> ExamBlueprint | None:
    """Return what a drill of an exam version is made by, or None where it has none. One query."""
    drills = ExamBlueprint.objects.filter(exam_version__slug=exam, mode=ExamBlueprint.Mode.DRILL)
    return drills.select_related("exam_version").order_by("order").first()


def exams_to_drill(misconception: Misconception) -> QuerySet[ExamVersion]:
    """Return exam versions that have drills and practice items about a misconception, the current one first."""
    options = misconception.options.all()
    return ExamVersion.objects.filter(
        Exists(ExamBlueprint.objects.filter(exam_version=OuterRef("pk"), mode=ExamBlueprint.Mode.DRILL)),
        Exists(
            Placement.objects.filter(
                exam_version=OuterRef("pk"),
                pool=Placement.Pool.PRACTICE,
                scenario__state=Scenario.State.PUBLISHED,
                scenario__published_version__in=options.values("version"),
            )
        ),
    )


@dataclasses.dataclass(frozen=True)
class Terms:
    """What a person gets who starts now: minutes (None: untimed) and, where it counts, their extra time in words."""

    minutes: int | None
    extra_time: str


def terms_for(*, blueprint: ExamBlueprint, user: User | AnonymousUser) -> Terms:
    """Return the terms of a start; guests have no extra time."""
    if not user.is_authenticated or blueprint.minutes is None:
        return Terms(blueprint.minutes, "")
    chosen = Accommodation(user.accommodation)
    minutes = minutes_with(chosen, minutes=blueprint.minutes)
    return Terms(minutes, "" if chosen is Accommodation.NONE else user.get_accommodation_display())
