"""The result page in a real browser: filters without a script, a report and its answer, pacing; on paper everything."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from exams.closing import sweep
from exams.marking import add_visit, set_guess, set_note
from exams.models import Attempt, ProblemReport
from exams.problem_reports import report_problem, settle
from exams.saving import AnswerRefused
from tests.browser.audit import audit
from tests.browser.conftest import Open
from tests.factories import (
    OLDER,
    Pen,
    item_at,
    owner_of_attempt,
    position_of_kind,
    right_response,
    start,
    wrong_response,
)


@pytest.fixture
def sat(bank: None, candidate: User) -> Attempt:
    """Give a mock with everything a result can tell: one late answer, guesses, a note, times, changes, two reports."""
    began = timezone.now() - dt.timedelta(days=1)
    attempt = start(candidate, f"{OLDER}-mock", now=began)
    owner, pen, now = owner_of_attempt(attempt), Pen(attempt), began
    for position in range(1, 7):
        now += dt.timedelta(minutes=position)
        item = item_at(attempt, position)
        responses = (right_response(item), wrong_response(item))
        for response in responses if position % 2 else reversed(responses):
            now += dt.timedelta(seconds=10)
            pen.save(position, response, now=now)
        add_visit(owner=owner, attempt_uuid=attempt.uuid, position=position, seconds=60 * position, now=now)
        set_guess(owner=owner, attempt_uuid=attempt.uuid, position=position, is_guess=position < 4, now=now)
    set_note(owner=owner, attempt_uuid=attempt.uuid, position=1, note="look at <this>\nagain", now=now)
    assert attempt.accept_until is not None
    with pytest.raises(AnswerRefused):
        pen.save(7, right_response(item_at(attempt, 7)), now=attempt.accept_until)
    sweep(now=attempt.accept_until)
    _open_report, report = (
        report_problem(
            owner=owner, attempt_uuid=attempt.uuid, position=position, text="two are right", now=timezone.now()
        )
        for position in (1, 2)
    )
    report.answer = "only one is"
    settle(report=report)
    return attempt


def test_every_part_of_the_result(open_browser: Open, candidate: User, sat: Attempt) -> None:
    page = open_browser(candidate)
    page.goto(f"/attempts/{sat.uuid}/result/")
    expect(page.get_by_text("6 minutes on question 6").or_(page.get_by_text("6 min on question 6"))).to_be_visible()
    expect(page.get_by_text("with your late answer")).to_be_visible()
    kinds = {position_of_kind(sat, kind) for kind in ("single", "multiple", "ordering", "matching")}
    case = sat.items.exclude(version__case_html="").order_by("position")[0].position
    for position in {1, 2, case, *kinds}:
        entry = page.locator(f"#question-{position}")
        if entry.locator(":scope > details").get_attribute("open") is None:
            entry.locator("summary").first.click()
        entry.get_by_text(re.compile("^(Report a problem|Change your report)")).click()
    expect(page.get_by_text("only one is")).to_be_visible()
    expect(page.get_by_text("look at <this>")).to_be_visible()
    found = audit(page, is_brief=True)
    page.goto(f"/attempts/{sat.uuid}/result/?topic=2.1")
    expect(page.get_by_role("heading", name="Questions of this topic")).to_be_visible()
    found += audit(page, is_brief=True)
    page.goto("/attempts/")
    expect(page.get_by_text("one report answered")).to_be_visible()
    found += audit(page)
    assert found == []


@pytest.mark.parametrize("javascript", [True, False])
def test_filters_show_what_they_say(javascript: bool, open_browser: Open, candidate: User, sat: Attempt) -> None:
    page = open_browser(candidate, javascript=javascript)
    page.goto(f"/attempts/{sat.uuid}/result/")
    entries, total = page.locator(".entry").locator("visible=true"), sat.items.count()
    expect(entries).to_have_count(total)
    for name, count in (("Wrong", 3), ("Right", 3), ("Guessing", 3), ("Not reached", total - 6), ("All", total)):
        page.get_by_role("radio", name=f"{name} {count}").check()
        expect(entries).to_have_count(count)
    page.get_by_label("Topic", exact=True).select_option("2.1")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Questions of this topic")).to_be_visible()
    shown = entries.count()
    assert 0 < shown < total
    page.get_by_role("link", name="Show all topics").click()
    expect(entries).to_have_count(total)


def test_problem_is_reported_without_a_script(open_browser: Open, candidate: User, sat: Attempt) -> None:
    page = open_browser(candidate, javascript=False)
    page.goto(f"/attempts/{sat.uuid}/result/?open=3")
    entry = page.locator("#question-3")
    entry.get_by_text("Report a problem with this question").click()
    entry.get_by_label("What is wrong with question 3?").fill("The stem names no region.")
    entry.get_by_role("button", name="Send the report").click()

    expect(page.locator("#question-3").get_by_text("The stem names no region.").first).to_be_visible()
    assert ProblemReport.objects.filter(text="The stem names no region.").exists()


def test_on_paper_everything_stands_open_and_no_button_is_left(
    open_browser: Open, candidate: User, sat: Attempt
) -> None:
    page = open_browser(candidate)
    page.goto(f"/attempts/{sat.uuid}/result/")
    page.get_by_role("radio", name="Wrong 3").check()
    page.emulate_media(media="print")

    total = sat.items.count()
    expect(page.locator(".entry").locator("visible=true")).to_have_count(total)
    expect(page.get_by_text("Remember", exact=True).locator("visible=true")).to_have_count(total)
    expect(page.locator("button, textarea, select, input").locator("visible=true")).to_have_count(0)


def test_receipt_is_a_download(open_browser: Open, candidate: User, sat: Attempt) -> None:
    page = open_browser(candidate)
    page.goto(f"/attempts/{sat.uuid}/result/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()

    assert download.value.suggested_filename == f"receipt-{sat.uuid}.txt"
    assert "Answers saved: 12" in download.value.path().read_text()
