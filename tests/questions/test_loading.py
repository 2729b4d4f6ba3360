"""Loading a bank: twice is once, changes make versions, and what was edited here is not run over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest

from accounts.models import User
from questions.authoring import publish_version, retire, start_next_version
from questions.bank_schema import Bank, ItemEntry
from questions.loading import LoadReport, load_bank
from questions.models import Scenario, ScenarioVersion, Source
from tests.factories import NOW, make_bank

pytestmark = pytest.mark.django_db
FIRST, SECOND = "hush-1", "hush-2"


def small_bank(change: Callable[[dict[str, Any]], None] | None = None, *, without: str = "") -> Bank:
    """Return a bank of four items, the first changed, one perhaps left out."""
    bank = make_bank({"mock": {"1": 4}})
    items = [item for item in bank.items if item.id != without]
    if change is not None:
        data = items[0].model_dump(exclude_none=True)
        change(data)
        items[0] = ItemEntry.model_validate(data)
    return bank.model_copy(update={"items": tuple(items)})


def new_stem(data: dict[str, Any]) -> None:
    data["stem"] = "Another case asks for a way at the lowest cost. Which is it?"


def load(bank: Bank, take: Literal["file", "db"] | None = None) -> LoadReport:
    return load_bank(bank=bank, now=NOW, take=take)


def scenario() -> Scenario:
    return Scenario.objects.select_related("published_version").get(slug=FIRST)


def edit_here(author: User) -> ScenarioVersion:
    version = start_next_version(scenario_id=scenario().pk, author=author)
    version.learning_point = "Written here."
    version.save()
    return publish_version(version_id=version.pk, now=NOW)


def test_loading_twice_changes_nothing() -> None:
    assert len(load(small_bank()).created) == 4
    before = list(ScenarioVersion.objects.values_list("pk", flat=True))
    report = load(small_bank())
    assert len(report.unchanged) == 4
    assert not report.created
    assert list(ScenarioVersion.objects.values_list("pk", flat=True)) == before


def test_changed_content_becomes_the_next_version_and_the_old_one_stays() -> None:
    load(small_bank())
    old = scenario().published_version
    assert load(small_bank(new_stem)).new_versions == [FIRST]
    new = scenario().published_version
    assert old is not None
    assert new is not None
    assert (old.number, new.number) == (1, 2)
    assert ScenarioVersion.objects.get(pk=old.pk).stem == old.stem


def test_changed_tags_make_no_version() -> None:
    load(small_bank())
    report = load(small_bank(lambda data: data.update(difficulty="hard", placements={"demo-1": "2.1"})))
    assert report.retagged == [FIRST]
    assert scenario().difficulty == "hard"
    assert [str(place) for place in scenario().placements.all()] == ["DEMO-1 2.1"]
    assert scenario().versions.count() == 1


def test_an_edit_here_outlives_a_load_of_the_same_file(author: User) -> None:
    load(small_bank())
    edited = edit_here(author)
    assert FIRST in load(small_bank()).unchanged
    assert scenario().published_version == edited


def test_a_change_on_both_sides_is_a_conflict_and_kept(author: User) -> None:
    load(small_bank())
    edited = edit_here(author)
    report = load(small_bank(new_stem))
    assert report.conflicts == [FIRST]
    assert not report.new_versions
    assert scenario().published_version == edited
    assert load(small_bank(new_stem)).conflicts == [FIRST]


def test_taking_the_file_settles_a_conflict_with_a_new_version(author: User) -> None:
    load(small_bank())
    edit_here(author)
    assert load(small_bank(new_stem), "file").new_versions == [FIRST]
    version = scenario().published_version
    assert version is not None
    assert version.stem.startswith("Another case")
    assert not load(small_bank(new_stem)).conflicts


def test_taking_the_database_settles_a_conflict_and_keeps_the_edit(author: User) -> None:
    load(small_bank())
    edited = edit_here(author)
    assert FIRST in load(small_bank(new_stem), "db").unchanged
    assert scenario().published_version == edited
    assert not load(small_bank(new_stem)).conflicts


def test_an_item_gone_from_the_file_is_retired_and_returns() -> None:
    load(small_bank())
    assert load(small_bank(without=SECOND)).retired == [SECOND]
    gone = Scenario.objects.get(slug=SECOND)
    assert gone.state == Scenario.State.RETIRED
    assert not load(small_bank(without=SECOND)).retired
    report = load(small_bank())
    assert not report.conflicts
    gone.refresh_from_db()
    assert gone.state == Scenario.State.PUBLISHED
    assert gone.versions.count() == 1


def test_what_was_written_here_is_never_retired_by_a_load() -> None:
    load(small_bank())
    Scenario.objects.filter(slug=SECOND).update(loaded_digest="")
    assert not load(small_bank(without=SECOND)).retired


def test_a_load_does_not_bring_back_what_was_retired_here() -> None:
    load(small_bank())
    retire(scenario_id=scenario().pk)
    load(small_bank())
    assert scenario().state == Scenario.State.RETIRED


def test_the_newest_check_of_a_source_counts() -> None:
    load(small_bank())
    source = Source.objects.get()
    assert (source.title, source.was_read) == ("Guide", True)
