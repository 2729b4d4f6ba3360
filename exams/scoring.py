"""What a count of right answers says about a person, with its doubt. Pure."""

from __future__ import annotations

import math

# Half of the rest is on either side: 1.645 standard deviations hold nine of ten cases.
_NINE_OF_TEN = 1.6448536269514722


def percent(*, correct: int, total: int) -> int:
    """Return the per cent correct, rounded half up. `total` must not be zero."""
    return math.floor(100 * correct / total + 0.5)


def likely_range(*, correct: int, total: int) -> tuple[int, int]:
    """Return between which per cents the true share likely lies: Wilson's 90 % score interval, rounded.

    `total` must not be zero. Source: Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22 (1927).
    """
    share = correct / total
    square = _NINE_OF_TEN**2
    centre = (share + square / (2 * total)) / (1 + square / total)
    half = _NINE_OF_TEN * math.sqrt(share * (1 - share) / total + square / (4 * total**2)) / (1 + square / total)
    return max(0, round(100 * (centre - half))), min(100, round(100 * (centre + half)))
