"""Until a sealed attempt is over, nothing that is sent holds the key, an explanation, or a way to them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from exams.models import Attempt, AttemptItem
from exams.starting import take_lease
from tests.asserts import assert_status
from tests.bank_copies import FIRST_KEY
from tests.cast import client_of
from tests.exams.room import HTMX, Room, begin
from tests.exams.test_room import number_of
from tests.factories import MISCONCEPTION, NEWER, OLDER, SECRET, SECRET_SLUG, item_at, right_response, wrong_response

# What is posted beside answers, well and badly.
MARKS = [
    {"on": "1", "option": "1", "text": "words", "ranges": "[[0, 4]]", "seconds": "1"},
    {"on": "0", "option": "1", "text": "x" * 2001, "ranges": "[[0, 9999]]", "seconds": "x"},
]
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")  # random digits may look like a primary key
FRAGMENT = {**HTMX, "HX-Target": "room"}
KEYS_OF_THE_BANK = re.compile(str(FIRST_KEY)[:5] + r"\d+")
TELLING_NAMES = re.compile(
    r"correct|rationale|misconception|distractor|tempting|\bkey\b|is-right|outcome", re.IGNORECASE
)
SITTINGS = [
    pytest.param(f"{NEWER}-mock", False, id="mock of the newer exam"),
    pytest.param(f"{OLDER}-mock", False, id="mock of the older exam"),
    pytest.param(f"{NEWER}-sample", False, id="sample with an account"),
    pytest.param(f"{NEWER}-sample", True, id="sample of the newer exam as guest"),
    pytest.param(f"{OLDER}-sample", True, id="sample of the older exam as guest"),
]


class Wiretap(Client):
    """A client that keeps everything that was sent to it: headers, cookies and bodies."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        super().__init__()

    def request(self, **request: Any) -> Any:
        """Ask, and keep the answer."""
        response = super().request(**request)
        headers = "\n".join(f"{name}: {value}" for name, value in response.items())
        body = response.content.decode()
        self.sent.append(
            (f"{request['REQUEST_METHOD']} {request['PATH_INFO']}", f"{headers}\n{response.cookies}\n{body}")
        )
        return response


def sit_whole(client: Client, slug: str) -> Room:
    """Do everything that can be done in an attempt, short of submitting it."""
    for address in (
        "exams:home",
        "exams:choose_exam",
        "questions:notes",
        "questions:comparisons",
        "progress:dashboard",
    ):
        client.get(reverse(address), follow=True)
    room = begin(client, slug)
    count = room.attempt.items.count()
    for position in range(1, count + 1):
        answer_every_way(room, position)
    for name in ("review", "result", "receipt"):
        client.get(room.address(name))
        client.get(room.address(name), headers=HTMX)
    client.get(room.address("receipt"), {"format": "json"})
    for address in ("exams:history", "progress:dashboard"):
        client.get(reverse(address))
    client.post(room.address("continue_here"))
    begin(client, slug)
    return room


def answer_every_way(room: Room, position: int) -> None:
    """Look at an item and save it well, badly, too late and from an old window, with htmx and without."""
    item = item_at(room.attempt, position)
    old_form = room.fields(position, wrong_response(item))
    for headers in ({}, FRAGMENT):
        room.page(position, headers=headers)
        for response in (wrong_response(item), right_response(item), []):
            room.save(position, response, htmx=bool(headers))
        room.save(position, right_response(item), htmx=bool(headers))
        assert_status(room.client.post(room.address("save_answer", position), old_form, headers=headers), 409)
        assert_status(
            room.save(position, [], htmx=bool(headers), option=["9"], **{"place-1": "x", "prompt-1": "9"}), 422
        )
        for name in ("flag", "strike", "mark_guess", "note", "highlights", "visit"):
            for fields in MARKS:
                room.client.post(room.address(name, position), fields, headers=headers)
        assert_status(room.client.post(room.address("report_problem", position), {"text": "x"}, headers=headers), 404)
        form = room.fields(position, right_response(item))
        assert_status(room.client.post(room.address("check_answer", position), form, headers=headers), 404)
        form = room.fields(position, wrong_response(item))
        take_lease(attempt=room.attempt)
        room.client.post(room.address("save_answer", position), form, headers=headers)
        room.page(position, headers=headers)
        room.hold_lease()


