"""A visitor without an account takes the sample, reads every explanation, signs up and keeps it."""

from __future__ import annotations

from playwright.sync_api import expect

from accounts.models import User
from exams.models import Attempt
from tests.browser.conftest import SAMPLE_COUNT, Open
from tests.browser.room import Room
from tests.factories import SECRET


def test_a_visitor_takes_the_sample_and_keeps_it_with_an_account(open_browser: Open) -> None:
    page = open_browser()
    page.goto("/")
    page.get_by_role("link", name=f"Try a {SAMPLE_COUNT}-question sample").click()
    expect(page.get_by_role("heading", name="The rules")).to_be_visible()
    page.get_by_role("button", name="Start, 20 minutes from now").click()
    expect(page.get_by_role("heading", name=f"Question 1 of {SAMPLE_COUNT}")).to_be_visible()
    room = Room(page, Attempt.objects.get())
    answer_all_but_the_last_right(room)
    room.to_review().click()
    expect(page.get_by_text(f"All {SAMPLE_COUNT} questions have an answer.")).to_be_visible()
    page.get_by_role("button", name="Submit and see my result").click()

    expect(page.get_by_text(f"{SAMPLE_COUNT - 1} of {SAMPLE_COUNT} questions right")).to_be_visible()
    expect_every_option_explained(room)

    result = page.url
    page.get_by_role("link", name="Sign up and keep it").click()
    page.get_by_label("Email").fill("visitor@example.com")
    page.get_by_label("Password").fill("seven quiet green words")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page).to_have_url(result)
    expect(page.get_by_role("link", name="Sign up and keep it")).to_have_count(0)
    page.get_by_role("link", name="Dashboard").click()
    page.get_by_role("link", name="All attempts").click()
    expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(1)
    assert Attempt.objects.get().user == User.objects.get(email="visitor@example.com")


def answer_all_but_the_last_right(room: Room) -> None:
    for position in room.walk():
        room.expect_at(position)
        room.choose(position, right=position < room.count)
        room.expect_saved()
        if position < room.count:
            room.button("Next").click()


def expect_every_option_explained(room: Room) -> None:
    text = room.page.get_by_role("main").text_content() or ""
    for item in room.attempt.items.select_related("version").prefetch_related("version__options"):
        number = item.version.scenario.slug.rsplit("-", 1)[1]
        for option in item.version.options.all():
            assert f"{SECRET} why {option.position} of {number}" in text
        assert f"{SECRET} learning point of {number}" in text
