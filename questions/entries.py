"""The database's scenarios in the shape of the bank file, and the digest that tells edits apart.

The same shape goes both ways: `load_bank` compares digests of file and database, exports write it, and
`lint` reads it. Pure on loaded objects: pass scenarios from `selectors.scenarios_for_entries`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from questions.bank_schema import ItemEntry
from questions.models import Option, Scenario, ScenarioVersion


def entry_data(scenario: Scenario, version: ScenarioVersion) -> dict[str, Any]:
    """Return one version of a scenario as plain bank data (not validated: a draft may be incomplete)."""
    rules = sorted(version.rules.all(), key=lambda rule: rule.number)
    key = rules[-1].accepted[0] if rules and rules[-1].accepted else []
    options = sorted(version.options.all(), key=lambda option: option.position)
    prompts = sorted(version.prompts.all(), key=lambda prompt: prompt.position)
    names = {option.position: option.name for option in options}
    data: dict[str, Any] = {
        "id": scenario.slug,
        "kind": version.kind,
        "placements": {p.exam_version.slug: p.topic.code for p in scenario.placements.all()},
        "pool": next((p.pool for p in scenario.placements.all()), ""),
        "difficulty": scenario.difficulty,
        "services": tuple(sorted(service.slug for service in scenario.services.all())),
        "decision": version.decision,
        "deciding_constraint": version.deciding_constraint,
        "stem": version.stem,
        "options": tuple(_option_data(option, version.kind, key) for option in options),
        "learning_point": version.learning_point,
        "sources": tuple(
            {"address": s.address, "title": s.title, "checked_on": s.checked_on, "read": s.was_read}
            for s in sorted(scenario.sources.all(), key=lambda source: source.address)
        ),
    }
    if scenario.case or version.case_text:
        data["case"] = {"id": scenario.case, "text": version.case_text}
    if version.kind == "matching":
        data["prompts"] = tuple(
            {"text": prompt.text, "match": names.get(answer, "")} for prompt, answer in zip(prompts, key, strict=False)
        )
    return data


def _option_data(option: Option, kind: str, key: list[int]) -> dict[str, Any]:
    data: dict[str, Any] = {"text": option.text, "why": option.why}
    if kind in ("single", "multiple") and option.position in key:
        data["key"] = True
    if kind == "ordering" and option.position in key:
        data["position"] = key.index(option.position) + 1
    if option.name:
        data["name"] = option.name
    if option.about is not None:
        data["about"] = option.about.slug
    if option.misconception is not None:
        data["misconception"] = option.misconception.slug
    for field in ("tempting", "right_if"):
        if value := getattr(option, field):
            data[field] = value
    return data


def content_digest(entry: ItemEntry) -> str:
    """Return the digest of what makes a new version: everything frozen, so neither tags nor sources."""
    tags = ("placements", "pool", "difficulty", "services", "sources")
    return _digest(entry, {**dict.fromkeys(tags, True), "case": {"id"}})


def entry_digest(entry: ItemEntry) -> str:
    """Return the digest of a whole entry, its sources by address alone.

    Titles and dates of a source are shared between entries, so they say nothing about this one.
    """
    return _digest(entry, {})


def _digest(entry: ItemEntry, without: dict[str, Any]) -> str:
    data = entry.model_dump(mode="json", exclude=without, exclude_defaults=True)
    if "services" in data:
        data["services"] = sorted(data["services"])
    if "sources" in data:
        data["sources"] = sorted({source["address"] for source in data["sources"]})
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def key_of(draft: Mapping[str, Any]) -> list[int]:
    """Return the key of bank data that may be incomplete: a prompt without its option has 0."""
    numbered = list(enumerate(draft["options"], start=1))
    if draft["kind"] == "ordering":
        placed = [(option["position"], number) for number, option in numbered if option.get("position")]
        return [number for _position, number in sorted(placed)]
    if draft["kind"] == "matching":
        numbers = {option["name"]: number for number, option in numbered if option.get("name")}
        return [numbers.get(prompt["match"], 0) for prompt in draft.get("prompts", ())]
    return [number for number, option in numbered if option.get("key")]
