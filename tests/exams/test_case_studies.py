"""Case studies in a sitting: whole, side by side, below their text, and only where the exam has them."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from exams.blueprints import load_blueprints
from exams.focus import Focus, FocusKind
from exams.models import Attempt
from exams.owners import Owner
from exams.pools import candidates
from exams.selectors import item_page
from questions.bank_schema import CaseEntry
from questions.loading import load_bank
from questions.models import Placement, Scenario
from tests.factories import BLUEPRINTS, NEWER, NOW, OLDER, SMALL, blueprint, make_bank, start

CASE = CaseEntry(id="harbour", text="A harbour has **two** cranes.")


@pytest.fixture
def case(db: None) -> list[int]:
    """Load a bank in which three mock items of domain 1 make a case, and return their scenarios."""
    bank = make_bank({"mock": SMALL, "practice": SMALL})
    members = [item.id for item in bank.items if item.pool == "mock" and item.placements[OLDER] == "1.1"][:3]
    items = tuple(item.model_copy(update={"case": CASE}) if item.id in members else item for item in bank.items)
    load_bank(bank=bank.model_copy(update={"items": items}), now=NOW)
    load_blueprints([entry.model_copy(update={"cases": entry.exam == OLDER}) for entry in BLUEPRINTS])
    return list(Scenario.objects.filter(case="harbour").order_by("slug").values_list("pk", flat=True))


@pytest.fixture
def needed(case: list[int]) -> list[int]:
    """Leave so few other items in domain 1 that a mock needs the case, and return its scenarios."""
    rest = Placement.objects.filter(exam_version__slug=OLDER, pool="mock", topic__code="1.1").exclude(scenario__in=case)
    Placement.objects.filter(pk__in=[placement.pk for placement in rest[2:]]).delete()
    return case


def order(attempt: Attempt) -> list[int]:
    return list(attempt.items.order_by("position").values_list("version__scenario", flat=True))


def test_is_drawn_whole_and_side_by_side_in_the_order_of_its_ids(needed: list[int], candidate: User) -> None:
    drawn = order(start(candidate))

    place = drawn.index(needed[0])
    assert drawn[place : place + 3] == needed


def test_is_left_out_where_the_exam_has_none(case: list[int], candidate: User) -> None:
    for mode in ("mock", "mini"):
        found = candidates(owner=Owner(user_id=candidate.pk), blueprint=blueprint(f"{NEWER}-{mode}"), focus=None)
        assert found
        assert not {candidate.case for candidate in found} - {""}
    assert Placement.objects.filter(scenario__in=case, exam_version__slug=NEWER).exists()


def test_is_shown_beside_every_item_of_it(needed: list[int], candidate: User) -> None:
    attempt = start(candidate)

    pages = [item_page(attempt=attempt, position=n, now=NOW) for n in range(1, attempt.items.count() + 1)]

    shown = [page.case_html for page in pages if page is not None and page.case_html]
    assert shown == ["<p>A harbour has <strong>two</strong> cranes.</p>\n"] * 3


def test_a_drill_keeps_it_together_too(case: list[int], candidate: User) -> None:
    Placement.objects.filter(scenario__in=case).update(pool="practice")

    drawn = order(start(candidate, f"{OLDER}-drill", focus=Focus(FocusKind.TOPIC, "1")))

    of_case = [scenario for scenario in drawn if scenario in case]
    assert of_case in ([], case)


def test_the_rules_tell_of_case_studies_where_there_are_any(case: list[int], candidate_client: Client) -> None:
    said = "<strong>Case studies</strong>"
    assert said in candidate_client.get(f"/start/{OLDER}/{OLDER}-mock/").content.decode()
    assert said not in candidate_client.get(f"/start/{NEWER}/{NEWER}-mock/").content.decode()
