"""The records of the readings stand beside the bank: no item is without readers who did not write it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from questions.bank_files import read_bank
from questions.bank_schema import ItemEntry

BANK = Path(__file__).resolve().parents[2] / "questions/bank/mla"
FILES = sorted((BANK / "readings").glob("*.yaml"))
ITEMS = {item.id: item for item in read_bank(BANK).items}
_OTHERS = re.compile(r"[^a-z0-9]+")


def readings(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["readings"]
    return found


def words(text: str) -> str:
    return f" {_OTHERS.sub(' ', text.lower()).strip()} "


def situation(item: ItemEntry) -> str:
    parts = [item.stem, *(prompt.text for prompt in item.prompts), item.case.text if item.case else ""]
    return words(" ".join(parts))


def test_every_item_has_one_record_and_no_record_is_without_its_item() -> None:
    recorded = [reading["id"] for path in FILES for reading in readings(path)]
    assert sorted(recorded) == sorted(ITEMS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_two_blind_readers_found_the_key(path: Path) -> None:
    for reading in readings(path):
        assert [blind["agrees"] for blind in reading["blind"]] == [True, True], reading["id"]
        assert all(0 < blind["certainty"] <= 1 and blind["phrase"] for blind in reading["blind"]), reading["id"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_words_of_the_situation_defeat_the_strongest_other_answer(path: Path) -> None:
    undefeated = {
        reading["id"]: reading["strongest_other"]["defeated_by"]
        for reading in readings(path)
        if words(reading["strongest_other"]["defeated_by"]) not in situation(ITEMS[reading["id"]])
    }
    assert undefeated == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_somebody_opened_a_source_and_says_where_the_fact_stands(path: Path) -> None:
    for reading in readings(path):
        source = reading["source"]
        assert source["address"].startswith("https://"), reading["id"]
        assert source["heading"], reading["id"]
        assert 2 < len(source["fact"].split()) < 60, reading["id"]
