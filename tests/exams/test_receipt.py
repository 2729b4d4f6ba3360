"""The receipt: every answer as it arrived, in the letters that were shown, and nothing of what is right."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re

import pytest
from django.test import Client

from accounts.models import User
from exams.closing import close_attempt, sweep
from exams.models import Attempt
from exams.receipts import Receipt, receipt_of, shown_answer
from exams.saving import AnswerRefused
from exams.selectors import letter_for
from exams.starting import take_lease
from questions.responses import Response
from tests.asserts import assert_never_stored, assert_status, at_most_queries
from tests.exams.room import begin
from tests.exams.test_clock import ACCEPT_UNTIL
from tests.exams.test_leaks import assert_tells_nothing
from tests.factories import (
    NEWER,
    NOW,
    OLDER,
    Pen,
    item_at,
    position_of_kind,
    right_response,
    start,
    start_with,
    wrong_response,
)


@pytest.fixture
def attempt(bank: None, candidate: User) -> Attempt:
    return start(candidate)


def receipt(attempt: Attempt) -> Receipt:
    return receipt_of(Attempt.objects.select_related("blueprint__exam_version").get(pk=attempt.pk))


def refused_save(pen: Pen, position: int, response: Response, **more: object) -> None:
    with pytest.raises(AnswerRefused):
        pen.save(position, response, **more)  # type: ignore[arg-type]


class TestLines:
    def test_facts_of_an_open_attempt(self, attempt: Attempt) -> None:
        assert receipt(attempt).lines == [
            f"Receipt of attempt: {attempt.uuid}",
            "Exam: DEMO-1, demo-1 mock (full mock)",
            "Questions: 8",
            "Started: 2026-11-24 09:00:00.000 UTC",
            "Deadline: 2026-11-24 10:00:00.000 UTC",
            "Answers accepted before: 2026-11-24 10:00:30.000 UTC",
            "Closed: not yet",
            "",
            "Answers saved: 0",
            "",
            "Answers refused: 0",
        ]

    def test_untimed_attempt_has_no_deadline(self, bank: None, candidate: User) -> None:
        facts = receipt(start(candidate, f"{OLDER}-practice")).facts

        assert (facts["Deadline"], facts["Answers accepted before"]) == ("none", "no limit")

    @pytest.mark.parametrize("closer", list(Attempt.Closer))
    def test_says_who_closed_it_and_when(self, closer: Attempt.Closer, attempt: Attempt) -> None:
        close_attempt(attempt_id=attempt.pk, closer=closer, now=ACCEPT_UNTIL)

        assert receipt(attempt).facts["Closed"] == f"2026-11-24 10:00:30.000 UTC by the {closer}"

    def test_every_acknowledged_answer_is_there_in_the_order_it_came(self, attempt: Attempt) -> None:
        pen = Pen(attempt)
        for seconds, position in ((1, 3), (2, 1), (3, 3)):
            pen.save(position, right_response(item_at(attempt, position)), now=NOW + dt.timedelta(seconds=seconds))
        pen.save(3, [0, 0, 0] if item_at(attempt, 3).version.kind == "matching" else [], now=ACCEPT_UNTIL - SECOND)

        lines = receipt(attempt).lines

        assert "Answers saved: 4" in lines
        start_of_line = [line.split("  saved: ")[0] for line in lines if "  saved: " in line]
        assert start_of_line == [
            "2026-11-24 09:00:01.000 UTC  question 3  revision 1.1",
            "2026-11-24 09:00:02.000 UTC  question 1  revision 1.2",
            "2026-11-24 09:00:03.000 UTC  question 3  revision 1.3",
            "2026-11-24 10:00:29.000 UTC  question 3  revision 1.4",
        ]
        assert next(line for line in lines if "revision 1.4" in line).endswith("saved: blank")

    def test_refused_ones_say_why(self, attempt: Attempt) -> None:
        pen, response = Pen(attempt), right_response(item_at(attempt))
        pen.save(1, response, revision=5)
        refused_save(pen, 1, response, revision=4)
        take_lease(attempt=Attempt.objects.get(pk=attempt.pk))
        refused_save(pen, 1, response, revision=6)
        refused_save(pen, 1, response, revision=7, now=ACCEPT_UNTIL)
        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)
        refused_save(pen, 1, response, revision=8)

        found = receipt(attempt)

        assert [(entry.revision, entry.reason) for entry in found.refused] == [
            (4, "stale"),
            (6, "elsewhere"),
            (8, "closed"),
            (7, "late"),
        ]
        assert any("refused, late: " in line for line in found.lines)

    @pytest.mark.parametrize("kind", ["single", "multiple", "ordering", "matching"])
    def test_letters_are_those_of_the_room(self, kind: str, bank: None, candidate: User) -> None:
        attempt = start_with(kind, candidate)
        position = position_of_kind(attempt, kind)
        item = item_at(attempt, position)
        Pen(attempt).save(position, right_response(item))

        answer = receipt(attempt).saved[0].answer

        letters = [letter_for(item.option_order.index(place) + 1) for place in right_response(item)]
        expected = {
            "matching": ", ".join(f"{row} = {letter}" for row, letter in enumerate(letters, start=1)),
            "ordering": ", ".join(letters),
        }
        assert answer == expected.get(kind, ", ".join(sorted(letters)))

    def test_unfinished_match_says_so(self) -> None:
        assert shown_answer([2, 0, 1], "matching", [2, 1, 3]) == "1 = A, 2 = nothing, 3 = B"
        assert shown_answer([0, 0], "matching", [2, 1]) == "blank"


SECOND = dt.timedelta(seconds=1)


class TestDigest:
    def test_two_downloads_of_the_same_state_are_the_same(self, attempt: Attempt) -> None:
        Pen(attempt).save(1, right_response(item_at(attempt)))

        assert receipt(attempt).as_text() == receipt(attempt).as_text()

    def test_any_further_answer_changes_it(self, attempt: Attempt) -> None:
        digests = {receipt(attempt).digest}
        pen = Pen(attempt)
        for response in (right_response(item_at(attempt)), wrong_response(item_at(attempt))):
            pen.save(1, response)
            digests.add(receipt(attempt).digest)
        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)
        digests.add(receipt(attempt).digest)

        assert len(digests) == 4

    def test_can_be_checked_with_the_file_alone(self, attempt: Attempt) -> None:
        Pen(attempt).save(1, right_response(item_at(attempt)))

        *lines, blank, last = receipt(attempt).as_text().splitlines(keepends=True)

        assert blank == "\n"
        assert last.strip().endswith(hashlib.sha256("".join(lines).encode()).hexdigest())

    def test_json_has_the_same_lines_and_digest(self, attempt: Attempt) -> None:
        Pen(attempt).save(1, right_response(item_at(attempt)))
        found = receipt(attempt)

        data = json.loads(found.as_json())

        assert (data["lines"], data["sha256"]) == (found.lines, found.digest)
        assert data["saved"][0]["question"] == 1
        assert data["refused"] == []


@pytest.mark.parametrize("query", ["", "?format=json"])
class TestDownload:
    def test_is_a_file_that_no_cache_keeps(self, query: str, bank: None, candidate_client: Client) -> None:
        room = begin(candidate_client, f"{NEWER}-mock")

        response = candidate_client.get(room.address("receipt") + query)

        assert_status(response, 200)
        assert_never_stored(response)
        ending = "json" if query else "txt"
        assert response["Content-Disposition"] == f'attachment; filename="receipt-{room.attempt.uuid}.{ending}"'
        assert response["Content-Type"] == ("application/json" if query else "text/plain; charset=utf-8")
        assert response["X-Content-Type-Options"] == "nosniff"

    def test_is_there_for_guests_during_and_after(self, query: str, bank: None, client: Client) -> None:
        room = begin(client, f"{NEWER}-sample")
        room.save(1, right_response(item_at(room.attempt)))
        during = client.get(room.address("receipt") + query).content.decode()
        room.submit()
        after = client.get(room.address("receipt") + query).content.decode()

        assert "not yet" in during
        assert "by the student" in after
        assert "Answers saved: 1" in during
        assert "Answers saved: 1" in after

    def test_tells_nothing_of_the_key_at_any_time(self, query: str, bank: None, candidate_client: Client) -> None:
        """Right and wrong answers to a form differ in times, revisions and letters alone, before the end and after."""
        room = begin(candidate_client, f"{OLDER}-mock")
        address = room.address("receipt") + query
        for respond in (right_response, wrong_response):
            for position in range(1, 9):
                room.save(position, respond(item_at(room.attempt, position)))

        during = candidate_client.get(address).content.decode()
        assert_tells_nothing(f"GET {address}", during)
        right, wrong = shapes_of(during, revision=1), shapes_of(during, revision=2)
        assert len(right) == 8
        assert right == wrong
        room.submit()
        after = candidate_client.get(address).content.decode()
        assert_tells_nothing(f"GET {address}", after)
        assert shapes_of(after, revision=1) == right


def shapes_of(text: str, *, revision: int) -> list[str]:
    """Return the lines of one revision of every item, without time, letters and the revision itself."""
    lines = re.findall(rf"question \d+  revision 1\.{revision}  [^\n]*", text)
    return [re.sub(r"\b[A-F]\b|revision \S+", "#", line) for line in lines]


def test_answer_of_several_letters_does_not_tell_the_order_it_was_written_in() -> None:
    """Authors write the key first, so the order of the stored positions would say something."""
    assert shown_answer([1, 4], "multiple", [4, 2, 1, 3]) == shown_answer([4, 1], "multiple", [4, 2, 1, 3]) == "A, C"


def test_overdue_attempt_is_closed_by_asking(bank: None, candidate: User, candidate_client: Client) -> None:
    attempt = start(candidate, now=NOW - dt.timedelta(days=400))

    page = candidate_client.get(f"/attempts/{attempt.uuid}/receipt/").content.decode()

    assert "by the deadline" in page


def test_result_and_list_lead_to_it(bank: None, candidate_client: Client) -> None:
    room = begin(candidate_client, f"{NEWER}-sample")
    assert room.address("receipt") in candidate_client.get("/attempts/").content.decode()
    room.submit()
    assert room.address("receipt") in room.result()


def test_costs_the_same_for_any_number_of_answers(bank: None, candidate: User) -> None:
    attempt = start(candidate)
    pen = Pen(attempt)
    for position in range(1, 9):
        for _ in range(5):
            pen.save(position, right_response(item_at(attempt, position)))
        refused_save(pen, position, right_response(item_at(attempt, position)), now=ACCEPT_UNTIL)
    sweep(now=ACCEPT_UNTIL)
    with at_most_queries(4):
        found = receipt(attempt)

    assert (len(found.saved), len(found.refused)) == (40, 8)
