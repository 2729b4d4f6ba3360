"""Visitors without an account: a sample, kept for thirty days, and kept for good by whoever logs in."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
import time_machine
from django.core import signing
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from exams.closing import purge_guest_attempts
from exams.models import Attempt
from exams.owners import GUEST_COOKIE, GUEST_DAYS, Owner, guest_token_hash_of, new_guest
from exams.signals import attempt_graded
from exams.starting import claim_guest_attempts
from tests.asserts import assert_status
from tests.cast import PASSWORD, client_of, log_in
from tests.exams.room import Room, begin
from tests.factories import NEWER, NOW, OLDER, Pen, item_at, right_response, start

SAMPLE = f"{NEWER}-sample"
MICROSECOND = dt.timedelta(microseconds=1)


@pytest.fixture
def sample(bank: None, client: Client) -> Room:
    return begin(client, SAMPLE)


def cookie_of(value: str) -> str | None:
    request = RequestFactory().get("/")
    request.COOKIES[GUEST_COOKIE] = value
    return guest_token_hash_of(request)


class TestWhatAGuestMay:
    def test_sample_can_be_sat_to_the_end(self, sample: Room) -> None:
        for position in range(1, 5):
            sample.save(position, right_response(item_at(sample.attempt, position)))
        sample.submit()

        sample.attempt.refresh_from_db()
        assert (sample.attempt.scored_correct, sample.attempt.scored_total) == (4, 4)
        assert "QUIETWORD why" in sample.result()

    @pytest.mark.parametrize("slug", [f"{NEWER}-mock", f"{NEWER}-practice"])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_nothing_else_can_be_started(self, method: str, slug: str, sample: Room) -> None:
        response = getattr(sample.client, method)(reverse("exams:confirm", args=[NEWER, slug]))

        assert_status(response, 404)
        assert Attempt.objects.count() == 1

    def test_looking_around_makes_no_guest(self, bank: None, client: Client) -> None:
        for address in (
            reverse("exams:home"),
            reverse("exams:choose_exam"),
            reverse("exams:confirm", args=[NEWER, SAMPLE]),
        ):
            assert_status(client.get(address), 200)

        assert GUEST_COOKIE not in client.cookies

    def test_second_sample_of_the_same_visitor_is_the_first_one(self, sample: Room) -> None:
        assert begin(sample.client, SAMPLE).attempt.pk == sample.attempt.pk

    def test_other_visitor_gets_another_sample_and_cannot_open_this_one(self, sample: Room) -> None:
        other = begin(Client(), SAMPLE)

        assert other.attempt.pk != sample.attempt.pk
        assert_status(other.client.get(sample.address("item", 1)), 404)

    def test_guest_belongs_to_nobody_else(self, sample: Room) -> None:
        assert sample.attempt.user_id is None
        assert sample.attempt.guest_token_hash is not None


class TestCookie:
    def test_is_out_of_reach_for_scripts_and_other_sites(self, sample: Room) -> None:
        cookie = sample.client.cookies[GUEST_COOKIE]

        assert cookie["httponly"] is True
        assert cookie["samesite"] == "Lax"
        assert cookie["max-age"] == GUEST_DAYS * 24 * 3600

    def test_goes_over_tls_only_where_sessions_do(self, bank: None, client: Client, settings: Settings) -> None:
        settings.SESSION_COOKIE_SECURE = True

        assert begin(client, SAMPLE).client.cookies[GUEST_COOKIE]["secure"] is True

    def test_only_a_hash_of_it_is_stored(self, sample: Room) -> None:
        token = sample.client.cookies[GUEST_COOKIE].value.split(":")[0]

        assert sample.attempt.guest_token_hash == hashlib.sha256(token.encode()).hexdigest()

    @pytest.mark.parametrize("forgery", ["", "nonsense", "a:b:c", "token"])
    def test_forged_one_is_nobody(self, forgery: str, sample: Room) -> None:
        forger = Client()
        forger.cookies[GUEST_COOKIE] = forgery

        assert_status(forger.get(sample.address("item", 1)), 302)
        assert_status(forger.post(sample.address("save_answer", 1)), 401)

    def test_token_under_another_signature_is_nobody(self, sample: Room) -> None:
        value = sample.client.cookies[GUEST_COOKIE].value
        token = value.split(":")[0]
        forgeries = [
            value[:-1] + ("A" if value[-1] != "A" else "B"),
            signing.TimestampSigner(salt="exams.guest", key="another key").sign(token),
            signing.TimestampSigner(salt="another purpose").sign(token),
            str(sample.attempt.guest_token_hash),
        ]

        assert [cookie_of(forgery) for forgery in forgeries] == [None] * len(forgeries)
        assert cookie_of(value) == sample.attempt.guest_token_hash

    def test_ends_after_thirty_days(self) -> None:
        with time_machine.travel(NOW, tick=False):
            _owner, value = new_guest()
        with time_machine.travel(NOW + dt.timedelta(days=GUEST_DAYS), tick=False):
            assert cookie_of(value) is not None
        with time_machine.travel(NOW + dt.timedelta(days=GUEST_DAYS, seconds=1), tick=False):
            assert cookie_of(value) is None


class TestClaim:
    def test_signing_up_keeps_the_result(self, sample: Room) -> None:
        sample.save(1, right_response(item_at(sample.attempt)))
        sample.submit()

        response = sample.client.post(reverse("account_signup"), {"email": "new@example.com", "password1": PASSWORD})

        assert_status(response, 302)
        sample.attempt.refresh_from_db()
        assert sample.attempt.user == User.objects.get(email="new@example.com")
        assert sample.attempt.guest_token_hash is None
        assert "QUIETWORD why" in sample.result()

    def test_logging_in_keeps_an_open_sample_open(self, sample: Room, candidate: User) -> None:
        sample.save(1, right_response(item_at(sample.attempt)))

        log_in(sample.client, candidate)

        sample.attempt.refresh_from_db()
        assert (sample.attempt.user, sample.attempt.state) == (candidate, Attempt.State.OPEN)
        assert_status(sample.save(2, right_response(item_at(sample.attempt, 2))), 302)

    def test_own_open_attempt_stays_and_the_guests_is_closed_and_graded(self, sample: Room, candidate: User) -> None:
        sample.save(1, right_response(item_at(sample.attempt)))
        own = begin(client_of(candidate), SAMPLE).attempt

        log_in(sample.client, candidate)

        sample.attempt.refresh_from_db()
        own.refresh_from_db()
        assert (sample.attempt.user, sample.attempt.state) == (candidate, Attempt.State.GRADED)
        assert sample.attempt.scored_correct == int(item_at(sample.attempt).is_scored)
        assert (own.user, own.state) == (candidate, Attempt.State.OPEN)

    def test_open_samples_of_two_exams_both_stay_open(self, sample: Room, candidate: User) -> None:
        other = begin(sample.client, f"{OLDER}-sample").attempt

        log_in(sample.client, candidate)

        assert set(Attempt.objects.filter(user=candidate, state="open")) == {sample.attempt, other}

    def test_overdue_sample_is_closed_by_its_deadline(self, bank: None, candidate: User) -> None:
        guest = new_guest()[0]
        attempt = start(guest, SAMPLE)

        claim(guest, candidate, now=NOW + dt.timedelta(days=2))

        attempt.refresh_from_db()
        assert (attempt.user, attempt.state, attempt.closed_by) == (candidate, "graded", Attempt.Closer.DEADLINE)

    def test_second_claim_finds_nothing(self, bank: None, candidate: User, stranger: User) -> None:
        guest = new_guest()[0]
        attempt = start(guest, SAMPLE)

        assert [claim(guest, person) for person in (candidate, candidate, stranger)] == [1, 0, 0]
        attempt.refresh_from_db()
        assert attempt.user == candidate

    def test_attempts_of_other_guests_stay_with_them(self, bank: None, candidate: User) -> None:
        guest, other = new_guest()[0], new_guest()[0]
        start(guest, SAMPLE)
        theirs = start(other, SAMPLE)

        claim(guest, candidate)

        theirs.refresh_from_db()
        assert theirs.guest_token_hash == other.guest_token_hash

    def test_graded_attempts_are_announced_and_open_ones_are_not(
        self, bank: None, candidate: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        guest, announced = new_guest()[0], []
        graded = start(guest, SAMPLE)
        start(guest, f"{OLDER}-sample")
        Pen(graded).save(1, [1])
        Attempt.objects.filter(pk=graded.pk).update(state=Attempt.State.GRADED)

        def listen(attempt_id: int, **_: object) -> None:
            announced.append(attempt_id)

        attempt_graded.connect(listen)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                claim(guest, candidate)
        finally:
            attempt_graded.disconnect(listen)

        assert announced == [graded.pk]


def claim(guest: Owner, user: User, *, now: dt.datetime = NOW) -> int:
    assert guest.guest_token_hash is not None
    return claim_guest_attempts(guest_token_hash=guest.guest_token_hash, user_id=user.pk, now=now)


class TestPurge:
    @pytest.mark.parametrize(
        ("age", "purged"),
        [(dt.timedelta(days=GUEST_DAYS), 0), (dt.timedelta(days=GUEST_DAYS) + MICROSECOND, 1)],
    )
    def test_unclaimed_attempt_goes_after_thirty_days(self, age: dt.timedelta, purged: int, bank: None) -> None:
        attempt = start(new_guest()[0], SAMPLE)
        Pen(attempt).save(1, [1])

        assert purge_guest_attempts(now=NOW + age) == purged
        assert Attempt.objects.count() == 1 - purged

    def test_attempts_of_people_stay(self, bank: None, candidate: User) -> None:
        start(candidate)

        assert purge_guest_attempts(now=NOW + dt.timedelta(days=4000)) == 0
        assert Attempt.objects.count() == 1
