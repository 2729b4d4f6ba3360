"""The command that checks a bank folder without a database."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from questions.similarity import near_duplicates, nearest
from tests.questions.conftest import BankData, plain

Folder = Callable[[], Path]


def check(folder: Path, *arguments: str) -> tuple[str, bool]:
    """Return what the command prints, and whether it ended with success. Without the `db` mark it has no database."""
    out = io.StringIO()
    try:
        call_command("check_bank", str(folder), *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), error.returncode == 0
    return out.getvalue(), True


def check_json(folder: Path) -> tuple[dict[str, Any], bool]:
    text, is_fine = check(folder, "--json")
    return json.loads(text), is_fine


def test_a_right_bank_ends_with_success_and_a_coverage_table(bank_folder: Folder) -> None:
    text, is_fine = check(bank_folder())
    assert is_fine
    assert "36 items, 0 errors" in text
    assert "task 1.1" in text
    assert "key is the longest option" in text


def test_coverage_counts_items_by_version_pool_and_task(bank_folder: Folder) -> None:
    found, _is_fine = check_json(bank_folder())
    assert set(found) == {"items", "errors", "warnings", "coverage", "cues"}
    row = {"exam": "demo-2", "pool": "mock", "topic": "1.1", "have": 4, "need": 0}
    assert row in found["coverage"]
    assert {**row, "exam": "demo-1", "have": 6} in found["coverage"]
    assert {**row, "pool": "all", "have": 8} in found["coverage"]
    assert {**row, "topic": "all", "have": 12} in found["coverage"]


def test_coverage_says_what_is_wanted_by_weight_and_what_is_short(bank_folder: Folder, bank_data: BankData) -> None:
    version = next(v for v in bank_data["exams.yaml"]["certification"]["versions"] if v["id"] == "demo-2")
    version["wanted"] = {"pools": {"mock": 14, "practice": 12}, "each_task": 9}
    weights = [topic["weight"] for topic in version["topics"] if topic.get("weight")]
    text, is_fine = check(bank_folder())
    found, _is_fine = check_json(bank_folder())

    assert is_fine
    needs = {(row["pool"], row["topic"]): row["need"] for row in found["coverage"] if row["exam"] == "demo-2"}
    assert needs["mock", "all"] == sum(needs["mock", domain] for domain in "123") == 14
    assert [abs(needs["mock", domain] - 14 * weights[int(domain) - 1] / sum(weights)) < 1 for domain in "123"] == [
        True
    ] * 3
    assert (needs["all", "1.1"], needs["mock", "1.1"]) == (9, 0)
    assert "12/14!" in text
    assert "8/9!" in text
    assert re.search(r"coverage: \d+ short", text)


def test_coverage_without_a_wish_is_never_short(bank_folder: Folder) -> None:
    text, _is_fine = check(bank_folder())
    assert "coverage: nothing is short" in text
    assert "!" not in text


def test_errors_end_with_one_and_name_file_item_and_line(bank_folder: Folder, bank_data: BankData) -> None:
    bank_data["items.yaml"] = plain(bank_data["items.yaml"])
    bank_data["items.yaml"]["items"][0]["kind"] = "essay"
    found, is_fine = check_json(bank_folder())
    assert not is_fine
    assert [(e["file"], e["item"]) for e in found["errors"]] == [("items.yaml", "hush-1")]
    assert found["errors"][0]["line"] > 1


def test_an_ended_service_as_key_is_an_error(bank_folder: Folder, bank_data: BankData) -> None:
    bank_data["services.yaml"] = plain(bank_data["services.yaml"])
    bank_data["services.yaml"]["services"][0]["lifecycle"] = {"status": "ended", "notice": "It is gone."}
    text, is_fine = check(bank_folder())
    assert not is_fine
    assert "north has ended and cannot be a key" in text


def test_a_warning_alone_is_no_failure(bank_folder: Folder, bank_data: BankData) -> None:
    bank_data["items.yaml"] = plain(bank_data["items.yaml"])
    del bank_data["items.yaml"]["items"][0]["options"][0]["right_if"]
    found, is_fine = check_json(bank_folder())
    assert is_fine
    assert any("hush-1" in w["item"] and "right if" in w["message"] for w in found["warnings"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scored_count": 60}, "items from domain 1 of demo-2, which has 4"),
        ({"unscored_count": 60}, "items from the pool of demo-2, which has"),
        ({"exam": "demo-9"}, "unknown exam demo-9"),
    ],
)
def test_a_blueprint_that_cannot_be_drawn_is_named_with_its_line(
    bank_folder: Folder, bank_data: BankData, change: dict[str, Any], message: str
) -> None:
    bank_data["blueprints/blueprints.yaml"]["blueprints"][0].update(change)
    found, is_fine = check_json(bank_folder())
    assert not is_fine
    error = next(e for e in found["errors"] if e["item"] == "demo-2-mock" and message in e["message"])
    assert (error["file"], error["line"]) == ("blueprints.yaml", 2)


def test_a_malformed_blueprint_file_is_named(bank_folder: Folder, bank_data: BankData) -> None:
    bank_data["blueprints/blueprints.yaml"]["blueprints"][1]["minutes"] = 0
    found, is_fine = check_json(bank_folder())
    assert not is_fine
    assert ("blueprints.yaml", "demo-2-sample") in [(e["file"], e["item"]) for e in found["errors"]]


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not a folder"):
        call_command("check_bank", str(tmp_path / "nowhere"))


def test_near_duplicates_are_found_and_different_stems_are_not() -> None:
    stem = "A clinic streams heart rates from many devices and three teams read each of them at their own pace."
    stems = {
        "one": stem,
        "two": stem.replace("clinic", "hospital"),
        "other": "A bank keeps ten years of ledgers and must prove every month that none was changed.",
    }
    assert [pair[:2] for pair in near_duplicates(stems)] == [("one", "two")]
    assert [name for name, _likeness in nearest("one", stem, stems)] == ["two"]
    assert nearest("new", "", stems) == []


def test_stems_that_only_share_their_subject_are_no_duplicates() -> None:
    stems = {
        "one": "A clinic streams heart rates. Three teams read each at their own pace. Which service takes them in?",
        "two": "A clinic streams heart rates. One team wants them in files of an hour. Which service takes them in?",
    }
    assert near_duplicates(stems) == []


def test_a_stem_told_twice_is_found_unless_its_key_is_another_one(bank_folder: Folder, bank_data: BankData) -> None:
    bank_data["items.yaml"] = plain(bank_data["items.yaml"])
    first, second = [item for item in bank_data["items.yaml"]["items"] if item["kind"] == "single"][:2]
    second.update(stem=first["stem"], deciding_constraint=first["deciding_constraint"])
    second["options"] = [dict(option) for option in first["options"]]

    def duplicates() -> list[str]:
        found, _is_fine = check_json(bank_folder())
        return [w["item"] for w in found["warnings"] if "like" in w["message"] and first["id"] in w["message"]]

    assert duplicates() == [second["id"]]
    second["options"][0]["text"], second["options"][1]["text"] = (
        second["options"][1]["text"],
        second["options"][0]["text"],
    )
    assert duplicates() == []
