"""What operators type."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from progress.models import MailDelivery, ReportState, TopicResult
from tests.progress.conftest import MONDAY, WEDNESDAY
from tests.progress.sittings import MOCK, sit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bank")]


def run(name: str, *arguments: str) -> str:
    output = io.StringIO()
    call_command(name, *arguments, stdout=output)
    return output.getvalue()


class TestSendWeeklyEmails:
    def test_sends_what_is_due_and_says_so(self, student: User, mailoutbox: list[Any]) -> None:
        output = run("send_weekly_emails", "--now", MONDAY.isoformat())
        assert "1 of 1: delivery" in output
        assert "Done: 1 sent." in output
        assert len(mailoutbox) == 1

    def test_running_it_again_sends_nothing(self, student: User, mailoutbox: list[Any]) -> None:
        run("send_weekly_emails", "--now", MONDAY.isoformat())
        assert "no mail is due" in run("send_weekly_emails", "--now", MONDAY.isoformat())
        assert len(mailoutbox) == 1

    def test_one_person_only(self, student: User, stranger: User, mailoutbox: list[Any]) -> None:
        sit(stranger, MOCK, now=WEDNESDAY)
        run("send_weekly_emails", "--now", MONDAY.isoformat(), "--user", "Stranger@example.com")
        assert [message.to for message in mailoutbox] == [["stranger@example.com"]]
        assert MailDelivery.objects.count() == 1

    def test_says_why_a_mail_was_not_sent(self, student: User, mailoutbox: list[Any]) -> None:
        run("send_weekly_emails", "--now", MONDAY.isoformat())
        MailDelivery.objects.update(state=MailDelivery.State.CLAIMED)
        User.objects.update(wants_weekly_mail=False)
        output = run("send_weekly_emails", "--now", MONDAY.isoformat())
        assert "Not sent: it is no longer wanted." in output
        assert "1 failed" in output

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--user", "nobody@example.com"], "no account"),
            (["--now", "yesterday"], "is not a moment"),
            (["--now", "2026-11-30T08:00:00"], "with its offset"),
        ],
    )
    def test_bad_arguments_are_explained(self, arguments: list[str], message: str, mailoutbox: list[Any]) -> None:
        with pytest.raises(CommandError, match=message):
            run("send_weekly_emails", *arguments)
        assert mailoutbox == []


class TestRefreshReports:
    def test_builds_everybodys_report_anew(self, student: User, stranger: User) -> None:
        sit(stranger, MOCK)
        assert "2 of 2 students" in run("refresh_reports")
        assert set(ReportState.objects.values_list("user", flat=True)) == {student.pk, stranger.pk}

    def test_builds_one_persons_report(self, student: User, stranger: User) -> None:
        sit(stranger, MOCK)
        run("refresh_reports", "--user", student.email)
        assert set(TopicResult.objects.values_list("user", flat=True)) == {student.pk}

    def test_an_unknown_person_is_told(self) -> None:
        with pytest.raises(CommandError, match="no account"):
            run("refresh_reports", "--user", "nobody@example.com")
