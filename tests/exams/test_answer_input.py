"""The browser speaks in shown numbers, the database in positions as written; the way there and back is exact."""

from __future__ import annotations

import uuid

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from exams.answer_input import read_answer, shown_numbers
from questions.responses import MalformedResponse, ResponseShape

ENVELOPE = {"epoch": "2", "revision": "7", "idempotency_key": str(uuid.UUID(int=5))}


def fields(pairs: list[tuple[str, str]], **envelope: str) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in [*pairs, *{**ENVELOPE, **envelope}.items()]:
        query.appendlist(name, value)
    return query


def as_posted(shape: ResponseShape, shown: list[int]) -> list[tuple[str, str]]:
    if shape.kind == "matching":
        return [(f"prompt-{n}", str(number)) for n, number in enumerate(shown, start=1)]
    if shape.kind == "ordering":
        return [(f"place-{number}", str(place)) for place, number in enumerate(shown, start=1)]
    return [("option", str(number)) for number in shown]


@st.composite
def written_answers(draw: st.DrawFn) -> tuple[ResponseShape, list[int], list[int]]:
    kind = draw(st.sampled_from(["single", "multiple", "ordering", "matching"]))
    count = draw(st.integers(4, 8))
    order = draw(st.permutations(range(1, count + 1)))
    positions = draw(st.permutations(range(1, count + 1)))
    choose = 1 if kind == "single" else draw(st.integers(2, count))
    picks = positions[: draw(st.integers(0, count if kind == "ordering" else choose))]
    if kind == "matching":
        picks = draw(st.permutations([*picks, *[0] * (choose - len(picks))]))
    shape = ResponseShape(kind, count, choose if kind == "matching" else 0, choose)
    return shape, list(order), sorted(picks) if kind == "multiple" else list(picks)


@given(written_answers())
def test_response_survives_the_way_to_the_browser_and_back(answer: tuple[ResponseShape, list[int], list[int]]) -> None:
    shape, order, written = answer

    posted = read_answer(fields(as_posted(shape, shown_numbers(written, order))), shape=shape, option_order=order)

    assert posted.response == written
    assert (posted.epoch, posted.revision, posted.idempotency_key) == (2, 7, uuid.UUID(int=5))


@given(order=st.permutations(range(1, 6)), number=st.integers(1, 5))
def test_number_shown_names_the_option_shown_there(order: list[int], number: int) -> None:
    shape = ResponseShape("single", 5, 0, 1)

    posted = read_answer(fields([("option", str(number))]), shape=shape, option_order=order)

    assert posted.response == [order[number - 1]]


def test_places_with_a_gap_still_say_an_order() -> None:
    shape = ResponseShape("ordering", 4, 0, 3)

    posted = read_answer(
        fields([("place-1", "4"), ("place-2", ""), ("place-3", "2"), ("place-4", "0")]),
        shape=shape,
        option_order=[4, 3, 2, 1],
    )

    assert posted.response == [2, 4]


SINGLE, ORDERING, MATCHING = (
    ResponseShape("single", 4, 0, 1),
    ResponseShape("ordering", 4, 0, 3),
    ResponseShape("matching", 4, 3, 3),
)


@pytest.mark.parametrize(
    ("shape", "pairs", "envelope", "reason"),
    [
        (SINGLE, [("option", "5")], {}, "unknown option"),
        (SINGLE, [("option", "-1")], {}, "number"),
        (SINGLE, [("option", "one")], {}, "number"),
        (SINGLE, [("option", "٣")], {}, "number"),  # a digit, though none of ours
        (SINGLE, [("option", "1"), ("option", "2")], {}, "more options"),
        (SINGLE, [("option", "1")], {"epoch": ""}, "number"),
        (SINGLE, [("option", "1")], {"revision": "9" * 10}, "number"),
        (SINGLE, [("option", "1")], {"idempotency_key": "nonsense"}, "valid key"),
        (SINGLE, [("option", "1")], {"idempotency_key": ""}, "valid key"),
        (ORDERING, [("place-1", "1"), ("place-2", "1")], {}, "same place"),
        (MATCHING, [("prompt-1", "9"), ("prompt-2", "0"), ("prompt-3", "0")], {}, "unknown option"),
    ],
)
def test_malformed_post_is_refused_in_words(
    shape: ResponseShape, pairs: list[tuple[str, str]], envelope: dict[str, str], reason: str
) -> None:
    with pytest.raises(MalformedResponse, match=reason):
        read_answer(fields(pairs, **envelope), shape=shape, option_order=[2, 1, 4, 3])


@given(
    pairs=st.lists(
        st.tuples(st.sampled_from(["option", "place-1", "place-2", "prompt-1", "epoch"]), st.text(max_size=12))
    )
)
def test_nothing_posted_can_break_the_reading(pairs: list[tuple[str, str]]) -> None:
    for shape in (SINGLE, ORDERING, MATCHING):
        try:
            posted = read_answer(fields(pairs), shape=shape, option_order=[2, 1, 4, 3])
        except MalformedResponse:
            continue
        assert all(0 <= position <= 4 for position in posted.response)
