"""A session that must no longer count is gone at once: the room trusts sessions without loading the person."""

from __future__ import annotations

import re

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from redis.exceptions import RedisError

from accounts.models import User
from accounts.services import INSTRUCTORS, end_sessions
from exams.models import AnswerEvent
from tests.asserts import assert_status
from tests.cast import PASSWORD, log_in
from tests.exams.room import HTMX, Room, begin
from tests.factories import NEWER, item_at, right_response

NEW_PASSWORD = "four other demo words"


@pytest.fixture
def room(bank: None, candidate: User) -> Room:
    """Give the candidate's open exam in a browser that logged in through the form."""
    client = Client()
    log_in(client, candidate)
    return begin(client, f"{NEWER}-mock")


@pytest.fixture
def admin_client(author: User) -> Client:
    """Give a superuser's browser."""
    author.is_superuser = True
    author.save(update_fields=["is_superuser"])
    client = Client()
    log_in(client, author)
    return client


def assert_logged_out(room: Room, form: dict[str, object]) -> None:
    """The next save is told 401 and stores nothing; a page leads to the login."""
    response = room.client.post(room.address("save_answer", 1), form, headers=HTMX)
    assert_status(response, 401)
    assert not AnswerEvent.objects.exists()
    assert_status(room.page(1), 302)


def form_of(room: Room) -> dict[str, object]:
    return room.fields(1, right_response(item_at(room.attempt)))


def save_user(client: Client, user: User, **changes: object) -> None:
    """Save a person in the administration with some fields changed; None leaves a field out."""
    fields = {
        "email": user.email,
        "is_active": "on",
        "time_zone": user.time_zone,
        "wants_weekly_mail": "on",
        "groups": [group.pk for group in user.groups.all()],
    } | changes
    response = client.post(
        reverse("admin:accounts_user_change", args=[user.pk]), {k: v for k, v in fields.items() if v is not None}
    )
    assert_status(response, 302)


def test_ending_sessions_ends_every_one_of_the_person_and_no_other(room: Room, candidate: User, stranger: User) -> None:
    second, other = Client(), Client()
    log_in(second, candidate)
    log_in(other, stranger)
    form = form_of(room)

    assert end_sessions(user_id=candidate.pk) == 2

    assert_logged_out(room, form)
    assert_status(second.get(reverse("exams:history")), 302)
    assert_status(other.get(reverse("exams:history")), 200)
    assert not UserSession.objects.filter(user=candidate).exists()
    assert Session.objects.count() == 1


def test_ended_session_stays_ended_when_the_cache_still_knew_it(room: Room, candidate: User) -> None:
    form = form_of(room)
    assert_status(room.page(1), 200)  # the cache holds the session now

    end_sessions(user_id=candidate.pk)

    assert_logged_out(room, form)


class TestWhatEndsSessions:
    def test_deactivation(self, room: Room, candidate: User, admin_client: Client) -> None:
        form = form_of(room)

        save_user(admin_client, candidate, is_active=None)

        assert_logged_out(room, form)

    def test_change_of_role(self, room: Room, candidate: User, admin_client: Client) -> None:
        form = form_of(room)

        save_user(admin_client, candidate, groups=[Group.objects.get(name=INSTRUCTORS).pk], is_staff="on")

        assert_logged_out(room, form)

    def test_change_of_preferences_does_not(self, room: Room, candidate: User, admin_client: Client) -> None:
        save_user(admin_client, candidate, wants_weekly_mail=None)

        assert_status(room.save(1, right_response(item_at(room.attempt))), 302)

    def test_deletion(self, room: Room, candidate: User) -> None:
        form = form_of(room)

        candidate.delete()

        assert_logged_out(room, form)

    def test_change_of_password_ends_the_others_and_keeps_this_one(self, room: Room, candidate: User) -> None:
        form = form_of(room)
        second = Client()
        log_in(second, candidate)

        response = second.post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        )

        assert_status(response, 302)
        assert_logged_out(room, form)
        assert_status(second.get(reverse("exams:history")), 200)

    def test_session_kept_at_a_change_of_password_can_still_be_ended(self, candidate: User, client: Client) -> None:
        log_in(client, candidate)
        client.post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        )

        end_sessions(user_id=candidate.pk)

        assert_status(client.get(reverse("exams:history")), 302)

    def test_reset_of_a_forgotten_password(self, room: Room, candidate: User) -> None:
        form = form_of(room)
        forgetful = Client()
        forgetful.post(reverse("account_reset_password"), {"email": candidate.email})
        link = re.search(r"http\S+(/account/password/reset/key/\S+)", str(mail.outbox[-1].body))
        assert link
        page = forgetful.get(link.group(1), follow=True)

        response = forgetful.post(page.redirect_chain[-1][0], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

        assert_status(response, 302)
        candidate.refresh_from_db()
        assert candidate.check_password(NEW_PASSWORD)
        assert_logged_out(room, form)

    def test_log_out_ends_this_one(self, room: Room) -> None:
        form = form_of(room)

        assert_status(room.client.post(reverse("account_logout")), 302)

        assert_logged_out(room, form)


class TestEveryWayIn:
    def test_sign_up_is_known_to_end_sessions(self, client: Client, db: None) -> None:
        client.post(reverse("account_signup"), {"email": "New@Example.com", "password1": PASSWORD})
        user = User.objects.get(email="new@example.com")
        assert_status(client.get(reverse("exams:history")), 200)

        assert end_sessions(user_id=user.pk) == 1

        assert_status(client.get(reverse("exams:history")), 302)

    def test_login_of_the_administration_is_known_to_end_sessions(self, author: User, client: Client) -> None:
        page = client.get(reverse("admin:login"), follow=True)
        address = page.redirect_chain[-1][0] if page.redirect_chain else reverse("admin:login")
        client.post(address, {"login": author.email, "username": author.email, "password": PASSWORD})
        assert_status(client.get(reverse("admin:index")), 200)

        end_sessions(user_id=author.pk)

        assert_status(client.get(reverse("admin:index")), 302)


def test_ending_without_the_cache_fails_loudly_and_can_be_repeated(
    room: Room, candidate: User, settings: Settings
) -> None:
    form = form_of(room)
    known = settings.CACHES
    settings.CACHES = {"default": known["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    with pytest.raises(RedisError):
        end_sessions(user_id=candidate.pk)
    settings.CACHES = known

    assert end_sessions(user_id=candidate.pk) == 1
    assert_logged_out(room, form)
