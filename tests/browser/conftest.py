"""Chromium, a bank of all four kinds, and people at their screens. Every test fails on a message in the console."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.test import override_settings
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, WebError
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer
from pytest_playwright import CreateContextCallback

from accounts.models import User
from questions.bank_schema import Bank, CaseEntry
from questions.models import Certification
from tests.bank_copies import BankCopy, take_copy
from tests.browser.chromium import chromium_path
from tests.cast import client_of
from tests.factories import NEWER, NOW, OLDER, blueprint_entry, make_bank

HERE = Path(__file__).parent
WORKER_BLOCKED = "Service Worker registration blocked by Playwright"
CHROMIUM_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
)
# The policy's violations come as console errors too, but not all of them: a refused `style` attribute may be silent.
TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`);
});
"""

# The older mock holds every item of its pool: all four kinds and a case, whatever the draw.
MOCK_SIZES = {"1": 6, "2": 3, "3": 3}
MOCK_COUNT = sum(MOCK_SIZES.values())
PRACTICE_SIZES = {"1": 8, "2": 8, "3": 8}
SAMPLE_COUNT = 10
CASE = CaseEntry(
    id="harbour",
    text="\n\n".join(
        f"Paragraph {n} of the case: a harbour has {n} cranes, and each of them counts." for n in range(1, 30)
    ),
)
BLUEPRINTS = [
    blueprint_entry(OLDER, "mock", scored=10, unscored=2, minutes=60).model_copy(update={"cases": True}),
    blueprint_entry(OLDER, "practice", scored=5),
    blueprint_entry(OLDER, "drill", scored=5),
    blueprint_entry(NEWER, "sample", scored=SAMPLE_COUNT, minutes=20),
    blueprint_entry(NEWER, "practice", scored=5),
]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser's tests last: from its start to its end Django sees a running event loop in this process."""
    items.sort(key=lambda item: HERE in item.path.parents)


@pytest.fixture(scope="session", autouse=True)
def orm_beside_the_browser() -> Iterator[None]:
    """Let tests use the ORM while the browser's event loop runs in the same thread: nothing here is concurrent."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # there are two of this fixture, `tests/faults` takes it too


@pytest.fixture(scope="session", autouse=True)
def static_files_of_the_server() -> Iterator[None]:
    """As in `quick_and_clean`, but the server reads its settings once, before the first test does."""
    with override_settings(STATIC_ROOT=site_settings.BASE_DIR / "static", WHITENOISE_USE_FINDERS=False):
        yield


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    """Give what addresses without a host begin with."""
    return live_server.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the Chromium of this machine."""
    path = chromium_path()
    if path is None:
        raise pytest.UsageError("The browser tests need Chromium. Run: sudo apt-get install -y chromium")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": path, "args": [*CHROMIUM_ARGUMENTS, *sandbox]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], base_url: str) -> dict[str, Any]:
    """Open contexts at this suite's server: what pytest-playwright remembers may be that of the other suite."""
    return {**browser_context_args, "base_url": base_url}


@pytest.fixture(scope="session")
def copy_of_browser_bank(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> BankCopy:
    """Build the bank of these tests once per process."""
    with django_db_blocker.unblock():
        return take_copy(with_case(make_bank({"mock": MOCK_SIZES, "practice": PRACTICE_SIZES})), BLUEPRINTS, NOW)


def with_case(bank: Bank) -> Bank:
    """Return the bank with two single items of the mock as one case study."""
    singles = [item.id for item in bank.items if item.pool == "mock" and item.kind == "single"]
    items = (item.model_copy(update={"case": CASE}) if item.id in singles[:2] else item for item in bank.items)
    return bank.model_copy(update={"items": tuple(items)})


@pytest.fixture
def bank(transactional_db: None, copy_of_browser_bank: BankCopy) -> None:
    """Put the bank into the database, where the server's threads see it."""
    assert not Certification.objects.exists()
    copy_of_browser_bank.restore()


@dataclasses.dataclass
class Watch:
    """What the browsers of a test complained about, and what the test provokes on purpose."""

    complaints: list[str] = dataclasses.field(default_factory=list)
    provoked: list[re.Pattern[str]] = dataclasses.field(default_factory=lambda: [re.compile(WORKER_BLOCKED)])

    def expect(self, *patterns: str) -> None:
        """Accept complaints that match: the browser reports each answer of 400 and above."""
        self.provoked += map(re.compile, patterns)

    def over(self, context: BrowserContext) -> None:
        """Listen to every page of a context."""
        context.on("console", self._hear)
        context.on("weberror", self._hear_error)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.location.get('url')}: {message.text}")

    def _hear_error(self, error: WebError) -> None:
        self.complaints.append(f"{error.page.url if error.page else ''}: {error.error}")

    def unexpected(self) -> list[str]:
        """Return what nobody provoked."""
        return [text for text in self.complaints if not any(pattern.search(text) for pattern in self.provoked)]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Give the ear of the test; in the end nothing may have been heard but what was provoked."""
    found = Watch()
    yield found
    assert found.unexpected() == []


Open = Callable[..., Page]


@pytest.fixture
def open_browser(bank: None, base_url: str, watch: Watch, new_context: CreateContextCallback) -> Iterator[Open]:
    """Give what opens a browser: for a guest or somebody logged in, at a desk in the light or with a phone in the dark.

    `browser.context.new_page()` is a second window of the same person. Without the worker of the room everything must
    go on, as it does in old browsers; `tests/faults` sits with it.
    """
    pages: list[Page] = []

    def open_one(
        user: User | None = None, *, phone: bool = False, javascript: bool = True, worker: bool = False
    ) -> Page:
        context = new_context(
            locale="en-GB",
            timezone_id="UTC",
            reduced_motion="reduce",
            color_scheme="dark" if phone else "light",
            viewport={"width": 360, "height": 740} if phone else {"width": 1280, "height": 800},
            has_touch=phone,
            is_mobile=phone,
            java_script_enabled=javascript,
            service_workers="allow" if worker else "block",
        )
        context.set_default_timeout(10_000)
        context.add_init_script(TELL_VIOLATIONS)
        watch.over(context)
        if not worker:
            watch.expect("Service Worker registration blocked")  # Playwright's own words
        if user is not None:
            log_in(context, user, base_url)
        pages.append(context.new_page())
        return pages[-1]

    yield open_one
    for page in pages:
        leave(page.context)


def log_in(context: BrowserContext, user: User, address: str) -> None:
    """Give a browser the session of somebody who logged in."""
    session = client_of(user).cookies[site_settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": site_settings.SESSION_COOKIE_NAME, "value": session, "url": address}])


def leave(context: BrowserContext) -> None:
    """End what the pages still ask for, before the database of the test is emptied under it."""
    for page in context.pages:
        try:
            page.unroute_all(behavior="ignoreErrors")
            page.evaluate("navigator.sendBeacon = () => true")  # the time that an item was in sight, sent on leaving
            page.goto("about:blank")
        except Error:  # a page that asks whether to leave, or one that is gone
            page.close()
