"""How hard a text is to read."""

from __future__ import annotations

import pytest

from questions.readability import school_grade

PLAIN = "The cat sat on the mat. It ate a fish."
HARD = (
    "Notwithstanding considerable organizational heterogeneity, interdepartmental harmonization necessitates "
    "comprehensive infrastructural standardization across international subsidiaries."
)


def test_grade_is_the_published_formula() -> None:
    # 10 words, 2 sentences, 10 syllables: 0.39 * 5 + 11.8 * 1 - 15.59
    assert school_grade(PLAIN) == pytest.approx(-1.84)


def test_long_words_and_long_sentences_are_harder() -> None:
    assert school_grade(HARD) > 20
    assert school_grade(PLAIN.replace(". It", " and it")) > school_grade(PLAIN)


def test_a_text_without_words_has_no_grade() -> None:
    assert school_grade("") == 0
    assert school_grade("42.") == 0
