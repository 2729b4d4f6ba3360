"""A student in the exam room who writes down what was answered and what the server acknowledged."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from playwright.sync_api import BrowserContext, Error, Locator, Page, Request, Response, expect

from accounts.models import User
from exams.answer_input import shown_numbers
from exams.models import AnswerEvent, Attempt, AttemptItem
from tests.browser.room import Room
from tests.cast import PASSWORD
from tests.factories import right_response, wrong_response

COPIES = """async (attempt) => {
  const names = (await caches.keys()).filter((name) => name.includes(attempt));
  const keys = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).length));
  return keys.reduce((sum, count) => sum + count, 0);
}"""
STORED = """(table) => new Promise((resolve) => {
  indexedDB.open("exam-room", 1).onsuccess = ({ target: { result } }) => {
    result.transaction(table).objectStore(table).getAll().onsuccess = (event) => {
      result.close();
      resolve(event.target.result);
    };
  };
})"""
# How long to wait for what must happen, in milliseconds; `bench/removals.py` waits less for what will not.
PATIENCE = 1000 * int(os.environ.get("FAULTS_PATIENCE", "60"))


# Position, lease and revision of a save.
Place = tuple[int, int, int]
SAVE = re.compile(r"/items/(\d+)/answer/$")


class Ledger:
    """Which saves left the browsers of a student, and which of them the server acknowledged, by their keys."""

    def __init__(self) -> None:
        self.sent: dict[str, Place] = {}
        self.keys: list[str] = []
        self.acknowledged: set[str] = set()
        self._heard: list[BrowserContext] = []

    def listen(self, context: BrowserContext) -> None:
        """Write down what every window of a browser sends and hears, once."""
        if context not in self._heard:
            self._heard.append(context)
            context.on("request", self._note)
            context.on("response", self._hear)

    def _note(self, request: Request) -> None:
        if is_save(request):
            self.keys.append(key_of(request))
            self.sent[key_of(request)] = place_of(request)

    def _hear(self, response: Response) -> None:
        is_ours = "x-owner" in response.headers and "x-refusal" not in response.headers
        if is_save(response.request) and response.status == 200 and is_ours:
            self.acknowledged.add(key_of(response.request))


def is_save(request: Request) -> bool:
    """Tell whether an answer is posted."""
    return request.method == "POST" and SAVE.search(request.url) is not None


def key_of(request: Request) -> str:
    """Return the idempotency key of a save."""
    return parse_qs(request.post_data or "")["idempotency_key"][0]


def place_of(request: Request) -> Place:
    """Return what a save is for: position, lease and revision."""
    found, fields = SAVE.search(request.url), parse_qs(request.post_data or "")
    assert found
    return int(found.group(1)), int(fields["epoch"][0]), int(fields["revision"][0])


class Seat:
    """One attempt on one page, with what the student chose last in each item."""

    def __init__(self, page: Page, attempt: Attempt, ledger: Ledger | None = None) -> None:
        self.page = page
        self.attempt = attempt
        self.room = Room(page, attempt)
        self.ledger = ledger or Ledger()
        self.ledger.listen(page.context)
        self.chosen: dict[int, list[int]] = {}

    def enter(self, position: int = 1) -> None:
        """Open an item by its address."""
        self.room.enter(position)

    def again(self, position: int) -> Seat:
        """Open the item in a new window of the same browser, after the old one was closed."""
        self.page.close()
        self.page = self.page.context.new_page()
        self.room = Room(self.page, self.attempt)
        self.enter(position)
        return self

    def go(self, position: int) -> None:
        """Go to an item by the list of items, where the page does not show it already."""
        if self.page.locator("#room").get_attribute("data-position") == str(position):
            return
        self.page.get_by_role("link", name=re.compile(rf"^{position}\b")).click()
        self.room.expect_at(position)

    def choose(self, position: int, *, right: bool = True) -> None:
        """Answer the shown item."""
        self.room.expect_at(position)
        item = self.room.item(position)
        response = right_response(item) if right else wrong_response(item)
        for name, value in self._fields(item, response).items():
            field = self._field(name)
            if name.startswith("option"):
                field.set_checked(bool(value))
            elif name.startswith("prompt"):
                field.select_option(value)
            else:  # moved with buttons, which other tests press: here its place is set
                field.evaluate("(list, value) => { list.value = value; }", value)
        if item.version.kind == "ordering":
            self._field("place-1").dispatch_event("change", {"bubbles": True})
        self.chosen[position] = response

    def _fields(self, item: AttemptItem, response: list[int]) -> dict[str, str]:
        """Return the fields that hold a response (as written); for an option with its number, whether it is chosen."""
        shown = shown_numbers(response, item.option_order)
        numbers = range(1, len(item.option_order) + 1)
        if item.version.kind == "matching":
            return {f"prompt-{row}": str(number) for row, number in enumerate(shown, start=1)}
        if item.version.kind == "ordering":
            return {f"place-{n}": str(shown.index(n) + 1) if n in shown else "" for n in numbers}
        chosen = {f"option-{n}": "yes" if n in shown else "" for n in numbers}
        if item.version.kind == "single":  # what is not chosen goes by itself
            return {name: value for name, value in chosen.items() if value}
        return dict(sorted(chosen.items(), key=lambda field: bool(field[1])))  # first make room

    def _field(self, name: str) -> Locator:
        kind, number = name.split("-")
        if kind == "option":
            return self.page.locator(f"input[name=option][form=answer][value='{number}']")
        return self.page.locator(f"[name='{name}']")

    def answer(self, *positions: int, right: bool = True) -> None:
        """Go to each item and answer it."""
        for position in positions:
            self.go(position)
            self.choose(position, right=right)

    def expect_copies(self) -> None:
        """Wait until every item and the page around it are copied."""
        wanted = self.room.count + 1
        self.wait_until(lambda: self.copies() >= wanted, "every item is copied")

    def wait_until(self, happened: Callable[[], bool], what: str) -> None:
        """Return once it happened; fail when it takes too long."""
        for _attempt in range(PATIENCE // 100):
            with contextlib.suppress(Error):  # the page is just being left
                if happened():
                    return
            self.page.wait_for_timeout(100)
        pytest.fail(f"did not happen within {PATIENCE // 1000} s: {what}")

    def copies(self) -> int:
        """Return how many pages of this attempt are copied."""
        return int(self.page.evaluate(COPIES, str(self.attempt.uuid)))

    def kept(self, table: str = "unsent") -> list[dict[str, Any]]:
        """Return what the browser's store holds, of all attempts and people."""
        found: list[dict[str, Any]] = self.page.evaluate(STORED, table)
        return found

    def expect_waiting(self, count: int) -> None:
        """The page says how many changes are not saved."""
        expect(self.page.get_by_text(f"Not saved yet: {count}", exact=True)).to_be_visible()

    def expect_all_saved(self) -> None:
        """Wait until the browser holds nothing back, and says so."""
        self.wait_until(lambda: not self.kept(), "all is saved")
        expect(self.page.get_by_text("Not saved yet:")).to_have_count(0, timeout=PATIENCE)  # another window may send it

    def expect_shown(self, position: int, *, right: bool = True) -> None:
        """The page shows this answer as chosen."""
        self.room.expect_at(position)
        item = self.room.item(position)
        for name, value in self._fields(item, right_response(item) if right else wrong_response(item)).items():
            if name.startswith("option"):
                expect(self._field(name)).to_be_checked(checked=bool(value))
            else:
                expect(self._field(name)).to_have_value(value)

    def expect_nothing_lost(self) -> None:
        """None lost, each acknowledged answer stored exactly once, and the newest of each item is what counts."""
        events = list(AnswerEvent.objects.filter(attempt=self.attempt).order_by("pk"))
        assert self.ledger.acknowledged, "something was acknowledged"
        stored = [(str(e.idempotency_key), (e.position, e.epoch, e.revision)) for e in events]
        acknowledged = [(key, place) for key, place in stored if key in self.ledger.acknowledged]
        assert sorted(acknowledged) == sorted((key, self.ledger.sent[key]) for key in self.ledger.acknowledged)
        assert dict(stored).items() <= self.ledger.sent.items(), "nothing is stored that no browser sent"
        items = {item.position: item for item in self.attempt.items.all()}
        newest = {event.position: event for event in events}
        for position, event in newest.items():
            item = items[position]
            assert (item.epoch, item.revision, item.response) == (event.epoch, event.revision, event.response)
            order = [(e.epoch, e.revision) for e in events if e.position == position]
            assert order == sorted(set(order)), "an older answer never comes after a newer one"
        assert {position: items[position].response for position in self.chosen} == self.chosen

    def expect_newest_lease_wins(self, position: int) -> None:
        """What is stored of an item was saved under the newest lease of the attempt."""
        assert self.room.item(position).epoch == Attempt.objects.get(pk=self.attempt.pk).epoch


def let_log_in(user: User) -> User:
    """Hash PASSWORD as a real server does: tests hash it in a way that no server of ours accepts."""
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1000)
    user.save(update_fields=["password"])
    return user


def log_in_by_hand(page: Page, user: User) -> None:
    """Fill in the form of the log-in."""
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
