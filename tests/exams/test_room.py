"""The exam room through the client, first without htmx, then with it."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from exams.marking import mark_seen
from exams.models import AnswerEvent, Attempt, AttemptItem, RefusedAnswer
from exams.starting import take_lease
from questions.authoring import retire
from questions.models import Scenario
from tests.asserts import assert_status
from tests.exams.room import HTMX, Room, begin
from tests.factories import NEWER, NOW, OLDER, item_at, right_response, wrong_response


@pytest.fixture
def room(bank: None, candidate_client: Client) -> Room:
    return begin(candidate_client, f"{NEWER}-mock")


@pytest.fixture
def practice(bank: None, candidate_client: Client) -> Room:
    return begin(candidate_client, f"{NEWER}-practice")


def end_time(room: Room) -> None:
    """Let the time of the attempt be over, as far as the database knows."""
    over = timezone.now() - dt.timedelta(seconds=1)
    Attempt.objects.filter(pk=room.attempt.pk).update(deadline=over, accept_until=over)


def chosen(page: str) -> list[int]:
    """Return the numbers shown as chosen of a single or multiple item."""
    return [int(n) for n in re.findall(r'name="option" value="(\d+)"[^>]* checked', page)]


class TestSavingWithoutHtmx:
    @pytest.mark.parametrize(
        ("go", "to"),
        [("3", "items/3/"), ("review", "review/"), ("", "items/2/"), ("nonsense", "items/2/"), ("0", "items/2/")],
    )
    def test_saves_and_goes_where_the_button_says(self, go: str, to: str, room: Room) -> None:
        response = room.save(2, right_response(item_at(room.attempt, 2)), go=go)

        assert_status(response, 302)
        assert response["Location"] == f"/attempts/{room.attempt.uuid}/{to}"
        assert item_at(room.attempt, 2).response == right_response(item_at(room.attempt, 2))

    def test_reload_shows_the_stored_answer(self, room: Room) -> None:
        item = item_at(room.attempt, 1)
        room.save(1, right_response(item))

        page = room.page(1).content.decode()

        assert sorted(item.option_order[number - 1] for number in chosen(page)) == right_response(item)
        assert "Saved" in page

    def test_next_save_of_the_same_page_counts_on(self, room: Room) -> None:
        item = item_at(room.attempt, 1)
        room.save(1, right_response(item))
        room.save(1, wrong_response(item))

        assert item_at(room.attempt, 1).response == wrong_response(item)
        assert AnswerEvent.objects.count() == 2

    def test_answer_can_be_taken_back(self, room: Room) -> None:
        room.save(1, right_response(item_at(room.attempt, 1)))
        room.save(1, [])

        assert item_at(room.attempt, 1).response == []
        assert room.client.get(room.address("review")).context["counts"].answered == 0

    def test_same_form_posted_twice_stores_one_event(self, room: Room) -> None:
        data = room.fields(1, right_response(item_at(room.attempt, 1)))
        for _ in range(2):
            assert_status(room.client.post(room.address("save_answer", 1), data), 302)

        assert AnswerEvent.objects.count() == 1
        assert not RefusedAnswer.objects.exists()


class TestRefusals:
    def test_unknown_option_is_answered_with_a_message_and_the_stored_answer(self, room: Room) -> None:
        item = item_at(room.attempt, 1)
        room.save(1, right_response(item))

        response = room.save(1, [], option=9)

        assert_status(response, 422)
        page = response.content.decode()
        assert "Not saved: unknown option" in page
        assert sorted(item.option_order[number - 1] for number in chosen(page)) == right_response(item)
        assert item_at(room.attempt, 1).response == right_response(item)

    def test_stale_window_is_told_and_shown_the_newer_answer(self, room: Room) -> None:
        item = item_at(room.attempt, 1)
        old_form = room.fields(1, wrong_response(item))
        room.save(1, right_response(item))

        response = room.client.post(room.address("save_answer", 1), old_form)

        assert_status(response, 409)
        assert "A newer answer to this question is stored" in response.content.decode()
        assert item_at(room.attempt, 1).response == right_response(item)

    def test_window_that_lost_the_lease_is_told_and_can_take_it_back(self, room: Room) -> None:
        item = item_at(room.attempt, 1)
        old_form = room.fields(1, right_response(item))
        take_lease(attempt=room.attempt)

        response = room.client.post(room.address("save_answer", 1), old_form)

        assert_status(response, 409)
        page = response.content.decode()
        assert "another window" in page
        assert room.address("continue_here") in page
        assert item_at(room.attempt, 1).response == []
        assert_status(room.client.post(room.address("continue_here"), {"position": 1}), 302)
        assert_status(room.save(1, right_response(item)), 302)

    def test_late_answer_leads_to_the_result_which_lists_it(self, room: Room) -> None:
        item = item_at(room.attempt, 2)
        form = room.fields(2, right_response(item))
        end_time(room)

        response = room.client.post(room.address("save_answer", 2), form)

        assert_status(response, 302)
        assert response["Location"] == room.address("result")
        assert "arrived after time was up" in room.result()
        assert RefusedAnswer.objects.get().response == right_response(item)
        assert item_at(room.attempt, 2).response == []
        assert item_at(room.attempt, 2).outcome == "wrong"

    def test_answer_after_submitting_leads_to_the_result(self, room: Room) -> None:
        form = room.fields(1, right_response(item_at(room.attempt, 1)))
        room.submit()

        response = room.client.post(room.address("save_answer", 1), form)

        assert response["Location"] == room.address("result")
        assert item_at(room.attempt, 1).response == []
        assert not AnswerEvent.objects.exists()

    @pytest.mark.parametrize("position", [0, 99, 10**6, 10**18])
    @pytest.mark.parametrize("name", ["item", "save_answer", "flag", "strike", "check_answer"])
    def test_position_the_form_does_not_have_is_not_found(self, name: str, position: int, room: Room) -> None:
        address = room.address(name, position)
        response = room.client.get(address) if name == "item" else room.client.post(address, room.fields(1, []))

        assert_status(response, 404)


class TestHtmx:
    def test_save_answers_with_what_changed_and_not_with_the_page(self, room: Room) -> None:
        response = room.save(1, right_response(item_at(room.attempt, 1)), htmx=True)

        assert_status(response, 200)
        fragment = response.content.decode()
        assert "<html" not in fragment
        assert 'id="save-state"' in fragment
        assert "Saved" in fragment
        assert re.search(r'name="revision" value="2"', fragment)
        assert "answered" in fragment

    def test_refused_save_puts_the_stored_state_in_place_of_the_page(self, room: Room) -> None:
        item = item_at(room.attempt, 1)
        old_form = room.fields(1, wrong_response(item))
        room.save(1, right_response(item))

        response = room.client.post(room.address("save_answer", 1), old_form, headers=HTMX)

        assert_status(response, 409)
        assert response["HX-Retarget"] == "#room"
        assert response["HX-Reswap"] == "outerHTML"
        assert response.content.decode().lstrip().startswith('<div id="room"')

    @pytest.mark.parametrize("how", ["late", "submitted"])
    def test_save_after_the_end_sends_the_whole_window_to_the_result(self, how: str, room: Room) -> None:
        form = room.fields(1, [1])
        end_time(room) if how == "late" else room.submit()

        response = room.client.post(room.address("save_answer", 1), form, headers=HTMX)

        assert response["HX-Redirect"] == room.address("result")
        assert response.content == b""

    def test_moving_on_fetches_the_room_alone(self, room: Room) -> None:
        fragment = room.page(2, headers={**HTMX, "HX-Target": "room"}).content.decode()
        page = room.page(2).content.decode()
        restored = room.page(2, headers={**HTMX, "HX-Target": "room", "HX-History-Restore-Request": "true"})

        assert fragment.lstrip().startswith('<div id="room"')
        assert "<html" in page
        assert "<html" in restored.content.decode()

    def test_caches_are_told_that_page_and_fragment_differ(self, room: Room) -> None:
        for headers in ({}, {**HTMX, "HX-Target": "room"}):
            vary = room.page(1, headers=headers)["Vary"]
            assert "HX-Request" in vary
            assert "HX-Target" in vary


class TestMarks:
    @pytest.mark.parametrize("htmx", [False, True])
    def test_flag_goes_on_and_off(self, htmx: bool, room: Room) -> None:
        for on in ("1", "0"):
            response = room.client.post(room.address("flag", 2), {"on": on}, headers=HTMX if htmx else {})

            assert_status(response, 200 if htmx else 302)
            assert item_at(room.attempt, 2).is_flagged == (on == "1")

    def test_struck_option_is_remembered_as_written_and_can_still_be_chosen(self, room: Room) -> None:
        item = item_at(room.attempt, 1)
        room.client.post(room.address("strike", 1), {"option": "3", "on": "1"})

        assert item_at(room.attempt, 1).struck == [item.option_order[2]]
        assert_status(
            room.save(1, [item.option_order[2]] if item.version.kind == "single" else item.option_order[2:3]), 302
        )
        room.client.post(room.address("strike", 1), {"option": "3", "on": "0"})
        assert item_at(room.attempt, 1).struck == []

    @pytest.mark.parametrize("option", ["0", "9", "", "x"])
    def test_option_that_is_not_there_cannot_be_struck(self, option: str, room: Room) -> None:
        assert_status(room.client.post(room.address("strike", 1), {"option": option, "on": "1"}), 404)

    def test_marks_are_closed_with_the_attempt(self, room: Room) -> None:
        room.submit()

        for name in ("flag", "strike"):
            response = room.client.post(room.address(name, 1), {"option": "1", "on": "1"}, follow=True)
            assert response.redirect_chain == [(room.address("result"), 302)]
            assert "takes no more input, so that mark was not stored" in response.content.decode()
        assert not item_at(room.attempt, 1).is_flagged
        assert item_at(room.attempt, 1).struck == []

    def test_opening_an_item_marks_it_seen_once(self, room: Room) -> None:
        with time_machine.travel(NOW, tick=False):
            Attempt.objects.filter(pk=room.attempt.pk).update(accept_until=NOW + dt.timedelta(hours=1))
        for minutes in (0, 7):
            with time_machine.travel(NOW + dt.timedelta(minutes=minutes), tick=False):
                room.page(3)

        assert item_at(room.attempt, 3).seen_at == NOW
        assert item_at(room.attempt, 4).seen_at is None

    def test_second_window_does_not_move_the_first_sight(self, room: Room) -> None:
        first, second = item_at(room.attempt, 3), item_at(room.attempt, 3)  # both read before either wrote

        mark_seen(item=first, now=NOW)
        mark_seen(item=second, now=NOW + dt.timedelta(minutes=1))

        assert item_at(room.attempt, 3).seen_at == NOW


class TestPractice:
    def test_check_saves_locks_and_explains(self, practice: Room) -> None:
        item = item_at(practice.attempt, 1)
        data = practice.fields(1, wrong_response(item))

        response = practice.client.post(practice.address("check_answer", 1), data, follow=True)

        page = response.content.decode()
        assert f"why 1 of {number_of(item)}" in page
        assert '<form id="answer"' not in page
        item.refresh_from_db()
        assert (item.response, item.outcome) == (wrong_response(item), "wrong")
        assert_status(
            practice.client.post(
                practice.address("save_answer", 1), data | {"idempotency_key": uuid.uuid4(), "revision": 9}
            ),
            409,
        )

    def test_selecting_never_reveals(self, practice: Room) -> None:
        item = item_at(practice.attempt, 1)
        practice.save(1, right_response(item))

        assert f"why 1 of {number_of(item)}" not in practice.page(1).content.decode()

    def test_blank_cannot_be_checked(self, practice: Room) -> None:
        response = practice.client.post(practice.address("check_answer", 1), practice.fields(1, []))

        assert_status(response, 409)
        assert "Choose an answer first" in response.content.decode()
        assert item_at(practice.attempt, 1).checked_at is None

    def test_check_twice_is_the_same_as_once(self, practice: Room) -> None:
        data = practice.fields(1, right_response(item_at(practice.attempt, 1)))
        practice.client.post(practice.address("check_answer", 1), data)
        before = item_at(practice.attempt, 1).checked_at

        assert_status(practice.client.post(practice.address("check_answer", 1)), 302)
        assert item_at(practice.attempt, 1).checked_at == before

    @pytest.mark.parametrize("mode", ["mock", "sample"])
    def test_nothing_is_revealed_before_the_end_elsewhere(
        self, mode: str, bank: None, candidate_client: Client
    ) -> None:
        room = begin(candidate_client, f"{NEWER}-{mode}")
        data = room.fields(1, right_response(item_at(room.attempt, 1)))

        response = room.client.post(room.address("check_answer", 1), data)

        assert_status(response, 404)
        assert item_at(room.attempt, 1).checked_at is None
        assert item_at(room.attempt, 1).outcome == ""


class TestEnd:
    def test_result_before_the_end_leads_back_into_the_room(self, room: Room) -> None:
        response = room.client.get(room.address("result"))

        assert response["Location"] == room.address("item", 1)

    def test_submitting_twice_leads_to_the_same_result(self, room: Room) -> None:
        room.save(1, right_response(item_at(room.attempt, 1)))
        first = room.submit()
        closed_at = Attempt.objects.get(pk=room.attempt.pk).closed_at
        second = room.submit()

        assert first["Location"] == second["Location"] == room.address("result")
        assert Attempt.objects.get(pk=room.attempt.pk).closed_at == closed_at

    def test_submit_after_the_end_is_not_taken_for_the_students(self, room: Room) -> None:
        end_time(room)
        room.submit()

        assert Attempt.objects.get(pk=room.attempt.pk).closed_by == Attempt.Closer.DEADLINE

    @pytest.mark.parametrize("name", ["item", "review"])
    def test_room_of_an_overdue_attempt_leads_to_the_result(self, name: str, room: Room) -> None:
        end_time(room)

        response = room.client.get(room.address(name, *([1] if name == "item" else [])))

        assert response["Location"] == room.address("result")
        assert Attempt.objects.get(pk=room.attempt.pk).closed_by == Attempt.Closer.DEADLINE

    def test_closed_attempt_that_is_not_graded_yet_asks_for_patience(self, room: Room) -> None:
        Attempt.objects.filter(pk=room.attempt.pk).update(state="closed", closed_at=NOW, closed_by="student")

        page = room.result()

        assert "QUIETWORD" not in page


class TestContinuing:
    def test_entering_again_takes_the_lease_and_opens_the_first_blank(self, room: Room) -> None:
        room.save(1, right_response(item_at(room.attempt, 1)))

        response = room.client.post(room.address("continue_here"))

        assert response["Location"] == room.address("item", 2)
        assert Attempt.objects.get(pk=room.attempt.pk).epoch == room.attempt.epoch + 1

    def test_starting_again_returns_the_open_attempt(self, room: Room) -> None:
        again = begin(room.client, f"{NEWER}-mock")

        assert again.attempt.uuid == room.attempt.uuid
        assert again.attempt.epoch == room.attempt.epoch + 1

    def test_starting_after_the_end_gives_a_new_attempt(self, room: Room) -> None:
        end_time(room)

        again = begin(room.client, f"{NEWER}-mock")

        assert again.attempt.uuid != room.attempt.uuid
        assert Attempt.objects.get(pk=room.attempt.pk).state == Attempt.State.GRADED

    def test_form_that_the_bank_cannot_fill_starts_nothing_and_says_what_is_short(
        self, bank: None, candidate_client: Client
    ) -> None:
        for scenario in Scenario.objects.filter(placements__topic__code="2.1", placements__pool="mock").distinct():
            retire(scenario_id=scenario.pk)

        response = candidate_client.post(f"/start/{OLDER}/{OLDER}-mock/")

        assert_status(response, 409)
        assert "Domain 2: Domain 2" in response.content.decode()
        assert "needs 2 questions, has 0" in response.content.decode()
        assert not Attempt.objects.exists()


def number_of(item: AttemptItem) -> str:
    """Return the number that the texts of an item carry."""
    found = re.search(r"Case (\d+)", item.version.stem)
    assert found
    return found.group(1)
