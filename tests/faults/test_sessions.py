"""A log-in that ends mid-exam, and other people in the same browser: what waits is sent for its owner alone."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from playwright.sync_api import Dialog, Page, expect

from accounts.models import User
from tests.browser.conftest import Open, Watch
from tests.factories import OLDER, SECRET, start
from tests.faults.conftest import Server
from tests.faults.seat import Seat, let_log_in, log_in_by_hand

COPIED_TEXT = """async () => {
  const names = await caches.keys();
  const texts = await Promise.all(names.map(async (name) => {
    const cache = await caches.open(name);
    return Promise.all((await cache.keys()).map(async (key) => (await cache.match(key, { ignoreVary: true })).text()));
  }));
  return texts.flat().join("\\n");
}"""


def end_sessions() -> None:
    """End every log-in, as an administrator would."""
    Session.objects.all().delete()
    cache.clear()


def test_a_session_that_ends_mid_exam(seat: Seat, student: User) -> None:
    seat.answer(1)
    seat.expect_all_saved()
    seat.go(2)
    end_sessions()
    seat.choose(2)
    seat.expect_waiting(1)
    page = seat.page
    page.get_by_role("link", name="Log in again to go on").click()
    log_in_by_hand(page, student)
    seat.room.expect_at(2)
    seat.expect_shown(2)
    seat.expect_all_saved()
    seat.answer(3)
    seat.expect_all_saved()
    seat.expect_nothing_lost()
    assert {save["name"] for save in seat.kept("confirmed")} >= {"answer 2", "answer 3"}


def test_the_window_is_closed_before_the_log_in(seat: Seat, student: User) -> None:
    seat.go(2)
    end_sessions()
    seat.choose(2)
    seat.expect_waiting(1)
    page = seat.page.context.new_page()
    seat.page.close()
    page.goto("/account/login/")
    log_in_by_hand(page, student)
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    seat.page = page
    seat.wait_until(lambda: not seat.kept(), "the dashboard sends what was left behind")
    seat.expect_nothing_lost()


@pytest.mark.usefixtures("copies")
def test_nothing_is_sent_while_another_person_is_logged_in(seat: Seat, student: User, stranger: User) -> None:
    let_log_in(stranger)
    seat.go(2)
    end_sessions()
    seat.choose(2)
    seat.expect_waiting(1)
    second = seat.page.context.new_page()
    second.goto("/account/login/")
    log_in_by_hand(second, stranger)
    expect(second.get_by_role("heading", name="Dashboard")).to_be_visible()
    sent = len(seat.ledger.keys)
    expect_foreign(second, seat)

    seat.page.bring_to_front()
    seat.choose(2, right=False)
    seat.page.evaluate("window.dispatchEvent(new Event('online'))")
    seat.page.wait_for_timeout(2500)
    assert len(seat.ledger.keys) == sent, "nothing left the browser"
    seat.expect_waiting(1)

    second.goto("/dashboard/")
    second.get_by_role("button", name="Log out").click()
    expect(second.get_by_role("link", name="Log in")).to_be_visible()
    second.goto("/account/login/")
    log_in_by_hand(second, student)
    seat.expect_all_saved()
    seat.expect_nothing_lost()


def expect_foreign(page: Page, seat: Seat) -> None:
    """Another person sees neither the attempt nor its copies, with a connection or without."""
    address = f"/attempts/{seat.attempt.uuid}/items/2/"
    seat.wait_until(lambda: seat.copies() == 0, "the copies are gone when another person appears")
    response = page.goto(address)
    assert response
    assert response.status == 404
    assert "Question 2" not in page.content()


def test_a_server_refuses_what_is_not_of_the_person_logged_in(seat: Seat, stranger: User, server: Server) -> None:
    """Should a page not know yet who is logged in, the server does: the tag of the owner comes along."""
    token = next(c["value"] for c in seat.page.context.cookies() if c["name"] == "csrftoken")
    response = seat.page.context.request.post(
        f"/attempts/{seat.attempt.uuid}/items/1/answer/",
        form={"option": "1"},
        headers={"X-Owner": "somebody else", "X-CSRFToken": token, "Origin": server.address},
    )
    assert response.status == 401


@pytest.mark.usefixtures("copies")
def test_logging_out_leaves_nothing_behind(seat: Seat) -> None:
    seat.answer(1)
    seat.expect_all_saved()
    seat.page.goto("/dashboard/")
    seat.page.get_by_role("button", name="Log out").click()
    expect(seat.page.get_by_role("link", name="Log in")).to_be_visible()
    assert seat.copies() == 0
    assert seat.kept() == seat.kept("confirmed") == []


def test_logging_out_asks_before_it_loses_an_answer(seat: Seat) -> None:
    page = seat.page
    page.route("**/answer/", lambda route: route.abort())
    seat.answer(2)
    seat.expect_waiting(1)
    page.goto("/dashboard/")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", stay)
    page.get_by_role("button", name="Log out").click()
    seat.wait_until(lambda: bool(asked), "the page asks")
    assert "not saved yet" in asked[0]
    assert len(seat.kept()) == 1
    page.unroute("**/answer/")
    page.reload()
    seat.wait_until(lambda: not seat.kept(), "all is saved")
    seat.expect_nothing_lost()


@pytest.mark.usefixtures("copies")
def test_the_store_holds_answers_and_no_way_in(seat: Seat) -> None:
    seat.page.route("**/answer/", lambda route: route.abort())
    seat.answer(1, 2)
    seat.expect_waiting(2)
    cookies = {cookie["name"]: cookie["value"] for cookie in seat.page.context.cookies()}
    text = f"{seat.kept()} {seat.page.evaluate(COPIED_TEXT)}"
    assert "csrfmiddlewaretoken" not in str(seat.kept())
    for name in ("csrftoken", settings.SESSION_COOKIE_NAME):
        assert cookies[name] not in text
    assert not re.search(r'csrfmiddlewaretoken" value="[^"]', text)
    assert SECRET not in text
    seat.page.unroute("**/answer/")
    seat.expect_all_saved()


def test_no_copy_explains_anything(open_browser: Open, server: Server, student: User, watch: Watch) -> None:
    """Practice explains an item once it is checked; from then on no copy may be shown for it."""
    watch.expect("409")  # the save that "Check answer" overtook
    page = open_browser(student, worker=True)
    seat = Seat(page, start(student, f"{OLDER}-practice"))
    seat.enter()
    seat.expect_copies()
    seat.choose(1)
    page.get_by_role("button", name="Check answer").click()
    expect(page.get_by_role("button", name="Check answer")).to_have_count(0)
    seat.go(2)
    seat.go(1)
    seat.wait_until(lambda: seat.copies() == seat.room.count, "the copy of the item that was checked is gone")
    assert SECRET not in page.evaluate(COPIED_TEXT)
    assert SECRET in page.content()
