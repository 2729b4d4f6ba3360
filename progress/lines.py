"""The lines of a report: what is counted, with what the counts say."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from progress.mastery import MINIMUM_CHANCES, Mastery, Verdict, expected_loss, is_confused
from progress.models import Confusion
from questions.models import Service, Topic


@dataclasses.dataclass(frozen=True)
class TopicLine:
    """A domain or task. `weight` is its share of the exam in per cent; a task has an even share of its domain's."""

    topic: Topic
    weight: float
    mastery: Mastery
    repeat_correct: int
    repeat_total: int

    @property
    def loss(self) -> float:
        """Per cent points of the exam this topic is likely to cost: for putting topics in order."""
        return expected_loss(weight=self.weight, correct=self.mastery.correct, total=self.mastery.total)


@dataclasses.dataclass(frozen=True)
class DomainLine:
    """A domain with its tasks."""

    line: TopicLine
    tasks: list[TopicLine]


@dataclasses.dataclass(frozen=True)
class ServiceLine:
    """A service, feature, technique or concept that questions name."""

    service: Service
    mastery: Mastery
    repeat_correct: int
    repeat_total: int


@dataclasses.dataclass(frozen=True)
class ConfusionLine:
    """One thing chosen where another was right. Only first sight decides; repeats are shown beside it."""

    confusion: Confusion

    @property
    def is_confused(self) -> bool:
        """Whether it stands out from blind guessing."""
        return is_confused(fell=self.confusion.first_fell, chances=self.confusion.first_chances)

    @property
    def missing(self) -> int:
        """How many more chances are needed before anything is said."""
        return max(0, MINIMUM_CHANCES - self.confusion.first_chances)


def weak_topics(domains: Sequence[DomainLine]) -> list[TopicLine]:
    """Return what stands out as weak, the dearest first: tasks, and domains none of whose tasks stands out."""
    found: list[TopicLine] = []
    for domain in domains:
        tasks = [task for task in domain.tasks if task.mastery.verdict is Verdict.WEAK]
        found += tasks or ([domain.line] if domain.line.mastery.verdict is Verdict.WEAK else [])
    return sorted(found, key=lambda line: -line.loss)


def by_loss(domains: Sequence[DomainLine]) -> list[TopicLine]:
    """Return the domains that are likely to cost most first."""
    return sorted((domain.line for domain in domains), key=lambda line: -line.loss)
