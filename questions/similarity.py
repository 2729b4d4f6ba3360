"""Which stems nearly repeat one another. Pure; the comparing is RapidFuzz's."""

from __future__ import annotations

from collections.abc import Mapping

from rapidfuzz import fuzz, process, utils

# Of 100, as RapidFuzz counts it: the words of both, in order of the alphabet, by edit distance. Two stems about one
# situation that were written apart stay below 75; one with a few words changed is above 90.
SIMILAR = 80


def nearest(name: str, stem: str, others: Mapping[str, str]) -> list[tuple[str, float]]:
    """Return the names of other stems that one stem nearly repeats, with the likeness from 0 to 1, closest first.

    Compares with every other stem: about a millisecond for a thousand of them.
    """
    found = process.extract(
        stem,
        {other: text for other, text in others.items() if other != name},
        scorer=fuzz.token_sort_ratio,
        processor=utils.default_process,
        score_cutoff=SIMILAR,
        limit=None,
    )
    return [(other, score / 100) for _text, score, other in found]


def near_duplicates(stems: Mapping[str, str]) -> list[tuple[str, str, float]]:
    """Return the pairs of names whose stems nearly repeat one another, the earlier first, with their likeness."""
    seen: dict[str, str] = {}
    pairs = []
    for name, stem in stems.items():
        pairs += [(earlier, name, likeness) for earlier, likeness in nearest(name, stem, seen)]
        seen[name] = stem
    return pairs
