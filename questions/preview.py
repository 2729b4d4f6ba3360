"""An item as the student will see it, made from plain bank data, saved or not. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from questions.lint import Draft
from questions.markup import render_inline_markdown, render_markdown


@dataclasses.dataclass(frozen=True)
class PreviewOption:
    """An option with its explanation; `place` is its place in an ordering key, 0 for a step that is not used."""

    letter: str
    text_html: str
    is_right: bool
    place: int
    about: str
    why_html: str
    tempting_html: str
    right_if_html: str
    misconception: str


@dataclasses.dataclass(frozen=True)
class PreviewPrompt:
    """A row of a matching item with the option that belongs to it; empty while none was chosen."""

    number: int
    text_html: str
    letter: str
    answer_html: str


@dataclasses.dataclass(frozen=True)
class Preview:
    """One item, in the order it was written: a student gets the options shuffled."""

    kind: str
    case_html: str
    stem_html: str
    choose: int
    decision: str
    deciding_constraint: str
    learning_point: str
    options: list[PreviewOption]
    prompts: list[PreviewPrompt]
    sources: list[Mapping[str, Any]]


def preview_of(draft: Draft, names: Mapping[str, str]) -> Preview:
    """Return the preview of a draft; `names` gives services and misconceptions their names by id."""
    options = [_option(index, option, names) for index, option in enumerate(draft.get("options") or ())]
    by_name = {
        option["name"]: shown
        for option, shown in zip(draft.get("options") or (), options, strict=True)
        if option.get("name")
    }
    matched = [by_name.get(prompt.get("match")) for prompt in draft.get("prompts") or ()]
    prompts = [
        PreviewPrompt(
            number=number,
            text_html=render_inline_markdown(prompt.get("text") or ""),
            letter=answer.letter if answer else "",
            answer_html=answer.text_html if answer else "",
        )
        for number, (prompt, answer) in enumerate(zip(draft.get("prompts") or (), matched, strict=True), start=1)
    ]
    return Preview(
        kind=draft.get("kind") or "",
        case_html=render_markdown((draft.get("case") or {}).get("text") or ""),
        stem_html=render_markdown(draft.get("stem") or ""),
        choose=sum(option.is_right for option in options),
        decision=draft.get("decision") or "",
        deciding_constraint=draft.get("deciding_constraint") or "",
        learning_point=draft.get("learning_point") or "",
        options=options,
        prompts=prompts,
        sources=list(draft.get("sources") or ()),
    )


def _option(index: int, option: Mapping[str, Any], names: Mapping[str, str]) -> PreviewOption:
    place = option.get("position") or 0
    return PreviewOption(
        letter=chr(ord("A") + index),
        text_html=render_inline_markdown(option.get("text") or ""),
        is_right=bool(option.get("key")) or place > 0,
        place=place,
        about=names.get(option.get("about") or "", ""),
        why_html=render_inline_markdown(option.get("why") or ""),
        tempting_html=render_inline_markdown(option.get("tempting") or ""),
        right_if_html=render_inline_markdown(option.get("right_if") or ""),
        misconception=names.get(option.get("misconception") or "", ""),
    )
