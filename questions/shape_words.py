"""What the bank schema refuses, in the words of an author rather than of a validator. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

KeyPath = tuple[str | int, ...]

_OPTION_PREFIX = re.compile(r"option (\d+): ")


def shape_problems_in_words(error: ValidationError) -> Iterator[tuple[KeyPath, str]]:
    """Yield path and message of everything a validation found; joined messages come apart again."""
    for detail in error.errors(include_url=False):
        if detail["type"] != "value_error":
            yield detail["loc"], _message(detail)
            continue
        for message in detail["msg"].removeprefix("Value error, ").split("; "):
            found = _OPTION_PREFIX.match(message)
            if found and not detail["loc"]:
                yield ("options", int(found[1]) - 1), message[found.end() :]
            elif message.startswith("deciding_constraint "):
                yield (*detail["loc"], "deciding_constraint"), message.removeprefix("deciding_constraint ")
            else:
                yield detail["loc"], message


def _message(detail: ErrorDetails) -> str:
    limits: dict[str, Any] = detail.get("ctx", {})
    is_empty = detail["input"] in ("", None, (), [], {})
    match detail["type"]:
        case "missing":
            return "is missing"
        case "string_too_short" | "too_short" | "literal_error" | "string_pattern_mismatch" if is_empty:
            return "is missing"
        case "too_short":
            return f"needs at least {limits['min_length']}, has {limits['actual_length']}"
        case "too_long":
            return f"takes at most {limits['max_length']}, has {limits['actual_length']}"
        case "string_too_long":
            return f"takes at most {limits['max_length']} characters"
        case "literal_error":
            return f"is one of {limits['expected']}"
    return detail["msg"]
