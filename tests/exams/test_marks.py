"""What a student writes beside an answer: guess, note, highlights, seconds. Stored for the owner, while it may be."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from itertools import pairwise

import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from exams.closing import close_attempt
from exams.mark_input import LONGEST_NOTE, MOST_HIGHLIGHTS, MalformedMark, read_note, read_ranges, text_length
from exams.marking import MarkRefused, add_visit, set_flag, set_guess, set_highlights, set_note, set_struck
from exams.models import Attempt
from exams.saving import AttemptNotFound
from tests.asserts import assert_status, at_most_queries
from tests.exams.races import Actor, uncommitted
from tests.exams.room import HTMX, Room, begin
from tests.exams.test_clock import ACCEPT_UNTIL
from tests.factories import NEWER, NOW, OLDER, item_at, owner_of_attempt, right_response, start

DEADLINE = NOW + dt.timedelta(minutes=60)
FIELDS = {"on": "1", "option": "1", "text": "words", "ranges": "[[0, 4]]", "seconds": "5"}
MARKS = ["flag", "strike", "mark_guess", "note", "highlights"]


@pytest.fixture
def room(bank: None, candidate_client: Client) -> Room:
    return begin(candidate_client, f"{NEWER}-mock")


def marks_of(room: Room, position: int = 1) -> dict[str, object]:
    item = item_at(room.attempt, position)
    return {
        "flag": item.is_flagged,
        "strike": item.struck,
        "mark_guess": item.is_guess,
        "note": item.note,
        "highlights": item.highlights,
        "visit": item.seconds_spent,
    }


UNMARKED = {"flag": False, "strike": [], "mark_guess": False, "note": "", "highlights": [], "visit": 0}


class TestGuess:
    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
    def test_goes_on_and_off_and_may_be_repeated(self, headers: dict[str, str], room: Room) -> None:
        for on in ("1", "1", "0", "0", "1"):
            response = room.client.post(room.address("mark_guess", 2), {"on": on}, headers=headers)
            assert_status(response, 200 if headers else 302)
            assert marks_of(room, 2) == UNMARKED | {"mark_guess": on == "1"}
            if headers:
                assert ('aria-pressed="true"' in response.content.decode()) == (on == "1")
            else:
                assert response["Location"] == room.address("item", 2)

    def test_stays_apart_from_the_flag(self, room: Room) -> None:
        room.client.post(room.address("flag", 1), {"on": "1"})
        room.client.post(room.address("mark_guess", 1), {"on": "0"})

        assert marks_of(room) == UNMARKED | {"flag": True}


class TestNote:
    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
    def test_is_kept_as_written_and_shown_escaped(self, headers: dict[str, str], room: Room) -> None:
        text = "compare <b>both</b> & the {{ limit }}\r\nthen the price"

        response = room.client.post(room.address("note", 1), {"text": text}, headers=headers)

        assert_status(response, 204 if headers else 302)
        assert marks_of(room)["note"] == text.replace("\r\n", "\n")
        page = room.page(1).content.decode()
        assert "compare &lt;b&gt;both&lt;/b&gt; &amp; the {{ limit }}" in page
        room.submit()
        assert "compare &lt;b&gt;both&lt;/b&gt; &amp; the {{ limit }}" in room.result()

    def test_can_be_emptied(self, room: Room) -> None:
        for text in ("words", ""):
            room.client.post(room.address("note", 1), {"text": text})

        assert marks_of(room) == UNMARKED

    def test_longest_note_counts_a_line_break_once(self) -> None:
        text = "x" * (LONGEST_NOTE - 3) + "\r\n" + "yz"
        assert len(read_note(text)) == LONGEST_NOTE
        with pytest.raises(MalformedMark, match=f"{LONGEST_NOTE + 1}"):
            read_note(text + "!")

    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
    def test_too_long_a_note_is_refused_and_none_of_it_lost(self, headers: dict[str, str], room: Room) -> None:
        room.client.post(room.address("note", 1), {"text": "before"})

        response = room.client.post(room.address("note", 1), {"text": "<" * 2001}, headers=headers)

        assert_status(response, 422)
        assert "a note holds 2000 characters; yours has 2001" in response.content.decode()
        assert headers or "&lt;" * 2001 in response.content.decode()
        assert marks_of(room)["note"] == "before"

    def test_character_that_cannot_be_stored_is_left_out(self, room: Room) -> None:
        room.client.post(room.address("note", 1), {"text": "a\0b"})

        assert marks_of(room)["note"] == "ab"


class TestHighlights:
    def post(self, room: Room, ranges: object) -> object:
        text = ranges if isinstance(ranges, str) else json.dumps(ranges)
        return room.client.post(room.address("highlights", 1), {"ranges": text})

    def test_are_stored_in_order_and_joined(self, room: Room) -> None:
        assert_status(self.post(room, [[20, 25], [0, 4], [3, 9], [9, 12]]), 204)

        assert marks_of(room) == UNMARKED | {"highlights": [[0, 12], [20, 25]]}

    def test_new_ones_take_the_place_of_the_old(self, room: Room) -> None:
        for ranges in ([[0, 4]], [[0, 4]], [[5, 9]], []):
            assert_status(self.post(room, ranges), 204)
            assert marks_of(room)["highlights"] == ranges

    def test_end_at_the_end_of_the_stem(self, room: Room) -> None:
        length = text_length(item_at(room.attempt).version.stem_html)

        assert_status(self.post(room, [[0, length]]), 204)
        assert_status(self.post(room, [[0, length + 1]]), 422)
        assert marks_of(room)["highlights"] == [[0, length]]

    @pytest.mark.parametrize(
        "ranges",
        [
            "",
            "words",
            "null",
            "{}",
            "3",
            "[" * 3000,
            [[4, 4]],
            [[5, 4]],
            [[-1, 4]],
            [[0, 4, 5]],
            [[0]],
            [[0, "4"]],
            [[0, 4.0]],
            [[False, True]],
            [0, 4],
            [[n, n + 1] for n in range(0, 2 * MOST_HIGHLIGHTS + 2, 2)],
            [[0, 10**30]],
        ],
        ids=lambda ranges: str(ranges)[:30],
    )
    def test_anything_else_is_refused(self, ranges: object, room: Room) -> None:
        response = self.post(room, ranges)

        assert_status(response, 422)
        assert marks_of(room) == UNMARKED

    def test_length_is_counted_as_a_browser_does(self) -> None:
        assert text_length("<p>a &amp; <em>b</em></p>\n<p>c</p>\n") == len("a & b\nc\n")
        assert text_length("<p>\N{GRINNING FACE}</p>") == 2  # two UTF-16 units

    @given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).filter(lambda pair: pair[0] < pair[1])))
    def test_joining_covers_the_same_characters(self, ranges: list[tuple[int, int]]) -> None:
        joined = read_ranges(json.dumps(ranges[:MOST_HIGHLIGHTS]), length=50)

        covered = {n for start, end in ranges[:MOST_HIGHLIGHTS] for n in range(start, end)}
        assert {n for start, end in joined for n in range(start, end)} == covered
        assert all(one[1] < other[0] for one, other in pairwise(joined))


class TestVisit:
    @pytest.fixture
    def attempt(self, bank: None, candidate: User) -> Attempt:
        return start(candidate, f"{OLDER}-mock")

    def visit(self, attempt: Attempt, seconds: int, *, after: int, position: int = 1) -> int:
        now = NOW + dt.timedelta(seconds=after)
        owner = owner_of_attempt(attempt)
        add_visit(owner=owner, attempt_uuid=attempt.uuid, position=position, seconds=seconds, now=now)
        return item_at(attempt, position).seconds_spent

    def test_visits_add_up(self, attempt: Attempt) -> None:
        assert self.visit(attempt, 20, after=30) == 20
        assert self.visit(attempt, 5, after=60) == 25

    def test_no_visit_is_longer_than_the_attempt_is_old(self, attempt: Attempt) -> None:
        assert self.visit(attempt, 1000, after=30) == 30

    def test_no_visit_is_longer_than_an_hour(self, bank: None, candidate: User) -> None:
        practice = start(candidate, f"{OLDER}-practice")

        assert self.visit(practice, 9000, after=9000) == 3600
        assert self.visit(practice, 9000, after=9000) == 7200

    def test_all_items_together_never_get_more_than_has_passed(self, attempt: Attempt) -> None:
        assert self.visit(attempt, 80, after=100, position=1) == 80
        assert self.visit(attempt, 80, after=100, position=2) == 20
        assert self.visit(attempt, 80, after=100, position=3) == 0

    def test_grace_adds_nothing_to_the_length_of_the_attempt(self, attempt: Attempt) -> None:
        assert self.visit(attempt, 3500, after=3600, position=1) == 3500
        assert self.visit(attempt, 3500, after=3620, position=2) == 100

    def test_item_that_was_shown_counts_as_seen(self, attempt: Attempt) -> None:
        """Its page may have come out of the browser's own store."""
        self.visit(attempt, 3, after=10)
        seen_at = item_at(attempt).seen_at
        self.visit(attempt, 3, after=20)

        assert seen_at == item_at(attempt).seen_at == NOW + dt.timedelta(seconds=10)

    def test_beacon_adds_and_says_nothing(self, room: Room) -> None:
        with time_machine.travel(room.attempt.started_at + dt.timedelta(minutes=1), tick=False):
            response = room.client.post(room.address("visit", 1), {"seconds": "7"})

        assert_status(response, 204)
        assert marks_of(room) == UNMARKED | {"visit": 7}

    def test_beacon_with_its_token_as_a_field_passes(self, room: Room, candidate: User) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = room.client.cookies
        strict.get(room.address("item", 1))
        token = strict.cookies["csrftoken"].value

        response = strict.post(room.address("visit", 1), {"seconds": "0", "csrfmiddlewaretoken": token})

        assert_status(response, 204)

    @pytest.mark.parametrize("seconds", ["", "-1", "1.5", "x", "9" * 10])
    def test_anything_but_seconds_is_refused(self, seconds: str, room: Room) -> None:
        assert_status(room.client.post(room.address("visit", 1), {"seconds": seconds}), 422)
        assert marks_of(room) == UNMARKED

    def test_has_no_effect_after_the_end(self, room: Room) -> None:
        room.submit()

        assert_status(room.client.post(room.address("visit", 1), {"seconds": "1"}), 204)
        assert marks_of(room) == UNMARKED

    def test_unknown_position_is_not_found(self, room: Room) -> None:
        assert_status(room.client.post(room.address("visit", 99), {"seconds": "1"}), 404)


