"""What the exam room weighs on the wire, compressed, with a form of sixty-five items."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import django_htmx
import pytest
from django.conf import settings
from django.test import Client

from tests.exams.room import HTMX, Room, begin
from tests.factories import NEWER, OLDER

KILOBYTE = 1024
HTMX_FILES = Path(django_htmx.__file__).parent / "static"
ADDRESSES = re.compile(r'(?:href|src)="/static/([^"#?]+)')
IMPORTS = re.compile(r'^import .*? from "\./([\w.-]+)"', re.MULTILINE | re.DOTALL)


@pytest.fixture
def room(large_bank: None, candidate_client: Client) -> Room:
    return begin(candidate_client, f"{OLDER}-full")


def weight(content: bytes) -> int:
    return len(gzip.compress(content, 6))


def content_of(name: str) -> bytes:
    found = [folder / name for folder in (settings.BASE_DIR / "static", HTMX_FILES) if (folder / name).is_file()]
    return found[0].read_bytes()


def files_of(page: str) -> dict[str, bytes]:
    """Return what a page loads before it stands, by address: its files, and the modules that they import."""
    files: dict[str, bytes] = {}
    names = list(dict.fromkeys(ADDRESSES.findall(page)))
    while names:
        name = names.pop()
        if name in files:
            continue
        files[name] = content_of(name)
        if name.endswith(".js"):
            names += [f"js/{found}" for found in IMPORTS.findall(files[name].decode())]
    return files


def weigh_first_visit(room: Room) -> None:
    page = room.page(1).content
    files = files_of(page.decode())

    assert len(files) + 1 <= 15, sorted(files)
    code = {name: weight(content) for name, content in files.items()}
    total = weight(page) + sum(code.values())
    assert total <= 60 * KILOBYTE, code


def test_first_question(room: Room) -> None:
    weigh_first_visit(room)


def test_first_question_of_a_practice(bank: None, candidate_client: Client) -> None:
    """It has no clock, but explains in the room."""
    weigh_first_visit(begin(candidate_client, f"{NEWER}-practice"))


def test_next_question(room: Room) -> None:
    weights = {
        position: weight(room.page(position, headers={**HTMX, "HX-Target": "room"}).content)
        for position in range(1, room.attempt.items.count() + 1)
    }

    assert max(weights.values()) <= 6 * KILOBYTE, weights


def test_a_local_site_without_proxy_compresses_by_itself(room: Room) -> None:
    packed = {"Accept-Encoding": "gzip"}
    page = room.page(1, headers=packed)
    style = room.client.get("/static/css/room.css", headers=packed)

    assert page["Content-Encoding"] == style["Content-Encoding"] == "gzip"
    style.close()
