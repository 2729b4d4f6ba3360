"""A student says what is wrong with an item, its authors answer, and the student reads it where they asked."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from exams.mark_input import LONGEST_REPORT
from exams.models import ProblemReport
from tests.asserts import assert_status
from tests.cast import client_of
from tests.exams.room import HTMX, Room, begin
from tests.factories import NEWER, OLDER, item_at, right_response

WORDS = "the limit was <raised> in October"
SHOWN = "the limit was &lt;raised&gt; in October"


@pytest.fixture
def room(bank: None, candidate_client: Client) -> Room:
    room = begin(candidate_client, f"{OLDER}-mock")
    room.submit()
    return room


def send(room: Room, position: int = 1, text: str = WORDS) -> str:
    """Send a report and return the page it leads to."""
    response = room.client.post(room.address("report_problem", position), {"text": text}, follow=True)
    assert_status(response, 200)
    return str(response.content.decode())


def only_report() -> ProblemReport:
    return ProblemReport.objects.get()


class TestReporting:
    def test_each_reviewed_item_has_a_form(self, room: Room) -> None:
        page = room.result()

        for position in range(1, 9):
            assert room.address("report_problem", position) in page
            assert f'id="report-{position}"' in page

    def test_is_stored_with_the_version_and_acknowledged(self, room: Room) -> None:
        page = send(room, 2)

        report = only_report()
        assert (report.version, report.attempt, report.text) == (item_at(room.attempt, 2).version, room.attempt, WORDS)
        assert report.state == ProblemReport.State.OPEN
        assert "Thank you. Your report on question 2 is with its authors" in page
        assert SHOWN in page
        assert "with the authors" in page

    def test_leads_back_to_the_item_opened(self, room: Room) -> None:
        response = room.client.post(room.address("report_problem", 2), {"text": WORDS})

        assert response["Location"] == f"{room.address('result')}?open=2#question-2"

    def test_second_word_on_an_item_replaces_the_first(self, room: Room) -> None:
        send(room)
        first = only_report().reported_at
        page = send(room, text="no, the region")

        assert only_report().text == "no, the region"
        assert only_report().reported_at > first
        assert "Change your report" in page

    def test_two_items_have_two_reports(self, room: Room) -> None:
        send(room, 1)
        send(room, 2)

        assert ProblemReport.objects.count() == 2

    @pytest.mark.parametrize("text", ["", "  \r\n ", "x" * (LONGEST_REPORT + 1)])
    def test_no_words_and_too_many_are_refused_with_a_message(self, text: str, room: Room) -> None:
        page = send(room, text=text)

        assert "Your report was not stored" in page
        assert not ProblemReport.objects.exists()

    def test_stranger_finds_nothing(self, room: Room, stranger_client: Client) -> None:
        assert_status(stranger_client.post(room.address("report_problem", 1), {"text": WORDS}), 404)
        assert not ProblemReport.objects.exists()

    @pytest.mark.parametrize("slug", [f"{NEWER}-mock", f"{NEWER}-sample", f"{NEWER}-practice"])
    def test_item_whose_explanation_was_not_shown_cannot_be_reported(
        self, slug: str, bank: None, candidate_client: Client
    ) -> None:
        open_room = begin(candidate_client, slug)

        assert_status(candidate_client.post(open_room.address("report_problem", 1), {"text": WORDS}), 404)
        assert not ProblemReport.objects.exists()

    def test_checked_item_of_a_practice_can_be_reported_at_once(self, bank: None, candidate_client: Client) -> None:
        practice = begin(candidate_client, f"{NEWER}-practice")
        form = practice.fields(1, right_response(item_at(practice.attempt)))
        checked = candidate_client.post(practice.address("check_answer", 1), form, headers=HTMX).content.decode()
        assert practice.address("report_problem", 1) in checked
        assert 'name="csrfmiddlewaretoken"' in checked.split(practice.address("report_problem", 1))[1]

        page = send(practice)

        assert SHOWN in page
        assert "Question 1 of 5" in page

    def test_guest_reports_too(self, bank: None, client: Client) -> None:
        sample = begin(client, f"{NEWER}-sample")
        sample.submit()

        assert SHOWN in send(sample)

    def test_form_of_another_site_is_refused(self, room: Room) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = room.client.cookies

        assert_status(strict.post(room.address("report_problem", 1), {"text": WORDS}), 403)

    def test_form_of_the_result_passes(self, room: Room) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = room.client.cookies
        strict.get(room.address("result"))
        fields = {"text": WORDS, "csrfmiddlewaretoken": strict.cookies["csrftoken"].value}

        assert_status(strict.post(room.address("report_problem", 1), fields), 302)


class TestAnswer:
    @pytest.fixture
    def report(self, room: Room) -> ProblemReport:
        send(room)
        return only_report()

    def answer(self, client: Client, report: ProblemReport, text: str) -> object:
        address = reverse("admin:exams_problemreport_change", args=[report.pk])
        return client.post(address, {"answer": text, "state": "open", "text": "changed"}, follow=True)

    def test_authors_find_it_in_the_list(self, report: ProblemReport, author_client: Client) -> None:
        address = reverse("admin:exams_problemreport_changelist")
        for query, is_listed in (
            ({}, True),
            ({"state__exact": "open"}, True),
            ({"state__exact": "settled"}, False),
            ({"q": "raised"}, True),
            ({"q": str(report.version.scenario.slug)}, True),
            ({"q": "nothing like it"}, False),
        ):
            page = author_client.get(address, query).content.decode()
            assert (SHOWN in page) == is_listed, query

    def test_authors_see_the_item_and_what_was_chosen_but_not_who(
        self, bank: None, candidate: User, author_client: Client
    ) -> None:
        room = begin(client_of(candidate), f"{OLDER}-mock")
        room.save(1, right_response(item_at(room.attempt)))
        room.submit()
        send(room)
        version = item_at(room.attempt).version

        page = author_client.get(reverse("admin:exams_problemreport_change", args=[only_report().pk])).content.decode()

        assert reverse("admin:questions_scenario_change", args=[version.scenario_id]) in page
        for position in right_response(item_at(room.attempt)):
            assert version.options.get(position=position).text in page
        assert candidate.email not in page
        assert str(room.attempt.uuid) not in page

    def test_answer_settles_it_and_changes_nothing_else(self, report: ProblemReport, author_client: Client) -> None:
        assert_status(self.answer(author_client, report, "  Right you are <b>  "), 200)

        report.refresh_from_db()
        assert (report.answer, report.state, report.text) == ("Right you are <b>", "settled", WORDS)

    def test_answer_taken_back_opens_it_again(self, report: ProblemReport, author_client: Client) -> None:
        self.answer(author_client, report, "Right")
        self.answer(author_client, report, " ")

        report.refresh_from_db()
        assert (report.answer, report.state) == ("", "open")

    def test_student_reads_it_on_the_review_and_in_the_list(
        self, report: ProblemReport, room: Room, author_client: Client
    ) -> None:
        assert "one report answered" not in room.client.get("/attempts/").content.decode()
        self.answer(author_client, report, "Right you are <b>")

        page = room.result()

        assert "Answer of the authors to your report" in page
        assert "Right you are &lt;b&gt;" in page
        assert "the authors answered you" in page
        assert "one report answered" in room.client.get("/attempts/").content.decode()

    def test_further_word_reopens_it_and_keeps_the_answer(
        self, report: ProblemReport, room: Room, author_client: Client
    ) -> None:
        self.answer(author_client, report, "Right")

        page = send(room, text="still wrong")

        report.refresh_from_db()
        assert (report.state, report.answer, report.text) == ("open", "Right", "still wrong")
        assert "Answer of the authors to your report" in page

    def test_is_shown_to_its_author_alone(self, report: ProblemReport, room: Room, author_client: Client) -> None:
        self.answer(author_client, report, "Right you are")
        other = begin(room.client, f"{OLDER}-mock")
        other.submit()

        assert SHOWN not in other.result()

    def test_waits_while_the_item_is_in_another_open_exam(
        self, report: ProblemReport, room: Room, author_client: Client
    ) -> None:
        self.answer(author_client, report, "B is right")
        second = begin(room.client, f"{OLDER}-mock")
        second.attempt.items.filter(position=1).update(version=report.version)

        page = room.result()

        assert "B is right" not in page
        assert room.address("report_problem", 1) not in page
        assert "the authors answered you" not in page

    def test_students_have_no_business_in_the_admin(self, report: ProblemReport, candidate_client: Client) -> None:
        address = reverse("admin:exams_problemreport_changelist")

        assert_status(candidate_client.get(address), 302)

    @pytest.mark.parametrize("name", ["add", "delete"])
    def test_nobody_adds_or_deletes_one(self, name: str, report: ProblemReport, author_client: Client) -> None:
        arguments = [report.pk] if name == "delete" else []

        assert_status(author_client.get(reverse(f"admin:exams_problemreport_{name}", args=arguments)), 403)