@pytest.mark.parametrize(("slug", "as_guest"), SITTINGS)
def test_nothing_is_told_before_the_end_and_everything_after_it(
    slug: str, as_guest: bool, bank: None, candidate: User
) -> None:
    wiretap = Wiretap()
    if not as_guest:
        wiretap.force_login(candidate, backend="django.contrib.auth.backends.ModelBackend")

    room = sit_whole(wiretap, slug)

    before_the_end = list(wiretap.sent)
    assert len(before_the_end) > 100
    general = ("/notes/compare/", "/notes/")  # what tells two things apart may be read at any time: it names no item
    for request, sent in before_the_end:
        if not request.endswith(general):
            assert_tells_nothing(request, sent)
    room.submit()
    assert f"{SECRET} why 1 of {number_of(item_at(room.attempt))}" in room.result()  # the words are the right ones


def assert_tells_nothing(request: str, sent: str) -> None:
    """Nothing that was sent for a request holds an explanation, an id of the bank, or a telling name."""
    assert SECRET not in sent, f"{request}: an explanation"
    assert SECRET_SLUG not in sent, f"{request}: the id of an item or misconception"
    assert not KEYS_OF_THE_BANK.search(DIGEST.sub("", sent)), f"{request}: a primary key"
    if "/attempts/" in request and request != f"GET {reverse('exams:history')}":
        found = TELLING_NAMES.search(sent.replace("idempotency_key", ""))
        assert not found, f"{request}: {sent[max(0, found.start() - 80) : found.end() + 80]!r}"


def test_same_answer_looks_the_same_right_or_wrong(bank: None, candidate_client: Client) -> None:
    """Two items of a kind, one answered right and one wrong: their fragments differ in nothing but the time."""
    room = begin(candidate_client, f"{NEWER}-mock")
    fragments = set()
    for position in (1, 2):
        item = item_at(room.attempt, position)
        response = right_response(item) if position == 1 else wrong_response(item)
        fragment = room.save(position, response, htmx=True).content.decode()
        fragments.add(re.sub(r"\d+(:\d+)*|T\S+", "#", fragment))

    assert len(fragments) == 1


def test_options_stand_in_the_stored_order(bank: None, candidate_client: Client) -> None:
    room = begin(candidate_client, f"{NEWER}-mock")
    for position in range(1, 9):
        item = item_at(room.attempt, position)

        shown = re.findall(r"choice (\d) of case", room.page(position).content.decode())

        assert [int(number) for number in shown] == item.option_order


def numbers_of(attempt: Attempt) -> set[str]:
    return {number_of(item) for item in attempt.items.select_related("version")}


def explained(page: str) -> set[str]:
    """Return the numbers of the items that a page explains in any way."""
    return set(re.findall(rf"{SECRET} [a-z ]+(?:\d )?of (\d+)", page))


