"""What the weekly mail says, and that nothing but a pressed button ends it."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client

from accounts.models import User
from exams.models import AttemptItem
from progress.deliveries import claim_due, send_weekly_mail
from progress.emails import bar_segments
from progress.lines import TopicLine
from progress.mastery import judge
from progress.models import MailDelivery
from progress.unsubscribing import read_unsubscribe_token, unsubscribe_token
from questions.models import Topic
from tests.asserts import assert_status
from tests.cast import PASSWORD
from tests.factories import SECRET, SECRET_SLUG
from tests.progress.conftest import MONDAY, WEDNESDAY
from tests.progress.sittings import MOCK, PRACTICE, SAMPLE, sit, wrong

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bank")]
WEEK = dt.timedelta(days=7)
HOUR = dt.timedelta(hours=1)


def mail(mailoutbox: list[EmailMultiAlternatives], now: dt.datetime = MONDAY) -> EmailMultiAlternatives:
    """Claim and send what is due, and return the one mail that went out."""
    before = len(mailoutbox)
    for delivery_id in claim_due(now=now):
        send_weekly_mail(delivery_id=delivery_id, now=now)
    assert len(mailoutbox) == before + 1
    return mailoutbox[-1]


def html_of(message: EmailMultiAlternatives) -> str:
    [(content, kind)] = message.alternatives
    assert kind == "text/html"
    return str(content)


def words_of(page: str) -> str:
    """Return the words of a page, in order."""
    body = re.sub(r"<(style|title).*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&nbsp;", " ").split())


def paths(message: EmailMultiAlternatives) -> list[str]:
    """Return path and query of every link of a mail, of both its parts and its headers."""
    headers = message.extra_headers["List-Unsubscribe"]
    links = re.findall(r"https?://[^\s\"<>]+", f"{message.body} {html_of(message)} {headers}")
    return sorted({urlsplit(html.unescape(link))._replace(scheme="", netloc="").geturl() for link in links})


class TestContent:
    def test_says_what_was_done_in_both_parts(self, student: User, mailoutbox: list[Any]) -> None:
        message = mail(mailoutbox)
        assert message.subject == "Your week: 8 questions, 8 right"
        for text in (message.body, words_of(html_of(message))):
            assert "Your week: 8 questions, 8 right" in text
            assert "Where you stand in DEMO-2".lower() in text.lower()
            assert "not enough evidence yet" in text
            assert "first weekly mail" in text
            assert "End the weekly mail" in text
            assert "  of " not in text

    def test_both_parts_have_the_same_links(self, student: User, mailoutbox: list[Any]) -> None:
        message = mail(mailoutbox)
        html_links = {html.unescape(link) for link in re.findall(r'href="([^"]+)"', html_of(message))}
        text_links = set(re.findall(r"https?://\S+", str(message.body)))
        assert html_links == text_links

    def test_repeats_are_told_apart_from_first_sight(self, student: User, mailoutbox: list[Any]) -> None:
        sit(student, SAMPLE, now=WEDNESDAY + HOUR)
        for hours in (2, 3, 4):
            sit(student, PRACTICE, now=WEDNESDAY + hours * HOUR, is_right=wrong)
        message = mail(mailoutbox)
        counts = MailDelivery.objects.get().snapshot["week"]
        assert counts["repeat_total"] > 0
        expected = f"Seen for the first time: {counts['first_total']} ({counts['first_correct']} right)."
        assert expected in str(message.body)
        assert expected in words_of(html_of(message))
        total = AttemptItem.objects.filter(attempt__user=student).count()
        assert counts["first_total"] + counts["repeat_total"] == total

    def test_says_what_stands_out_as_weak_and_what_is_mixed_up(self, candidate: User, mailoutbox: list[Any]) -> None:
        for hours in range(3):
            sit(candidate, PRACTICE, now=WEDNESDAY + hours * HOUR, is_right=wrong)
        message = mail(mailoutbox)
        for text in (str(message.body), words_of(html_of(message))):
            assert "what stands out as weak" in text.lower()
            assert "You chose South where North was right" in text
        assert f"/notes/compare/{SECRET_SLUG}-north-south/" in paths(message)

    def test_only_one_next_action(self, student: User, mailoutbox: list[Any]) -> None:
        message = mail(mailoutbox)
        starts = [path for path in paths(message) if "start" in path]
        assert starts == ["/account/login/?next=%2Fstart%2Fdemo-2%2Fdemo-2-practice%2F"]

    def test_the_next_action_is_reached_logged_in_and_logged_out(
        self, student: User, candidate_client: Client, mailoutbox: list[Any]
    ) -> None:
        [path] = [path for path in paths(mail(mailoutbox)) if "start" in path]
        assert candidate_client.get(path)["Location"] == "/start/demo-2/demo-2-practice/"
        browser = Client()
        assert_status(browser.get(path), 200)
        response = browser.post(path, {"login": student.email, "password": PASSWORD})
        assert response["Location"] == "/start/demo-2/demo-2-practice/"

    def test_nothing_of_an_open_sealed_attempt(self, candidate: User, mailoutbox: list[Any]) -> None:
        for hours in range(3):
            sit(candidate, PRACTICE, now=WEDNESDAY + hours * HOUR, is_right=wrong)
        sit(candidate, MOCK, now=MONDAY, close=False)
        message = mail(mailoutbox)
        for text in (str(message.body), html_of(message)):
            assert "You chose" not in text
            assert SECRET not in text
            assert "/notes/compare/" not in text

    def test_addresses_come_from_the_settings(self, student: User, mailoutbox: list[Any], settings: Any) -> None:
        settings.SITE_ADDRESS = "https://exams.example.org/"
        message = mail(mailoutbox)
        links = re.findall(r"https?://[^\s\"<>]+", f"{message.body} {html_of(message)}")
        assert links
        assert all(re.match(r"https://exams\.example\.org/[a-z]", link) for link in links)

    def test_html_has_its_styles_inlined_and_loads_nothing(self, student: User, mailoutbox: list[Any]) -> None:
        page = html_of(mail(mailoutbox))
        assert 'style="' in page
        assert "prefers-color-scheme: dark" in page
        for word in ("<img", "<script", "<link", "url(", "var(--"):
            assert word not in page


class TestChange:
    def test_a_change_that_stands_out_is_the_subject(self, candidate: User, mailoutbox: list[Any]) -> None:
        for hours in range(3):
            sit(candidate, PRACTICE, now=WEDNESDAY + hours * HOUR, is_right=wrong)
        mail(mailoutbox)
        before = MailDelivery.objects.get().snapshot["domains"]
        sit(candidate, MOCK, now=WEDNESDAY + WEEK)
        for hours in range(1, 3):
            sit(candidate, MOCK, now=WEDNESDAY + WEEK + hours * HOUR)
        message = mail(mailoutbox, MONDAY + WEEK)
        assert max(total for _right, total in before.values()) >= 5
        assert re.fullmatch(r"Domain \d is up \d+ points", str(message.subject)), message.subject
        for text in (str(message.body), words_of(html_of(message))):
            assert re.search(r"up \d+ points, likely \d+ to \d+", text)
            assert "since your mail of 30 November" in text

    def test_a_change_within_chance_is_not(self, candidate: User, mailoutbox: list[Any]) -> None:
        def is_right(item: AttemptItem) -> bool:
            """Half of every domain and pool."""
            return int(item.version.scenario.slug.rpartition("-")[2]) % 2 == 0

        for hours in range(3):
            sit(candidate, PRACTICE, now=WEDNESDAY + hours * HOUR, is_right=is_right)
        mail(mailoutbox)
        for hours in range(3):
            sit(candidate, MOCK, now=WEDNESDAY + WEEK + hours * HOUR, is_right=is_right)
        message = mail(mailoutbox, MONDAY + WEEK)
        assert message.subject.startswith("Your week: ")
        assert "points" not in str(message.body)


@pytest.mark.parametrize(("correct", "total"), [(0, 0), (0, 5), (3, 5), (5, 5), (1, 300), (299, 300), (300, 300)])
@pytest.mark.parametrize("target", [1, 75, 100])
def test_bar_cells_always_fill_the_width(correct: int, total: int, target: int) -> None:
    line = TopicLine(Topic(code="1"), 50.0, judge(correct=correct, total=total, target=target), 0, 0)
    segments = bar_segments(line, target)
    assert sum(segment.width for segment in segments) == 100
    assert all(segment.width > 0 for segment in segments)
    assert ("estimate" in {segment.kind for segment in segments}) == (total >= 5)


class TestUnsubscribe:
    def every_row(self) -> Iterator[tuple[str, list[Any]]]:
        for model in apps.get_models(include_auto_created=True):
            with connection.cursor() as cursor:
                table = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(f"SELECT * FROM {table} ORDER BY 1")  # noqa: S608 (names of our own tables)
                yield table, cursor.fetchall()

    def address(self, user: User) -> str:
        return f"/mail/unsubscribe/{unsubscribe_token(user.pk)}/"

    def wants(self, user: User) -> bool:
        return User.objects.get(pk=user.pk).wants_weekly_mail

    def test_fetching_every_link_of_a_mail_changes_nothing(self, student: User, mailoutbox: list[Any]) -> None:
        message = mail(mailoutbox)
        links = paths(message)
        assert len(links) >= 4
        before = dict(self.every_row())
        for path in links:
            for method in ("get", "head"):
                response = getattr(Client(), method)(path)
                assert response.status_code in (200, 302), path
        assert dict(self.every_row()) == before
        assert self.wants(student)

    def test_headers_offer_one_click(self, student: User, mailoutbox: list[Any]) -> None:
        message = mail(mailoutbox)
        sent: Message = message.message()
        [address] = re.fullmatch(r"<(https?://.+)>", str(message.extra_headers["List-Unsubscribe"])).groups()  # type: ignore[union-attr]
        assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        response = Client(enforce_csrf_checks=True).post(urlsplit(address).path, {"List-Unsubscribe": "One-Click"})
        assert_status(response, 200)
        assert not self.wants(student)

    def test_the_page_asks_and_its_button_ends_the_mail_without_login(self, student: User) -> None:
        browser = Client(enforce_csrf_checks=True)
        page = browser.get(self.address(student))
        assert_status(page, 200)
        assert 'method="post"' in page.content.decode()
        assert self.wants(student)
        done = browser.post(self.address(student))
        assert_status(done, 200)
        assert "no more weekly mails" in done.content.decode()
        assert not self.wants(student)
        assert "sessionid" not in browser.cookies

    def test_repeating_it_is_fine(self, student: User) -> None:
        for _ in range(2):
            assert_status(Client().post(self.address(student)), 200)
        assert not self.wants(student)

    def test_no_mail_follows(self, student: User, mailoutbox: list[Any]) -> None:
        Client().post(self.address(student))
        assert claim_due(now=MONDAY) == []
        assert mailoutbox == []

    @pytest.mark.parametrize("token", ["nonsense", "WzFd:forged", "WzFd"])
    def test_a_bad_token_is_told_and_changes_nothing(self, student: User, token: str) -> None:
        for method in ("get", "post"):
            response = getattr(Client(), method)(f"/mail/unsubscribe/{token}/")
            assert_status(response, 404)
            assert "This link does not work" in response.content.decode()
        assert self.wants(student)

    def test_a_token_of_one_person_does_not_end_anothers_mail(self, student: User, stranger: User) -> None:
        Client().post(self.address(stranger))
        assert self.wants(student)
        assert read_unsubscribe_token(unsubscribe_token(student.pk)) == student.pk
