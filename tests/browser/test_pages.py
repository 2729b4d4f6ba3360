"""Every page and state on a student's way: no finding of axe, light or dark, and no sideways scrolling on a phone.

The console is listened to as everywhere in this folder, so a page that breaks the policy of the site fails here too.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import partial

import pytest
from django.core import mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from accounts.accommodations import Accommodation
from accounts.models import User
from exams.models import Attempt
from progress.reports import refresh_reports
from progress.unsubscribing import unsubscribe_token
from questions.models import Misconception, Scenario
from tests.browser.audit import audit
from tests.browser.conftest import Open, Watch
from tests.browser.room import NOT_SAVED, Room
from tests.factories import NEWER, OLDER, position_of_kind, start
from tests.progress.sittings import sit

OF_EVERYBODY = [
    "/",
    "/start/",
    f"/start/{NEWER}/",
    f"/start/{NEWER}/{NEWER}-sample/",
    "/notes/",
    "/notes/north/",
    "/notes/compare/",
    "/account/login/",
    "/account/signup/",
    "/account/password/reset/",
    "/account/password/reset/done/",
]
OF_A_STUDENT = [
    "/dashboard/",
    f"/report/{OLDER}/",
    f"/report/{NEWER}/",
    "/attempts/",
    f"/start/{OLDER}/",
    f"/start/{OLDER}/{OLDER}-mock/",
    "/account/preferences/",
    "/account/password/change/",
    "/account/email/",
    "/account/logout/",
]


def visit(page: Page, addresses: Iterable[str], *, status: int = 200) -> list[str]:
    """Open and audit pages; return what is wrong with them."""
    found = []
    for address in addresses:
        response = page.goto(address)
        assert response
        assert response.status == status, f"{address} answers {response.status}"
        found += audit(page)
    return found


def test_pages_of_everybody(open_browser: Open) -> None:
    page = open_browser()
    comparison = Misconception.objects.get().get_absolute_url()
    assert visit(page, [*OF_EVERYBODY, comparison]) == []


def test_pages_of_a_mail(open_browser: Open, candidate: User) -> None:
    page = open_browser()
    found = visit(page, [f"/mail/unsubscribe/{unsubscribe_token(candidate.pk)}/"])
    page.get_by_role("button", name="End the weekly mail").click()
    expect(page.get_by_role("heading", name="You will get no more weekly mails")).to_be_visible()
    found += audit(page)
    page.goto("/account/password/reset/")
    page.get_by_label("Email").fill(candidate.email)
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    link = next(word for word in str(mail.outbox[0].body).split() if "/password/reset/key/" in word)
    page.goto(link)
    expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
    found += audit(page)
    assert found == []


def test_pages_that_say_no(open_browser: Open, watch: Watch) -> None:
    watch.expect("404")
    page = open_browser()
    found = visit(page, ["/nothing/here/", "/mail/unsubscribe/cut-off/"], status=404)
    for name in ("403", "403_csrf", "500"):
        page.route(
            f"**/{name}/", partial(Route.fulfill, body=render_to_string(f"{name}.html"), content_type="text/html")
        )
        found += visit(page, [f"/{name}/"])
    assert found == []


def test_forms_that_were_filled_in_badly(open_browser: Open) -> None:
    page = open_browser()
    page.goto("/account/login/")
    page.get_by_label("Email").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong words here")
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found = audit(page)
    page.goto("/account/signup/")
    page.get_by_label("Email").fill("somebody@example.com")
    page.get_by_label("Password").fill("short")
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("This password is too short")).to_be_visible()
    found += audit(page)
    assert found == []


def test_pages_of_a_student_who_has_just_arrived(open_browser: Open, candidate: User) -> None:
    assert visit(open_browser(candidate), ["/dashboard/", f"/report/{OLDER}/", "/attempts/"]) == []


@pytest.fixture
def busy(candidate: User) -> User:
    """Give a student with a mock, practice rounds, something mixed up and something still open."""
    now = timezone.now()
    for days in (4, 3, 2):
        sit(candidate, f"{OLDER}-practice", now=now - dt.timedelta(days), is_right=lambda item: item.position % 2 == 0)
    start(candidate, f"{OLDER}-practice", now=now)
    start(candidate, f"{NEWER}-practice", now=now)
    refresh_reports(user_id=candidate.pk, now=now)
    return candidate


def test_pages_of_a_busy_student(open_browser: Open, busy: User, watch: Watch) -> None:
    watch.expect("409")  # a drill of nothing
    page = open_browser(busy)
    found = visit(page, [*OF_A_STUDENT, reverse("usersessions_list")])
    User.objects.filter(pk=busy.pk).update(accommodation=Accommodation.TIMES_2)
    found += visit(page, [f"/start/{OLDER}/{OLDER}-mock/"])
    expect(page.get_by_text("120 minutes instead of 60")).to_be_visible()
    page.goto(f"/start/{OLDER}/")
    page.get_by_role("button", name="What you flagged").click()
    expect(page.get_by_role("heading", name="Nothing to drill")).to_be_visible()
    found += audit(page)
    page.goto("/account/preferences/")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert [*found, *audit(page)] == []


def test_the_room_in_trouble(open_browser: Open, candidate: User, watch: Watch) -> None:
    watch.expect("409", "ERR_FAILED")
    page = open_browser(candidate)
    room = Room(page, start(candidate, f"{OLDER}-mock", now=timezone.now()))
    cased = room.attempt.items.exclude(version__case_html="").order_by("position")[0].position
    room.enter(cased)
    page.route("**/answer/", lambda route: route.abort())
    room.choose(cased, is_answered_by_server=False)
    expect(page.get_by_text(NOT_SAVED).first).to_be_visible()
    found = audit(page)
    start(candidate, f"{OLDER}-mock", now=timezone.now())  # elsewhere
    page.unroute("**/answer/")
    page.evaluate("window.dispatchEvent(new Event('online'))")  # it tries again at once, not after the next pause
    expect(page.get_by_role("alert").filter(has_text="another window")).to_be_visible(timeout=35_000)
    expect(page.get_by_role("button", name="Apply all")).to_be_visible()
    found += audit(page)
    page.get_by_role("button", name="Drop all").click()
    with page.expect_navigation(wait_until="networkidle"):
        page.get_by_role("button", name="Continue here").click()
    page.route("**/submit/", lambda route: route.abort())
    deadline = timezone.now()
    Attempt.objects.update(deadline=deadline, accept_until=deadline + dt.timedelta(minutes=5))
    page.evaluate("window.dispatchEvent(new Event('online'))")  # the server is asked how much time is left
    expect(page.get_by_role("alert").filter(has_text="There is no connection")).to_be_visible()
    assert [*found, *audit(page)] == []


def test_answers_without_a_script_that_are_refused(open_browser: Open, candidate: User, watch: Watch) -> None:
    """Sent by the form itself: a stale lease (409), a note too long (422). Then it waits for grading."""
    watch.expect("409", "422")
    page = open_browser(candidate)
    room = Room(page, start(candidate, f"{OLDER}-mock", now=timezone.now()))
    room.enter(position_of_kind(room.attempt, "matching"))
    start(candidate, f"{OLDER}-mock", now=timezone.now())  # elsewhere
    page.evaluate("HTMLFormElement.prototype.submit.call(document.getElementById('answer'))")
    expect(page.get_by_role("button", name="Continue here")).to_be_visible()
    found = audit(page)
    page.get_by_role("button", name="Continue here").click()
    expect(page.get_by_role("button", name="Continue here")).to_be_hidden()
    page.evaluate("""() => {
      const form = document.querySelector("[data-mark=note]");
      form.elements.text.value = "x".repeat(3000);
      form.submit();
    }""")
    expect(page.get_by_role("heading", name="Your note is not saved yet")).to_be_visible()
    found += audit(page)
    Attempt.objects.update(state=Attempt.State.CLOSED, closed_at=timezone.now(), closed_by=Attempt.Closer.STUDENT)
    page.goto(f"/attempts/{room.attempt.uuid}/result/")
    expect(page.get_by_role("heading", name="Your answers are being graded")).to_be_visible()
    assert [*found, *audit(page)] == []


def test_practice_before_and_after_a_check(open_browser: Open, candidate: User) -> None:
    page = open_browser(candidate)
    room = Room(page, start(candidate, f"{OLDER}-practice", now=timezone.now()))
    room.enter()
    found = audit(page)
    room.choose(1, right=False)
    room.button("Check answer").click()
    expect(page.get_by_text("Remember", exact=True)).to_be_visible()
    assert [*found, *audit(page)] == []


def test_pages_of_an_instructor(open_browser: Open, author: User) -> None:
    scenario = Scenario.objects.get(slug="hush-1")
    page = open_browser(author)
    base = "/admin/questions/scenario/"
    found = visit(page, ["/admin/", f"{base}add/", f"{base}{scenario.pk}/change/", f"{base}{scenario.pk}/preview/"])
    page.goto(base)
    # Django's own search field has a picture for a label.
    assert [*found, *audit(page, but_not=("label-title-only",))] == []


def test_an_instructor_writes_an_item_and_previews_it(open_browser: Open, author: User) -> None:
    page = open_browser(author)
    page.goto("/admin/questions/scenario/add/")
    page.get_by_label("Stable id").fill("fresh-item")
    page.get_by_label("Stem").fill("A team works **at the lowest cost**. Which way is best?")
    page.keyboard.press("Tab")
    side = page.get_by_role("complementary", name="Findings and preview")
    expect(side.get_by_text("Error").first).to_be_visible()
    expect(side.get_by_role("strong").filter(has_text="at the lowest cost")).to_be_visible()
    found = audit(page)
    page.get_by_role("button", name="Save and preview").click()
    expect(page).to_have_url(re.compile("/preview/"))
    expect(page.get_by_role("main").get_by_text("at the lowest cost").first).to_be_visible()
    assert [*found, *audit(page)] == []