@pytest.mark.django_db(transaction=True)
class TestVisitsAtTheSameMoment:
    @pytest.fixture
    def attempt(self, transactional_db: None, bank: None, candidate: User) -> Attempt:
        return start(candidate)

    def visit(self, attempt: Attempt, position: int) -> None:
        now = NOW + dt.timedelta(seconds=100)
        owner = owner_of_attempt(attempt)
        add_visit(owner=owner, attempt_uuid=attempt.uuid, position=position, seconds=80, now=now)

    def test_two_do_not_share_out_the_same_seconds(self, attempt: Attempt) -> None:
        with uncommitted():
            self.visit(attempt, 1)
            other = Actor(lambda: self.visit(attempt, 2))
            other.wait_until_blocked()
        other.result()

        assert [item_at(attempt, position).seconds_spent for position in (1, 2)] == [80, 20]

    def test_one_that_waited_for_the_end_adds_nothing(self, attempt: Attempt) -> None:
        with uncommitted():
            close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)
            other = Actor(lambda: self.visit(attempt, 1))
            other.wait_until_blocked()

        with pytest.raises(MarkRefused):
            other.result()
        assert item_at(attempt).seconds_spent == 0


class TestAfterTheEnd:
    @pytest.mark.parametrize("ended_by", ["student", "clock"])
    @pytest.mark.parametrize("name", MARKS)
    def test_mark_is_refused_with_a_message(self, name: str, ended_by: str, room: Room) -> None:
        assert room.attempt.accept_until is not None
        if ended_by == "student":
            room.submit()
        with time_machine.travel(room.attempt.accept_until, tick=False):
            response = room.client.post(room.address(name, 1), FIELDS, follow=True)

        assert response.redirect_chain == [(room.address("result"), 302)]
        assert "takes no more input, so that mark was not stored" in response.content.decode()
        assert marks_of(room) == UNMARKED

    @pytest.mark.parametrize("name", MARKS)
    def test_page_with_javascript_is_led_to_the_result(self, name: str, room: Room) -> None:
        room.submit()

        response = room.client.post(room.address(name, 1), FIELDS, headers=HTMX)

        assert response["HX-Redirect"] == room.address("result")
        assert "was not stored" in room.result()

    @pytest.mark.parametrize(
        ("now", "is_stored"),
        [(DEADLINE, True), (ACCEPT_UNTIL - dt.timedelta(microseconds=1), True), (ACCEPT_UNTIL, False)],
    )
    def test_boundary_is_that_of_answers(self, now: dt.datetime, is_stored: bool, bank: None, candidate: User) -> None:
        attempt = start(candidate)
        owner, uuid = owner_of_attempt(attempt), attempt.uuid
        marks: list[Callable[[], None]] = [
            lambda: set_flag(owner=owner, attempt_uuid=uuid, position=1, is_flagged=True, now=now),
            lambda: set_guess(owner=owner, attempt_uuid=uuid, position=1, is_guess=True, now=now),
            lambda: set_note(owner=owner, attempt_uuid=uuid, position=1, note="words", now=now),
            lambda: set_highlights(owner=owner, attempt_uuid=uuid, position=1, ranges="[[0, 4]]", now=now),
            lambda: set_struck(owner=owner, attempt_uuid=uuid, position=1, shown=1, is_struck=True, now=now),
            lambda: add_visit(owner=owner, attempt_uuid=uuid, position=1, seconds=1, now=now),
        ]
        outcomes = set()
        for mark in marks:
            try:
                mark()
            except MarkRefused:
                outcomes.add(False)
            else:
                outcomes.add(True)

        assert outcomes == {is_stored}


