"""When choosing one thing means taking it for another: questions with two right answers and mixed options."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from accounts.models import User
from exams.closing import close_attempt
from exams.models import Attempt, AttemptItem
from progress.models import Confusion
from progress.selectors import report_of
from questions.authoring import add_version
from questions.bank_schema import ItemEntry
from questions.models import Certification, ExamVersion, Placement, Scenario, ScenarioVersion, Service, Topic
from tests.factories import MISCONCEPTION, NEWER, NOW, blueprint, item_entry
from tests.progress.sittings import MOCK, PRACTICE, refresh, sit, wrong

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bank")]


@pytest.fixture
def east(bank: None) -> Service:
    """Give a third thing, which the misconception is not about."""
    return Service.objects.create(slug="east", name="East", kind="service", summary="The way east.")


def write_question(about: Sequence[str], key: Sequence[int]) -> ScenarioVersion:
    """Write a question whose options are about these things; wrong ones carry the misconception."""
    entry = item_entry(999, "multiple" if len(key) > 1 else "single")
    options = [
        option.model_copy(
            update={
                "about": slug,
                "key": number in key,
                "misconception": None if number in key else MISCONCEPTION,
                "tempting": None if number in key else "It looks alike.",
                "right_if": None if number in key else "It were Sunday.",
            }
        )
        for number, (slug, option) in enumerate(zip(about, entry.options, strict=False), start=1)
    ]
    entry = ItemEntry.model_validate(entry.model_copy(update={"options": tuple(options)}).model_dump())
    scenario = Scenario.objects.create(
        slug=entry.id, certification=Certification.objects.get(), difficulty=entry.difficulty
    )
    scenario.services.set(Service.objects.filter(slug__in=entry.services))
    exam_version = ExamVersion.objects.get(slug=NEWER)
    topic = Topic.objects.get(exam_version=exam_version, code="1.1")
    Placement.objects.create(scenario=scenario, exam_version=exam_version, topic=topic, pool="practice")
    version = add_version(scenario=scenario, entry=entry)
    return ScenarioVersion.objects.get(pk=version.pk)


def answer(user: User, version: ScenarioVersion, response: Sequence[int]) -> None:
    """Sit this one question, submit, and build the report."""
    attempt = Attempt.objects.create(blueprint=blueprint(PRACTICE), user=user, started_at=NOW, seed=1)
    AttemptItem.objects.create(
        attempt=attempt,
        position=1,
        version=version,
        option_order=[1, 2, 3, 4, 5],
        is_scored=True,
        response=list(response),
        saved_at=NOW,
        seen_at=NOW,
    )
    close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)
    refresh(user)


def pairs(user: User) -> dict[tuple[str, str], tuple[int, int]]:
    """Return (fell, chances) by what was chosen and what was right."""
    rows = Confusion.objects.filter(user=user).select_related("chosen", "right")
    return {(row.chosen.slug, row.right.slug): (row.first_fell, row.first_chances) for row in rows}


@pytest.mark.parametrize(
    ("response", "fell"),
    [
        ([2, 3], 1),  # south instead of north
        ([1, 3], 0),  # south beside north: it was east that was missed
        ([1, 2], 0),  # right
        ([1], 0),  # half an answer, but not this mistake
        ([4, 5], 0),  # another mistake
    ],
)
def test_falling_is_choosing_the_one_and_leaving_the_other_out(
    candidate: User, east: Service, response: list[int], fell: int
) -> None:
    version = write_question(["north", "east", "south", "east", "east"], key=[1, 2])
    answer(candidate, version, response)
    assert pairs(candidate)["south", "north"] == (fell, 1)


def test_a_wrong_option_is_never_the_thing_that_was_right(candidate: User, east: Service) -> None:
    version = write_question(["east", "south", "north", "south"], key=[1])
    answer(candidate, version, [2])
    assert pairs(candidate) == {}


def test_a_pair_that_is_not_the_misconceptions_is_none(candidate: User, east: Service) -> None:
    version = write_question(["east", "south", "south", "south"], key=[1])
    answer(candidate, version, [2])
    assert pairs(candidate) == {}


def test_two_wrong_options_about_the_same_thing_are_one_chance(candidate: User, east: Service) -> None:
    version = write_question(["north", "south", "south", "east"], key=[1])
    answer(candidate, version, [3])
    assert pairs(candidate)["south", "north"] == (1, 1)


def test_the_report_holds_no_pair_while_a_sealed_attempt_is_open(candidate: User) -> None:
    sit(candidate, PRACTICE, is_right=wrong)
    refresh(candidate)
    exam_version = ExamVersion.objects.get(slug=NEWER)
    before = report_of(user_id=candidate.pk, exam_version=exam_version)
    assert before.confusions + before.thin_confusions
    sit(candidate, MOCK, close=False)
    sealed = report_of(user_id=candidate.pk, exam_version=exam_version)
    assert (sealed.confusions, sealed.thin_confusions, sealed.is_sitting) == ([], [], True)
