"""Every kind of item in every mode, however it ends: its mark, the word the review has for it, what is refused.

The forms are laid by hand, one item of each kind, so that no case depends on a draw.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from exams.clock import accept_until_for, deadline_for, idle_limit
from exams.closing import close_attempt, sweep
from exams.models import AnswerEvent, Attempt, AttemptItem, AttemptPick, ExamBlueprint, RefusedAnswer
from exams.signals import attempt_graded
from questions.models import ScenarioVersion
from tests.asserts import assert_status
from tests.cast import client_of
from tests.exams.races import Actor, uncommitted
from tests.exams.room import Room
from tests.factories import NOW, OLDER, Pen, blueprint, item_at, right_response, wrong_response

MODES = [str(mode) for mode in ExamBlueprint.Mode]
KINDS = ["single", "multiple", "ordering", "matching"]
CLOSERS = [str(closer) for closer in Attempt.Closer]

# What is done -> the outcome, and the word on the review. The same for every kind and in every mode.
TABLE = {
    "right": ("correct", "right"),
    "wrong": ("wrong", "wrong"),
    "blank": ("wrong", "left blank"),
    "not reached": ("wrong", "not reached"),
    "taken back": ("wrong", "left blank"),
    "right, sent twice": ("correct", "right"),
    "right, then wrong, the first sent again": ("wrong", "wrong"),
    "right, then wrong too late": ("correct", "right"),
    "blank, then right too late": ("wrong", "left blank"),
}


def lay(user: User, mode: str) -> Attempt:
    """Store an open attempt in a mode that began at NOW, with one scored item of each kind in the order of KINDS."""
    plan = blueprint(f"{OLDER}-{mode}")
    deadline = deadline_for(started_at=NOW, minutes=plan.minutes)
    attempt = Attempt.objects.create(
        blueprint=plan,
        user=user,
        focus="missed" if mode == "drill" else "",
        started_at=NOW,
        deadline=deadline,
        accept_until=accept_until_for(deadline=deadline, grace_seconds=plan.grace_seconds),
        seed=1,
    )
    placed = ScenarioVersion.objects.filter(
        scenario__placements__pool=plan.pool, scenario__placements__exam_version=plan.exam_version_id
    )
    for position, kind in enumerate(KINDS, start=1):
        version = placed.filter(kind=kind).order_by("pk")[0]
        order = list(range(version.options.count(), 0, -1))
        AttemptItem.objects.create(
            attempt=attempt, position=position, version=version, option_order=order, is_scored=True
        )
    return attempt


def end_of(attempt: Attempt) -> dt.datetime:
    """Return the first moment at which no answer is taken: the sweep closes it then."""
    return attempt.accept_until or NOW + dt.timedelta(hours=1) + idle_limit(is_practice=True)


def blank_of(item: AttemptItem) -> list[int]:
    return [0] * len(right_response(item)) if item.version.kind == "matching" else []


def do(room: Room, position: int, action: str) -> dict[str, object] | None:
    """Do to an item what the table says; return the form that is to be posted when it is too late."""
    item = item_at(room.attempt, position)
    right, wrong = right_response(item), wrong_response(item)
    if action == "not reached":
        return None
    if action == "blank":
        room.page(position)
    elif action in ("right", "wrong"):
        room.save(position, right if action == "right" else wrong)
    elif action == "taken back":
        room.save(position, right)
        room.save(position, blank_of(item))
    elif action.endswith("too late"):
        if action.startswith("right"):
            room.save(position, right)
        return room.fields(position, wrong if action.startswith("right") else right)
    else:
        form = room.fields(position, right)
        post(room, position, form)
        if "wrong" in action:
            room.save(position, wrong)
        post(room, position, form)  # the very same request again gets the first outcome, and changes nothing
    return None


def post(room: Room, position: int, form: dict[str, object]) -> None:
    assert_status(room.client.post(room.address("save_answer", position), form), 302)


def words_of_the_review(page: str) -> dict[int, str]:
    """Return the word beside each item."""
    entries = re.split(r'<li class="entry" id="question-', page)[1:]
    found = {}
    for entry in entries:
        verdict = re.search(r'<span class="verdict[^"]*">(?:<svg.*?</svg>)?([^<]+)</span>', entry)
        assert verdict
        found[int(entry.split('"', 1)[0])] = verdict.group(1).strip()
    return found


def walk(client: Client, attempt: Attempt, action: str, closer: str) -> Room:
    """Do the same to every item, let the attempt end, and post what is too late."""
    room = Room(client, attempt).hold_lease()
    with time_machine.travel(NOW, tick=False) as clock:
        late = {position: do(room, position, action) for position in range(1, len(KINDS) + 1)}
        if closer == "student":
            room.submit()
        clock.move_to(end_of(attempt))
        sweep(now=end_of(attempt))
        for position, form in late.items():
            if form is not None:
                room.client.post(room.address("save_answer", position), form)
    return room


@pytest.mark.parametrize("closer", CLOSERS)
@pytest.mark.parametrize("action", list(TABLE))
@pytest.mark.parametrize("mode", MODES)
def test_marks_and_words(mode: str, action: str, closer: str, bank: None, candidate: User) -> None:
    outcome, word = TABLE[action]
    room = walk(client_of(candidate), lay(candidate, mode), action, closer)

    attempt = Attempt.objects.get(pk=room.attempt.pk)
    items = list(attempt.items.select_related("version").order_by("position"))
    assert (attempt.state, attempt.closed_by) == (Attempt.State.GRADED, closer)
    assert {item.version.kind: item.outcome for item in items} == dict.fromkeys(KINDS, outcome)
    assert (attempt.scored_correct, attempt.scored_total) == (4 if outcome == "correct" else 0, 4)
    assert AttemptPick.objects.count() == sum(1 for item in items for place in item.response if place)
    assert words_of_the_review(room.result()) == dict.fromkeys(range(1, 5), word)


@pytest.mark.parametrize("closer", CLOSERS)
@pytest.mark.parametrize("mode", MODES)
def test_what_is_too_late_is_kept_under_its_reason(mode: str, closer: str, bank: None, candidate: User) -> None:
    room = walk(client_of(candidate), lay(candidate, mode), "blank, then right too late", closer)

    is_late = closer == "deadline" and room.attempt.accept_until is not None
    reasons = RefusedAnswer.objects.order_by("position").values_list("position", "reason")
    assert dict(reasons) == dict.fromkeys(range(1, 5), "late" if is_late else "closed")
    assert ("Counted 0 %; with your 4 late answers 100 %." in room.result()) == is_late
    assert not AnswerEvent.objects.exists()


@pytest.mark.parametrize("mode", MODES)
def test_answer_that_is_sent_twice_is_stored_once(mode: str, bank: None, candidate: User) -> None:
    walk(client_of(candidate), lay(candidate, mode), "right, sent twice", "student")

    assert AnswerEvent.objects.count() == len(KINDS)
    assert not RefusedAnswer.objects.exists()


@pytest.mark.parametrize("mode", ["practice", "drill"])
def test_checked_items_keep_what_they_were_shown(mode: str, bank: None, candidate: User) -> None:
    room = Room(client_of(candidate), lay(candidate, mode)).hold_lease()
    with time_machine.travel(NOW, tick=False):
        for position in range(1, 5):
            item = item_at(room.attempt, position)
            response = right_response(item) if position % 2 else wrong_response(item)
            room.client.post(room.address("check_answer", position), room.fields(position, response))
        room.submit()

    assert words_of_the_review(room.result()) == {1: "right", 2: "wrong", 3: "right", 4: "wrong"}
    assert Attempt.objects.get(pk=room.attempt.pk).scored_correct == 2


@pytest.mark.django_db(transaction=True)
class TestClosersAtTheSameMoment:
    """Student and sweep on two connections: whoever comes first closes, and all is graded and announced once."""

    @pytest.fixture
    def attempt(self, mode: str, transactional_db: None, bank: None, candidate: User) -> Attempt:
        attempt = lay(candidate, mode)
        pen = Pen(attempt)
        pen.save(1, right_response(item_at(attempt, 1)))
        pen.save(2, wrong_response(item_at(attempt, 2)))
        AttemptItem.objects.filter(attempt=attempt, position=3).update(seen_at=NOW)
        return attempt

    @pytest.mark.parametrize("first", CLOSERS)
    @pytest.mark.parametrize("mode", MODES)
    def test_first_one_closes_and_the_marks_are_the_same(self, first: str, attempt: Attempt, candidate: User) -> None:
        announced: list[int] = []

        def listen(attempt_id: int, **_: object) -> None:
            announced.append(attempt_id)

        def submit() -> object:
            last_moment = end_of(attempt) - dt.timedelta(microseconds=1)
            return close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=last_moment)

        def swept() -> object:
            return sweep(now=end_of(attempt))

        attempt_graded.connect(listen)
        try:
            with uncommitted():
                (submit if first == "student" else swept)()
                second = Actor(swept if first == "student" else submit)
                second.wait_until_blocked()
            second.result()
        finally:
            attempt_graded.disconnect(listen)

        attempt.refresh_from_db()
        assert (attempt.state, attempt.closed_by) == (Attempt.State.GRADED, first)
        assert (attempt.scored_correct, attempt.scored_total) == (1, 4)
        assert announced == [attempt.pk]
        outcomes = attempt.items.order_by("position").values_list("outcome", flat=True)
        assert list(outcomes) == ["correct", "wrong", "wrong", "wrong"]
        picks = AttemptPick.objects.filter(item__attempt=attempt).count()
        assert picks == len(item_at(attempt, 1).response) + len(item_at(attempt, 2).response)
        page = Room(client_of(candidate), attempt).result()
        assert words_of_the_review(page) == {1: "right", 2: "wrong", 3: "left blank", 4: "not reached"}
