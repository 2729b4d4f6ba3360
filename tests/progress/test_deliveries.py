"""At most one weekly mail per person and ISO week, whoever asks, whatever breaks."""

from __future__ import annotations

import datetime as dt
import smtplib
from collections.abc import Sequence
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from pytest_django import Settings

from accounts.models import User
from accounts.services import set_weekly_mail
from exams.models import Attempt
from progress.deliveries import (
    INTERRUPTED_AFTER,
    MailServerDown,
    claim_due,
    claimed_ids,
    give_up_interrupted,
    send_weekly_mail,
)
from progress.models import MailDelivery
from progress.tasks import fan_out_weekly_mails
from tests.cast import make_user
from tests.exams.races import Actor, Gate, uncommitted
from tests.progress.conftest import MONDAY, WEDNESDAY
from tests.progress.sittings import MOCK, sit, wrong

pytestmark = pytest.mark.django_db
MICROSECOND = dt.timedelta(microseconds=1)
WEEK = dt.timedelta(days=7)
State = MailDelivery.State


class Refusing(EmailBackend):
    """A server that refuses every message."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        raise smtplib.SMTPRecipientsRefused({"candidate@example.com": (550, b"no such user")})


class HangingUp(EmailBackend):
    """A server that takes the message and never answers."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        super().send_messages(messages)
        raise TimeoutError("timed out")


class Down(EmailBackend):
    """A server that is not there."""

    def open(self) -> bool:
        raise ConnectionRefusedError("nobody listens")


