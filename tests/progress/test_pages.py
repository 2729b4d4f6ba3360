"""Dashboard and report: what they say, what they cost, and what they must not show."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from exams.models import Attempt, AttemptItem
from progress.reports import refresh_reports
from tests.asserts import assert_never_stored, assert_status, at_most_queries
from tests.cast import client_of
from tests.factories import NEWER, NOW, OLDER, SECRET, SECRET_SLUG, item_at, right_response
from tests.progress.sittings import MOCK, PRACTICE, domain_of, refresh, sit, wrong

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bank")]
DASHBOARD = "/dashboard/"
REPORT = f"/report/{NEWER}/"
HOUR = dt.timedelta(hours=1)


def words(client: Client, path: str) -> str:
    """Return the words of a page's main part."""
    response = client.get(path)
    assert_status(response, 200)
    main = re.search(r"<main.*</main>", response.content.decode(), flags=re.DOTALL)
    assert main
    return " ".join(re.sub(r"<[^>]+>", " ", main.group()).replace("&nbsp;", " ").split())


def practise(user: User, times: int = 3) -> None:
    """Miss everything in so many practice rounds, and build the report."""
    for hours in range(times):
        sit(user, PRACTICE, now=NOW + hours * HOUR, is_right=wrong)
    refresh(user)


class TestReport:
    def test_every_figure_has_its_count_and_range_or_says_what_is_missing(
        self, candidate: User, candidate_client: Client
    ) -> None:
        attempt = sit(candidate, MOCK, is_right=lambda item: domain_of(item) != "1")
        refresh(candidate)
        text = words(candidate_client, REPORT)
        asked = [domain_of(item) for item in attempt.items.select_related("version__scenario")]
        for code in ("1", "2", "3"):
            total = asked.count(code)
            right = 0 if code == "1" else total
            if total >= 5:
                assert re.search(rf"{right} of {total} , {round(100 * right / total)} % , likely \d+ to \d+", text)
            else:
                assert f"{right} of {total} ; not enough evidence yet: {5 - total} more answer" in text
        assert "50 % of the exam" in text
        assert "practice target of 75 %" in text

    def test_says_from_how_many_first_sight_answers_and_when(self, candidate: User, candidate_client: Client) -> None:
        sit(candidate, MOCK)
        refresh(candidate, now=NOW)
        text = words(candidate_client, REPORT)
        assert "It rests on 8 questions you saw for the first time (8 right)." in text
        assert "Built 24 November 2026, 09:00." in text

    def test_repeats_stand_apart(self, candidate: User, candidate_client: Client) -> None:
        practise(candidate, times=6)
        text = words(candidate_client, REPORT)
        repeats = AttemptItem.objects.filter(attempt__user=candidate).count() - len(
            set(AttemptItem.objects.filter(attempt__user=candidate).values_list("version__scenario", flat=True))
        )
        assert f"{repeats} repeats (0 right) are counted apart" in text
        assert re.search(r"repeats: 0 of \d+", text)

    def test_names_what_is_taken_for_what_with_its_comparison(self, candidate: User, candidate_client: Client) -> None:
        practise(candidate)
        page = candidate_client.get(REPORT).content.decode()
        assert "stands out" in page
        assert re.search(r"\d+ of \d+ chances", page)
        assert reverse("questions:misconception", args=[f"{SECRET_SLUG}-north-south"]) in page

    def test_has_its_table_on_the_page(self, candidate: User, candidate_client: Client) -> None:
        practise(candidate)
        page = candidate_client.get(REPORT).content.decode()
        assert "<summary>The same as a table</summary>" in page
        assert page.count('<th scope="row">') >= 6

    def test_without_attempts_says_what_to_do(self, candidate_client: Client) -> None:
        assert "Nothing to report yet" in words(candidate_client, REPORT)

    def test_says_when_newer_answers_are_on_their_way(self, candidate: User, candidate_client: Client) -> None:
        sit(candidate, MOCK)
        assert "newest answers are being added" in words(candidate_client, REPORT)
        refresh(candidate)
        assert "newest answers are being added" not in words(candidate_client, REPORT)

    def test_an_unknown_exam_is_not_found(self, candidate_client: Client) -> None:
        assert_status(candidate_client.get("/report/nothing/"), 404)

    def test_is_the_persons_own(self, candidate: User, stranger_client: Client) -> None:
        practise(candidate)
        assert "Nothing to report yet" in words(stranger_client, REPORT)


class TestSealed:
    def test_no_confusions_while_a_sealed_attempt_is_open(self, candidate: User, candidate_client: Client) -> None:
        practise(candidate)
        attempt = sit(candidate, MOCK, now=timezone.now(), close=False)
        for path in (REPORT, DASHBOARD):
            page = candidate_client.get(path).content.decode()
            assert "stands out</span>" not in page
            assert "You chose" not in page
            assert SECRET not in page
            assert SECRET_SLUG not in page
        assert "in the middle of an exam" in words(candidate_client, REPORT)
        Attempt.objects.filter(pk=attempt.pk).delete()
        assert "You chose" in words(candidate_client, DASHBOARD)

    def test_an_open_practice_round_hides_nothing(self, candidate: User, candidate_client: Client) -> None:
        practise(candidate)
        sit(candidate, PRACTICE, now=timezone.now(), close=False)
        assert "in the middle of an exam" not in words(candidate_client, REPORT)

    def test_answers_of_an_open_attempt_are_not_in_the_report(self, candidate: User, candidate_client: Client) -> None:
        sit(candidate, PRACTICE)
        refresh(candidate)
        before = words(candidate_client, REPORT)
        sit(candidate, PRACTICE, now=timezone.now(), close=False)
        refresh(candidate)
        assert (
            words(candidate_client, REPORT).partition("Domains and tasks")[2]
            == before.partition("Domains and tasks")[2]
        )


