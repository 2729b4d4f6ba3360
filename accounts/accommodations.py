"""Extra time, as people get it in the real exam. Pure."""

from __future__ import annotations

import enum
import math


class Accommodation(enum.StrEnum):
    """What a person chose for themselves, without proof."""

    NONE = "none"
    PLUS_30 = "plus_30"
    TIMES_1_25 = "x1_25"
    TIMES_1_5 = "x1_5"
    TIMES_2 = "x2"
    UNTIMED = "untimed"


_FACTORS = {Accommodation.TIMES_1_25: 1.25, Accommodation.TIMES_1_5: 1.5, Accommodation.TIMES_2: 2.0}


def minutes_with(accommodation: Accommodation, *, minutes: int | None) -> int | None:
    """Return the minutes of a sitting for a person: rounded up, None for an untimed one.

    The fixed half hour is added whole, however long the sitting is.
    """
    if minutes is None or accommodation == Accommodation.UNTIMED:
        return None
    if accommodation == Accommodation.PLUS_30:
        return minutes + 30
    return math.ceil(minutes * _FACTORS.get(accommodation, 1.0))
