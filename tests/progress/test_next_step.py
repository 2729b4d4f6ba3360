"""One next action: finish, practise where most is to be won, or sit a mock."""

from __future__ import annotations

import datetime as dt

import pytest

from exams.models import Attempt, ExamBlueprint
from progress.lines import DomainLine, TopicLine, weak_topics
from progress.mastery import judge
from progress.next_step import NextStep, choose_next_step
from questions.models import ExamVersion, Topic

EXAM = ExamVersion(slug="demo", name="DEMO")
PRACTICE = ExamBlueprint(slug="demo-practice", mode="practice", scored_count=10, name="Practice")
MOCK = ExamBlueprint(slug="demo-mock", mode="mock", scored_count=50, name="Mock")
NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def line(code: str, weight: float, correct: int, total: int) -> TopicLine:
    return TopicLine(
        Topic(code=code, title=f"Topic {code}"), weight, judge(correct=correct, total=total, target=75), 0, 0
    )


def choose(
    *domains: TopicLine, attempts: list[Attempt] | None = None, blueprints: list[ExamBlueprint] | None = None
) -> NextStep:
    return choose_next_step(
        exam_version=EXAM,
        open_attempts=attempts or [],
        domains=[DomainLine(domain, []) for domain in domains],
        blueprints=[MOCK, PRACTICE] if blueprints is None else blueprints,
    )


def test_what_is_open_comes_before_everything() -> None:
    attempt = Attempt(blueprint=MOCK, deadline=NOW)
    step = choose(line("1", 50, 0, 20), attempts=[attempt])
    assert (step.attempt, step.title) == (attempt, "Finish Mock")


def test_weakness_goes_by_what_it_costs_in_the_exam() -> None:
    step = choose(line("1", 10, 2, 20), line("2", 60, 8, 20), line("3", 30, 18, 20))
    assert step.address == "/start/demo/demo-practice/"
    assert step.title == "Practise 10 questions"
    assert step.reason == "Domain 2 is 60 % of the exam, and you had 8 of 20 right."


def test_missing_evidence_is_named_with_what_is_missing() -> None:
    step = choose(line("1", 60, 20, 20), line("2", 40, 2, 2))
    assert step.reason == "Domain 2 is 40 % of the exam, and 3 more answers are needed to judge it."


def test_a_weak_domain_comes_before_an_unknown_one() -> None:
    step = choose(line("1", 80, 0, 0), line("2", 20, 0, 9))
    assert step.reason.startswith("Domain 2 is")


def test_without_weakness_a_mock_is_next() -> None:
    step = choose(line("1", 60, 20, 20), line("2", 40, 7, 10))
    assert (step.address, step.title) == ("/start/demo/demo-mock/", "Sit a full mock")


@pytest.mark.parametrize("blueprints", [[], [MOCK]])
def test_without_practice_the_choice_is_the_students(blueprints: list[ExamBlueprint]) -> None:
    assert choose(line("1", 50, 0, 9), blueprints=blueprints).address == "/start/demo/"


def test_weak_tasks_stand_for_their_domain_and_a_weak_domain_for_itself() -> None:
    tasks = [line("1.1", 25, 0, 9), line("1.2", 25, 9, 9)]
    found = weak_topics(
        [DomainLine(line("1", 50, 9, 18), tasks), DomainLine(line("2", 50, 0, 9), [line("2.1", 50, 0, 4)])]
    )
    assert [weak.topic.code for weak in found] == ["2", "1.1"]
