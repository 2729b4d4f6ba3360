"""What a page may cost, whatever the size of bank and form; `cold` is the first request after a cache was lost."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.asserts import assert_status, at_most_queries
from tests.exams.room import HTMX, Room, begin
from tests.factories import NEWER, OLDER, right_response, wrong_response


@pytest.fixture
def slug(bank_of_any_size: str) -> str:
    """Give a mock of eight items, and one of sixty-five."""
    return f"{OLDER}-mock" if bank_of_any_size == "small" else f"{OLDER}-full"


@pytest.fixture
def room(slug: str, candidate_client: Client) -> Room:
    return begin(candidate_client, slug)


def forget(temperature: str) -> None:
    if temperature == "cold":
        cache.clear()


@pytest.mark.parametrize(("temperature", "limit"), [("warm", 1), ("cold", 3)])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_saving_an_answer(headers: dict[str, str], temperature: str, limit: int, room: Room) -> None:
    item = room.attempt.items.select_related("version")[0]
    room.save(1, right_response(item))
    form = room.fields(1, wrong_response(item))
    forget(temperature)

    with at_most_queries(limit):
        response = room.client.post(room.address("save_answer", 1), form, headers=headers)

    assert_status(response, 200 if headers else 302)
    item.refresh_from_db()
    assert item.response == wrong_response(item)


@pytest.mark.parametrize(("temperature", "limit"), [("warm", 7), ("cold", 8)])
@pytest.mark.parametrize("target", ["", "room"])
def test_opening_an_item_for_the_first_time(target: str, temperature: str, limit: int, room: Room) -> None:
    for kind in ("single", "matching"):
        position = next(iter(room.attempt.items.filter(version__kind=kind).values_list("position", flat=True)), None)
        if position is None:
            continue
        forget(temperature)

        with at_most_queries(limit):
            response = room.page(position, headers={**HTMX, "HX-Target": target} if target else {})

        assert_status(response, 200)


@pytest.mark.parametrize(("name", "limit"), [("flag", 2), ("strike", 3)])
def test_marking(name: str, limit: int, room: Room) -> None:
    forget("cold")

    with at_most_queries(limit):
        assert_status(room.client.post(room.address(name, 1), {"on": "1", "option": "1"}, headers=HTMX), 200)


def test_review_before_submitting(room: Room) -> None:
    forget("cold")

    with at_most_queries(4):
        assert_status(room.client.get(room.address("review")), 200)


def test_submitting(room: Room) -> None:
    for item in room.attempt.items.select_related("version"):
        room.save(item.position, right_response(item))
    forget("cold")

    with at_most_queries(14):
        assert_status(room.submit(), 302)


def test_result_with_every_explanation(room: Room) -> None:
    for item in room.attempt.items.select_related("version"):
        room.save(item.position, wrong_response(item) if item.position % 2 else right_response(item))
    room.submit()
    forget("cold")

    with at_most_queries(12):  # one of them for the sentences that a higher app adds
        page = room.result()

    assert page.count('class="entry"') == room.attempt.items.count()


def test_starting(slug: str, candidate_client: Client) -> None:
    address = reverse("exams:confirm", args=[OLDER, slug])
    forget("cold")

    with at_most_queries(10):
        assert_status(candidate_client.post(address), 302)


@pytest.mark.parametrize(
    ("name", "arguments", "limit"),
    [
        ("home", [], 4),
        ("choose_exam", [], 3),
        ("choose_mode", [NEWER], 7),
        ("confirm", [NEWER, f"{NEWER}-mock"], 4),
        ("history", [], 3),
    ],
)
def test_pages_on_the_way(name: str, arguments: list[str], limit: int, room: Room) -> None:
    forget("cold")

    with at_most_queries(limit):
        assert_status(room.client.get(reverse(f"exams:{name}", args=arguments)), 200)


@pytest.mark.parametrize(("name", "limit"), [("home", 2), ("choose_exam", 1), ("choose_mode", 2), ("confirm", 1)])
def test_pages_on_the_way_for_a_visitor(name: str, limit: int, bank_of_any_size: str, client: Client) -> None:
    arguments = {"choose_mode": [NEWER], "confirm": [NEWER, f"{NEWER}-sample"]}.get(name, [])

    with at_most_queries(limit):
        assert_status(client.get(reverse(f"exams:{name}", args=arguments)), 200)


def test_list_of_attempts_costs_the_same_for_many(bank_of_any_size: str, candidate_client: Client) -> None:
    for _ in range(5):
        begin(candidate_client, f"{NEWER}-practice").submit()
    forget("cold")

    with at_most_queries(3):
        page = candidate_client.get(reverse("exams:history")).content.decode()

    assert len(set(re.findall(r"/attempts/[^/]+/result/", page))) == 5


def test_question_in_practice_with_its_explanation(bank_of_any_size: str, candidate_client: Client) -> None:
    practice = begin(candidate_client, f"{OLDER}-practice")
    item = practice.attempt.items.select_related("version")[0]
    form = practice.fields(1, right_response(item))
    practice.client.post(practice.address("check_answer", 1), form)
    forget("cold")

    with at_most_queries(14):
        assert_status(practice.page(1), 200)
