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
    if detail["type"] == "missing" or detail["input"] in ("", None, (), [], {}):
        return "is missing"
    words = {
        "too_short": "needs at least {min_length}, has {actual_length}",
        "too_long": "takes at most {max_length}, has {actual_length}",
        "string_too_long": "takes at most {max_length} characters",
        "literal_error": "is one of {expected}",
        "string_pattern_mismatch": "does not have the shape of an id or code",
    }
    sentence = words.get(detail["type"])
    return sentence.format_map(limits) if sentence else detail["msg"]