class TestDashboard:
    def test_is_where_a_login_leads(self, settings: object, candidate: User) -> None:
        assert getattr(settings, "LOGIN_REDIRECT_URL") == "progress:dashboard"  # noqa: B009 (settings are untyped)
        assert_status(client_of(candidate).get(DASHBOARD), 200)

    def test_a_new_student_is_led_to_practice_of_the_current_exam(self, candidate_client: Client) -> None:
        page = candidate_client.get(DASHBOARD).content.decode()
        assert f'action="/start/{NEWER}/{PRACTICE}/"' in page
        assert "5 questions, about 6 minutes" in page
        assert "Your first result will stand here" in page

    def test_an_open_attempt_comes_first_and_continues_by_post(self, candidate: User, candidate_client: Client) -> None:
        attempt = sit(candidate, MOCK, now=timezone.now(), only={1}, close=False)
        practice = sit(candidate, PRACTICE, now=timezone.now(), only={1}, close=False)
        page = candidate_client.get(DASHBOARD).content.decode()
        first, second = (page.find(f'action="/attempts/{a.uuid}/continue/"') for a in (attempt, practice))
        assert 0 < first < second
        assert "Finish demo-2 mock" in page
        response = candidate_client.post(f"/attempts/{attempt.uuid}/continue/")
        assert response["Location"] == f"/attempts/{attempt.uuid}/items/2/"

    def test_an_attempt_whose_time_is_over_is_not_offered(self, candidate: User, candidate_client: Client) -> None:
        attempt = sit(candidate, MOCK, now=timezone.now() - dt.timedelta(hours=2), close=False)
        assert str(attempt.uuid) not in candidate_client.get(DASHBOARD).content.decode()

    def test_shows_what_is_weak_or_else_where_most_is_to_be_won(
        self, candidate: User, candidate_client: Client
    ) -> None:
        assert "No topic stands out as weak so far" in words(candidate_client, DASHBOARD)
        practise(candidate)
        text = words(candidate_client, DASHBOARD)
        assert "Weakest in DEMO-2" in text
        assert "No topic stands out as weak" not in text

    def test_lists_the_last_results_and_links_the_report(self, candidate: User, candidate_client: Client) -> None:
        attempt = sit(candidate, MOCK)
        refresh(candidate)
        page = candidate_client.get(DASHBOARD).content.decode()
        assert f"/attempts/{attempt.uuid}/result/" in page
        assert f'href="{REPORT}"' in page
        assert "6 of 6 right" in words(candidate_client, DASHBOARD)

    def test_shows_nobody_elses_attempts(self, candidate: User, stranger_client: Client) -> None:
        attempt = sit(candidate, MOCK, now=timezone.now(), close=False)
        assert str(attempt.uuid) not in stranger_client.get(DASHBOARD).content.decode()


@pytest.mark.parametrize("path", [DASHBOARD, REPORT])
class TestBoth:
    def test_a_visitor_logs_in_first(self, path: str) -> None:
        response = Client().get(path)
        assert response["Location"] == f"/account/login/?next={path}"

    def test_no_cache_keeps_them(self, candidate_client: Client, path: str) -> None:
        assert_never_stored(candidate_client.get(path))

    def test_only_reading_is_allowed(self, candidate_client: Client, path: str) -> None:
        assert_status(candidate_client.post(path), 405)

    def test_costs_at_most_twelve_statements_however_much_was_answered(
        self, candidate: User, candidate_client: Client, path: str
    ) -> None:
        practise(candidate, times=1)
        candidate_client.get(path)
        with at_most_queries(12) as small:
            candidate_client.get(path)
        practise(candidate, times=6)
        sit(candidate, f"{OLDER}-mock", now=NOW + 20 * HOUR, is_right=wrong)
        refresh(candidate)
        with at_most_queries(12) as large:
            candidate_client.get(path)
        assert len(large) == len(small)


class TestReviewPanel:
    def sentence(self, client: Client, attempt: Attempt) -> list[str]:
        page = client.get(f"/attempts/{attempt.uuid}/result/").content.decode()
        return re.findall(r"You chose this where the other was right in (\d+ of \d+) chances", page)

    def test_a_chosen_distractor_says_how_often(self, candidate: User, candidate_client: Client) -> None:
        attempt = sit(candidate, MOCK, is_right=lambda item: item.position > 3)
        refresh_reports(user_id=candidate.pk, now=NOW)
        assert set(self.sentence(candidate_client, attempt)) == {"3 of 8"}

    def test_nothing_is_said_before_the_report_knows_the_attempt(
        self, candidate: User, candidate_client: Client
    ) -> None:
        practise(candidate)
        attempt = sit(candidate, MOCK, now=NOW + 9 * HOUR, is_right=wrong)
        assert self.sentence(candidate_client, attempt) == []
        refresh(candidate)
        assert self.sentence(candidate_client, attempt) != []

    def test_all_right_says_nothing(self, candidate: User, candidate_client: Client) -> None:
        attempt = sit(candidate, MOCK)
        refresh(candidate)
        assert right_response(item_at(attempt)) == item_at(attempt).response
        assert self.sentence(candidate_client, attempt) == []
