"""A malformed bank: every problem is named with file, item and line, and nothing is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from questions.bank_files import BankInvalid, read_bank, read_located_bank
from questions.models import Scenario
from tests.questions.conftest import BankData, plain

Folder = Callable[[], Path]


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(BankInvalid) as caught:
        read_bank(folder)
    return [str(problem) for problem in caught.value.problems]


def line_of(folder: Path, name: str, text: str) -> int:
    return next(n for n, line in enumerate((folder / name).read_text().splitlines(), start=1) if text in line)


def test_a_right_bank_is_read_with_the_place_of_each_item(bank_folder: Folder) -> None:
    folder = bank_folder()
    located = read_located_bank(folder)
    assert len(located.bank.items) == 36
    problem = located.places["hush-2"].problem("odd", ("stem",))
    assert (problem.file, problem.item) == ("items.yaml", "hush-2")
    assert problem.line == line_of(folder, "items.yaml", "Case 2:")


def test_every_problem_of_every_file_is_named_at_once(bank_folder: Folder, bank_data: BankData) -> None:
    for name, part in bank_data.items():
        bank_data[name] = plain(part)
    bank_data["items.yaml"]["items"][0]["colour"] = "red"
    del bank_data["items.yaml"]["items"][3]["stem"]
    bank_data["services.yaml"]["services"][1]["kind"] = "gadget"
    folder = bank_folder()
    found = problems_of(folder)
    assert len(found) == 3
    assert any(p.startswith(f"items.yaml:{line_of(folder, 'items.yaml', 'colour')}: hush-1: colour") for p in found)
    assert any(": hush-4: stem" in p for p in found)
    assert any(p.startswith("services.yaml:") and " south: kind" in p for p in found)


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("items:\n- id: a\n  id: b\n", 3, "given twice"),
        ("items:\n- id: [\n", 3, "not YAML"),
        ("items: {\n", 2, "not YAML"),
    ],
)
def test_a_syntax_error_is_named_with_its_line(bank_folder: Folder, text: str, line: int, word: str) -> None:
    folder = bank_folder()
    (folder / "broken.yaml").write_text(text)
    assert any(p.startswith(f"broken.yaml:{line}:") and word in p for p in problems_of(folder))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("placements",), {"demo-1": "9.9"}, "the outline of demo-1 has no 9.9"),
        (("services",), ["west"], "unknown service west"),
        (("options", 1, "about"), "west", "option 2: it is about west, which is no service"),
        (("options", 0, "misconception"), "no-such", "option 1: unknown misconception no-such"),
        (("id",), "hush-2", "this id is used twice"),
    ],
)
def test_a_reference_to_nothing_is_named(
    bank_folder: Folder, bank_data: BankData, path: tuple[str | int, ...], value: object, message: str
) -> None:
    bank_data["items.yaml"] = plain(bank_data["items.yaml"])
    part = bank_data["items.yaml"]["items"][0]
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    assert any(message in p for p in problems_of(bank_folder()))


@pytest.mark.django_db
def test_nothing_of_a_malformed_bank_is_loaded(bank_folder: Folder, bank_data: BankData) -> None:
    bank_data["items.yaml"] = plain(bank_data["items.yaml"])
    bank_data["items.yaml"]["items"][5]["kind"] = "essay"
    with pytest.raises(CommandError, match=r"hush-6: kind[\s\S]*nothing was loaded"):
        call_command("load_bank", str(bank_folder()))
    assert not Scenario.objects.exists()
