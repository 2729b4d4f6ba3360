"""Versions: published ones are frozen by the database, drafts are not, and the next one starts once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from questions.authoring import (
    DraftChanged,
    NotPublishable,
    VersionFrozen,
    create_scenario,
    publish_version,
    publishing_problems,
    save_draft,
    set_draft_key,
    start_next_version,
)
from questions.loading import load_bank
from questions.models import Certification, Misconception, Option, Placement, Prompt, Scenario, ScenarioVersion, Service
from questions.writing import written
from tests.factories import NOW, make_bank

OF_KIND = {"single": "hush-1", "multiple": "hush-2", "ordering": "hush-3", "matching": "hush-5"}


def version_of(kind: str) -> ScenarioVersion:
    return ScenarioVersion.objects.get(scenario__slug=OF_KIND[kind])


def draft_of(scenario: Scenario) -> tuple[dict[str, Any], str]:
    """Return the stored bank data of a scenario and the digest an author would have seen."""
    found = written(scenario.pk)
    assert found is not None
    return found.draft, found.seen


def refused(action: Any) -> None:
    with pytest.raises(DatabaseError, match="published and frozen"), transaction.atomic():
        action()


@pytest.mark.usefixtures("bank")
def test_the_database_refuses_to_change_what_students_may_have_sat() -> None:
    version = version_of("matching")
    option, prompt, rule = version.options.all()[0], version.prompts.all()[0], version.rules.all()[0]
    for name in ("stem", "stem_html", "decision", "deciding_constraint", "learning_point", "kind"):
        refused(lambda name=name: ScenarioVersion.objects.filter(pk=version.pk).update(**{name: "x"}))
    for name in ("number", "choose"):
        refused(lambda name=name: ScenarioVersion.objects.filter(pk=version.pk).update(**{name: 99}))
    refused(lambda: ScenarioVersion.objects.filter(pk=version.pk).update(published_at=None))
    for name in ("text", "text_html", "why", "why_html", "tempting", "right_if", "name"):
        refused(lambda name=name: Option.objects.filter(pk=option.pk).update(**{name: "x"}))
    refused(lambda: Option.objects.filter(pk=option.pk).delete())
    refused(lambda: Option.objects.create(version=version, position=9, text="x", why="x"))
    refused(lambda: Prompt.objects.filter(pk=prompt.pk).update(text="x"))
    refused(lambda: Prompt.objects.filter(pk=prompt.pk).delete())
    refused(lambda: type(rule).objects.filter(pk=rule.pk).update(accepted=[[1]]))
    refused(lambda: type(rule).objects.filter(pk=rule.pk).delete())


@pytest.mark.usefixtures("bank")
def test_a_correction_of_the_key_is_a_new_rule() -> None:
    version = version_of("single")
    version.rules.create(number=2, accepted=[[1]], reason="rekey")
    assert version.rules.count() == 2
    with pytest.raises(VersionFrozen):
        set_draft_key(version=version, key=[1])


@pytest.mark.parametrize("kind", OF_KIND)
@pytest.mark.usefixtures("bank")
def test_the_next_version_is_a_copy_and_the_same_one_for_everybody(kind: str, author: User) -> None:
    version = version_of(kind)
    draft = start_next_version(scenario_id=version.scenario_id, author=author)
    assert start_next_version(scenario_id=version.scenario_id, author=author) == draft
    assert (draft.number, draft.stem, draft.published_at) == (2, version.stem, None)
    assert draft.rules.get().accepted == version.rules.get().accepted
    assert [o.text for o in draft.options.all()] == [o.text for o in version.options.all()]
    assert publish_version(version_id=draft.pk, now=NOW).scenario.published_version_id == draft.pk


@pytest.mark.usefixtures("bank")
def test_saving_unchanged_content_makes_no_version_and_tags_change_at_once(author: User) -> None:
    scenario = version_of("single").scenario
    draft, seen = draft_of(scenario)
    tagged = {
        **draft,
        "difficulty": "hard",
        "pool": "practice",
        "services": ("north",),
        "placements": {"demo-1": "2.1"},
    }
    version = save_draft(scenario_id=scenario.pk, draft=tagged, author=author, seen=seen)
    assert version.number == 1
    scenario.refresh_from_db()
    assert scenario.difficulty == "hard"
    assert list(scenario.services.values_list("slug", flat=True)) == ["north"]
    assert list(Placement.objects.filter(scenario=scenario).values_list("topic__code", "pool")) == [("2.1", "practice")]


@pytest.mark.usefixtures("bank")
def test_saving_changed_content_starts_a_draft_and_then_changes_that_draft(author: User) -> None:
    scenario = version_of("ordering").scenario
    for number in (1, 2):
        draft, seen = draft_of(scenario)
        changed = {**draft, "stem": f"Attempt {number} **at the lowest cost**?"}
        assert save_draft(scenario_id=scenario.pk, draft=changed, author=author, seen=seen).number == 2
    version = version_of_number(scenario, 2)
    assert scenario.versions.count() == 2
    assert version.stem.startswith("Attempt 2")
    assert "<strong>at the lowest cost</strong>" in version.stem_html
    assert version.created_by == author
    scenario.refresh_from_db()
    assert scenario.published_version == version_of_number(scenario, 1)


def version_of_number(scenario: Scenario, number: int) -> ScenarioVersion:
    return scenario.versions.get(number=number)


@pytest.mark.usefixtures("bank")
def test_two_authors_do_not_overwrite_one_another(author: User) -> None:
    scenario = version_of("single").scenario
    draft, seen = draft_of(scenario)
    save_draft(scenario_id=scenario.pk, draft={**draft, "learning_point": "Mine."}, author=author, seen=seen)
    with pytest.raises(DraftChanged):
        save_draft(scenario_id=scenario.pk, draft={**draft, "learning_point": "Yours."}, author=author, seen=seen)
    assert draft_of(scenario)[0]["learning_point"] == "Mine."


@pytest.mark.usefixtures("bank")
def test_a_half_written_item_is_kept_and_not_published(author: User) -> None:
    draft = {
        "id": "half-done",
        "kind": "matching",
        "placements": {},
        "pool": "mock",
        "difficulty": "easy",
        "services": (),
        "sources": (),
        "stem": "",
        "decision": "",
        "deciding_constraint": "",
        "learning_point": "",
        "options": ({"text": "one", "why": "", "name": "one"},),
        "prompts": ({"text": "row", "match": ""}, {"text": "other", "match": "one"}),
    }
    version = create_scenario(certification=Certification.objects.get(), draft=draft, author=author)
    assert version.rules.get().accepted == [[0, 1]]
    with pytest.raises(NotPublishable) as caught:
        publish_version(version_id=version.pk, now=NOW)
    assert any("stem: is missing" in problem for problem in caught.value.problems)
    assert any(problem.startswith("option 1: why") for problem in caught.value.problems)
    stored = draft_of(version.scenario)[0]
    assert {key: stored[key] for key in ("stem", "prompts")} == {"stem": "", "prompts": draft["prompts"]}


@pytest.mark.usefixtures("bank")
def test_an_ended_service_and_a_one_sided_misconception_keep_it_from_being_published(author: User) -> None:
    version = start_next_version(scenario_id=version_of("single").scenario_id, author=author)
    assert publishing_problems(version) == []
    Service.objects.filter(slug="north").update(lifecycle=Service.Lifecycle.ENDED)
    assert any("north has ended" in problem for problem in publishing_problems(version))
    Misconception.objects.get().between.set(Service.objects.filter(slug="south"))
    assert any("no key of the item is about a side" in problem for problem in publishing_problems(version))


@pytest.mark.django_db(transaction=True)
def test_two_starts_at_the_same_moment_give_one_next_version(author: User) -> None:
    load_bank(bank=make_bank({"mock": {"1": 1}}), now=NOW)
    scenario = Scenario.objects.get()
    both = threading.Barrier(2)
    found: list[int] = []

    def start() -> None:
        try:
            both.wait(timeout=10)
            found.append(start_next_version(scenario_id=scenario.pk, author=author).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(found) == 2
    assert len(set(found)) == 1
    assert scenario.versions.count() == 2
