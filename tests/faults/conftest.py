"""A server that can be killed, a browser that can be cut off, and a ledger of what was acknowledged."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import User
from exams.models import Attempt
from tests.browser.conftest import (
    Open,
    Watch,
    bank,
    browser_context_args,
    browser_type_launch_args,
    copy_of_browser_bank,
    open_browser,
    orm_beside_the_browser,
    watch,
)
from tests.factories import OLDER, start
from tests.faults.seat import Seat, let_log_in

__all__ = [
    "bank",
    "browser_context_args",
    "browser_type_launch_args",
    "copy_of_browser_bank",
    "open_browser",
    "orm_beside_the_browser",
    "watch",
]

HERE = Path(__file__).parent
# What a browser says of a server that is gone, and of the answers that these tests provoke.
# The last is about the worker itself, which the browser looks for anew when a page is opened.
NOISE = ("ERR_", "Failed to load resource", "Failed to fetch", "401", "409", "502", "FetchEvent", "fetching the script")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these last, as the browser's tests, and for the same reason."""
    items.sort(key=lambda item: HERE in item.path.parents)


class Server:
    """The site in processes of its own, on loopback, with the database and queue of the tests."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self._port = listener.getsockname()[1]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and return once it answers. Nothing happens when it runs."""
        if self._process is not None:
            return
        command = [sys.executable, "-m", "gunicorn", "examprep.wsgi", "--workers=1", "--threads=4"]
        command += [f"--bind=127.0.0.1:{self._port}", "--no-control-socket"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=site_settings.BASE_DIR, env=environment(), stdout=log, stderr=log, start_new_session=True
            )
        pause = threading.Event()
        for _attempt in range(300):
            if self._answers():
                return
            pause.wait(0.1)
        pytest.fail(f"the server did not start:\n{self._log.read_text()[-2000:]}")

    def kill(self) -> None:
        """Kill it with all it was doing, as a power cut would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=1) as response:  # noqa: S310 (loopback)
                return bool(response.status == 200)
        except OSError:
            return False


def environment() -> dict[str, str]:
    """Return the environment of this process, but with the tests' database."""
    base, _, query = os.environ["DATABASE_URL"].partition("?")
    name = site_settings.DATABASES["default"]["NAME"]
    return {**os.environ, "DATABASE_URL": f"{base.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")}


@pytest.fixture(scope="session")
def one_server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give the server of all these tests."""
    found = Server(tmp_path_factory.mktemp("faults") / "server.log")
    yield found
    found.kill()


@pytest.fixture(scope="session")
def base_url(one_server: Server) -> str:
    """Give what addresses without a host begin with."""
    return one_server.address


@pytest.fixture
def server(one_server: Server, bank: None) -> Server:
    """Give the server, running."""
    one_server.start()
    return one_server


@pytest.fixture
def student(candidate: User) -> User:
    """Give a student who can log in at a server that hashes passwords as a real one does."""
    return let_log_in(candidate)


@pytest.fixture
def seat(server: Server, open_browser: Open, student: User, watch: Watch) -> Seat:
    """Give a mock that was just begun, at its first item, while the browser still copies it."""
    watch.expect(*NOISE)
    return sit_down(open_browser(student, worker=True), student)


@pytest.fixture
def copies(seat: Seat) -> None:
    """Wait until all is copied: for tests that go to other items, or open the room, while the network is gone."""
    seat.expect_copies()


@pytest.fixture
def single(seat: Seat) -> int:
    """Give the place of an item with one right option: one change answers it."""
    return seat.attempt.items.filter(version__kind="single").order_by("position")[0].position


def sit_down(page: Page, student: User) -> Seat:
    """Begin a mock on this page."""
    found = Seat(page, start_now(student))
    found.enter()
    return found


def start_now(student: User) -> Attempt:
    """Start the mock that holds items of all kinds."""
    return start(student, f"{OLDER}-mock", now=timezone.now())
