"""What a careful colleague would say about a draft: findings with their place, in the author's words. Pure.

A draft is plain bank data as `entries.entry_data` returns it, or a dumped `ItemEntry`; it may be incomplete.
Errors keep a draft from being published; warnings are for the author to weigh.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from pydantic import ValidationError

from questions.bank_schema import ItemEntry, misconception_problems
from questions.readability import school_grade
from questions.shape_words import KeyPath, shape_problems_in_words

Draft = Mapping[str, Any]
Severity = Literal["error", "warning"]

LONGEST_STEM = 120  # words; reading more costs the time that deciding needs
LONGER_KEY = 1.2  # a key this many times as long as every distractor is seen at a glance
HARDEST_GRADE = 12  # years of schooling; service names alone bring a plain stem to 8
COUNT_WORDS = {2: "TWO", 3: "THREE", 4: "FOUR", 5: "FIVE"}

_ABSOLUTE = re.compile(r"\b(always|never|only|impossible|guarantee[sd]?|completely|entirely)\b", re.IGNORECASE)
_CATCH_ALL = re.compile(r"\b(all|none|both|neither) of the (above|other|options|answers|others)\b", re.IGNORECASE)
_POSITION = re.compile(
    r"\b(?:option|answer|choice)s?\s+\(?(?:[A-H]|\d)\b"
    r"|\([A-H]\)"
    r"|(?i:\b(?:the|listed|mentioned|shown|named)\s+(?:above|below)\b)"
    r"|(?i:\b(?:above|below)\s+(?:option|answer|choice)s?\b|\b(?:option|answer|choice)s?\s+(?:above|below)\b)"
    r"|(?i:\b(?:first|second|third|fourth|fifth|sixth|last)\s+options?\b)"
)
_NEGATIVE = re.compile(
    r"\b(?:NOT|EXCEPT)\b|(?i:\bexcept\b[^.]*\?"
    r"|\b(?:which|what)\b[^,.]{0,60}\b(?:is|are|does|do|should|would|will) not\b[^.]*\?)"
)
_PRICE_OR_QUOTA = re.compile(r"\b(?:quotas?|service limits?|prices?|pricing|USD|cents?)\b|[$€]\s?\d", re.IGNORECASE)
_ARTICLE_BEFORE_BLANK = re.compile(r"\b(an?)\s*(?:_{2,}|\.{3}|…)?\s*[?:.]?\s*$", re.IGNORECASE)
_AFTERTHOUGHT = re.compile(r"\s*\([^()]*\)\s*$")  # such as "(Choose TWO.)"
_WORD = re.compile(r"[a-z0-9]+")


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing about a draft. `path` leads to it in the bank data; `place` says it in words."""

    severity: Severity
    code: str
    path: KeyPath
    message: str

    @property
    def place(self) -> str:
        """The path as an author reads it: "option 2: why"."""
        if not self.path:
            return ""
        if self.path[0] in ("options", "prompts") and len(self.path) > 1:
            number = int(self.path[1]) + 1
            head = f"{'option' if self.path[0] == 'options' else 'prompt'} {number}"
            return ": ".join([head, *(_spaced(key) for key in self.path[2:])])
        return " ".join(_spaced(key) for key in self.path)

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


@dataclasses.dataclass(frozen=True)
class LintContext:
    """What the rules know besides the draft: services by life cycle, current exam versions, misconceptions."""

    ended: frozenset[str] = frozenset()
    closed_to_new: frozenset[str] = frozenset()
    current_exams: frozenset[str] = frozenset()
    between: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)


def lint_draft(draft: Draft, context: LintContext) -> list[Finding]:
    """Return every finding about one draft, errors first, then in the order of the form."""
    findings = [*_shape(draft, context)]
    for rule in _RULES:
        findings += rule(draft, context)
    return sorted(findings, key=lambda finding: finding.severity)


def _spaced(key: str | int) -> str:
    return str(key + 1) if isinstance(key, int) else key.replace("_", " ")


def _shape(draft: Draft, context: LintContext) -> Iterator[Finding]:
    """Yield what the bank schema refuses; the misconceptions are looked at once the shape is right."""
    try:
        entry = ItemEntry.model_validate(draft)
    except ValidationError as error:
        for path, message in shape_problems_in_words(error):
            # The pool is stored with the places in outlines, so it cannot be there before them.
            if path != ("pool",) or draft.get("placements"):
                yield Finding("error", "schema", path, message)
        return
    for index, message in misconception_problems(entry, context.between):
        yield Finding("error", "misconception", ("options", index, "misconception"), message)


def _options(draft: Draft) -> list[tuple[int, Mapping[str, Any]]]:
    return list(enumerate(draft.get("options") or ()))


def _is_choice(draft: Draft) -> bool:
    return draft.get("kind") in ("single", "multiple")


