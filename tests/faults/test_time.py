"""Time: the client's clock may be wrong by hours, and what comes too late is kept and told."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from exams.models import Attempt, RefusedAnswer
from tests.browser.conftest import Open, Watch
from tests.faults.conftest import NOISE, Server, sit_down
from tests.faults.seat import Seat

MOVABLE = """
const RealDate = Date;
let shift = 0;
window.moveClock = (hours) => { shift += hours * 3600000; };
window.Date = class extends RealDate {
  constructor(...given) { super(...(given.length ? given : [RealDate.now() + shift])); }
  static now() { return RealDate.now() + shift; }
};
"""
AGE_COPIES = """async ([attempt, hours]) => {
  for (const name of (await caches.keys()).filter((each) => each.includes(attempt))) {
    const cache = await caches.open(name);
    for (const key of await cache.keys()) {
      const copy = await cache.match(key, { ignoreVary: true });
      const headers = new Headers(copy.headers);
      headers.set("X-Copied", String(Number(headers.get("X-Copied")) - hours * 3600000));
      await cache.put(key, new Response(await copy.text(), { headers }));
    }
  }
}"""


def seconds_shown(seat: Seat) -> int:
    """Return what the countdown shows."""
    hours, minutes, seconds = map(int, (seat.page.get_by_role("timer").text_content() or "").split(":"))
    return hours * 3600 + minutes * 60 + seconds


def expect_true_time(seat: Seat) -> None:
    """The countdown is what the server would say."""
    deadline = Attempt.objects.get(pk=seat.attempt.pk).deadline
    assert deadline
    assert abs((deadline - timezone.now()).total_seconds() - seconds_shown(seat)) < 5


def end_now(seat: Seat) -> None:
    """Let the time be over."""
    past = timezone.now() - dt.timedelta(minutes=1)
    began = past - dt.timedelta(hours=1)
    Attempt.objects.filter(pk=seat.attempt.pk).update(started_at=began, deadline=past, accept_until=past)


def test_a_clock_that_is_moved_by_hours(server: Server, open_browser: Open, student: User, watch: Watch) -> None:
    """Two hours fast and two hours slow: with a connection, and without one, where nobody can put it right."""
    watch.expect(*NOISE)
    page = open_browser(student, worker=True)
    page.add_init_script(MOVABLE)
    seat = sit_down(page, student)
    seat.expect_copies()
    expect_true_time(seat)
    for position, (hours, is_offline) in enumerate([(2, False), (-4, False), (4, True), (-4, True)], start=2):
        page.context.set_offline(is_offline)
        page.evaluate("moveClock", hours)
        seat.answer(position)
        expect_true_time(seat)
    page.context.set_offline(False)
    seat.expect_all_saved()
    expect_true_time(seat)
    seat.expect_nothing_lost()
    assert Attempt.objects.get().is_open


@pytest.mark.parametrize("hours", [2, -2])
@pytest.mark.usefixtures("copies")
def test_a_clock_that_was_moved_while_the_window_was_closed(hours: int, seat: Seat) -> None:
    """A copy can only guess how old it is. Wrong by hours, it must not hand in, and the server puts it right."""
    seat.page.context.set_offline(True)
    seat.answer(2)
    seat.page.evaluate(AGE_COPIES, [str(seat.attempt.uuid), hours])
    seat.again(2)
    seat.expect_shown(2)
    seat.page.context.set_offline(False)
    seat.wait_until(lambda: not seat.kept(), "all is saved")
    seat.wait_until(lambda: seconds_shown(seat) > 0, "the server's time is shown")
    seat.page.wait_for_timeout(1000)
    expect_true_time(seat)
    assert Attempt.objects.get().is_open
    seat.expect_nothing_lost()


@pytest.mark.usefixtures("copies")
def test_answers_that_come_after_the_end_are_kept_and_told(seat: Seat) -> None:
    seat.answer(1)
    seat.expect_all_saved()
    seat.page.context.set_offline(True)
    seat.answer(2, 3)
    seat.expect_waiting(2)
    end_now(seat)
    seat.page.context.set_offline(False)
    expect(seat.page.get_by_role("heading", name="Every question, explained")).to_be_visible(timeout=15_000)
    late = RefusedAnswer.objects.filter(attempt=seat.attempt, reason="late")
    assert {answer.position: answer.response for answer in late} == {p: seat.chosen[p] for p in (2, 3)}
    assert seat.room.item(1).response == seat.chosen[1]
    assert seat.kept() == seat.kept("confirmed") == []
    assert seat.copies() == 0


@pytest.mark.usefixtures("copies")
def test_answers_left_in_a_closed_window_come_late_with_the_next_visit(seat: Seat) -> None:
    seat.page.context.set_offline(True)
    seat.answer(2)
    seat.expect_waiting(1)
    seat.page.close()
    end_now(seat)
    seat.page = seat.page.context.new_page()
    seat.page.context.set_offline(False)
    seat.page.goto(f"/attempts/{seat.attempt.uuid}/result/")
    seat.wait_until(lambda: RefusedAnswer.objects.filter(reason="late", position=2).exists(), "it is kept as late")
    seat.wait_until(lambda: not seat.kept() and not seat.copies(), "nothing stays in the browser")


def test_handing_in_waits_for_what_is_not_saved(seat: Seat) -> None:
    """At the deadline there is still the time of grace, and an answer on its way comes before the end."""
    seat.page.route("**/answer/", lambda route: route.abort())
    seat.go(2)
    seat.choose(2)
    seat.expect_waiting(1)
    deadline = timezone.now() + dt.timedelta(seconds=3)
    grace = dt.timedelta(seconds=30)
    Attempt.objects.filter(pk=seat.attempt.pk).update(deadline=deadline, accept_until=deadline + grace)
    seat.page.reload()
    seat.page.wait_for_timeout(4000)
    assert Attempt.objects.get().is_open
    seat.page.unroute("**/answer/")
    expect(seat.page.get_by_role("heading", name="Every question, explained")).to_be_visible(timeout=40_000)
    assert Attempt.objects.get().closed_by == Attempt.Closer.DEADLINE
    seat.expect_nothing_lost()


def test_submitting_sends_what_waits_first(seat: Seat) -> None:
    seat.page.route("**/answer/", lambda route: route.abort())
    seat.go(2)
    seat.choose(2)
    seat.expect_waiting(1)
    seat.page.get_by_role("navigation", name="Move").get_by_role("button", name="Review and submit").click()
    expect(seat.page.get_by_text("to review and submit we need the network")).to_be_visible()
    seat.page.unroute("**/answer/")
    seat.expect_all_saved()
    seat.page.get_by_role("navigation", name="Move").get_by_role("button", name="Review and submit").click()
    seat.page.get_by_role("button", name="Submit and see my result").click()
    expect(seat.page.get_by_role("heading", name="Every question, explained")).to_be_visible()
    seat.expect_nothing_lost()
    seat.wait_until(lambda: not seat.copies() and not seat.kept("confirmed"), "nothing stays in the browser")
