"""Take the pictures of docs/images/ from a running local site: each main page, phone and desk, light and dark.

usage: python3 bench/pictures.py --password 'demo words' [--student student@example.com] http://127.0.0.1:8000

Needs the environment of that site (DATABASE_URL and so on), the demo accounts, and Chromium (EXAMPREP_CHROMIUM or on
PATH). Where the student has no results yet, it first lets them sit three weeks of practice and mocks, by the project's
own services and at the moments when it would have happened, so that report, dashboard and mail show real numbers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.demo_student import launch, logged_in, prepare, refuse_other_machines

# isort: split
from django.utils import timezone

from accounts.models import User
from exams.models import Attempt
from progress.emails import weekly_message
from progress.periods import IsoWeek, week_of
from progress.weekly import weekly_news
from questions.models import Scenario

FOLDER = ROOT / "docs/images"
LARGEST = 200_000
SIZES = {"desktop": (1280, 800), "phone": (360, 740)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


class Shot(NamedTuple):
    """A page to take: its name in docs/images/, its address, and the heading or words to scroll to, if any."""

    name: str
    address: str
    scroll_to: str = ""


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
    refuse_other_machines(asked.site)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright)
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
