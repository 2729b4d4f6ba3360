"""Two windows and two devices: the newest lease wins, and the older window decides about what it could not save."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import User
from exams.models import AnswerEvent
from tests.browser.conftest import Open
from tests.faults.seat import Seat

ELSEWHERE = "You continued this exam in another window or on another device."


def continue_on(page: Page, seat: Seat) -> Seat:
    """Go on in another window or on another device, as its student does: by the button on the dashboard."""
    page.goto("/dashboard/")
    page.get_by_role("button", name=re.compile("Continue|Go on")).first.click()
    found = Seat(page, seat.attempt, seat.ledger)
    expect(page.get_by_role("heading", name="Question ")).to_be_visible()
    return found


def letters(seat: Seat, position: int) -> str:
    """Return how the list of unsent answers names an option of a single item."""
    item = seat.room.item(position)
    return ", ".join(chr(ord("A") + item.option_order.index(written)) for written in seat.chosen[position])


def expect_read_only(seat: Seat) -> None:
    """The page says so and takes nothing more."""
    expect(seat.page.get_by_role("alert").filter(has_text=ELSEWHERE)).to_be_visible()
    expect(seat.page.locator(".item").locator("input:enabled, select:enabled")).to_have_count(0)
    expect(seat.page.get_by_role("button", name="Flag for review")).to_be_disabled()


@pytest.fixture
def other_device(seat: Seat, open_browser: Open, student: User) -> Page:
    """Give a phone on which the same student is logged in."""
    return open_browser(student, phone=True)


def test_two_windows_on_the_same_item(seat: Seat, single: int) -> None:
    """The older is refused also where the newer has not answered yet: the lease counts, not who came last."""
    seat.go(single)
    seat.choose(single)
    seat.expect_all_saved()
    second = continue_on(seat.page.context.new_page(), seat)
    second.enter(single)

    seat.page.bring_to_front()
    seat.page.locator("input[name=option][form=answer]:not(:checked)").first.check()
    expect_read_only(seat)
    seat.expect_shown(single)
    assert seat.room.item(single).response == seat.chosen[single]
    seat.page.get_by_role("button", name="Drop all").click()
    second.choose(single, right=False)
    second.expect_all_saved()
    second.expect_nothing_lost()
    second.expect_newest_lease_wins(single)


def test_two_devices_on_the_same_item_and_the_older_is_offline(seat: Seat, single: int, other_device: Page) -> None:
    seat.go(single)
    seat.page.context.set_offline(True)
    seat.choose(single)
    seat.expect_waiting(1)
    phone = continue_on(other_device, seat)
    phone.enter(single)
    phone.choose(single, right=False)
    phone.expect_all_saved()

    seat.page.context.set_offline(False)
    expect_read_only(seat)
    expect(seat.page.get_by_text(f"Question {single}: {letters(seat, single)}, not saved").first).to_be_visible()
    phone.expect_nothing_lost()
    phone.expect_newest_lease_wins(single)
    assert AnswerEvent.objects.filter(position=single).count() == 1


def test_an_unsent_answer_is_applied_by_the_student_alone(seat: Seat, single: int, other_device: Page) -> None:
    test_two_devices_on_the_same_item_and_the_older_is_offline(seat, single, other_device)
    apply = seat.page.get_by_role("button", name=re.compile(rf"^Apply Question {single}:"))
    expect(apply).to_be_disabled()
    seat.page.get_by_role("button", name="Continue here").click()
    seat.room.expect_at(single)
    seat.expect_shown(single, right=False)  # nothing is replayed by itself
    apply.click()
    seat.expect_shown(single)
    seat.expect_all_saved()
    seat.expect_nothing_lost()
    seat.expect_newest_lease_wins(single)
    expect(seat.page.get_by_text("were not saved")).to_be_hidden()


@pytest.mark.usefixtures("copies")
def test_unsent_answers_are_dropped_all_at_once(seat: Seat, other_device: Page) -> None:
    seat.page.context.set_offline(True)
    seat.answer(2, 3)
    seat.expect_waiting(2)
    phone = continue_on(other_device, seat)
    phone.enter(2)
    phone.choose(2, right=False)
    phone.expect_all_saved()
    seat.page.context.set_offline(False)
    expect_read_only(seat)
    listed = [re.compile(rf"^Question {position}: .*, not saved$") for position in (2, 3)]
    expect(seat.page.locator("#lease .what")).to_have_text(listed)
    seat.page.get_by_role("button", name="Drop all").click()
    seat.expect_all_saved()
    seat.page.get_by_role("button", name="Continue here").click()
    seat.room.expect_at(3)
    seat.go(2)
    seat.expect_shown(2, right=False)
    assert seat.room.item(3).response == []
    phone.expect_nothing_lost()


def test_a_window_that_moves_on_learns_that_it_is_the_older_one(seat: Seat, other_device: Page) -> None:
    seat.answer(1)
    seat.expect_all_saved()
    continue_on(other_device, seat)
    seat.go(2)
    expect(seat.page.get_by_role("alert").filter(has_text=ELSEWHERE)).to_be_visible()
    before = AnswerEvent.objects.count()
    seat.page.wait_for_timeout(500)
    assert AnswerEvent.objects.count() == before


def test_an_answer_stored_before_the_lease_moved_is_no_unsent_one(seat: Seat, single: int, other_device: Page) -> None:
    """Its acknowledgement was lost on the way: the server knows the key and says what it said."""
    seat.go(single)

    def lose_the_way_back(route: Route) -> None:
        route.fetch()
        route.abort()

    seat.page.route("**/answer/", lose_the_way_back)
    seat.choose(single)
    seat.expect_waiting(1)
    phone = continue_on(other_device, seat)
    seat.page.unroute("**/answer/")
    seat.expect_all_saved()
    seat.expect_nothing_lost()
    phone.enter(single)
    phone.expect_shown(single)


def test_a_device_that_opens_an_item_by_its_address_shows_what_is_stored(
    seat: Seat, single: int, other_device: Page
) -> None:
    """It takes no lease by that: the first device goes on saving, until the student continues on the second."""
    seat.go(single)
    seat.choose(single)
    seat.expect_all_saved()
    phone = Seat(other_device, seat.attempt, seat.ledger)
    other_device.goto(f"/attempts/{seat.attempt.uuid}/items/{single}/")
    expect_read_only(phone)
    phone.expect_shown(single)
    other_device.get_by_role("navigation", name="Move").get_by_role("link", name="Next").click()
    phone.room.expect_at(single + 1)
    expect_read_only(phone)
    seat.choose(single, right=False)
    seat.expect_all_saved()
    seat.expect_nothing_lost()

    other_device.get_by_role("button", name="Continue here").click()
    phone.room.expect_at(single + 1)
    phone.enter(single)
    phone.choose(single)
    phone.expect_all_saved()
    seat.go(single + 1)
    expect_read_only(seat)
    phone.expect_nothing_lost()
    phone.expect_newest_lease_wins(single)


def test_two_windows_with_one_lease_share_one_queue(seat: Seat) -> None:
    """A second window by its address has the same lease; revisions come from the store they share."""
    second = Seat(seat.page.context.new_page(), seat.attempt, seat.ledger)
    second.enter(1)
    seat.choose(1)
    seat.expect_all_saved()
    second.choose(1, right=False)
    second.expect_all_saved()
    seat.go(2)
    seat.go(1)
    seat.expect_shown(1, right=False)
    seat.choose(1)
    seat.expect_all_saved()
    seat.expect_nothing_lost()
