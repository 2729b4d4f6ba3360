"""Take the pictures of docs/images/ from a running local site: each main page, phone and desk, light and dark.

usage: python3 bench/pictures.py --password 'demo words' [--student student@example.com] http://127.0.0.1:8000

Needs the environment of that site (DATABASE_URL and so on), the demo accounts, and Chromium (EXAMPREP_CHROMIUM or on
PATH). Where the student has no results yet, it first lets them sit three weeks of practice and mocks, by the project's
own services and at the moments when it would have happened, so that report, dashboard and mail show real numbers.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import django
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examprep.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread; nothing here is concurrent
django.setup()

from django.utils import timezone  # noqa: E402 (what follows needs the settings)

from accounts.models import User  # noqa: E402
from exams.closing import close_attempt  # noqa: E402
from exams.marking import mark_seen, set_flag  # noqa: E402
from exams.models import Attempt, AttemptItem, ExamBlueprint  # noqa: E402
from exams.owners import Owner  # noqa: E402
from exams.starting import start_attempt  # noqa: E402
from progress.emails import weekly_message  # noqa: E402
from progress.periods import IsoWeek, week_of  # noqa: E402
from progress.reports import refresh_reports  # noqa: E402
from progress.weekly import weekly_news  # noqa: E402
from questions.models import Scenario  # noqa: E402
from tests.factories import Pen, right_response, wrong_response  # noqa: E402

FOLDER = ROOT / "docs/images"
LARGEST = 200_000
SIZES = {"desktop": (1280, 800), "phone": (360, 740)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
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


class Shot(NamedTuple):
    """A page to take: its name in docs/images/, its address, and the heading or words to scroll to, if any."""

    name: str
    address: str
    scroll_to: str = ""


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


def shots(graded: Attempt, opened: Attempt) -> Iterator[Shot]:
    """Yield the student's pages."""
    missed = graded.items.filter(outcome="wrong", version__kind="single").order_by("position")[0]
    single = opened.items.filter(version__kind="single", position__lte=24).order_by("-position")[0]
    yield Shot("room", f"/attempts/{opened.uuid}/items/{single.position}/")
    yield Shot("result", f"/attempts/{graded.uuid}/result/")
    yield Shot("review", f"/attempts/{graded.uuid}/result/", f"question-{missed.position}")
    yield Shot("report", f"/report/{graded.blueprint.exam_version.slug}/")
    yield Shot("dashboard", "/dashboard/")


def writing_page() -> Shot:
    """Return the page on which an instructor writes, with a published single item in it."""
    published = Scenario.objects.filter(published_version__kind="single", state=Scenario.State.PUBLISHED)
    scenario = published.filter(placements__pool="practice").order_by("slug")[0]
    return Shot("writing", f"/admin/questions/scenario/{scenario.pk}/change/")


def weekly_html(student: User) -> str:
    """Return the mail of this week as its reader sees it."""
    week: IsoWeek = week_of(timezone.now(), student.zone)
    news = weekly_news(user=student, week=week)
    if news is None:
        sys.exit("The student sat nothing last week, so there is no mail: use a fresh database.")
    return str(weekly_message(news).alternatives[0][0])


def logged_in(browser: Browser, site: str, email: str, password: str) -> BrowserContext:
    """Return a browser in which the person has logged in through the form."""
    context = browser.new_context(base_url=site, reduced_motion="reduce", locale="en-GB", timezone_id="UTC")
    page = context.new_page()
    page.goto("/account/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile(r"^(?!.*/login/)"))
    return context


def take(page: Page, shot: Shot, html: str = "") -> None:
    """Write the pictures of one page and say how large they became."""
    for size, (width, height) in SIZES.items():
        for scheme in SCHEMES:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            if html:
                page.set_content(html)
            else:
                page.goto(shot.address)
            if shot.scroll_to:
                entry = page.locator(f"#{shot.scroll_to}")
                if entry.locator("details:not([open])").count():
                    entry.locator("summary").first.click()
                entry.evaluate("(element) => window.scrollBy(0, element.getBoundingClientRect().top)")
            path = FOLDER / f"{shot.name}-{size}-{scheme}.png"
            page.screenshot(path=path)
            taken = path.stat().st_size
            print(f"{path.relative_to(ROOT)}: {taken // 1000} kB")
            if taken > LARGEST:
                sys.exit(f"{path} is larger than {LARGEST // 1000} kB")


def main() -> None:
    """Prepare the history, then walk the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", help="address of a site on this machine")
    parser.add_argument("--password", required=True, help="of the demo accounts")
    parser.add_argument("--student", default="student@example.com")
    parser.add_argument("--instructor", default="instructor@example.com")
    asked = parser.parse_args()
    if urlsplit(asked.site).hostname not in ("127.0.0.1", "localhost"):
        sys.exit("this talks to 127.0.0.1 or localhost only")
    FOLDER.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("EXAMPREP_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=["--disable-gpu", *sandbox])
        student = User.objects.get(email=asked.student)
        graded, opened = prepare(student)
        desk = logged_in(browser, asked.site, asked.student, asked.password).pages[0]
        desk.goto("/attempts/")  # the exam was begun beside the browser, so it is continued there first
        desk.get_by_role("button", name=f"Continue {opened.title}").click()
        take(browser.new_page(base_url=asked.site), Shot("home", "/"))
        for shot in shots(graded, opened):
            take(desk, shot)
        take(browser.new_page(), Shot("mail", ""), weekly_html(student))
        take(logged_in(browser, asked.site, asked.instructor, asked.password).pages[0], writing_page())
        browser.close()


if __name__ == "__main__":
    main()
