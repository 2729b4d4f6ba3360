"""Time per item and changes of mind: what is counted, and what is said of it afterwards. Pure."""

from __future__ import annotations

import dataclasses
import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

from questions.responses import Response

# An answer that is replaced sooner was on the way to another one, such as the second pick of a multiple response.
SETTLED_AFTER = dt.timedelta(seconds=3)
LONGEST_VISIT = 3600
_SLOWEST = 3
# Averages of fewer items would say more about one of them than about a habit.
_FEWEST = 3


@dataclasses.dataclass(frozen=True)
class GivenAnswer:
    """One acknowledged answer to an item, as its event has it."""

    response: Response
    saved_at: dt.datetime


@dataclasses.dataclass(frozen=True)
class Changes:
    """How often one settled answer took the place of another, by what that did to the mark."""

    right_to_wrong: int = 0
    wrong_to_right: int = 0
    wrong_to_wrong: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.right_to_wrong + self.wrong_to_right + self.wrong_to_wrong

    def __add__(self, other: Changes) -> Changes:
        return Changes(
            self.right_to_wrong + other.right_to_wrong,
            self.wrong_to_right + other.wrong_to_right,
            self.wrong_to_wrong + other.wrong_to_wrong,
        )


def changes_of_mind(
    answers: Sequence[GivenAnswer], *, accepted: Sequence[Response], moments: Sequence[dt.datetime] = ()
) -> Changes:
    """Return the changes of mind in the answers to one item, which stand in the order they were given.

    An answer counts once it is settled: it stood for SETTLED_AFTER, or the student went on to something else
    (one of `moments`, the sorted times of every save in the attempt, lies before its replacement), or it is the
    last one. It must also be whole: a blank, or fewer picks than the key has, is an answer under construction.
    Without a key (a void item) nothing is right or wrong, so nothing is counted.
    """
    if not accepted:
        return Changes()
    settled = _settled(answers, min(_picks(right) for right in accepted), moments)
    return sum((_change(old, new, accepted) for old, new in pairwise(settled)), Changes())


def _settled(answers: Sequence[GivenAnswer], picks: int, moments: Sequence[dt.datetime]) -> list[Response]:
    settled: list[Response] = []
    for index, answer in enumerate(answers):
        following = answers[index + 1] if index + 1 < len(answers) else None
        is_whole = _picks(answer.response) >= max(picks, 1)
        if is_whole and (following is None or _stood(answer.saved_at, following.saved_at, moments)):
            settled.append(answer.response)
    return settled


def _stood(saved_at: dt.datetime, replaced_at: dt.datetime, moments: Sequence[dt.datetime]) -> bool:
    was_left = bisect_right(moments, saved_at) < bisect_left(moments, replaced_at)
    return replaced_at - saved_at >= SETTLED_AFTER or was_left


def _picks(response: Response) -> int:
    return sum(1 for position in response if position)


def _change(old: Response, new: Response, accepted: Sequence[Response]) -> Changes:
    was_right, is_right = old in accepted, new in accepted
    if old == new or (was_right and is_right):
        return Changes()
    if was_right:
        return Changes(right_to_wrong=1)
    return Changes(wrong_to_right=1) if is_right else Changes(wrong_to_wrong=1)


def counted_seconds(*, posted: int, spent: int, elapsed: int, length: int | None) -> int:
    """Return how many of the posted seconds are added to an item.

    No visit is longer than LONGEST_VISIT or than the attempt is old (`elapsed`), and all items together (`spent`
    so far) never get more than the attempt has lasted, or may last (`length`; None: untimed).
    """
    whole = max(0, elapsed if length is None else min(elapsed, length))
    return max(0, min(posted, LONGEST_VISIT, elapsed, whole - spent))


@dataclasses.dataclass(frozen=True)
class PacedItem:
    """An item as the pacing panel sees it. `result` is correct, wrong, blank, not-reached or withheld."""

    position: int
    seconds: int
    result: str
    changes: Changes

    @property
    def is_missed(self) -> bool:
        """Whether it cost a mark, as far as that may be told."""
        return self.result in ("wrong", "blank", "not-reached")


@dataclasses.dataclass(frozen=True)
class PaceBar:
    """A bar of the chart. Lengths in per cent, as text."""

    position: int
    x: str
    y: str
    width: str
    height: str
    is_missed: bool


@dataclasses.dataclass(frozen=True)
class PaceChart:
    """The time of each item in its order: right ones stand on the axis, missed ones hang from it.

    `lines` are where the pace that the clock allows lies above and below the axis.
    """

    bars: list[PaceBar]
    axis: str
    lines: list[str]


@dataclasses.dataclass(frozen=True)
class Pacing:
    """How the time went. Seconds throughout; averages are of items with any time, None below `_FEWEST` of them."""

    items: list[PacedItem]
    pace: int | None
    slowest: list[PacedItem]
    average: int | None
    average_right: int | None
    average_missed: int | None
    changes: Changes

    @property
    def is_told(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.slowest or self.changes.total)

    @property
    def chart(self) -> PaceChart | None:
        """The chart, or None when no browser counted."""
        if not self.slowest:
            return None
        above = max([self.pace or 0, *(item.seconds for item in self.items if not item.is_missed)])
        below = max([self.pace or 0, *(item.seconds for item in self.items if item.is_missed)])
        step, scale = 100 / len(self.items), 100 / (above + below)
        bars = [
            PaceBar(
                position=item.position,
                x=_percent(index * step + step * 0.15),
                y=_percent((above if item.is_missed else above - item.seconds) * scale),
                width=_percent(step * 0.7),
                height=_percent(item.seconds * scale),
                is_missed=item.is_missed,
            )
            for index, item in enumerate(self.items)
            if item.seconds
        ]
        lines = [_percent((above - self.pace) * scale), _percent((above + self.pace) * scale)] if self.pace else []
        return PaceChart(bars, _percent(above * scale), lines)


def pacing_of(items: Iterable[PacedItem], *, length: int | None) -> Pacing:
    """Return how the time of an attempt went; `length` is what it may last in seconds, None when untimed."""
    listed = list(items)
    timed = [item for item in listed if item.seconds]
    told = [item for item in timed if item.result != "withheld"]
    return Pacing(
        items=listed,
        pace=length // len(listed) if length and listed else None,
        slowest=sorted(timed, key=lambda item: -item.seconds)[:_SLOWEST],
        average=_average(timed),
        average_right=_average(item for item in told if not item.is_missed),
        average_missed=_average(item for item in told if item.is_missed),
        changes=sum((item.changes for item in listed if item.result != "withheld"), Changes()),
    )


def _average(items: Iterable[PacedItem]) -> int | None:
    seconds = [item.seconds for item in items]
    return round(sum(seconds) / len(seconds)) if len(seconds) >= _FEWEST else None


def _percent(value: float) -> str:
    # Written here, since a template would use the decimal comma of some languages.
    return f"{value:.2f}%"
