"""Read a bank folder, and name every problem with its file, item and line; nothing here touches the database."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from questions.bank_schema import (
    Bank,
    BankFile,
    CertificationEntry,
    ItemEntry,
    MisconceptionEntry,
    ServiceEntry,
    misconception_problems,
)

KeyPath = tuple[str | int, ...]


@dataclasses.dataclass(frozen=True, order=True)
class BankProblem:
    """One thing that is wrong with a bank file. `line` counts from 1; `item` is empty where no entry is meant."""

    file: str
    line: int
    item: str
    message: str

    def __str__(self) -> str:
        item = f" {self.item}:" if self.item else ""
        return f"{self.file}:{self.line}:{item} {self.message}"


class BankInvalid(Exception):
    """The bank has problems; `problems` lists all of them in file and line order."""

    def __init__(self, problems: list[BankProblem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclasses.dataclass(frozen=True)
class ParsedYaml:
    """A YAML file as plain values, with the line of every path in it."""

    name: str
    value: object
    lines: dict[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def item(self, path: KeyPath) -> str:
        value: Any = self.value
        found = ""
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                break
            if isinstance(value, dict) and isinstance(value.get("id"), str):
                found = value["id"]
        return found


@dataclasses.dataclass(frozen=True)
class ItemPlace:
    """Where an item is written."""

    parsed: ParsedYaml
    path: KeyPath
    item: str

    def problem(self, message: str, below: KeyPath = ()) -> BankProblem:
        """Return a problem at a path below the item."""
        return BankProblem(self.parsed.name, self.parsed.line((*self.path, *below)), self.item, message)


@dataclasses.dataclass(frozen=True)
class LocatedBank:
    """A bank with the place of each item, by id."""

    bank: Bank
    places: dict[str, ItemPlace]


def read_bank(folder: Path) -> Bank:
    """Read every `*.yaml` file of a folder into one `Bank`. Raises as `read_located_bank` does."""
    return read_located_bank(folder).bank


def read_located_bank(folder: Path) -> LocatedBank:
    """Read every `*.yaml` file of a folder, and remember where each item stands.

    Raises `BankInvalid` with every problem of every file: syntax, shape, and references between entries.
    """
    problems: list[BankProblem] = []
    files: list[tuple[ParsedYaml, BankFile]] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            parsed = parse_yaml(path.name, path.read_text(encoding="utf-8"))
        except BankInvalid as error:
            problems += error.problems
            continue
        try:
            files.append((parsed, BankFile.model_validate(parsed.value)))
        except ValidationError as error:
            problems += shape_problems(parsed, error)
    if not problems:
        problems += _reference_problems(files)
    if problems:
        raise BankInvalid(problems)
    certification = next(file.certification for _, file in files if file.certification is not None)
    bank = Bank(
        certification=certification,
        services=tuple(entry for _, file in files for entry in file.services),
        misconceptions=tuple(entry for _, file in files for entry in file.misconceptions),
        items=tuple(entry for _, file in files for entry in file.items),
    )
    places = {
        item.id: ItemPlace(parsed, ("items", index), item.id)
        for parsed, file in files
        for index, item in enumerate(file.items)
    }
    return LocatedBank(bank, places)


def parse_yaml(name: str, text: str) -> ParsedYaml:
    """Parse one YAML text. Raises `BankInvalid` for a syntax error or a key given twice."""
    loader = yaml.CSafeLoader(text)
    lines: dict[KeyPath, int] = {}
    problems: list[BankProblem] = []

    def build(node: yaml.Node, path: KeyPath) -> object:
        lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.SequenceNode):
            return [build(child, (*path, index)) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            mapping: dict[str, object] = {}
            for key_node, value_node in node.value:
                key = str(loader.construct_object(key_node))
                if key in mapping:
                    problems.append(BankProblem(name, key_node.start_mark.line + 1, "", f"{key} is given twice"))
                mapping[key] = build(value_node, (*path, key))
                lines[(*path, key)] = key_node.start_mark.line + 1
            return mapping
        return loader.construct_object(node)

    try:
        root = loader.get_single_node()
        value = {} if root is None else build(root, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BankInvalid(
            [BankProblem(name, mark.line + 1 if mark else 1, "", f"not YAML: {error.problem}")]
        ) from error
    except ValueError as error:
        raise BankInvalid([BankProblem(name, 1, "", f"not YAML: {error}")]) from error
    finally:
        loader.dispose()
    if problems:
        raise BankInvalid(problems)
    return ParsedYaml(name, value, lines)


def shape_problems(parsed: ParsedYaml, error: ValidationError) -> Iterator[BankProblem]:
    """Yield what pydantic found, with the line of each place."""
    for detail in error.errors(include_url=False):
        path = detail["loc"]
        place = ".".join(str(key) for key in path[2:])
        message = detail["msg"].removeprefix("Value error, ")
        yield BankProblem(
            parsed.name, parsed.line(path), parsed.item(path), f"{place}: {message}" if place else message
        )


@dataclasses.dataclass(frozen=True)
class _Entry:
    parsed: ParsedYaml
    path: KeyPath
    entry: CertificationEntry | ServiceEntry | MisconceptionEntry | ItemEntry

    def problem(self, message: str, *below: str | int) -> BankProblem:
        return BankProblem(self.parsed.name, self.parsed.line((*self.path, *below)), self.entry.id, message)


def _reference_problems(files: list[tuple[ParsedYaml, BankFile]]) -> list[BankProblem]:
    entries = [entry for parsed, file in files for entry in _entries(parsed, file)]
    problems = []
    kinds = Counter((type(entry.entry).__name__, entry.entry.id) for entry in entries)
    problems += [e.problem("this id is used twice") for e in entries if kinds[type(e.entry).__name__, e.entry.id] > 1]
    certifications = [e.entry for e in entries if isinstance(e.entry, CertificationEntry)]
    if len(certifications) != 1:
        return [
            *problems,
            BankProblem("exams.yaml", 1, "", f"a bank has one certification, this one has {len(certifications)}"),
        ]
    codes = {version.id: {topic.code for topic in version.topics} for version in certifications[0].versions}
    services = {e.entry.id for e in entries if isinstance(e.entry, ServiceEntry)}
    between = {e.entry.id: e.entry.between for e in entries if isinstance(e.entry, MisconceptionEntry)}
    for entry in entries:
        if isinstance(entry.entry, MisconceptionEntry):
            problems += [
                entry.problem(f"unknown service {s}", "between") for s in entry.entry.between if s not in services
            ]
        if isinstance(entry.entry, ItemEntry):
            problems += _item_problems(entry, entry.entry, codes, services, between)
    return problems


def _entries(parsed: ParsedYaml, file: BankFile) -> Iterator[_Entry]:
    if file.certification is not None:
        yield _Entry(parsed, ("certification",), file.certification)
    for part in ("services", "misconceptions", "items"):
        for index, entry in enumerate(getattr(file, part)):
            yield _Entry(parsed, (part, index), entry)


def _item_problems(
    entry: _Entry,
    item: ItemEntry,
    codes: dict[str, set[str]],
    services: set[str],
    between: dict[str, tuple[str, ...]],
) -> Iterator[BankProblem]:
    for version, code in item.placements.items():
        if code not in codes.get(version, ()):
            yield entry.problem(f"the outline of {version} has no {code}", "placements", version)
    for service in item.services:
        if service not in services:
            yield entry.problem(f"unknown service {service}", "services")
    for index, option in enumerate(item.options):
        if option.about is not None and option.about not in services:
            message = f"option {index + 1}: it is about {option.about}, which is no service"
            yield entry.problem(message, "options", index)
    for index, message in misconception_problems(item, between):
        yield entry.problem(f"option {index + 1}: {message}", "options", index)
