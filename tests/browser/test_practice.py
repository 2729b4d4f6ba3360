"""Practice: "Check answer" explains and locks; before it no explanation is anywhere in the browser."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from accounts.models import User
from exams.models import Attempt
from tests.browser.conftest import Open, Watch
from tests.browser.room import SAVES, Room
from tests.browser.wire import Wire
from tests.factories import NEWER, OLDER, SECRET, position_of_kind, start


@pytest.mark.parametrize("exam", [OLDER, NEWER])
def test_check_answer_explains_and_locks(open_browser: Open, candidate: User, exam: str) -> None:
    page = open_browser(candidate)
    room = Room(page, start(candidate, f"{exam}-practice", now=timezone.now()))
    for position in room.walk():
        room.enter(position)
        wire = Wire(page)
        room.choose(position, right=position % 2 == 0)
        room.expect_saved()
        assert SECRET not in page.content()
        assert wire.read() > 0
        assert wire.holding(SECRET) == []

        room.button("Check answer").click()
        expect(page.get_by_text("Remember", exact=True)).to_be_visible()
        expect(page.get_by_text("right" if position % 2 == 0 else "wrong", exact=True).first).to_be_visible()
        version = room.item(position).version
        text = page.get_by_role("main").text_content() or ""
        assert text.count(f"{SECRET} why") == version.options.count()
        expect(page.get_by_role("button", name="Check answer")).to_have_count(0)
        expect(room.fields(version.kind)).to_have_count(0)
        page.reload()
        expect(page.get_by_text("Remember", exact=True)).to_be_visible()
        expect(room.fields(version.kind)).to_have_count(0)
        wire.stop()


def test_an_answer_cannot_be_checked_before_it_is_chosen(open_browser: Open, candidate: User, watch: Watch) -> None:
    watch.expect("409")
    page = open_browser(candidate)
    room = Room(page, start(candidate, f"{OLDER}-practice", now=timezone.now()))
    room.enter()
    wire = Wire(page)
    room.button("Check answer").click()
    expect(page.get_by_role("alert").filter(has_text="Choose an answer first")).to_be_visible()
    assert wire.read() > 0
    assert wire.holding(SECRET) == []
    assert Attempt.objects.get().items.filter(checked_at=None).count() == room.count


def test_a_save_that_the_check_overtakes_is_no_problem(open_browser: Open, candidate: User, watch: Watch) -> None:
    watch.expect("409")
    page = open_browser(candidate)
    room = Room(page, start(candidate, f"{OLDER}-practice", now=timezone.now()))
    position = position_of_kind(room.attempt, "single")
    room.enter(position)
    saves: list[Route] = []

    def hold(route: Route) -> None:
        saves.append(route)

    def check_first(route: Route) -> None:
        checked = route.fetch()
        saves[0].continue_()
        refused = saves[0].request.response()
        assert refused
        refused.finished()
        route.fulfill(response=checked)

    page.route(SAVES, hold)
    page.route("**/check/", check_first)
    with page.expect_request(SAVES):
        room.choose(position, is_answered_by_server=False)
    with page.expect_response("**/check/"):
        room.button("Check answer").click()
    expect(page.get_by_text("Remember", exact=True)).to_be_visible()
    expect(page.get_by_text("right", exact=True).first).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
