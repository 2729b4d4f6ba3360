"""Each lint rule with an item it finds nothing in and one it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from questions.lint import Finding, LintContext, lint_draft
from tests.factories import MISCONCEPTION, item_entry
from tests.questions.conftest import plain

CONTEXT = LintContext(
    ended=frozenset({"sunk"}),
    closed_to_new=frozenset({"shut"}),
    current_exams=frozenset({"demo-2"}),
    between={MISCONCEPTION: ("north", "south")},
)
Draft = dict[str, Any]


def draft(kind: str = "single") -> Draft:
    """Return an item without findings; of a single item the second option is the key."""
    data: Draft = plain(item_entry(1, kind).model_dump(exclude_none=True))  # type: ignore[arg-type] # a kind, from the tables below
    if kind == "multiple":
        data["stem"] = data["stem"].replace("Which way is", "Which TWO ways are")
    return data


def lint(data: Draft) -> list[Finding]:
    data = {
        **data,
        **{name: tuple(data[name]) for name in ("options", "prompts", "services", "sources") if name in data},
    }
    return lint_draft(data, CONTEXT)


@pytest.mark.parametrize("kind", ["single", "multiple", "ordering", "matching"])
def test_a_careful_item_has_no_findings(kind: str) -> None:
    assert lint(draft(kind)) == []


def stem(text: str) -> Callable[[Draft], None]:
    return lambda data: data.update(stem=f"{text} at the lowest cost?" if "?" not in text else text)


def option(index: int, **values: Any) -> Callable[[Draft], None]:
    return lambda data: data["options"][index].update(values)


def without(index: int, field: str) -> Callable[[Draft], None]:
    return lambda data: data["options"][index].pop(field)


FOUND: list[tuple[str, str, str, str, Callable[[Draft], Any]]] = [
    # code, severity, place, kind, what is done to a careful item
    ("schema", "error", "deciding constraint", "single", lambda d: d.update(deciding_constraint="words of nothing")),
    ("schema", "error", "learning point", "single", lambda d: d.update(learning_point="")),
    ("schema", "error", "sources", "single", lambda d: d.update(sources=[])),
    ("schema", "error", "option 3: why", "single", option(2, why="")),
    ("schema", "error", "option 3", "single", without(2, "tempting")),
    ("schema", "error", "", "single", option(0, key=True)),
    ("schema", "error", "", "ordering", option(0, position=7)),
    ("schema", "error", "", "matching", lambda d: d["prompts"][0].update(match="nobody")),
    ("misconception", "error", "option 1: misconception", "single", option(0, about="west")),
    ("misconception", "error", "option 1: misconception", "single", option(0, misconception="unheard-of")),
    ("ended_key", "error", "option 2: about", "single", lambda d: _everywhere(d, "about", "sunk")),
    ("closed_key", "warning", "option 2: about", "single", lambda d: _everywhere(d, "about", "shut")),
    ("stem_question", "warning", "stem", "single", lambda d: d.update(stem="Work at the lowest cost.")),
    ("stem_length", "warning", "stem", "single", stem("word " * 121)),
    (
        "stem_grade",
        "warning",
        "stem",
        "single",
        stem("Interdepartmental harmonization necessitates considerable infrastructural standardization"),
    ),
    ("price_or_quota", "warning", "option 2: text", "single", option(1, text="raise the quota of work")),
    ("price_or_quota", "warning", "deciding constraint", "single", lambda d: _decide_by(d, "costs $5 a day")),
    ("stem_negative", "warning", "stem", "single", stem("Which of these is NOT done")),
    ("stem_negative", "warning", "stem", "single", stem("Which way is not taken")),
    ("stem_grammar", "warning", "stem", "single", stem("At the lowest cost, the team takes an ___?")),
    ("stem_count", "warning", "stem", "multiple", stem("Which ways are right")),
    ("catch_all", "warning", "option 4: text", "single", option(3, text="All of the above")),
    ("absolute_word", "warning", "option 4: text", "single", option(3, text="always choose it")),
    ("longest_key", "warning", "option 2: text", "single", option(1, text="choice " * 20)),
    ("position_in_rationale", "warning", "option 1: why", "single", option(0, why="Unlike option B it is slow.")),
    ("position_in_rationale", "warning", "option 1: tempting", "single", option(0, tempting="Like the answer above.")),
    (
        "position_in_rationale",
        "warning",
        "option 1: right if",
        "single",
        option(0, right_if="The first option failed."),
    ),
    ("empty_rationale", "warning", "option 1: why", "single", option(0, why="Choice 1 of case 1.")),
    ("missing_right_if", "warning", "option 1: right if", "single", without(0, "right_if")),
    ("missing_tempting", "warning", "option 2: tempting", "ordering", without(1, "tempting")),
    ("unread_sources", "warning", "sources", "single", lambda d: d["sources"][0].update(read=False)),
]


def _decide_by(data: Draft, words: str) -> None:
    data.update(stem=f"The team {words}. {data['stem']}", deciding_constraint=words)


def _everywhere(data: Draft, field: str, value: str) -> None:
    for entry in data["options"]:
        entry[field] = value
        entry.pop("misconception", None)


@pytest.mark.parametrize(
    ("code", "severity", "place", "kind", "spoil"), FOUND, ids=[f"{n}-{case[0]}" for n, case in enumerate(FOUND)]
)
def test_a_careless_item_is_found(
    code: str, severity: str, place: str, kind: str, spoil: Callable[[Draft], Any]
) -> None:
    data = draft(kind)
    spoil(data)
    assert (code, severity, place) in [(f.code, f.severity, f.place) for f in lint(data)]


@pytest.mark.parametrize(
    "spoil",
    [
        stem("Which way needs the LEAST work"),
        stem("A job must not lose data. Which way is best"),
        lambda d: d.update(stem="Which way works at the lowest cost? (Choose one.)"),
        option(0, why="Latency rises above the limit here, which the case rules out."),
        option(0, tempting="It is the first choice of many teams."),
        option(0, text="commonly used choice"),
        option(1, text="choice 2 of case 1."),
    ],
    ids=range(7),
)
def test_harmless_wording_is_left_alone(spoil: Callable[[Draft], Any]) -> None:
    data = draft()
    spoil(data)
    assert lint(data) == []


def test_a_closed_service_may_be_the_key_of_an_older_exam() -> None:
    data = draft()
    _everywhere(data, "about", "shut")
    data["placements"] = {"demo-1": "1.1"}
    assert lint(data) == []


def test_an_empty_draft_is_linted_without_a_crash_and_errors_come_first() -> None:
    data = {"id": "x", "kind": "single", "options": (), "stem": "Too short", "placements": {}, "sources": ()}
    found = lint_draft(data, LintContext())
    severities = [f.severity for f in found]
    assert severities == sorted(severities)
    assert any("is missing" in f.message for f in found)
    assert not any("String should" in str(f) for f in found)
