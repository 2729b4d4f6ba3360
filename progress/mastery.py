"""What a count of right answers says, and what it does not say yet. Pure; the seam for a later model.

Everything that judges an "n of m" goes through `judge`, `judge_confusion` and `compare`, so a statistical model
that also weighs the difficulty of questions can take their place without a change anywhere else.

The interval is Wilson's score interval for a share p = correct / n at 90 %, z = 1.6449:

    (p + z^2/2n -+ z * sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)

E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
Statistical Association 22 (1927), 209-212. It stays inside 0 to 1 and behaves at few answers, at none right and at
all right, where the textbook interval fails (Brown, Cai, DasGupta, Statistical Science 16 (2001), 101-133).
"""

from __future__ import annotations

import dataclasses
import enum
import math

# z of the two-sided 90 % interval: each end is passed by chance one time in twenty.
Z = 1.6448536269514722
# Below this many answers a share says nothing that is worth a decision. Published on the report.
MINIMUM_ANSWERS = 5
MINIMUM_CHANCES = 3
# A blind guess takes one given wrong option 1 time in 4 (one right of four) to 2 in 5 (two right of five).
BLIND_GUESS = 1 / 3


class Verdict(enum.Enum):
    """What the evidence allows to say."""

    NO_EVIDENCE = "no_evidence"
    WEAK = "weak"
    UNDECIDED = "undecided"
    STRONG = "strong"


@dataclasses.dataclass(frozen=True)
class Mastery:
    """A share with its doubt. `low` and `high` are the ends of the 90 % interval, all between 0 and 1."""

    correct: int
    total: int
    estimate: float
    low: float
    high: float
    missing: int
    verdict: Verdict

    @property
    def is_known(self) -> bool:
        """Whether there are enough answers to show a figure at all."""
        return self.verdict is not Verdict.NO_EVIDENCE

    @property
    def percent(self) -> int:
        """The estimate in per cent, rounded."""
        return round(100 * self.estimate)

    @property
    def low_percent(self) -> int:
        """The lower end in per cent, rounded down: a rounded interval is never narrower than the true one."""
        return math.floor(100 * self.low)

    @property
    def high_percent(self) -> int:
        """The upper end in per cent, rounded up."""
        return math.ceil(100 * self.high)

    @property
    def width_percent(self) -> int:
        """The width of the interval as shown."""
        return self.high_percent - self.low_percent


@dataclasses.dataclass(frozen=True)
class Change:
    """The difference between two independent shares, in share points, with its 90 % interval."""

    points: float
    low: float
    high: float
    stands_out: bool

    @property
    def percent_points(self) -> int:
        """The difference in per cent points, rounded."""
        return round(100 * self.points)


def wilson(correct: int, total: int) -> tuple[float, float]:
    """Return the ends of the 90 % interval; (0, 1) when there is nothing. ValueError for impossible counts."""
    if not 0 <= correct <= total:
        raise ValueError(f"{correct} of {total} cannot be")
    if total == 0:
        return 0.0, 1.0
    share, doubt = correct / total, Z**2 / total
    middle = share + doubt / 2
    spread = Z * math.sqrt(share * (1 - share) / total + doubt / (4 * total))
    low, high = (middle - spread) / (1 + doubt), (middle + spread) / (1 + doubt)
    # At the edges the formula gives 0 and 1 but for the last bit of a float.
    return (0.0 if correct == 0 else max(0.0, low)), (1.0 if correct == total else min(1.0, high))


def judge(*, correct: int, total: int, target: int) -> Mastery:
    """Judge "correct of total" against a practice target in per cent.

    Weak only when the whole interval lies below the target, strong only when it lies above, else undecided;
    with fewer than MINIMUM_ANSWERS answers nothing is said and `missing` counts what is needed.
    """
    low, high = wilson(correct, total)
    missing = max(0, MINIMUM_ANSWERS - total)
    if missing:
        verdict = Verdict.NO_EVIDENCE
    elif high < target / 100:
        verdict = Verdict.WEAK
    elif low > target / 100:
        verdict = Verdict.STRONG
    else:
        verdict = Verdict.UNDECIDED
    return Mastery(correct, total, correct / total if total else 0.0, low, high, missing, verdict)


def is_confused(*, fell: int, chances: int) -> bool:
    """Whether one thing is taken for another more often than a blind guess would do it.

    Needs MINIMUM_CHANCES, and the lower end of the interval above BLIND_GUESS: 3 of 3, 3 of 4 or 4 of 5 say so,
    2 of 3 and 3 of 5 do not.
    """
    return chances >= MINIMUM_CHANCES and wilson(fell, chances)[0] > BLIND_GUESS


def compare(*, before: tuple[int, int], since: tuple[int, int]) -> Change | None:
    """Compare the share of later answers with that of the earlier ones, each as (correct, total).

    The interval is Newcombe's (method 10 in Statistics in Medicine 17 (1998), 873-890), made of the two Wilson
    intervals; a change stands out when it excludes zero. None when either side has too few answers.
    """
    if min(before[1], since[1]) < MINIMUM_ANSWERS:
        return None
    (old, new) = before[0] / before[1], since[0] / since[1]
    (old_low, old_high), (new_low, new_high) = wilson(*before), wilson(*since)
    points = new - old
    low = points - math.hypot(new - new_low, old_high - old)
    high = points + math.hypot(new_high - new, old - old_low)
    return Change(points, low, high, stands_out=low > 0 or high < 0)


def expected_loss(*, weight: float, correct: int, total: int) -> float:
    """Return how many per cent points of the exam a topic is likely to cost: what to practise first has the most.

    Only for putting topics in order: the share is pulled towards one half (Laplace's rule of succession), so that
    a topic nobody asked about yet counts as half known.
    """
    return weight * (1 - (correct + 1) / (total + 2))