class TestOtherPagesWhileASealedAttemptIsOpen:
    def test_older_result_withholds_the_items_that_are_open_again(self, bank: None, candidate_client: Client) -> None:
        first = begin(candidate_client, f"{NEWER}-mock")
        first.submit()
        assert explained(first.result()) == numbers_of(first.attempt)

        second = begin(candidate_client, f"{NEWER}-mock")
        put_into(second, item_at(first.attempt))
        page = first.result()

        shared = numbers_of(first.attempt) & numbers_of(second.attempt)
        assert shared
        assert explained(page) == numbers_of(first.attempt) - shared
        assert page.count("hidden for now") == len(shared)
        second.submit()
        assert explained(first.result()) == numbers_of(first.attempt)

    def test_older_result_says_neither_right_nor_wrong_of_them(self, bank: None, candidate_client: Client) -> None:
        first = begin(candidate_client, f"{NEWER}-mock")
        for position in range(1, 9):
            item = item_at(first.attempt, position)
            first.save(position, right_response(item) if position % 2 else wrong_response(item))
        first.submit()
        second = begin(candidate_client, f"{NEWER}-mock")
        put_into(second, item_at(first.attempt))

        entries = re.findall(
            r'<li class="entry" id="question-(\d+)".*?</li>\s*(?=<li class="entry"|</ol>)', first.result(), re.DOTALL
        )
        pages = dict(zip(entries, re.split(r'<li class="entry"', first.result())[1:], strict=True))

        sealed = numbers_of(second.attempt)
        for position, entry in pages.items():
            item = item_at(first.attempt, int(position))
            if number_of(item) in sealed:
                words = re.sub(r"<[^>]+>", " ", entry).lower()
                assert not re.search(r"\b(right|wrong|correct)\b", words), words
                assert "choice" not in words

    def test_practice_draws_none_of_them(self, bank: None, candidate_client: Client) -> None:
        sample = begin(candidate_client, f"{NEWER}-sample")

        for _ in range(3):
            practice = begin(candidate_client, f"{NEWER}-practice")
            assert not numbers_of(practice.attempt) & numbers_of(sample.attempt)
            practice.submit()

    def test_other_version_of_the_exam_draws_none_of_them(self, bank: None, candidate_client: Client) -> None:
        newer = begin(candidate_client, f"{NEWER}-mock")
        older = begin(candidate_client, f"{OLDER}-mock")

        assert not numbers_of(newer.attempt) & numbers_of(older.attempt)

    def test_practice_begun_earlier_explains_none_of_them(self, bank: None, candidate_client: Client) -> None:
        practice, sample = overlapping(candidate_client)
        shared = numbers_of(practice.attempt) & numbers_of(sample.attempt)
        told = set()
        for item in list(practice.attempt.items.select_related("version")):
            form = practice.fields(item.position, right_response(item))
            page = practice.client.post(
                practice.address("check_answer", item.position), form, follow=True
            ).content.decode()
            told |= explained(page)
            if number_of(item) in shared:
                words = re.sub(r"<[^>]+>", " ", page).lower()
                assert not re.search(r"\b(right|wrong|correct)\b", words), words

        practice.submit()

        assert told == numbers_of(practice.attempt) - shared
        assert explained(practice.result()) == numbers_of(practice.attempt) - shared

    def test_another_persons_sealed_attempt_withholds_nothing(
        self, bank: None, candidate: User, stranger: User
    ) -> None:
        mine = begin(client_of(candidate), f"{NEWER}-mock")
        mine.submit()
        begin(client_of(stranger), f"{NEWER}-mock")

        assert explained(mine.result()) == numbers_of(mine.attempt)

    def test_notes_name_no_item(self, bank: None, candidate_client: Client) -> None:
        begin(candidate_client, f"{NEWER}-mock")
        for address in ("/notes/", "/notes/north/", "/notes/compare/", f"/notes/compare/{MISCONCEPTION}/"):
            page = candidate_client.get(address).content.decode()

            assert not explained(page)
            assert not re.search(r"[Cc]ase \d+", page)


def put_into(room: Room, item: AttemptItem) -> None:
    """Let a form hold an item of an earlier one, as it comes about when the pool is used up."""
    room.attempt.items.filter(position=1).update(version=item.version)


def overlapping(client: Client) -> tuple[Room, Room]:
    """Begin a practice and then samples until both hold the same item."""
    practice = begin(client, f"{NEWER}-practice")
    for _ in range(50):
        sample = begin(client, f"{NEWER}-sample")
        if numbers_of(practice.attempt) & numbers_of(sample.attempt):
            return practice, sample
        sample.attempt.delete()
    raise AssertionError("no sample shares an item with the practice")
