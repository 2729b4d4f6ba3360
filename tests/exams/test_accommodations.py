"""Extra time: chosen without proof, counted from the next start, and told before it."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.accommodations import Accommodation, minutes_with
from accounts.models import User
from exams.models import Attempt
from exams.owners import new_guest
from tests.asserts import assert_status, at_most_queries
from tests.exams.room import begin
from tests.factories import NEWER, NOW, OLDER, start

# What each makes of the hour that a mock of the small bank takes, and of the half hour of its mini mock.
MINUTES = {
    Accommodation.NONE: (60, 30),
    Accommodation.PLUS_30: (90, 60),
    Accommodation.TIMES_1_25: (75, 38),
    Accommodation.TIMES_1_5: (90, 45),
    Accommodation.TIMES_2: (120, 60),
    Accommodation.UNTIMED: (None, None),
}
PREFERENCES = reverse("accounts:preferences")


def choose(person: User, accommodation: Accommodation) -> None:
    User.objects.filter(pk=person.pk).update(accommodation=accommodation)


class TestMinutes:
    @given(st.sampled_from(Accommodation), st.integers(1, 600))
    def test_are_never_fewer_and_never_more_than_twice_and_the_half_hour(
        self, accommodation: Accommodation, minutes: int
    ) -> None:
        found = minutes_with(accommodation, minutes=minutes)

        assert (found is None) == (accommodation is Accommodation.UNTIMED)
        assert found is None or minutes <= found <= max(2 * minutes, minutes + 30)

    @given(st.sampled_from(Accommodation), st.integers(1, 600), st.integers(1, 600))
    def test_of_the_longer_sitting_are_not_fewer(self, accommodation: Accommodation, one: int, other: int) -> None:
        shorter, longer = (minutes_with(accommodation, minutes=minutes) for minutes in sorted((one, other)))

        assert shorter is None or longer is None or shorter <= longer

    @given(st.sampled_from(Accommodation))
    def test_of_an_untimed_sitting_stay_without_end(self, accommodation: Accommodation) -> None:
        assert minutes_with(accommodation, minutes=None) is None

    def test_are_what_people_get_in_the_real_exam(self) -> None:
        assert [minutes_with(accommodation, minutes=130) for accommodation in Accommodation] == [
            130,
            160,
            163,
            195,
            260,
            None,
        ]


@pytest.mark.usefixtures("bank")
class TestStart:
    @pytest.mark.parametrize("mode", ["mock", "mini"])
    @pytest.mark.parametrize("accommodation", Accommodation)
    def test_stores_the_longer_deadline_and_what_made_it(
        self, accommodation: Accommodation, mode: str, candidate: User
    ) -> None:
        choose(candidate, accommodation)
        minutes = MINUTES[accommodation][mode == "mini"]

        attempt = start(candidate, f"{OLDER}-{mode}")

        deadline = None if minutes is None else NOW + dt.timedelta(minutes=minutes)
        assert attempt.accommodation == accommodation
        assert attempt.deadline == deadline
        assert attempt.accept_until == (None if deadline is None else deadline + dt.timedelta(seconds=30))

    def test_a_change_leaves_the_open_attempt_alone_and_counts_from_the_next(self, candidate: User) -> None:
        attempt = start(candidate)
        choose(candidate, Accommodation.TIMES_2)

        again = start(candidate)
        assert (again.pk, again.deadline, again.accommodation) == (attempt.pk, attempt.deadline, "none")

        Attempt.objects.update(state="graded")
        assert start(candidate).deadline == NOW + dt.timedelta(minutes=120)

    def test_practice_stays_untimed(self, candidate: User) -> None:
        choose(candidate, Accommodation.PLUS_30)

        assert start(candidate, f"{NEWER}-practice").deadline is None

    def test_guests_have_none(self) -> None:
        guest, _cookie = new_guest()

        attempt = start(guest, f"{NEWER}-sample")

        assert (attempt.accommodation, attempt.deadline) == ("", NOW + dt.timedelta(minutes=20))

    def test_room_counts_down_the_longer_time(self, candidate: User, candidate_client: Client) -> None:
        choose(candidate, Accommodation.TIMES_2)

        room = begin(candidate_client, f"{OLDER}-mock")

        assert re.search(r"2:00:00|1:59:5\d", room.page().content.decode())


@pytest.mark.usefixtures("bank")
class TestConfirmPage:
    ADDRESS = f"/start/{OLDER}/{OLDER}-mock/"

    def words(self, client: Client, address: str = ADDRESS) -> str:
        return " ".join(client.get(address).content.decode().split())

    def test_says_what_the_extra_time_makes_of_the_exam(self, candidate: User, candidate_client: Client) -> None:
        choose(candidate, Accommodation.TIMES_1_5)

        page = self.words(candidate_client)

        assert "You have half as much time again: 90 minutes instead of 60." in page
        assert "Start, 90 minutes from now" in page
        assert f'href="{PREFERENCES}?next={self.ADDRESS}"' in page

    def test_says_that_there_is_no_clock(self, candidate: User, candidate_client: Client) -> None:
        choose(candidate, Accommodation.UNTIMED)

        page = self.words(candidate_client)

        assert "You have no time limit, where others have 60 minutes." in page
        assert "after seven days without an answer it closes by itself" in page
        assert "60 minutes from now" not in page

    def test_offers_it_to_whoever_has_none(self, candidate_client: Client) -> None:
        assert "You get extra time in the real exam?" in self.words(candidate_client)

    def test_says_of_an_open_exam_that_it_keeps_its_time(self, candidate: User, candidate_client: Client) -> None:
        begin(candidate_client, f"{OLDER}-mock")
        choose(candidate, Accommodation.TIMES_2)

        assert "This exam keeps the time it was started with." in self.words(candidate_client)

    @pytest.mark.parametrize("address", [f"/start/{NEWER}/{NEWER}-sample/"])
    def test_says_nothing_to_guests(self, address: str, client: Client) -> None:
        assert "extra time" not in self.words(client, address)


class TestPreferences:
    def post(self, client: Client, **data: str) -> object:
        return client.post(PREFERENCES, {"time_zone": "UTC", "uses_shortcuts": "on", **data})

    def test_are_stored_without_proof_and_lead_back(self, candidate: User, candidate_client: Client) -> None:
        response = self.post(candidate_client, accommodation="x1_25", next="/start/demo-2/demo-2-mock/")

        candidate.refresh_from_db()
        assert candidate.accommodation == Accommodation.TIMES_1_25
        assert response["Location"] == "/start/demo-2/demo-2-mock/"  # type: ignore[index]

    def test_switch_the_shortcuts_off(self, candidate: User, candidate_client: Client) -> None:
        candidate_client.post(PREFERENCES, {"time_zone": "UTC", "accommodation": "none"})

        candidate.refresh_from_db()
        assert not candidate.uses_shortcuts

    @pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:go()"])
    def test_lead_nowhere_else(self, address: str, candidate_client: Client) -> None:
        response = self.post(candidate_client, accommodation="x2", next=address)

        assert response["Location"] == PREFERENCES  # type: ignore[index]
        assert "elsewhere" not in candidate_client.get(PREFERENCES, {"next": address}).content.decode()

    def test_refuse_what_is_not_offered(self, candidate: User, candidate_client: Client) -> None:
        assert_status(self.post(candidate_client, accommodation="x9"), 422)

        candidate.refresh_from_db()
        assert candidate.accommodation == Accommodation.NONE


def test_looking_up_the_extra_time_costs_one_statement(bank: None, candidate: User) -> None:
    choose(candidate, Accommodation.TIMES_2)

    with at_most_queries(9):
        start(candidate)