class Dying(EmailBackend):
    """The process dies while it hands the message over."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        raise KeyboardInterrupt


def use(settings: Settings, backend: type[EmailBackend]) -> None:
    """Send through this server from now on."""
    settings.EMAIL_BACKEND = f"{backend.__module__}.{backend.__qualname__}"


def send(delivery_id: int, now: dt.datetime = MONDAY) -> str:
    return send_weekly_mail(delivery_id=delivery_id, now=now)


def delivery(delivery_id: int) -> MailDelivery:
    return MailDelivery.objects.get(pk=delivery_id)


class TestClaim:
    def test_due_mail_is_claimed_once_for_the_persons_week(self, student: User) -> None:
        [delivery_id] = claim_due(now=MONDAY)
        found = delivery(delivery_id)
        assert (found.user, found.kind, found.iso_year, found.iso_week) == (student, "weekly", 2026, 49)
        assert (found.state, found.claimed_at, found.sending_at) == (State.CLAIMED, MONDAY, None)
        assert claim_due(now=MONDAY) == []
        assert claim_due(now=MONDAY + dt.timedelta(days=6, hours=15)) == []

    def test_nothing_is_due_before_monday_eight_o_clock(self, student: User) -> None:
        assert claim_due(now=MONDAY - MICROSECOND) == []
        assert len(claim_due(now=MONDAY)) == 1

    def test_the_clock_is_the_persons_own(self, student: User) -> None:
        User.objects.filter(pk=student.pk).update(time_zone="Asia/Kolkata")
        due = dt.datetime(2026, 11, 30, 2, 30, tzinfo=dt.UTC)
        assert claim_due(now=due - MICROSECOND) == []
        assert len(claim_due(now=due)) == 1

    def test_a_late_start_catches_up_until_the_week_is_over(self, student: User) -> None:
        assert len(claim_due(now=dt.datetime(2026, 12, 6, 23, 59, 59, tzinfo=dt.UTC))) == 1

    def test_the_week_after_has_nothing_to_say(self, student: User) -> None:
        assert claim_due(now=MONDAY + WEEK) == []

    @pytest.mark.parametrize(
        ("graded_at", "is_due"),
        [
            (dt.datetime(2026, 11, 23, tzinfo=dt.UTC) - MICROSECOND, False),
            (dt.datetime(2026, 11, 23, tzinfo=dt.UTC), True),
            (dt.datetime(2026, 11, 30, tzinfo=dt.UTC) - MICROSECOND, True),
            (dt.datetime(2026, 11, 30, tzinfo=dt.UTC), False),
        ],
    )
    def test_only_the_last_iso_week_counts(self, student: User, graded_at: dt.datetime, is_due: bool) -> None:
        Attempt.objects.filter(user=student).update(graded_at=graded_at)
        assert bool(claim_due(now=MONDAY)) is is_due

    def test_who_does_not_want_it_or_cannot_get_it_is_left_out(self, bank: None) -> None:
        people = [make_user(name) for name in ("unsubscribed", "inactive", "unverified", "moved", "idle", "eager")]
        for person in people[:4] + people[5:]:
            sit(person, MOCK, now=WEDNESDAY)
        User.objects.filter(email__startswith="unsubscribed").update(wants_weekly_mail=False)
        User.objects.filter(email__startswith="inactive").update(is_active=False)
        EmailAddress.objects.filter(email__startswith="unverified").update(verified=False)
        User.objects.filter(email__startswith="moved").update(email="elsewhere@example.com")
        claim_due(now=MONDAY)
        assert list(MailDelivery.objects.values_list("user__email", flat=True)) == ["eager@example.com"]

    def test_an_attempt_in_which_nothing_was_opened_is_nothing_to_say(self, bank: None, candidate: User) -> None:
        sit(candidate, MOCK, now=WEDNESDAY, only=())
        assert claim_due(now=MONDAY) == []

    def test_an_open_attempt_is_nothing_to_say(self, bank: None, candidate: User) -> None:
        sit(candidate, MOCK, now=WEDNESDAY, close=False)
        assert claim_due(now=MONDAY) == []

    def test_one_person_can_be_claimed_alone(self, student: User, stranger: User) -> None:
        sit(stranger, MOCK, now=WEDNESDAY)
        claim_due(now=MONDAY, user_id=stranger.pk)
        assert [found.user for found in MailDelivery.objects.all()] == [stranger]


class TestSend:
    def test_a_claimed_mail_is_sent_once_with_the_numbers_kept(self, student: User, mailoutbox: list[Any]) -> None:
        [delivery_id] = claim_due(now=MONDAY)
        assert send(delivery_id) == State.SENT
        assert send(delivery_id) == State.SENT
        assert [message.to for message in mailoutbox] == [["candidate@example.com"]]
        found = delivery(delivery_id)
        assert (found.sending_at, found.finished_at, found.note) == (MONDAY, MONDAY, "")
        assert found.snapshot["exam"] == "demo-2"
        assert found.snapshot["week"]["first_total"] == 8
        assert sum(total for _right, total in found.snapshot["domains"].values()) == 8

    def test_sending_is_committed_before_the_server_is_asked(self, student: User, settings: Settings) -> None:
        use(settings, Dying)
        [delivery_id] = claim_due(now=MONDAY)
        with pytest.raises(KeyboardInterrupt):
            send(delivery_id)
        assert delivery(delivery_id).state == State.SENDING
        assert claimed_ids() == []

    def test_a_refused_mail_is_failed_and_never_tried_again(
        self, student: User, settings: Settings, mailoutbox: list[Any]
    ) -> None:
        [delivery_id] = claim_due(now=MONDAY)
        default = settings.EMAIL_BACKEND
        use(settings, Refusing)
        assert send(delivery_id) == State.FAILED
        assert "no such user" in delivery(delivery_id).note
        settings.EMAIL_BACKEND = default
        assert send(delivery_id) == State.FAILED
        assert claim_due(now=MONDAY) == []
        assert mailoutbox == []

    def test_a_mail_whose_answer_never_came_is_unknown_and_never_tried_again(
        self, student: User, settings: Settings, mailoutbox: list[Any]
    ) -> None:
        use(settings, HangingUp)
        [delivery_id] = claim_due(now=MONDAY)
        assert send(delivery_id) == State.UNKNOWN
        assert send(delivery_id) == State.UNKNOWN
        assert len(mailoutbox) == 1

    def test_a_server_that_is_down_leaves_the_mail_claimed(
        self, student: User, settings: Settings, mailoutbox: list[Any]
    ) -> None:
        [delivery_id] = claim_due(now=MONDAY)
        default = settings.EMAIL_BACKEND
        use(settings, Down)
        with pytest.raises(MailServerDown, match="nobody listens"):
            send(delivery_id)
        assert delivery(delivery_id).state == State.CLAIMED
        settings.EMAIL_BACKEND = default
        assert send(delivery_id, MONDAY + dt.timedelta(hours=1)) == State.SENT
        assert len(mailoutbox) == 1

    @pytest.mark.parametrize(
        ("change", "note"),
        [
            ({"wants_weekly_mail": False}, "no longer wanted"),
            ({"is_active": False}, "not active"),
            ({"email": "new@example.com"}, "not verified"),
        ],
    )
    def test_what_changed_since_the_claim_is_respected(
        self, student: User, mailoutbox: list[Any], change: dict[str, Any], note: str
    ) -> None:
        [delivery_id] = claim_due(now=MONDAY)
        User.objects.filter(pk=student.pk).update(**change)
        assert send(delivery_id) == State.FAILED
        assert note in delivery(delivery_id).note
        assert mailoutbox == []

    def test_a_mail_whose_week_is_over_is_not_sent(self, student: User, mailoutbox: list[Any]) -> None:
        [delivery_id] = claim_due(now=MONDAY)
        sunday = dt.datetime(2026, 12, 7, tzinfo=dt.UTC) - MICROSECOND
        assert send(delivery_id, sunday + MICROSECOND) == State.FAILED
        assert "its week is over" in delivery(delivery_id).note
        assert mailoutbox == []

    def test_a_mail_of_the_weeks_last_moment_is_sent(self, student: User, mailoutbox: list[Any]) -> None:
        [delivery_id] = claim_due(now=MONDAY)
        assert send(delivery_id, dt.datetime(2026, 12, 7, tzinfo=dt.UTC) - MICROSECOND) == State.SENT
        assert len(mailoutbox) == 1

    def test_moving_west_after_the_claim_does_not_lose_the_mail(self, student: User, mailoutbox: list[Any]) -> None:
        User.objects.filter(pk=student.pk).update(time_zone="Pacific/Auckland")
        monday_there = dt.datetime(2026, 11, 29, 19, tzinfo=dt.UTC)
        [delivery_id] = claim_due(now=monday_there)
        User.objects.filter(pk=student.pk).update(time_zone="Pacific/Honolulu")
        assert send(delivery_id, monday_there) == State.SENT
        assert claim_due(now=MONDAY + dt.timedelta(hours=12)) == []
        assert len(mailoutbox) == 1

    def test_an_unknown_delivery_is_no_error(self, mailoutbox: list[Any]) -> None:
        assert send(0) == ""


class TestInterrupted:
    def test_a_mail_that_hangs_becomes_unknown_after_a_quarter_of_an_hour(self, student: User) -> None:
        [delivery_id] = claim_due(now=MONDAY)
        MailDelivery.objects.update(state=State.SENDING, sending_at=MONDAY)
        assert give_up_interrupted(now=MONDAY + INTERRUPTED_AFTER) == 0
        assert give_up_interrupted(now=MONDAY + INTERRUPTED_AFTER + MICROSECOND) == 1
        assert delivery(delivery_id).state == State.UNKNOWN

    def test_it_is_never_sent_by_itself_again(self, student: User, mailoutbox: list[Any]) -> None:
        [delivery_id] = claim_due(now=MONDAY)
        MailDelivery.objects.update(state=State.SENDING, sending_at=MONDAY)
        give_up_interrupted(now=MONDAY + WEEK)
        assert (claimed_ids(), claim_due(now=MONDAY)) == ([], [])
        assert send(delivery_id) == State.UNKNOWN
        assert mailoutbox == []


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_two_claims_make_one_delivery(self, transactional_db: None, student: User) -> None:
        with uncommitted():
            assert len(claim_due(now=MONDAY)) == 1
            second = Actor(lambda: claim_due(now=MONDAY))
            second.wait_until_blocked()
        assert second.result() == []
        assert MailDelivery.objects.count() == 1

    def test_two_senders_send_one_mail(self, transactional_db: None, student: User, mailoutbox: list[Any]) -> None:
        [delivery_id] = claim_due(now=MONDAY)
        gate = Gate('UPDATE "progress_maildelivery"')
        first = Actor(gate.before(lambda: send(delivery_id)))
        gate.wait_until_reached()
        assert send(delivery_id) == State.SENT
        gate.open()
        assert first.result() == State.SENT
        assert len(mailoutbox) == 1

    def test_unsubscribing_before_the_last_moment_wins(
        self, transactional_db: None, student: User, mailoutbox: list[Any]
    ) -> None:
        [delivery_id] = claim_due(now=MONDAY)
        gate = Gate('UPDATE "progress_maildelivery"')
        sending = Actor(gate.before(lambda: send(delivery_id)))
        gate.wait_until_reached()
        set_weekly_mail(user_id=student.pk, wanted=False)
        gate.open()
        assert sending.result() == State.CLAIMED
        assert mailoutbox == []
        assert send(delivery_id) == State.FAILED

    def test_sending_inside_a_transaction_is_refused(
        self, transactional_db: None, student: User, mailoutbox: list[Any]
    ) -> None:
        [delivery_id] = claim_due(now=MONDAY)
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            send(delivery_id)
        assert mailoutbox == []


class TestFanOut:
    def test_claims_and_retries_what_a_crash_left(
        self, student: User, stranger: User, monkeypatch: pytest.MonkeyPatch, time_machine: Any
    ) -> None:
        sit(stranger, MOCK, now=WEDNESDAY, is_right=wrong)
        [left] = claim_due(now=MONDAY, user_id=student.pk)
        enqueued: list[int] = []
        monkeypatch.setattr("progress.tasks.enqueue", lambda task, delivery_id: enqueued.append(delivery_id))
        time_machine.move_to(MONDAY + dt.timedelta(hours=1), tick=False)
        fan_out_weekly_mails()
        assert enqueued == list(MailDelivery.objects.order_by("pk").values_list("pk", flat=True))
        assert left in enqueued
        assert len(enqueued) == 2
