"""What a person may start, and on which terms."""

from __future__ import annotations

import dataclasses

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from accounts.accommodations import Accommodation, minutes_with
from accounts.models import User
from exams.models import ExamBlueprint
from questions.models import ExamVersion, Misconception, Placement, Scenario, Service


def drill_blueprint(*, exam: str) -> ExamBlueprint | None:
    """Return what a drill of an exam version is made by, or None where it has none. One query."""
    drills = ExamBlueprint.objects.filter(exam_version__slug=exam, mode=ExamBlueprint.Mode.DRILL)
    return drills.select_related("exam_version").order_by("order").first()


def exams_to_drill(subject: Service | Misconception) -> QuerySet[ExamVersion, ExamVersion]:
    """Return exam versions that have drills and practice items about something, the current one first.

    Each has `drill_items`, the number of these items.
    """
    if isinstance(subject, Misconception):
        about = Q(scenario__published_version__in=subject.options.values("version"))
    else:
        about = Q(scenario__in=subject.scenarios.all())
    items = Placement.objects.filter(
        about,
        exam_version=OuterRef("pk"),
        pool=Placement.Pool.PRACTICE,
        scenario__state=Scenario.State.PUBLISHED,
    )
    counted = items.order_by().values("exam_version").annotate(count=Count("pk")).values("count")
    drills = ExamBlueprint.objects.filter(exam_version=OuterRef("pk"), mode=ExamBlueprint.Mode.DRILL)
    return ExamVersion.objects.filter(Exists(drills)).annotate(drill_items=Subquery(counted)).filter(drill_items__gt=0)


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
