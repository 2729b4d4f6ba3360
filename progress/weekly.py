"""What a weekly mail has to say: the week, what changed since the last mail, what is weak, what to do next."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from exams.models import Attempt
from progress.lines import ConfusionLine, TopicLine, by_loss, weak_topics
from progress.mastery import Change, compare
from progress.models import MailDelivery
from progress.next_step import NextStep, choose_next_step
from progress.periods import IsoWeek, week_bounds
from progress.selectors import (
    Counts,
    Standing,
    confusions_of,
    has_open_sealed_attempt,
    standing_of,
    week_counts,
)
from questions.models import ExamVersion

_TOPICS_NAMED = 3


@dataclasses.dataclass(frozen=True)
class DomainNews:
    """A domain, with what was answered since the last mail beside what it rests on before."""

    line: TopicLine
    before: tuple[int, int]
    since: tuple[int, int]
    change: Change | None

    @property
    def points(self) -> int:
        """The size of the change in per cent points."""
        return abs(self.change.percent_points) if self.change else 0

    @property
    def likely(self) -> tuple[int, int]:
        """Between which sizes a change that stands out likely lies, in per cent points."""
        if self.change is None:
            return 0, 0
        ends = sorted((abs(self.change.low), abs(self.change.high)))
        return math.floor(100 * ends[0]), math.ceil(100 * ends[1])

    @property
    def stands_out(self) -> bool:
        """Whether the change is more than chance."""
        return self.change is not None and self.change.stands_out

    @property
    def is_up(self) -> bool:
        """Whether the share went up."""
        return self.change is not None and self.change.points > 0


@dataclasses.dataclass(frozen=True)
class WeeklyNews:
    """Everything one mail says, and the numbers to keep with it."""

    user: User
    week: IsoWeek
    counts: Counts
    standing: Standing
    domains: list[DomainNews]
    last_mail_at: dt.datetime | None
    weak: list[TopicLine]
    heaviest: list[TopicLine]
    confusion: ConfusionLine | None
    next_step: NextStep

    @property
    def changes(self) -> list[DomainNews]:
        """The domains whose change stands out, the largest first."""
        return sorted((news for news in self.domains if news.stands_out), key=lambda news: -news.points)

    @property
    def subject(self) -> str:
        """The news in one line: a change only when it stands out, else the plain count."""
        if self.changes:
            news = self.changes[0]
            words = {"code": news.line.topic.code, "points": news.points}
            if news.is_up:
                return _("Domain %(code)s is up %(points)s points") % words
            return _("Domain %(code)s is down %(points)s points") % words
        return ngettext(
            "Your week: %(count)s question, %(correct)s right",
            "Your week: %(count)s questions, %(correct)s right",
            self.counts.total,
        ) % {"count": self.counts.total, "correct": self.counts.correct}

    @property
    def snapshot(self) -> dict[str, Any]:
        """The numbers mailed: a record, and the base that the next mail compares with."""
        return {
            "subject": self.subject,
            "exam": self.standing.exam_version.slug,
            "week": dataclasses.asdict(self.counts),
            "domains": {
                news.line.topic.code: [news.line.mastery.correct, news.line.mastery.total] for news in self.domains
            },
        }


def weekly_news(*, user: User, week: IsoWeek) -> WeeklyNews | None:
    """Return what the mail of a week says about the week before it, or None when there is nothing to say.

    About the exam sat last in that week. Nine queries at most.
    """
    start, end = week_bounds(week.previous, user.zone)
    exam_version = _exam_of_week(user.pk, start, end)
    counts = week_counts(user_id=user.pk, start=start, end=end)
    if exam_version is None or counts.total == 0:
        return None
    standing = standing_of(user_id=user.pk, exam_version=exam_version)
    last = _last_mail(user.pk, exam_version)
    is_sitting = has_open_sealed_attempt(user_id=user.pk)
    confusions = [] if is_sitting else confusions_of(user_id=user.pk, exam_version=exam_version)
    return WeeklyNews(
        user=user,
        week=week,
        counts=counts,
        standing=standing,
        domains=[_domain_news(domain.line, last.snapshot if last else {}) for domain in standing.domains],
        last_mail_at=last.finished_at if last else None,
        weak=weak_topics(standing.domains)[:_TOPICS_NAMED],
        heaviest=by_loss(standing.domains)[:_TOPICS_NAMED],
        confusion=next((line for line in confusions if line.is_confused), None),
        next_step=choose_next_step(
            exam_version=exam_version,
            open_attempts=_open_attempts(user.pk),
            domains=standing.domains,
            blueprints=standing.blueprints,
        ),
    )


def _exam_of_week(user_id: int, start: dt.datetime, end: dt.datetime) -> ExamVersion | None:
    attempt = (
        Attempt.objects.filter(user_id=user_id, state=Attempt.State.GRADED, graded_at__gte=start, graded_at__lt=end)
        .select_related("blueprint__exam_version")
        .order_by("-graded_at")
        .first()
    )
    return attempt.blueprint.exam_version if attempt else None


def _open_attempts(user_id: int) -> list[Attempt]:
    """Return an untimed open attempt: a clock that runs now is over when the mail is read."""
    return list(
        Attempt.objects.filter(user_id=user_id, state=Attempt.State.OPEN, deadline=None).select_related("blueprint")[:1]
    )


def _last_mail(user_id: int, exam_version: ExamVersion) -> MailDelivery | None:
    return (
        MailDelivery.objects.filter(
            user_id=user_id,
            kind=MailDelivery.Kind.WEEKLY,
            state=MailDelivery.State.SENT,
            snapshot__exam=exam_version.slug,
        )
        .order_by("-iso_year", "-iso_week")
        .first()
    )


def _domain_news(line: TopicLine, snapshot: dict[str, Any]) -> DomainNews:
    correct, total = snapshot.get("domains", {}).get(line.topic.code, (0, 0))
    now = line.mastery
    since = (now.correct - correct, now.total - total)
    if total == 0 or not 0 <= since[0] <= since[1]:  # the second: questions were placed elsewhere since
        return DomainNews(line, (0, 0), (0, 0), None)
    return DomainNews(line, (correct, total), since, compare(before=(correct, total), since=since))
