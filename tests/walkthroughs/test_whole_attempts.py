"""Whole sittings as tables: what is done to each item, how it ends, and what comes of it."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from exams.closing import close_attempt, sweep
from exams.models import AnswerEvent, Attempt, AttemptItem, AttemptPick, RefusedAnswer
from questions.models import Placement
from questions.responses import is_blank
from tests.asserts import assert_status
from tests.cast import client_of
from tests.exams.room import Room, begin
from tests.factories import NEWER, NOW, OLDER, item_at, position_of_kind, right_response, start, wrong_response

MINUTE = dt.timedelta(minutes=1)

# What is done to an item, and what it counts. A plan is repeated until every item has had its turn.
OUTCOMES = {
    "right": "correct",
    "wrong": "wrong",
    "blank": "wrong",
    "not seen": "wrong",
    "taken back": "wrong",
    "wrong, then right": "correct",
    "right, then wrong": "wrong",
    "right, sent twice": "correct",
    "wrong, right too late": "wrong",
    "blank, right too late": "wrong",
    "unfinished": "wrong",
}
PLANS = [
    pytest.param(["right"], "student", id="all right"),
    pytest.param(["wrong"], "deadline", id="all wrong"),
    pytest.param(["not seen"], "deadline", id="nothing opened"),
    pytest.param(["blank"], "student", id="opened and left"),
    pytest.param(["right", "wrong", "blank", "not seen"], "student", id="a bit of everything, submitted"),
    pytest.param(["right", "wrong", "blank", "not seen"], "deadline", id="a bit of everything, time up"),
    pytest.param(["taken back", "wrong, then right", "right, then wrong"], "student", id="changes of mind"),
    pytest.param(["right, sent twice", "unfinished"], "deadline", id="sent twice and unfinished"),
]
LATE_PLANS = [pytest.param(["wrong, right too late", "blank, right too late", "right"], id="some too late")]
MODES = [f"{exam}-{mode}" for exam in (NEWER, OLDER) for mode in ("mock", "sample", "practice")]


def do(room: Room, position: int, action: str) -> list[dict[str, object]]:
    """Do what the plan says to one item; return forms that are to be posted too late."""
    item = item_at(room.attempt, position)
    right, wrong = right_response(item), wrong_response(item)
    if action == "not seen":
        return []
    if action == "blank":
        room.page(position)
    elif action == "taken back":
        room.save(position, right)
        room.save(position, [0] * len(right) if item.version.kind == "matching" else [])
    elif action == "right, sent twice":
        form = room.fields(position, right)
        for _ in range(2):
            assert_status(room.client.post(room.address("save_answer", position), form), 302)
    elif action == "unfinished":
        part = [*right[:-1], 0] if item.version.kind == "matching" else right[:-1]
        room.save(position, part)
    elif action.endswith("too late"):
        if action.startswith("wrong"):
            room.save(position, wrong)
        return [room.fields(position, right) | {"position": position}]
    else:
        for word in action.split(", then "):
            room.save(position, right if word == "right" else wrong)
    return []


def walk(client: Client, slug: str, plan: list[str], closer: str) -> tuple[Room, dict[int, str]]:
    """Sit an attempt by a plan and let it end; return the room and what was done to each item."""
    with time_machine.travel(NOW, tick=False) as clock:
        room = begin(client, slug)
        done = {n: plan[(n - 1) % len(plan)] for n in range(1, room.attempt.items.count() + 1)}
        late = [form for position, action in done.items() for form in do(room, position, action)]
        if late:
            assert room.attempt.accept_until is not None
            clock.move_to(room.attempt.accept_until)
            for form in late:
                room.client.post(room.address("save_answer", int(str(form["position"]))), form)
        if closer == "student":
            room.submit()
        else:
            clock.move_to(room.attempt.accept_until or NOW + dt.timedelta(days=1))
            sweep(now=dt.datetime.now(dt.UTC))
    return room, done


def assert_outcome(room: Room, done: dict[int, str], closer: str) -> None:
    attempt = Attempt.objects.get(pk=room.attempt.pk)
    items = list(attempt.items.select_related("rule", "version").order_by("position"))
    expected = {position: OUTCOMES[action] for position, action in done.items()}
    scored = [item for item in items if item.is_scored]

    assert attempt.state == Attempt.State.GRADED
    assert attempt.closed_by == closer
    assert {item.position: item.outcome for item in items} == expected
    assert all(item.rule is not None and item.rule.version_id == item.version_id for item in items)
    assert attempt.scored_total == len(scored) == room.attempt.blueprint.scored_count
    assert attempt.scored_correct == sum(expected[item.position] == "correct" for item in scored)
    assert {item.position for item in items if item.seen_at is None} == {n for n, a in done.items() if a == "not seen"}
    picks = {item.position: item.picks.count() for item in items}
    assert picks == {item.position: sum(1 for place in item.response if place) for item in items}


@pytest.mark.parametrize(("plan", "closer"), PLANS)
@pytest.mark.parametrize("slug", MODES)
def test_whole_attempt(slug: str, plan: list[str], closer: str, bank: None, candidate: User) -> None:
    room, done = walk(client_of(candidate), slug, plan, closer)

    assert_outcome(room, done, closer)
    assert not RefusedAnswer.objects.exists()


@pytest.mark.parametrize("plan", LATE_PLANS)
@pytest.mark.parametrize("slug", [slug for slug in MODES if not slug.endswith("practice")])
def test_whole_attempt_with_late_answers(slug: str, plan: list[str], bank: None, candidate: User) -> None:
    room, done = walk(client_of(candidate), slug, plan, "deadline")

    assert_outcome(room, done, "deadline")
    late = {position for position, action in done.items() if action.endswith("too late")}
    assert set(RefusedAnswer.objects.values_list("position", flat=True)) == late
    assert not AnswerEvent.objects.filter(saved_at__gte=room.attempt.accept_until).exists()


@pytest.mark.parametrize("kind", ["single", "multiple", "ordering", "matching"])
@pytest.mark.parametrize("action", sorted(action for action in OUTCOMES if not action.endswith("too late")))
def test_each_kind_of_item(kind: str, action: str, large_bank: None, candidate: User) -> None:
    with time_machine.travel(NOW, tick=False):
        room = begin(client_of(candidate), f"{OLDER}-full")
        position = position_of_kind(room.attempt, kind)
        do(room, position, action)
        room.submit()

    item = item_at(room.attempt, position)
    assert item.outcome == OUTCOMES[action]
    options = AttemptPick.objects.filter(item=item).order_by("place").values_list("option__position", flat=True)
    assert list(options) == [place for place in item.response if place]
    prompts = AttemptPick.objects.filter(item=item, prompt__isnull=False).count()
    assert prompts == (len(options) if kind == "matching" else 0)
    assert AttemptItem.objects.filter(attempt=room.attempt, outcome="correct").count() == int(
        OUTCOMES[action] == "correct"
    )


def test_practice_checked_to_the_end(bank: None, candidate: User) -> None:
    with time_machine.travel(NOW, tick=False):
        room = begin(client_of(candidate), f"{OLDER}-practice")
        outcomes = []
        for position in range(1, 6):
            item = item_at(room.attempt, position)
            response = right_response(item) if position % 2 else wrong_response(item)
            room.client.post(room.address("check_answer", position), room.fields(position, response))
            outcomes.append(item_at(room.attempt, position).outcome)
        room.submit()

    room.attempt.refresh_from_db()
    assert outcomes == ["correct", "wrong", "correct", "wrong", "correct"]
    assert (room.attempt.scored_correct, room.attempt.scored_total) == (3, 5)
    assert all(not is_blank(item.response) for item in room.attempt.items.all())


def test_guest_walks_the_whole_way(bank: None, client: Client) -> None:
    room, done = walk(client, f"{NEWER}-sample", ["right", "wrong"], "student")

    assert_outcome(room, done, "student")
    page = room.result()
    assert "2 of 4" in page
    assert "Keep this result" in page


def test_second_mock_prefers_what_was_not_seen(bank: None, candidate: User) -> None:
    client = client_of(candidate)
    first, _done = walk(client, f"{OLDER}-mock", ["right"], "student")
    second, _done = walk(client, f"{OLDER}-mock", ["blank"], "student")

    versions = [set(room.attempt.items.values_list("version_id", flat=True)) for room in (first, second)]
    assert not versions[0] & versions[1]


def test_practice_brings_back_what_was_missed_before_what_was_right(bank: None, candidate: User) -> None:
    past = start(candidate, f"{NEWER}-practice")
    past.items.all().delete()
    pool = Placement.objects.filter(exam_version__slug=NEWER, pool="practice").order_by("topic__code", "pk")
    AttemptItem.objects.bulk_create(
        AttemptItem(
            attempt=past,
            position=position,
            version=placement.scenario.published_version,
            option_order=[1],
            is_scored=True,
            seen_at=NOW,
            outcome="wrong" if position % 2 else "correct",
        )
        for position, placement in enumerate(pool.select_related("scenario__published_version"), start=1)
    )
    close_attempt(attempt_id=past.pk, closer=Attempt.Closer.STUDENT, now=NOW)

    drawn = start(candidate, f"{NEWER}-practice").items.values_list("version_id", flat=True)

    outcomes = set(past.items.filter(version__in=list(drawn)).values_list("outcome", flat=True))
    assert outcomes == {"wrong"}
