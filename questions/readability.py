"""How hard a text is to read. Pure."""

from __future__ import annotations

import re
from functools import cache

from pyphen import Pyphen

_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_SENTENCE_END = re.compile(r"[.?!](?:\s|$)")


def school_grade(text: str) -> float:
    """Return the Flesch-Kincaid grade: years of schooling in the United States that reading a text takes.

    0.39 words a sentence + 11.8 syllables a word - 15.59 (Kincaid, Fishburne, Rogers and Chissom, "Derivation of new
    readability formulas", Research Branch Report 8-75, 1975). Syllables by Pyphen's hyphenation patterns, which miss
    some, so the grade is rather too low. 0 for a text without words.
    """
    words = _WORD.findall(text)
    if not words:
        return 0.0
    sentences = max(1, len(_SENTENCE_END.findall(text)))
    syllables = sum(_syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


@cache
def _patterns() -> Pyphen:
    return Pyphen(lang="en_US")


def _syllables(word: str) -> int:
    return len(_patterns().positions(word)) + 1
