"""The result page: filters without a script, my answer and the right one, guesses, what was not reached, what next."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client

from accounts.models import User
from exams.closing import close_attempt
from exams.models import Attempt, AttemptItem
from exams.review import ReviewPage, review_page
from exams.selectors import letter_for
from questions.models import Placement, Topic
from tests.asserts import assert_status
from tests.exams.room import Room, begin
from tests.factories import (
    NEWER,
    NOW,
    OLDER,
    Pen,
    item_at,
    owner_of_attempt,
    position_of_kind,
    right_response,
    start,
    start_with,
    wrong_response,
)


def entry_of(page: str, position: int) -> str:
    """Return the words of one entry of the review."""
    start = rf'<li class="entry" id="question-{position}".*?'
    found = re.search(start + r'(?=<li class="entry"|</ol>\s*</section>)', page, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found.group()).split())


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def positions_shown(page: str) -> list[int]:
    return [int(position) for position in re.findall(r'<li class="entry" id="question-(\d+)"', page)]


def page_of(attempt: Attempt, topic: str = "") -> ReviewPage:
    close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)
    graded = Attempt.objects.select_related("blueprint__exam_version").get(pk=attempt.pk)
    return review_page(owner=owner_of_attempt(graded), attempt=graded, topic=topic)


@pytest.fixture
def attempt(bank: None, candidate: User) -> Attempt:
    return start(candidate)


@pytest.fixture
def room(attempt: Attempt, candidate_client: Client) -> Room:
    """Give an attempt with two right, two wrong, one blank and three that were not reached; two guesses, one flag."""
    pen = Pen(attempt)
    for position in range(1, 5):
        item = item_at(attempt, position)
        pen.save(position, right_response(item) if position < 3 else wrong_response(item))
    attempt.items.filter(position=5).update(seen_at=NOW)
    attempt.items.filter(position__in=(2, 3)).update(is_guess=True)
    attempt.items.filter(position=5).update(is_flagged=True)
    attempt.items.filter(position=1).update(seconds_spent=112)
    close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)
    return Room(candidate_client, attempt)


class TestFilter:
    @pytest.mark.parametrize(
        ("name", "count"),
        [("all", 8), ("wrong", 2), ("blank", 1), ("not-reached", 3), ("correct", 2), ("guessed", 2), ("flagged", 1)],
    )
    def test_each_choice_says_how_many_it_shows(self, name: str, count: int, room: Room) -> None:
        found = re.search(rf'id="show-{name}"[^>]*> [\w ]+ <span class="soft">(\d+)</span>', room.result())

        assert found
        assert int(found.group(1)) == count

    def test_entries_carry_what_the_choices_select_by(self, room: Room) -> None:
        page = room.result()

        results = re.findall(r'data-result="([\w-]+)"', page)
        assert results == ["correct", "correct", "wrong", "wrong", "blank", *["not-reached"] * 3]
        assert len(re.findall(r"data-guessed", page)) == 2
        assert len(re.findall(r"data-flagged", page)) == 1

    def test_choices_that_would_show_nothing_are_left_out(self, attempt: Attempt, candidate_client: Client) -> None:
        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)

        page = Room(candidate_client, attempt).result()

        assert set(re.findall(r'id="show-([\w-]+)"', page)) == {"all", "not-reached"}

    @pytest.mark.parametrize("code", ["1", "2.1"])
    def test_topic_limits_the_entries_and_nothing_else(self, code: str, room: Room) -> None:
        topic = Topic.objects.get(exam_version__slug=OLDER, code=code)
        placements = Placement.objects.filter(topic__code__startswith=code[0], exam_version__slug=OLDER)
        items = room.attempt.items.filter(version__scenario__in=placements.values("scenario"))
        placed = set(items.values_list("position", flat=True))

        page = room.client.get(room.address("result"), {"topic": code}).content.decode()

        assert set(positions_shown(page)) == placed
        assert 0 < len(placed) < 8
        assert f"{len(placed)} of 8 questions: {topic}." in words_of(page).replace(f"{topic} .", f"{topic}.")
        score = re.compile(r'<section class="score.*?</section>', re.DOTALL)
        assert score.findall(page) == score.findall(room.result())

    @pytest.mark.parametrize("code", ["", "9.9", "<script>", "1%00"])
    def test_unknown_topic_limits_nothing(self, code: str, room: Room) -> None:
        page = room.client.get(room.address("result"), {"topic": code}).content.decode()

        assert positions_shown(page) == list(range(1, 9))
        assert "<script>" not in page

    def test_bars_lead_to_the_questions_of_their_topic(self, room: Room) -> None:
        page = room.result()

        for code in ("1", "1.1", "3.1"):
            assert f'href="?topic={code}#questions"' in page


class TestEntry:
    def test_says_answer_right_answer_and_time(self, room: Room) -> None:
        def letters(item: AttemptItem, response: list[int]) -> str:
            shown = [letter_for(item.option_order.index(place) + 1) for place in response]
            return ", ".join(shown if item.version.kind == "ordering" else sorted(shown))

        page = room.result()
        for position in range(1, 5):
            item = item_at(room.attempt, position)
            if item.version.kind == "matching":
                continue
            entry = entry_of(page, position)
            assert (
                f"Your answer {letters(item, item.response)} Right answer {letters(item, right_response(item))}"
                in entry
            )
        assert "Time 1:52" in entry_of(page, 1)
        assert "Time" not in entry_of(page, 3)

    def test_blank_and_not_reached_are_told_apart(self, room: Room) -> None:
        page = room.result()

        assert "left blank" in entry_of(page, 5)
        assert "not reached" in entry_of(page, 6)
        assert "not reached" not in entry_of(page, 5)
        assert "One question left blank." in page
        assert "3 questions not reached. They count as wrong." in page

    def test_changes_of_mind_are_told(self, attempt: Attempt, candidate_client: Client) -> None:
        pen, item = Pen(attempt), item_at(attempt)
        for seconds, response in ((0, wrong_response(item)), (5, right_response(item)), (9, wrong_response(item))):
            pen.save(1, response, now=NOW + dt.timedelta(seconds=seconds))
        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)

        entry = entry_of(Room(candidate_client, attempt).result(), 1)

        assert "Changed your mind right to wrong, wrong to right" in entry

    def test_asked_for_entry_stands_open(self, room: Room) -> None:
        page = room.client.get(room.address("result"), {"open": "1"}).content.decode()

        assert re.search(r'id="question-1"[^>]*>\s*<details open>', page)
        assert not re.search(r'id="question-2"[^>]*>\s*<details open>', page)

    def test_matching_item_has_its_table(self, bank: None, candidate: User, candidate_client: Client) -> None:
        attempt = start_with("matching", candidate)
        position = position_of_kind(attempt, "matching")
        Pen(attempt).save(position, wrong_response(item_at(attempt, position)))
        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)

        entry = entry_of(Room(candidate_client, attempt).result(), position)

        assert "To match Your match Right match" in entry
        assert "Right answer" not in entry


class TestGuesses:
    def test_right_ones_are_called_luck(self, room: Room) -> None:
        assert "1 of 2 guesses were right: luck you cannot count on." in room.result()

    def test_guess_without_an_answer_is_none(self, attempt: Attempt) -> None:
        attempt.items.update(is_guess=True)

        assert page_of(attempt).guesses is None

    def test_item_in_an_open_exam_is_left_out(self, room: Room, candidate_client: Client) -> None:
        second = begin(candidate_client, f"{OLDER}-mock")
        second.attempt.items.filter(position=1).update(version=item_at(room.attempt, 2).version)

        assert "0 of 1 guess was right" in room.result()


class TestNextAction:
    def test_missed_ones_are_drilled_first(self, room: Room) -> None:
        page = room.result()

        assert f'action="/drills/{OLDER}/"' in page
        assert re.search(r'name="focus" value="missed">\s*<button [^>]*>Drill what you missed', page)

    def test_topic_is_drilled_from_its_questions(self, room: Room) -> None:
        page = room.client.get(room.address("result"), {"topic": "2.1"}).content.decode()

        assert re.search(r'name="focus" value="topic:2.1">\s*<button [^>]*>Drill topic 2.1', page)

    def test_form_of_the_page_starts_the_drill(self, room: Room) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = room.client.cookies
        strict.get(room.address("result"))
        fields = {"focus": "missed", "csrfmiddlewaretoken": strict.cookies["csrftoken"].value}

        assert_status(strict.post(f"/drills/{OLDER}/", fields), 302)

    def test_nothing_missed_is_nothing_to_drill(self, attempt: Attempt, candidate_client: Client) -> None:
        pen = Pen(attempt)
        for position in range(1, 9):
            pen.save(position, right_response(item_at(attempt, position)))
        close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)

        page = Room(candidate_client, attempt).result()

        assert "Drill what you missed" not in page
        assert re.search(r'class="button primary"[^>]*>Practise more', page)

    def test_guest_is_asked_to_keep_the_result_first(self, bank: None, client: Client) -> None:
        sample = begin(client, f"{NEWER}-sample")
        sample.submit()

        page = sample.result()

        assert "Drill what you missed" not in page
        assert "Sign up and keep it" in page