def _keys(draft: Draft) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the options that earn the mark: keys, used steps, or what a prompt matches."""
    matched = {prompt.get("match") for prompt in draft.get("prompts") or ()}
    return [
        (index, option)
        for index, option in _options(draft)
        if option.get("key") or option.get("position") or (option.get("name") and option["name"] in matched)
    ]


def _text(part: Mapping[str, Any], name: str) -> str:
    return " ".join(str(part.get(name) or "").split())


def _stem_question(draft: Draft, _context: LintContext) -> Iterator[Finding]:
    stem = _AFTERTHOUGHT.sub("", _text(draft, "stem"))
    if stem and _is_choice(draft) and not stem.endswith("?"):
        yield Finding("warning", "stem_question", ("stem",), "end with one direct question")


def _stem_length(draft: Draft, _context: LintContext) -> Iterator[Finding]:
    words = len(_text(draft, "stem").split())
    if words > LONGEST_STEM:
        yield Finding("warning", "stem_length", ("stem",), f"{words} words are long; {LONGEST_STEM} are enough")


def _stem_grade(draft: Draft, _context: LintContext) -> Iterator[Finding]:
    grade = school_grade(_text(draft, "stem"))
    if grade > HARDEST_GRADE:
        message = f"reads like grade {grade:.0f}; shorter sentences and words bring it to {HARDEST_GRADE} or less"
        yield Finding("warning", "stem_grade", ("stem",), message)


def _price_or_quota(draft: Draft, _context: LintContext) -> Iterator[Finding]:
    """Yield a finding where numbers that the vendor changes at will decide: in the constraint, or in a key."""
    parts: list[tuple[KeyPath, str]] = [(("deciding_constraint",), _text(draft, "deciding_constraint"))]
    parts += [(("options", index, "text"), _text(option, "text")) for index, option in _keys(draft)]
    for path, text in parts:
        if found := _PRICE_OR_QUOTA.search(text):
            message = f'"{found[0]}" ages fast; let a lasting property decide, not a price or a quota'
            yield Finding("warning", "price_or_quota", path, message)


def _stem_negative(draft: Draft, _context: LintContext) -> Iterator[Finding]:
    if _NEGATIVE.search(_text(draft, "stem")):
        yield Finding("warning", "stem_negative", ("stem",), "ask for what is right, not for the exception")


def _stem_grammar(draft: Draft, _context: LintContext) -> Iterator[Finding]:
    if found := _ARTICLE_BEFORE_BLANK.search(_text(draft, "stem")):
        message = f'"{found[1]}" before the blank gives options away by their grammar'
        yield Finding("warning", "stem_grammar", ("stem",), message)


def _stem_count(draft: Draft, _context: LintContext) -> Iterator[Finding]:
    word = COUNT_WORDS.get(len(_keys(draft)))
    if draft.get("kind") == "multiple" and word and not re.search(rf"\b{word}\b", _text(draft, "stem")):
        yield Finding("warning", "stem_count", ("stem",), f"say how many to choose: {word}")


def _option_wording(draft: Draft, _context: LintContext) -> Iterator[Finding]:
    for index, option in _options(draft):
        text = _text(option, "text")
        if found := _CATCH_ALL.search(text):
            message = f'"{found[0]}" loses its sense when options are shuffled'
            yield Finding("warning", "catch_all", ("options", index, "text"), message)
        if found := _ABSOLUTE.search(text):
            message = f'"{found[1]}" is an absolute word that gives options away'
            yield Finding("warning", "absolute_word", ("options", index, "text"), message)


def _longest_key(draft: Draft, _context: LintContext) -> Iterator[Finding]:
    keys = _keys(draft)
    if draft.get("kind") != "single" or len(keys) != 1:
        return
    index, key = keys[0]
    others = max((len(_text(option, "text")) for number, option in _options(draft) if number != index), default=0)
    if others and len(_text(key, "text")) > LONGER_KEY * others:
        yield Finding("warning", "longest_key", ("options", index, "text"), "the key is clearly the longest option")


def _rationales(draft: Draft, _context: LintContext) -> Iterator[Finding]:
    for index, option in _options(draft):
        for field in ("why", "tempting", "right_if"):
            if found := _POSITION.search(_text(option, field)):
                message = f'"{found[0]}" points at a place, but options are shuffled'
                yield Finding("warning", "position_in_rationale", ("options", index, field), message)
        why = set(_words(_text(option, "why")))
        if why and len(why - set(_words(_text(option, "text")))) <= 1:
            message = "repeats the option; name the fact that makes it right or wrong"
            yield Finding("warning", "empty_rationale", ("options", index, "why"), message)


def _missing_help(draft: Draft, _context: LintContext) -> Iterator[Finding]:
    right = {index for index, _option in _keys(draft)}
    for index, option in _options(draft):
        if index in right:
            continue
        if _is_choice(draft) and not option.get("right_if"):
            message = "say what change of the situation would make this option right, where there is one"
            yield Finding("warning", "missing_right_if", ("options", index, "right_if"), message)
        if draft.get("kind") == "ordering" and not option.get("tempting"):
            message = "say what makes this unused step tempting"
            yield Finding("warning", "missing_tempting", ("options", index, "tempting"), message)


def _sources(draft: Draft, _context: LintContext) -> Iterator[Finding]:
    sources = draft.get("sources") or ()
    if sources and not any(source.get("read", True) for source in sources):
        yield Finding("warning", "unread_sources", ("sources",), "nobody has read one of the sources yet")


def _lifecycle(draft: Draft, context: LintContext) -> Iterator[Finding]:
    is_current = bool(context.current_exams & set(draft.get("placements") or ()))
    for index, option in _keys(draft):
        about = option.get("about")
        if about in context.ended:
            yield Finding("error", "ended_key", ("options", index, "about"), f"{about} has ended and cannot be a key")
        elif about in context.closed_to_new and is_current:
            message = f"{about} is closed to new customers, and the item is placed in a current exam"
            yield Finding("warning", "closed_key", ("options", index, "about"), message)


_RULES: tuple[Callable[[Draft, LintContext], Iterator[Finding]], ...] = (
    _stem_question,
    _stem_length,
    _stem_grade,
    _stem_negative,
    _stem_grammar,
    _stem_count,
    _option_wording,
    _longest_key,
    _price_or_quota,
    _rationales,
    _missing_help,
    _lifecycle,
    _sources,
)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
