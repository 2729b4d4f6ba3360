"""The command that checks a bank folder without a database."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from questions.bank_check import Cue, near_duplicates
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
    row = {"exam": "demo-2", "pool": "mock", "domain": "1", "task": "1.1", "have": 4}
    assert row in found["coverage"]
    assert {**row, "exam": "demo-1", "have": 6} in found["coverage"]


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


@pytest.mark.parametrize(("count", "is_suspicious"), [(25, False), (32, False), (36, True), (0, False)])
def test_a_cue_is_suspicious_only_beyond_chance(count: int, is_suspicious: bool) -> None:
    assert Cue("key is the longest option", count, 100, 0.25).is_suspicious is is_suspicious
    assert not Cue("nothing to count", 0, 0, 0.25).is_suspicious
