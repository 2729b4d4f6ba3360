"""Case studies: several items beside one text, from the bank file to the version and back."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.models import User
from questions.authoring import save_draft
from questions.bank_check import lint_bank
from questions.bank_files import read_bank
from questions.bank_schema import Bank, CaseEntry, ItemEntry
from questions.entries import content_digest, entry_data, entry_digest
from questions.loading import LoadReport, load_bank
from questions.models import Scenario, ScenarioVersion
from questions.selectors import newest_versions, scenarios_for_entries
from questions.writing import findings_about, writing_choices, written
from tests.factories import NOW, OLDER, make_bank
from tests.questions.conftest import BankData, plain
from tests.questions.pages import form_of

CASE = CaseEntry(id="harbour", text="A harbour has **two** cranes.\n\nIts ships come at night.")
FIRST, SECOND, THIRD = "hush-1", "hush-2", "hush-3"


def bank_of(change: Callable[[dict[str, Any]], None] | None = None) -> Bank:
    """Return a bank of four items of which the first three make a case; the second is changed."""
    bank = make_bank({"mock": {"1": 4}})
    items = []
    for item in bank.items:
        data = item.model_dump(exclude_none=True) | ({"case": CASE.model_dump()} if item.id < "hush-4" else {})
        data["placements"] = {OLDER: "1.1"}
        if change is not None and item.id == SECOND:
            change(data)
        items.append(ItemEntry.model_validate(data))
    return bank.model_copy(update={"items": tuple(items)})


def load(bank: Bank) -> LoadReport:
    return load_bank(bank=bank, now=NOW)


def scenario(slug: str = SECOND) -> Scenario:
    return Scenario.objects.select_related("published_version").get(slug=slug)


def published(slug: str = SECOND) -> ScenarioVersion:
    version = scenario(slug).published_version
    assert version is not None
    return version


def other_text(data: dict[str, Any]) -> None:
    data["case"] = {"id": "harbour", "text": "A harbour has one crane."}


def other_case(data: dict[str, Any]) -> None:
    data["case"] = {"id": "port", "text": CASE.text}


class TestFiles:
    def test_one_text_is_shared_by_an_alias(self, tmp_path: Path, bank_data: BankData) -> None:
        data = plain(bank_data)
        items = data["items.yaml"]["items"][:3]
        case = CASE.model_dump()
        for item in items:
            item["case"] = case  # the same object: YAML writes it once, and an alias for the others
        (tmp_path / "exams.yaml").write_text(yaml.safe_dump(data["exams.yaml"]), encoding="utf-8")
        rest = {**data["services.yaml"], **data["misconceptions.yaml"], "items": items}
        text = yaml.safe_dump(rest)
        assert text.count("Its ships come at night") == 1
        (tmp_path / "items.yaml").write_text(text, encoding="utf-8")

        assert [item.case for item in read_bank(tmp_path).items] == [CASE] * 3

    def test_digest_of_an_item_without_a_case_is_what_it_was(self) -> None:
        """Otherwise every stored item would look edited."""
        item = bank_of().items[3]

        assert "case" not in item.model_dump(mode="json", exclude_defaults=True)

    def test_text_is_content_and_the_case_is_a_tag(self) -> None:
        entry = bank_of().items[1]
        text, case = bank_of(other_text).items[1], bank_of(other_case).items[1]

        assert content_digest(text) != content_digest(entry)
        assert content_digest(case) == content_digest(entry)
        assert len({entry_digest(found) for found in (entry, text, case)}) == 3


@pytest.mark.django_db
class TestLoading:
    def test_stores_the_case_with_its_text_rendered(self) -> None:
        load(bank_of())

        assert (scenario().case, published().case_text) == ("harbour", CASE.text)
        assert "<strong>two</strong>" in published().case_html
        assert (scenario("hush-4").case, published("hush-4").case_text, published("hush-4").case_html) == ("", "", "")

    def test_comes_back_as_it_was_in_the_file(self) -> None:
        bank = bank_of()
        load(bank)
        scenarios = list(scenarios_for_entries())
        newest = newest_versions(scenarios)

        entries = [ItemEntry.model_validate(entry_data(found, newest[found.pk])) for found in scenarios]

        assert [entry.case for entry in entries] == [CASE, CASE, CASE, None]
        assert [entry_digest(entry) for entry in entries] == [entry_digest(item) for item in bank.items]

    def test_twice_changes_nothing(self) -> None:
        load(bank_of())

        assert len(load(bank_of()).unchanged) == 4

    def test_new_text_makes_a_version_and_the_old_one_keeps_its_own(self) -> None:
        load(bank_of())
        old = published()

        assert load(bank_of(other_text)).new_versions == [SECOND]

        assert (published().number, published().case_text) == (2, "A harbour has one crane.")
        old.refresh_from_db()
        assert old.case_text == CASE.text

    def test_another_case_is_a_new_tag(self) -> None:
        load(bank_of())

        assert load(bank_of(other_case)).retagged == [SECOND]

        assert (scenario().case, scenario().versions.count()) == ("port", 1)

    def test_leaving_a_case_makes_a_version_without_its_text(self) -> None:
        load(bank_of())

        load(bank_of(lambda data: data.pop("case")))

        assert (scenario().case, published().case_text, published().case_html) == ("", "", "")

    def test_text_of_a_published_version_is_frozen_in_the_database(self) -> None:
        load(bank_of())

        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            ScenarioVersion.objects.filter(pk=published().pk).update(case_text="Another harbour.")


class TestLint:
    def findings(self, change: Callable[[dict[str, Any]], None] | None = None) -> list[tuple[str, str, str]]:
        found = lint_bank(bank_of(change))
        return [(item, f.severity, f.message) for item, f in found if f.code == "case_differs"]

    def test_an_even_case_has_no_findings(self) -> None:
        assert self.findings() == []

    @pytest.mark.parametrize(
        ("what", "change"),
        [
            ("text", other_text),
            ("pool", lambda data: data.update(pool="practice")),
            ("domain", lambda data: data.update(placements={OLDER: "2.1"})),
        ],
        ids=["text", "pool", "domain"],
    )
    def test_what_the_items_of_a_case_do_not_share_is_an_error(
        self, what: str, change: Callable[[dict[str, Any]], None]
    ) -> None:
        message = f"the items of harbour share their {what}, but {SECOND} and {FIRST} differ"

        assert self.findings(change) == [(SECOND, "error", message)]

    def test_another_exam_is_an_error_with_its_domain(self) -> None:
        found = self.findings(lambda data: data.update(placements={OLDER: "1.1", "demo-2": "1.1"}))

        assert {message.split("share their ")[1].split(",")[0] for _item, _severity, message in found} == {
            "exams",
            "domain",
        }

    def test_line_breaks_of_the_text_do_not_matter(self) -> None:
        assert self.findings(lambda data: data["case"].update(text=CASE.text.replace("\n\n", "\n"))) == []


def check(folder: Path) -> str:
    out = io.StringIO()
    with contextlib.suppress(CommandError):
        call_command("check_bank", str(folder), stdout=out)
    return out.getvalue()


class TestCheckBank:
    @pytest.fixture
    def data(self, bank_data: BankData) -> BankData:
        """Make a case of the two items of domain 1 that are in the older exam alone."""
        for item in bank_data["items.yaml"]["items"][:6]:
            if list(item["placements"]) == [OLDER]:
                item["case"] = CASE.model_dump()
        return bank_data

    def test_a_case_that_no_sitting_takes_is_an_error(self, data: BankData, bank_folder: Callable[[], Path]) -> None:
        assert f"{THIRD}: no blueprint of {OLDER} takes cases, so this item would never be drawn" in check(
            bank_folder()
        )

    def test_a_case_that_a_sitting_takes_is_fine(self, data: BankData, bank_folder: Callable[[], Path]) -> None:
        for entry in data["blueprints/blueprints.yaml"]["blueprints"]:
            entry["cases"] = entry["exam"] == OLDER

        assert "36 items, 0 errors" in check(bank_folder())


@pytest.mark.django_db
class TestWriting:
    def test_saving_the_text_makes_a_draft_and_the_case_counts_at_once(self, author: User) -> None:
        load(bank_of())
        current = written(scenario().pk)
        assert current is not None
        draft = {**current.draft, "case": {"id": "port", "text": "A port."}}

        version = save_draft(scenario_id=scenario().pk, draft=draft, author=author, seen=current.seen)

        assert (version.number, version.case_text, version.published_at) == (2, "A port.", None)
        assert (scenario().case, published().case_text) == ("port", CASE.text)

    def test_moving_to_another_case_makes_no_version(self, author: User) -> None:
        load(bank_of())
        current = written(scenario().pk)
        assert current is not None
        draft = {**current.draft, "case": {"id": "port", "text": CASE.text}}

        assert save_draft(scenario_id=scenario().pk, draft=draft, author=author, seen=current.seen).number == 1

    def test_uneven_items_are_a_warning_while_they_are_changed_one_by_one(self) -> None:
        load(bank_of())
        current = written(scenario(THIRD).pk)
        assert current is not None
        draft = {**current.draft, "case": {"id": "harbour", "text": "A harbour has no crane."}}

        found = [f for f in findings_about(draft, writing_choices().lint) if f.code == "case_differs"]

        assert [(f.severity, f.place) for f in found] == [("warning", "case")]

    def test_the_page_shows_posts_and_previews_the_case(self, author_client: Client) -> None:
        load(bank_of())
        address = f"/admin/questions/scenario/{scenario().pk}/change/"
        form = form_of(author_client, address)
        assert (form["case_id"], form["case_text"].replace("\r\n", "\n")) == ("harbour", CASE.text)

        author_client.post(address, {**form, "case_text": "A harbour with *fog*.", "_save": ""})

        version = scenario().versions.get(number=2)
        assert version.case_text == "A harbour with *fog*."
        preview = author_client.get(f"/admin/questions/scenario/{scenario().pk}/preview/").content.decode()
        assert "A harbour with <em>fog</em>." in preview

    def test_a_text_without_a_case_is_named_as_incomplete(self, author_client: Client) -> None:
        load(bank_of())
        address = f"/admin/questions/scenario/{scenario('hush-4').pk}/change/"
        form = form_of(author_client, address)

        author_client.post(address, {**form, "case_text": "A text.", "_save": ""})

        page = " ".join(author_client.get(address).content.decode().split())
        assert "case id" in page
        assert "is missing" in page
