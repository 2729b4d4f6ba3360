"""One canonical shape for a response of every kind, and its check. Pure.

A response is a list of option positions as the item was written (1-based):

- single: no or one position
- multiple: positions in ascending order
- ordering: positions in the order the student put them
- matching: one entry per prompt, 0 where nothing was matched yet

The empty list (or only zeros) is a blank.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

Response = list[int]


class MalformedResponse(ValueError):
    """The posted response names an unknown option or does not fit the kind of the item."""


@dataclasses.dataclass(frozen=True)
class ResponseShape:
    """What a response to one item may look like: kind, how many options and prompts, picks asked for."""

    kind: str
    option_count: int
    prompt_count: int
    choose: int


def canonical(shape: ResponseShape, picks: Sequence[int]) -> Response:
    """Return the picks in canonical shape. Raises MalformedResponse for anything the item does not allow.

    A multiple response may hold fewer picks than asked for (it is unfinished), never more.
    """
    lowest = 0 if shape.kind == "matching" else 1
    if any(not lowest <= pick <= shape.option_count for pick in picks):
        raise MalformedResponse("unknown option")
    chosen = [pick for pick in picks if pick]
    if len(set(chosen)) != len(chosen):
        raise MalformedResponse("an option is named twice")
    if shape.kind == "matching":
        if len(picks) != shape.prompt_count:
            raise MalformedResponse("one entry per prompt is needed")
        return list(picks)
    limits = {"single": 1, "multiple": shape.choose, "ordering": shape.option_count}
    if len(picks) > limits[shape.kind]:
        raise MalformedResponse("more options than asked for")
    return sorted(picks) if shape.kind == "multiple" else list(picks)


def is_blank(response: Sequence[int]) -> bool:
    """Whether nothing was chosen."""
    return not any(response)