class TestOwners:
    def test_stranger_finds_nothing_before_and_after_the_end(self, room: Room, stranger_client: Client) -> None:
        for name in [*MARKS, "visit"]:
            assert_status(stranger_client.post(room.address(name, 1), FIELDS), 404)
        room.submit()
        for name in [*MARKS, "visit"]:
            assert_status(stranger_client.post(room.address(name, 1), FIELDS), 404)
        assert marks_of(room) == UNMARKED

    @pytest.mark.parametrize("name", [*MARKS, "visit"])
    def test_guest_marks_too(self, name: str, bank: None, client: Client) -> None:
        sample = begin(client, f"{NEWER}-sample")
        later = sample.attempt.started_at + dt.timedelta(minutes=1)
        with time_machine.travel(later, tick=False):
            response = client.post(sample.address(name, 1), FIELDS)

        assert response.status_code in (204, 302)
        assert marks_of(sample)[name] != UNMARKED[name]

    def test_unknown_position_is_not_found(self, bank: None, candidate: User) -> None:
        attempt = start(candidate)
        with pytest.raises(AttemptNotFound) as error:
            set_guess(owner=owner_of_attempt(attempt), attempt_uuid=attempt.uuid, position=99, is_guess=True, now=NOW)
        assert not isinstance(error.value, MarkRefused)


@pytest.mark.parametrize(("name", "limit"), [("mark_guess", 2), ("note", 2), ("highlights", 3), ("visit", 4)])
def test_what_a_mark_costs(name: str, limit: int, room: Room) -> None:
    with at_most_queries(limit):
        response = room.client.post(room.address(name, 1), FIELDS, headers=HTMX)

    assert response.status_code in (200, 204)


def test_marks_change_no_answer(room: Room) -> None:
    item = item_at(room.attempt)
    room.save(1, right_response(item))
    for name in [*MARKS, "visit"]:
        room.client.post(room.address(name, 1), FIELDS)

    marked = item_at(room.attempt)
    assert (marked.response, marked.revision) == (right_response(item), 1)
    room.submit()
    assert item_at(room.attempt).outcome == "correct"
