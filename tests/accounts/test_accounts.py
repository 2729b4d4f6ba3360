"""Accounts: addresses, rights, preferences and the demo accounts."""

from __future__ import annotations

import io

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from accounts.models import User, validate_time_zone
from accounts.services import INSTRUCTORS, ensure_account, ensure_groups, set_time_zone, set_weekly_mail
from tests.asserts import assert_status, at_most_queries
from tests.cast import PASSWORD, log_in, make_user
from tests.exams.room import begin
from tests.factories import NEWER


class TestAddresses:
    def test_is_stored_in_lower_case(self, db: None) -> None:
        assert User.objects.create_user("Some.Body@Example.COM", PASSWORD).email == "some.body@example.com"

    def test_two_spellings_are_one_person(self, candidate: User) -> None:
        with pytest.raises(IntegrityError):
            User.objects.create_user(candidate.email.upper(), PASSWORD)

    def test_sign_up_with_another_spelling_makes_no_second_account(self, candidate: User, client: Client) -> None:
        client.post(reverse("account_signup"), {"email": candidate.email.title(), "password1": PASSWORD})

        assert User.objects.count() == 1

    def test_login_takes_any_spelling(self, candidate: User, client: Client) -> None:
        response = client.post(reverse("account_login"), {"login": candidate.email.upper(), "password": PASSWORD})

        assert_status(response, 302)

    def test_database_refuses_upper_case(self, candidate: User) -> None:
        with pytest.raises(IntegrityError):
            User.objects.filter(pk=candidate.pk).update(email="Upper@example.com")

    def test_empty_one_is_refused(self, db: None) -> None:
        with pytest.raises(ValueError, match="needs an email address"):
            User.objects.create_user("")

    @pytest.mark.parametrize("password", ["short", "1234567890", "password123"])
    def test_weak_password_makes_no_account(self, password: str, client: Client, db: None) -> None:
        response = client.post(reverse("account_signup"), {"email": "new@example.com", "password1": password})

        assert_status(response, 200)
        assert not User.objects.exists()


class TestTimeZones:
    @pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "asia/kolkata"])
    def test_unknown_one_is_refused(self, name: str, candidate: User) -> None:
        with pytest.raises(ValidationError):
            validate_time_zone(name)
        with pytest.raises(ValidationError):
            set_time_zone(user=candidate, time_zone=name)

        candidate.refresh_from_db()
        assert candidate.time_zone == "UTC"

    def test_is_followed_from_the_next_page_on_without_loading_the_person(
        self, bank: None, candidate: User, client: Client
    ) -> None:
        set_time_zone(user=candidate, time_zone="Asia/Kolkata")
        log_in(client, candidate)
        room = begin(client, f"{NEWER}-mock")
        room.save(1, [1])

        assert " IST" in room.page(1).content.decode()

    def test_is_changed_on_the_page_and_followed_at_once(self, bank: None, candidate: User, client: Client) -> None:
        log_in(client, candidate)

        data = {"time_zone": "Asia/Kolkata", "accommodation": "none"}
        response = client.post(reverse("accounts:preferences"), data)

        assert_status(response, 302)
        candidate.refresh_from_db()
        assert (candidate.time_zone, candidate.wants_weekly_mail) == ("Asia/Kolkata", False)
        room = begin(client, f"{NEWER}-mock")
        room.save(1, [1])
        assert " IST" in room.page(1).content.decode()

    def test_nonsense_on_the_page_is_answered_and_not_stored(self, candidate: User, candidate_client: Client) -> None:
        response = candidate_client.post(reverse("accounts:preferences"), {"time_zone": "Mars/Olympus"})

        assert_status(response, 422)
        candidate.refresh_from_db()
        assert candidate.time_zone == "UTC"

    def test_page_is_for_people_with_an_account(self, client: Client) -> None:
        assert_status(client.get(reverse("accounts:preferences")), 302)


class TestPreferences:
    @pytest.mark.parametrize("wanted", [True, False])
    def test_weekly_mail_can_be_set_again_and_again(self, wanted: bool, candidate: User) -> None:
        for _ in range(2):
            set_weekly_mail(user_id=candidate.pk, wanted=wanted)

        candidate.refresh_from_db()
        assert candidate.wants_weekly_mail == wanted

    def test_page_costs_the_session_and_the_person(self, candidate_client: Client) -> None:
        with at_most_queries(3):
            assert_status(candidate_client.get(reverse("accounts:preferences")), 200)


class TestGroups:
    def test_author_may_write_and_publish_and_neither_delete_scenarios_nor_touch_people(self, author: User) -> None:
        assert author.has_perms(["questions.add_scenario", "questions.change_scenario", "questions.publish_scenario"])
        for right in ("questions.delete_scenario", "questions.delete_scenarioversion", "questions.change_scoringrule"):
            assert not author.has_perm(right), right
        assert not author.has_module_perms("accounts")
        assert not author.has_module_perms("auth")
        assert not author.is_superuser

    def test_repeating_takes_back_what_was_added(self, author: User) -> None:
        group = author.groups.get(name=INSTRUCTORS)
        before = set(group.permissions.all())
        group.permissions.clear()

        ensure_groups()

        assert set(group.permissions.all()) == before

    def test_candidate_cannot_enter_the_administration(self, candidate_client: Client) -> None:
        response = candidate_client.get(reverse("admin:index"))

        assert response.status_code in {302, 403}

    def test_author_cannot_open_the_list_of_people(self, author_client: Client) -> None:
        assert_status(author_client.get(reverse("admin:accounts_user_changelist")), 403)


class TestDemoAccounts:
    def test_command_makes_three_that_can_log_in(self, db: None, client: Client) -> None:
        out = io.StringIO()

        call_command("make_demo_accounts", password=PASSWORD, stdout=out)

        assert out.getvalue().count(PASSWORD) == 3
        for email, is_staff in (("student", False), ("instructor", True), ("reviewer", True)):
            user = User.objects.get(email=f"{email}@example.com")
            assert (user.is_staff, user.is_superuser, user.check_password(PASSWORD)) == (is_staff, False, True)
            log_in(Client(), user)

    def test_repeating_with_the_same_password_leaves_people_logged_in(self, db: None, client: Client) -> None:
        call_command("make_demo_accounts", password=PASSWORD, stdout=io.StringIO())
        log_in(client, User.objects.get(email="student@example.com"))

        call_command("make_demo_accounts", password=PASSWORD, stdout=io.StringIO())

        assert_status(client.get(reverse("exams:history")), 200)
        assert User.objects.count() == 3

    def test_new_password_logs_them_out(self, db: None, client: Client) -> None:
        user = make_user("demo")
        log_in(client, user)

        ensure_account(email=user.email, password="another demo phrase", group=None)

        assert_status(client.get(reverse("exams:history")), 302)
