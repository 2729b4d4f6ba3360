"""The server dies, or the network does: the student goes on, and every answer arrives once."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import APIResponse, Request, Route, expect

from exams.models import AnswerEvent
from tests.faults.conftest import Server
from tests.faults.seat import Seat, key_of

SAVES = "**/answer/"
SHORT, LONG = 3, 180
OUTAGES = [pytest.param(SHORT, id="short"), pytest.param(LONG, id="3 minutes", marks=pytest.mark.soak)]


@pytest.mark.parametrize("seconds", OUTAGES)
@pytest.mark.usefixtures("copies")
def test_the_server_is_killed_while_ten_items_are_answered(seat: Seat, server: Server, seconds: int) -> None:
    """Nobody touches the page when the server is back: it goes on trying by itself."""
    seat.answer(1, 2)
    seat.choose(2, right=False)
    server.kill()
    seat.answer(3, 4, 5, 6)
    seat.page.wait_for_timeout(seconds * 1000)
    seat.answer(7, 8, 9, 10)
    seat.go(1)  # stored before the server died: its copy is older than that
    seat.expect_shown(1)
    assert len(seat.kept()) >= 8
    server.start()
    seat.expect_all_saved()
    seat.expect_nothing_lost()
    arrived = list(AnswerEvent.objects.filter(position__gt=2).order_by("pk").values_list("position", flat=True))
    assert list(dict.fromkeys(arrived)) == list(range(3, 11)), "in the order they were given in"


@pytest.mark.parametrize("rounds", [pytest.param(3, id="few"), pytest.param(100, id="100", marks=pytest.mark.soak)])
@pytest.mark.usefixtures("copies")
def test_the_server_is_killed_over_and_over_at_any_moment(seat: Seat, server: Server, rounds: int) -> None:
    chance = random.Random(5)  # noqa: S311 (which moment, not a secret)
    for _round in range(rounds):
        position = chance.randint(1, seat.room.count)
        seat.go(position)
        seat.choose(position, right=chance.random() < 0.5)
        seat.page.wait_for_timeout(chance.randint(0, 60))
        server.kill()
        seat.choose(position, right=chance.random() < 0.5)
        server.start()
    seat.expect_all_saved()
    seat.expect_nothing_lost()


@pytest.mark.parametrize("seconds", OUTAGES)
@pytest.mark.usefixtures("copies")
def test_a_window_closed_without_a_connection_and_opened_again_still_without(seat: Seat, seconds: int) -> None:
    seat.answer(1)
    seat.expect_all_saved()
    seat.page.context.set_offline(True)
    seat.answer(2, 3)
    seat.page.get_by_role("button", name="Flag for review").click()
    seat.expect_waiting(3)
    seat.again(2)
    seat.expect_shown(2)
    seat.expect_waiting(3)
    seat.go(3)
    expect(seat.page.get_by_role("button", name="Flag for review")).to_have_attribute("aria-pressed", "true")
    seat.go(1)
    seat.expect_shown(1)
    seat.choose(1, right=False)
    seat.page.wait_for_timeout(seconds * 1000)
    seat.answer(4)
    seat.page.context.set_offline(False)
    seat.expect_all_saved()
    seat.expect_nothing_lost()
    assert seat.room.item(3).is_flagged


def test_responses_that_come_late(seat: Seat) -> None:
    """The server has stored the answer and says so much later; meanwhile the student changes it, and goes on."""
    held: list[tuple[Route, APIResponse]] = []

    def hold_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    seat.page.route(SAVES, hold_first)
    seat.choose(1)
    seat.wait_until(lambda: bool(held), "the server has the first answer")
    seat.choose(1, right=False)
    seat.answer(2, 3)
    assert len(seat.ledger.keys) == 1, "one at a time"
    route, response = held[0]
    route.fulfill(response=response)
    seat.expect_all_saved()
    seat.expect_shown(3)
    seat.expect_nothing_lost()


def test_requests_that_arrive_twice(seat: Seat) -> None:
    def twice(route: Route) -> None:
        first, second = route.fetch(), route.fetch()
        assert first.status == second.status == 200
        route.fulfill(response=second)

    seat.page.route(SAVES, twice)
    seat.choose(1)
    seat.expect_all_saved()
    seat.choose(1, right=False)
    seat.expect_all_saved()
    seat.page.unroute(SAVES)
    seat.answer(2)
    seat.expect_all_saved()
    seat.expect_nothing_lost()


def test_a_request_that_arrives_after_a_newer_one(seat: Seat, single: int) -> None:
    """The first answer is lost on the way until the second is stored; then one of its requests arrives after all."""
    overtaken: list[Request] = []

    def lose_the_first(route: Route) -> None:
        if not overtaken or key_of(route.request) == key_of(overtaken[0]):
            overtaken.append(route.request)
            route.abort()
        else:
            route.continue_()

    seat.page.route(SAVES, lose_the_first)
    seat.go(single)
    seat.choose(single, right=False)
    seat.wait_until(lambda: bool(overtaken), "the first answer was sent")
    seat.choose(single)
    seat.expect_all_saved()
    request = overtaken[0]
    headers = {**request.headers, "origin": seat.page.url.split("/attempts")[0]}
    late = seat.page.context.request.post(request.url, data=request.post_data or "", headers=headers)
    assert late.status == 409
    assert not AnswerEvent.objects.filter(idempotency_key=key_of(request)).exists()
    seat.expect_nothing_lost()


def test_an_answer_that_is_not_the_servers_own(seat: Seat, single: int) -> None:
    """A proxy in trouble, or a network that wants a log-in of its own, answers in the server's place."""
    answers = iter((200, 404, 502))

    def answer_instead(route: Route) -> None:
        status = next(answers, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, body="<h1>Welcome to our network</h1>")

    seat.go(single)
    seat.page.route(SAVES, answer_instead)
    seat.choose(single)
    seat.expect_waiting(1)
    seat.expect_all_saved()
    assert len(seat.ledger.keys) == 4, "three times it was somebody else, so it was sent again"
    assert len(set(seat.ledger.keys)) == 1
    seat.expect_nothing_lost()
