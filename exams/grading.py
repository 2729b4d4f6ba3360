"""Marks, as the exam gives them: all or nothing, a blank is wrong, no penalty for a guess. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from questions.responses import Response, is_blank


def is_correct(*, response: Response, accepted: Sequence[Response], is_void: bool = False) -> bool:
    """Whether a response in canonical shape earns the mark.

    It must equal one of the accepted responses as a whole; a void item gives its mark to everyone.
    """
    if is_void:
        return True
    return not is_blank(response) and any(list(response) == list(right) for right in accepted)
