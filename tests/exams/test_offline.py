"""What the server adds so that the room goes on without it: tags, copies, refusals by name, and a light first visit."""

from __future__ import annotations

import datetime as dt
import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from exams.models import Attempt
from exams.owners import Owner
from exams.starting import take_lease
from tests.asserts import assert_status
from tests.exams.room import HTMX, Room, begin
from tests.factories import OLDER, item_at, right_response

FRAGMENT = {**HTMX, "HX-Target": "room"}
MOCK, PRACTICE = f"{OLDER}-mock", f"{OLDER}-practice"
LINKED = re.compile(r'(?:src|href)="/static/([^"#]+)"')


@pytest.fixture
def room(bank: None, candidate_client: Client) -> Room:
    return begin(candidate_client, MOCK)


class TestTheTagOfAnOwner:
    def test_it_tells_people_apart_and_holds_no_id(self) -> None:
        tags = [Owner(user_id=7).tag, Owner(user_id=8).tag, Owner(guest_token_hash="7").tag]

        assert len(set(tags)) == 3
        assert Owner(user_id=7).tag == tags[0]
        assert all(re.fullmatch("[0-9a-f]{32}", tag) for tag in tags)

    def test_pages_carry_it_for_whoever_is_logged_in(self, room: Room, candidate: User) -> None:
        tag = Owner(user_id=candidate.pk).tag

        assert f'data-owner="{tag}"' in room.page().content.decode()
        assert f'data-owner="{tag}"' in room.client.get("/dashboard/").content.decode()
        assert 'data-owner=""' in Client().get("/").content.decode()

    def test_a_save_that_names_another_owner_is_not_even_read(self, room: Room, stranger: User) -> None:
        form = room.fields(1, right_response(item_at(room.attempt)))
        address = room.address("save_answer", 1)

        other = room.client.post(address, form, headers={**HTMX, "X-Owner": Owner(user_id=stranger.pk).tag})

        assert_status(other, 401)
        assert item_at(room.attempt).response == []

    def test_answers_name_their_owner_also_when_there_is_nothing(self, room: Room, candidate: User) -> None:
        missing = room.client.get(room.address("item", 99))

        assert_status(missing, 404)
        assert missing["X-Owner"] == room.page()["X-Owner"] == Owner(user_id=candidate.pk).tag


class TestCopies:
    def test_a_page_that_is_put_by_is_not_seen(self, room: Room) -> None:
        room.page(2, headers={**FRAGMENT, "Purpose": "prefetch"})
        assert item_at(room.attempt, 2).seen_at is None

        room.page(2, headers=FRAGMENT)
        assert item_at(room.attempt, 2).seen_at is not None

    def test_a_copy_is_named_after_person_attempt_and_lease(self, room: Room, candidate: User) -> None:
        start = f"room.{Owner(user_id=candidate.pk).tag}.{room.attempt.uuid}"
        assert room.page(1)["X-Room-Copy"] == room.page(1, headers=FRAGMENT)["X-Room-Copy"] == f"{start}.1"

        take_lease(attempt=room.attempt)
        assert "X-Room-Copy" not in room.page(1)
        assert room.hold_lease().page(1)["X-Room-Copy"] == f"{start}.2"

    def test_nothing_that_explains_or_refuses_may_be_copied(self, bank: None, candidate_client: Client) -> None:
        room = begin(candidate_client, PRACTICE)
        form = room.fields(1, right_response(item_at(room.attempt)))
        checked = room.client.post(room.address("check_answer", 1), form, headers=FRAGMENT)
        refused = room.save(2, right_response(item_at(room.attempt, 2)), epoch="0")

        assert_status(refused, 409)
        assert "X-Room-Copy" not in refused
        assert "X-Room-Copy" not in checked
        assert "X-Room-Copy" not in room.page(1)
        assert "X-Room-Copy" in room.page(2)

    def test_browsers_may_run_the_worker_and_no_other(self) -> None:
        worker = Client().get(reverse("exams:service_worker"))

        assert_status(worker, 200)
        assert worker["Content-Type"].startswith("text/javascript")
        assert "no-cache" in worker["Cache-Control"]
        assert "worker-src 'self'" in worker["Content-Security-Policy"]


class TestRefusals:
    def test_a_window_with_an_old_lease_keeps_it(self, room: Room) -> None:
        """Its next save would otherwise pass for one of the newer window."""
        form = room.fields(1, right_response(item_at(room.attempt)))
        take_lease(attempt=room.attempt)

        refused = room.client.post(room.address("save_answer", 1), form, headers=HTMX)

        assert_status(refused, 409)
        assert refused["X-Refusal"] == "elsewhere"
        assert 'name="epoch" value="1"' in refused.content.decode()

    def test_a_late_answer_says_so_and_leads_to_the_result(self, room: Room) -> None:
        form = room.fields(1, right_response(item_at(room.attempt)))
        past = timezone.now() - dt.timedelta(minutes=1)
        Attempt.objects.update(deadline=past, accept_until=past)

        late = room.client.post(room.address("save_answer", 1), form, headers=HTMX)

        assert late["X-Refusal"] == "late"
        assert late["HX-Redirect"] == room.address("result")


class TestTheDeadlineOfThePage:
    def test_a_page_whose_clock_is_wrong_hands_nothing_in(self, room: Room) -> None:
        response = room.client.post(room.address("submit"), {"because": "time"}, headers=HTMX)

        assert_status(response, 409)
        assert response.json()["milliseconds_left"] > 59 * 60 * 1000
        assert Attempt.objects.get().is_open

    def test_at_the_deadline_it_is_the_deadline_that_closes(self, room: Room) -> None:
        Attempt.objects.update(deadline=timezone.now())

        room.client.post(room.address("submit"), {"because": "time"}, headers=HTMX)

        assert Attempt.objects.get().closed_by == Attempt.Closer.DEADLINE


class TestWeight:
    """Compressed, of a form of 65 items: what a first visit and the next question cost."""

    @pytest.fixture
    def full(self, large_bank: None, candidate_client: Client) -> Room:
        return begin(candidate_client, f"{OLDER}-full")

    def test_the_first_visit_of_a_question(self, full: Room) -> None:
        page = full.page(1).content
        linked = set(LINKED.findall(page.decode()))
        sprite = 1  # asked for by the icons, whatever their number

        files = sum(len(gzip.compress(static_file(name))) for name in linked)
        assert len(gzip.compress(page)) + files <= 60 * 1024
        assert 1 + len(linked) + sprite <= 15

    def test_the_next_question(self, full: Room) -> None:
        assert len(gzip.compress(full.page(2, headers=FRAGMENT).content)) <= 6 * 1024


def static_file(name: str) -> bytes:
    found = finders.find(name)
    assert found, name
    return Path(found).read_bytes()
