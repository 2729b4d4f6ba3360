"""From the fields that a browser posts to a response in canonical shape. Pure.

The browser names options by the number they are shown under, never by anything stored with them.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping, Sequence

from django.http import QueryDict

from exams.whole_numbers import whole_number
from questions.responses import MalformedResponse, Response, ResponseShape, canonical


@dataclasses.dataclass(frozen=True)
class PostedAnswer:
    """A save as the browser sends it: the response, and where it stands in the order of saves."""

    response: Response
    epoch: int
    revision: int
    idempotency_key: uuid.UUID


def read_answer(fields: QueryDict, *, shape: ResponseShape, option_order: Sequence[int]) -> PostedAnswer:
    """Return the posted answer. Raises MalformedResponse, in words for the student, for anything else.

    Fields: `option` (numbers as shown; single and multiple), `place-<shown>` (ordering), `prompt-<n>`
    (matching), and `epoch`, `revision`, `idempotency_key`.
    """
    try:
        key = uuid.UUID(fields.get("idempotency_key") or "")
    except ValueError as error:
        raise MalformedResponse("the save has no valid key; reload the page") from error
    shown = _shown_picks(fields, shape)
    return PostedAnswer(
        response=canonical(shape, [_as_written(number, option_order) for number in shown]),
        epoch=_number(fields.get("epoch")),
        revision=_number(fields.get("revision")),
        idempotency_key=key,
    )


def shown_numbers(response: Sequence[int], option_order: Sequence[int]) -> list[int]:
    """Return a stored response in the numbers the options are shown under; 0 stays 0."""
    places = {written: shown for shown, written in enumerate(option_order, start=1)}
    return [places.get(position, 0) for position in response]


def _shown_picks(fields: QueryDict, shape: ResponseShape) -> list[int]:
    if shape.kind == "matching":
        return [_number(fields.get(f"prompt-{n}") or "0") for n in range(1, shape.prompt_count + 1)]
    if shape.kind == "ordering":
        return _ordered(fields, shape.option_count)
    return [_number(value) for value in fields.getlist("option")]


def _ordered(fields: QueryDict, option_count: int) -> list[int]:
    places: Mapping[int, int] = {
        shown: _number(place)
        for shown in range(1, option_count + 1)
        if (place := fields.get(f"place-{shown}") or "") not in ("", "0")
    }
    if len(set(places.values())) != len(places):
        raise MalformedResponse("two steps have the same place")
    return sorted(places, key=lambda shown: places[shown])


def _as_written(shown: int, option_order: Sequence[int]) -> int:
    if shown == 0:
        return 0
    if not 1 <= shown <= len(option_order):
        raise MalformedResponse("unknown option")
    return option_order[shown - 1]


def _number(value: str | None) -> int:
    number = whole_number(value)
    if number is None:
        raise MalformedResponse("a number is missing or unreadable; reload the page")
    return number
