"""What the programs of bench/ share about the demo student: what they have sat, and a browser they are logged in to.

Importing it sets Django up, so it needs the environment of the site (DATABASE_URL and so on).
"""

from __future__ import annotations

import datetime as dt
import os
import random
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import django
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examprep.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread; nothing here is concurrent
django.setup()

from django.utils import timezone

from accounts.models import User
from exams.closing import close_attempt
from exams.marking import mark_seen, set_flag
from exams.models import Attempt, AttemptItem, ExamBlueprint
from exams.owners import Owner
from exams.starting import start_attempt
from progress.reports import refresh_reports
from tests.browser.chromium import chromium_path
from tests.factories import Pen, right_response, wrong_response

# How many days ago, which mode, and by how much the chance to be right has grown since the first day.
HISTORY = [
    (20, "practice", 0.0),
    (18, "practice", 0.02),
    (16, "practice", 0.05),
    (13, "mock", 0.08),
    (11, "practice", 0.10),
    (9, "practice", 0.14),
    (8, "practice", 0.16),
    (6, "practice", 0.18),
    (4, "practice", 0.20),
    (2, "mock", 0.20),
]
# The chance to be right on the first day, by place of the domain: uneven, as people are.
SKILLS = (0.72, 0.42, 0.60, 0.52)
SECONDS_AN_ITEM = 85
CHROMIUM_ARGUMENTS = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def refuse_other_machines(site: str) -> None:
    """End where the address is not of this machine."""
    if urlsplit(site).hostname not in ("127.0.0.1", "localhost"):
        sys.exit("this talks to 127.0.0.1 or localhost only")


def launch(playwright: Playwright, chromium: str | None = None) -> Browser:
    """Start Chromium without a window."""
    return playwright.chromium.launch(executable_path=chromium or chromium_path(), args=CHROMIUM_ARGUMENTS)


def prepare(student: User) -> tuple[Attempt, Attempt]:
    """Return a graded mock and an open one, made where there are none."""
    now = timezone.now()
    current = ExamBlueprint.objects.filter(exam_version__is_current=True).exclude(pool="sealed")
    blueprints = {b.mode: b for b in current}
    chance = random.Random(7)  # noqa: S311 (the same history each time)
    if not student.attempts.filter(state=Attempt.State.GRADED).exists():
        for days, mode, growth in HISTORY:
            print(f"sitting a {mode} {days} days ago")
            sit(student, blueprints[mode], now - dt.timedelta(days=days), growth, chance)
        refresh_reports(user_id=student.pk, now=now)
    graded = student.attempts.filter(state=Attempt.State.GRADED, blueprint__mode="mock").order_by("-started_at")[0]
    owner = Owner(user_id=student.pk)
    opened = start_attempt(owner=owner, blueprint=blueprints["mock"], now=now - dt.timedelta(minutes=31))
    if not opened.items.filter(seen_at__isnull=False).exists():
        answer_some(owner, opened, now)
    return graded, opened


def sit(student: User, blueprint: ExamBlueprint, now: dt.datetime, growth: float, chance: random.Random) -> None:
    """Sit and submit a whole attempt, an item after the other."""
    attempt = start_attempt(owner=Owner(user_id=student.pk), blueprint=blueprint, now=now)
    pen = Pen(attempt)
    for item in attempt.items.select_related("version__scenario").order_by("position"):
        moment = now + dt.timedelta(seconds=SECONDS_AN_ITEM * item.position)
        mark_seen(item=item, now=moment)
        is_right = chance.random() < SKILLS[domain_number(item, blueprint) % len(SKILLS)] + growth
        pen.save(item.position, right_response(item) if is_right else slip(item, chance), now=moment)
    end = now + dt.timedelta(seconds=SECONDS_AN_ITEM * (attempt.items.count() + 2))
    close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=end)


def domain_number(item: AttemptItem, blueprint: ExamBlueprint) -> int:
    placement = item.version.scenario.placements.select_related("topic").get(exam_version=blueprint.exam_version_id)
    return int(placement.topic.code.split(".")[0]) - 1


def slip(item: AttemptItem, chance: random.Random) -> list[int]:
    """Return a wrong answer: for single items any of the distractors."""
    if item.version.kind != "single":
        return wrong_response(item)
    return [chance.choice([position for position in item.option_order if position not in right_response(item)])]


def answer_some(owner: Owner, attempt: Attempt, now: dt.datetime) -> None:
    """Leave an exam in the middle: 22 items answered, two left open, two flagged."""
    pen = Pen(attempt)
    for item in attempt.items.select_related("version").filter(position__lte=24).order_by("position"):
        mark_seen(item=item, now=now)
        if item.position not in (9, 17):
            pen.save(item.position, right_response(item), now=now - dt.timedelta(seconds=60 * (24 - item.position)))
        if item.position in (9, 14):
            set_flag(owner=owner, attempt_uuid=attempt.uuid, position=item.position, is_flagged=True, now=now)


def new_context(browser: Browser, site: str) -> BrowserContext:
    """Return a browser without cookies, in which nothing is animated; a local certificate will do."""
    return browser.new_context(
        base_url=site, reduced_motion="reduce", locale="en-GB", timezone_id="UTC", ignore_https_errors=True
    )


def logged_in(browser: Browser, site: str, email: str, password: str) -> BrowserContext:
    """Return a browser in which the person has logged in through the form."""
    context = new_context(browser, site)
    page = context.new_page()
    page.goto("/account/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile(r"^(?!.*/login/)"))
    return context


def enter(context: BrowserContext, start: str) -> Page:
    """Start an exam, or go on with it, at the page that asks; return the room it leads to."""
    page = context.new_page()
    page.goto(start)
    page.get_by_role("main").get_by_role("button", name=re.compile("^(Start|Continue)")).first.click()
    page.wait_for_url(re.compile(r"/items/\d+/$"))
    return page
