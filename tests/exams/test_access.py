"""Who may see an attempt, and what every answer about one carries."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from exams import urls
from exams.models import AnswerEvent, Attempt, ProblemReport
from tests.asserts import assert_never_stored, assert_status
from tests.exams.room import HTMX, Room, begin
from tests.factories import NEWER, item_at, right_response

# Every address of one attempt with the method it is asked with.
PAGES = ["item", "review", "result", "receipt", "time_left"]
MARKS = ["flag", "strike", "mark_guess", "note", "highlights", "visit"]
ACTIONS = ["save_answer", *MARKS, "check_answer", "report_problem", "continue_here", "submit"]
OF_ONE_ITEM = ["item", "save_answer", *MARKS, "check_answer", "report_problem"]
# What the marks need of a form, all in one.
FIELDS = {"on": "1", "option": "1", "text": "words", "ranges": "[[0, 4]]", "seconds": "5"}


@pytest.fixture
def room(bank: None, candidate_client: Client) -> Room:
    return begin(candidate_client, f"{NEWER}-mock")


def address(room: Room, name: str) -> str:
    return room.address(name, *([1] if name in OF_ONE_ITEM else []))


def test_no_address_of_an_attempt_is_left_out() -> None:
    of_attempts = {pattern.name for pattern in urls.urlpatterns if "attempt_uuid" in str(pattern.pattern)}

    assert of_attempts == {*PAGES, *ACTIONS}


@pytest.mark.parametrize("name", PAGES)
class TestPages:
    def test_stranger_finds_nothing(self, name: str, room: Room, stranger_client: Client) -> None:
        assert_status(stranger_client.get(address(room, name)), 404)

    def test_stranger_finds_nothing_after_the_end_either(self, name: str, room: Room, stranger_client: Client) -> None:
        room.submit()

        assert_status(stranger_client.get(address(room, name)), 404)

    def test_author_of_questions_finds_nothing(self, name: str, room: Room, author_client: Client) -> None:
        assert_status(author_client.get(address(room, name)), 404)

    def test_guest_finds_nothing(self, name: str, room: Room, client: Client) -> None:
        begin(client, f"{NEWER}-sample")

        assert_status(client.get(address(room, name)), 404)

    def test_visitor_is_asked_to_log_in_and_comes_back(self, name: str, room: Room, client: Client) -> None:
        response = client.get(address(room, name))

        assert_status(response, 302)
        assert response["Location"] == f"{reverse('account_login')}?next={address(room, name)}"
        assert_never_stored(response)

    def test_visitors_htmx_is_told_401(self, name: str, room: Room, client: Client) -> None:
        response = client.get(address(room, name), headers=HTMX)

        assert_status(response, 401)
        assert_never_stored(response)

    def test_owner_may_look_but_not_post(self, name: str, room: Room) -> None:
        assert_status(room.client.post(address(room, name)), 405)

    @pytest.mark.parametrize("after", ["before", "after"])
    @pytest.mark.parametrize("headers", [{}, {**HTMX, "HX-Target": "room"}], ids=["plain", "htmx"])
    def test_no_cache_may_keep_it(self, headers: dict[str, str], after: str, name: str, room: Room) -> None:
        if after == "after":
            room.submit()

        assert_never_stored(room.client.get(address(room, name), headers=headers))


@pytest.mark.parametrize("name", ACTIONS)
class TestActions:
    def test_stranger_finds_nothing_and_changes_nothing(self, name: str, room: Room, stranger_client: Client) -> None:
        before = everything(room.attempt)
        data = room.fields(1, right_response(item_at(room.attempt)))

        assert_status(stranger_client.post(address(room, name), data | FIELDS), 404)
        assert everything(room.attempt) == before | {"seen": 1}

    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
    def test_visitor_is_told_401_and_changes_nothing(
        self, headers: dict[str, str], name: str, room: Room, client: Client
    ) -> None:
        before = everything(room.attempt)

        response = client.post(address(room, name), FIELDS, headers=headers)

        assert_status(response, 401)
        assert_never_stored(response)
        assert everything(room.attempt) == before

    def test_form_of_another_site_is_refused(self, name: str, room: Room, candidate: User) -> None:
        before = everything(room.attempt)
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = room.client.cookies

        assert_status(strict.post(address(room, name), FIELDS), 403)
        assert everything(room.attempt) == before

    def test_link_alone_does_nothing(self, name: str, room: Room) -> None:
        before = everything(room.attempt)

        assert_status(room.client.get(address(room, name)), 405)
        assert everything(room.attempt) == before

    def test_no_cache_may_keep_the_answer(self, name: str, room: Room) -> None:
        data = room.fields(1, right_response(item_at(room.attempt))) if name == "save_answer" else FIELDS

        response = room.client.post(address(room, name), data, headers=HTMX if name == "save_answer" else {})

        if response.status_code != 404:
            assert_never_stored(response)


OF_AN_ITEM = [
    *("position", "response", "is_flagged", "is_guess", "note", "highlights", "seconds_spent"),
    *("struck", "checked_at", "outcome"),
]


def everything(attempt: Attempt) -> dict[str, object]:
    """Return what an action could change."""
    fresh = Attempt.objects.get(pk=attempt.pk)
    return {
        "attempt": (fresh.state, fresh.epoch, fresh.closed_at),
        "items": list(fresh.items.order_by("position").values(*OF_AN_ITEM)),
        "events": AnswerEvent.objects.count(),
        "reports": ProblemReport.objects.count(),
        "seen": fresh.items.filter(seen_at__isnull=False).count(),
    }


class TestForms:
    def test_own_form_passes_the_check_of_its_token(self, room: Room) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = room.client.cookies
        mine = Room(strict, room.attempt)

        assert_status(mine.save(1, right_response(item_at(room.attempt))), 302)

    def test_start_needs_its_token(self, bank: None, candidate: User) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(candidate, backend="django.contrib.auth.backends.ModelBackend")

        assert_status(strict.post(reverse("exams:confirm", args=[NEWER, f"{NEWER}-mock"])), 403)
        assert not Attempt.objects.exists()


class TestHistory:
    def test_each_person_sees_their_own_attempts(self, room: Room, stranger_client: Client) -> None:
        own = room.client.get(reverse("exams:history"))
        other = stranger_client.get(reverse("exams:history"))

        assert str(room.attempt.uuid) in own.content.decode()
        assert str(room.attempt.uuid) not in other.content.decode()
        assert_never_stored(own)

    def test_visitor_is_asked_to_log_in(self, client: Client) -> None:
        assert_status(client.get(reverse("exams:history")), 302)
