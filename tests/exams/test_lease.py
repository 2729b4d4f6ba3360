"""Which browser holds the lease: pages are live there and read-only everywhere else, with JavaScript or without."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from exams.models import Attempt
from tests.asserts import assert_status
from tests.cast import client_of
from tests.exams.room import HTMX, Room, begin
from tests.factories import OLDER, item_at, right_response

ELSEWHERE = 'class="elsewhere row spread" role="alert">'
FRAGMENT = {**HTMX, "HX-Target": "room"}


@pytest.fixture
def room(bank: None, candidate_client: Client) -> Room:
    return begin(candidate_client, f"{OLDER}-mock")


@pytest.fixture
def phone(room: Room, candidate: User) -> Room:
    """Give another device of the same person, which was never in this room."""
    return Room(client_of(candidate), room.attempt)


def is_live(room: Room) -> bool:
    """Whether the page of a browser takes answers; it never offers half of that."""
    response = room.page()
    page = response.content.decode()
    signs = {
        "says so": ELSEWHERE not in page,
        "fields": "<fieldset class" not in page.replace('<fieldset class="answer', ""),
        "form": "Save answer" in page,
        "moves": 'name="go"' in page,
        "copies": "X-Room-Copy" in response,
    }
    assert len(set(signs.values())) == 1, signs
    return signs["fields"]


def test_the_browser_that_started_is_live_and_reading_takes_no_lease(room: Room, phone: Room) -> None:
    assert is_live(room)
    assert not is_live(phone)
    assert is_live(room)
    assert Attempt.objects.get().epoch == 1


def test_a_read_only_page_shows_what_is_stored_and_leads_on(room: Room, phone: Room) -> None:
    room.save(1, right_response(item_at(room.attempt)))

    page = phone.page().content.decode()

    assert "checked" in page or "selected" in page
    assert phone.address("continue_here") in page
    assert f'href="{phone.address("item", 2)}"' in page
    assert f'href="{phone.address("review")}"' in page


def test_continuing_moves_the_lease(room: Room, phone: Room) -> None:
    assert_status(phone.client.post(phone.address("continue_here"), {"position": 1}), 302)

    assert is_live(phone)
    assert not is_live(room)
    assert_status(phone.save(1, right_response(item_at(room.attempt))), 302)


def test_what_a_read_only_page_posts_is_refused_and_the_page_stays_read_only(room: Room, phone: Room) -> None:
    refused = phone.save(1, right_response(item_at(room.attempt)))

    assert_status(refused, 409)
    assert "Your last change here was not stored." in refused.content.decode()
    assert ELSEWHERE in refused.content.decode()
    assert item_at(room.attempt).response == []


def test_a_fragment_says_so_too(room: Room, phone: Room) -> None:
    assert "data-elsewhere" in phone.page(headers=FRAGMENT).content.decode()
    assert "data-elsewhere" not in room.page(headers=FRAGMENT).content.decode()


def test_starting_again_on_another_device_takes_the_lease(room: Room, candidate: User) -> None:
    again = begin(client_of(candidate), f"{OLDER}-mock")

    assert again.attempt == room.attempt
    assert is_live(again)
    assert not is_live(room)


def test_continuing_from_the_list_of_attempts_takes_the_lease(room: Room) -> None:
    page = room.client.get("/attempts/").content.decode()

    assert f'<form method="post" action="{room.address("continue_here")}">' in page


def test_a_cookie_that_says_anything_else_is_no_lease(room: Room) -> None:
    name = f"lease-{room.attempt.uuid}"
    for value in ("", "0", "2", "-1", "x", "1" * 40, "²"):
        room.client.cookies[name] = value
        assert not is_live(room)


def test_the_cookie_goes_to_this_attempt_alone_and_ends_with_it(room: Room) -> None:
    cookie = room.client.cookies[f"lease-{room.attempt.uuid}"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (f"/attempts/{room.attempt.uuid}/", True, "Lax")

    response = room.submit()

    assert response.cookies[f"lease-{room.attempt.uuid}"].value == ""


def test_time_that_is_up_ends_it_too(room: Room) -> None:
    past = timezone.now() - dt.timedelta(minutes=1)
    Attempt.objects.update(deadline=past, accept_until=past)

    response = room.page()

    assert response.cookies[f"lease-{room.attempt.uuid}"].value == ""
