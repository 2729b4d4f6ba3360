"""From what a browser posts beside an answer to what is stored: notes, highlights, seconds, reports. Pure."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

from exams.whole_numbers import whole_number

LONGEST_NOTE = 2000
LONGEST_REPORT = 2000
MOST_HIGHLIGHTS = 100
# Room for the most highlights of the longest stem; what is longer is not worth parsing.
_LONGEST_RANGES = 4000

Range = list[int]


class MalformedMark(ValueError):
    """What was posted cannot be stored; the words are for the student."""


def read_note(text: str) -> str:
    """Return a note with line breaks as one character each. Raises MalformedMark above LONGEST_NOTE characters."""
    note = _plain(text)
    if len(note) > LONGEST_NOTE:
        raise MalformedMark(f"a note holds {LONGEST_NOTE} characters; yours has {len(note)}")
    return note


def read_report(text: str) -> str:
    """Return the words of a problem report. Raises MalformedMark for none and above LONGEST_REPORT characters."""
    words = _plain(text)
    if not words:
        raise MalformedMark("say in a few words what is wrong")
    if len(words) > LONGEST_REPORT:
        raise MalformedMark(f"a report holds {LONGEST_REPORT} characters; yours has {len(words)}")
    return words


def _plain(text: str) -> str:
    # A form sends line breaks as two characters, but the browser's own limit counts one; NUL cannot be stored.
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()


def read_ranges(text: str, *, length: int) -> list[Range]:
    """Return posted highlights as [start, end) pairs in order, those that touch joined to one.

    `length` is what `text_length` says of the stem. Raises MalformedMark for anything that is not a list of
    such pairs within it.
    """
    if len(text) > _LONGEST_RANGES:
        raise MalformedMark("there are too many highlights")
    try:
        posted = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedMark("the highlights are unreadable; reload the page") from error
    if not isinstance(posted, list) or not all(_is_range(pair, length) for pair in posted):
        raise MalformedMark("a highlight lies outside of the text; reload the page")
    if len(posted) > MOST_HIGHLIGHTS:
        raise MalformedMark("there are too many highlights")
    return _joined(posted)


def _is_range(pair: Any, length: int) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and all(type(place) is int for place in pair)
        and 0 <= pair[0] < pair[1] <= length
    )


def _joined(ranges: list[Range]) -> list[Range]:
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return joined


def read_seconds(value: str | None) -> int:
    """Return posted seconds. Raises MalformedMark for anything but a whole number of at most nine digits."""
    seconds = whole_number(value)
    if seconds is None:
        raise MalformedMark("the seconds are unreadable")
    return seconds


def text_length(html: str) -> int:
    """Return how long the text of a piece of HTML is, in the units a browser counts `textContent` in (UTF-16)."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    return len("".join(parser.texts).encode("utf-16-le")) // 2


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
