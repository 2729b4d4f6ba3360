"""What every page of the site has in common: health, headers, the start of a logged-in person, and a lost cache."""

from __future__ import annotations

import re
import socket
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from examprep import health
from tests.asserts import assert_status, at_most_queries
from tests.exams.room import begin
from tests.factories import NEWER, item_at, right_response

PAGES = [
    "/",
    "/start/",
    f"/start/{NEWER}/",
    f"/start/{NEWER}/{NEWER}-sample/",
    "/notes/",
    "/notes/compare/",
    "/account/login/",
    "/account/signup/",
]


class TestHealth:
    def test_process_answers_without_asking_anybody(self, db: None, client: Client) -> None:
        with at_most_queries(0):
            response = client.get("/healthz")

        assert (response.status_code, response.content) == (200, b"ok")

    def test_ready_when_database_and_cache_answer(self, db: None, client: Client) -> None:
        with at_most_queries(1):
            response = client.get("/readyz")

        assert_status(response, 200)
        assert response.json() == {"database": "ok", "cache": "ok"}
        assert "no-store" in response["Cache-Control"]

    def test_not_ready_without_the_database(
        self, db: None, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(health, "connection", mock.Mock(cursor=mock.Mock(side_effect=DatabaseError("gone"))))

        response = client.get("/readyz")

        assert_status(response, 503)
        assert response.json() == {"database": "down", "cache": "ok"}
        assert "the database does not answer" in caplog.text

    def test_not_ready_without_the_cache(self, db: None, client: Client, lost_cache: None) -> None:
        response = client.get("/readyz")

        assert_status(response, 503)
        assert response.json() == {"database": "ok", "cache": "down"}


@pytest.fixture
def lost_cache(settings: Settings) -> None:
    """Let the cache be at a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    caches = {"default": settings.CACHES["default"] | {"LOCATION": f"redis://127.0.0.1:{port}/0"}}
    settings.CACHES = caches


class TestLostCache:
    @pytest.mark.parametrize("who", ["candidate", "guest"])
    def test_answering_and_submitting_go_on(
        self, who: str, bank: None, request: pytest.FixtureRequest, client: Client
    ) -> None:
        visitor = request.getfixturevalue("candidate_client") if who == "candidate" else client
        room = begin(visitor, f"{NEWER}-sample")
        request.getfixturevalue("lost_cache")
        with pytest.raises(Exception, match="refused"):
            cache.get("x")

        response = room.save(1, right_response(item_at(room.attempt)))

        assert_status(response, 302)
        assert item_at(room.attempt).response == right_response(item_at(room.attempt))
        assert_status(room.submit(), 302)
        assert_status(room.client.get(room.address("result")), 200)


class TestHeaders:
    @pytest.mark.parametrize("address", PAGES)
    def test_every_page_has_the_strict_policy_and_nothing_inline(
        self, address: str, bank: None, client: Client
    ) -> None:
        response = client.get(address)

        assert_status(response, 200)
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        html = response.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|javascript:", html)
        assert not re.search(r'(?:src|href)="(?:https?:)?//(?!docs\.example)', html)

    @pytest.mark.parametrize("address", PAGES)
    def test_every_page_varies_with_htmx(self, address: str, bank: None, client: Client) -> None:
        vary = client.get(address)["Vary"]

        assert "HX-Request" in vary
        assert "HX-Target" in vary

    @pytest.mark.parametrize("address", PAGES)
    def test_every_page_says_what_it_is(self, address: str, bank: None, client: Client) -> None:
        html = client.get(address).content.decode()

        assert re.search(r"<title>\s*\S.*</title>", html)
        assert len(re.findall(r"<h1[ >]", html)) == 1
        assert '<html lang="en"' in html
        assert 'id="main"' in html


class TestStart:
    def test_logged_in_person_is_led_to_the_dashboard(self, bank: None, candidate_client: Client) -> None:
        assert f'href="{reverse("progress:dashboard")}"' in candidate_client.get("/").content.decode()

    def test_site_without_a_bank_still_opens(self, db: None, client: Client) -> None:
        for address in ("/", "/start/", "/notes/"):
            assert_status(client.get(address), 200)


class TestErrors:
    def test_unknown_address_is_answered_kindly(self, db: None, client: Client) -> None:
        response = client.get("/no/such/page/")

        assert_status(response, 404)
        assert "<h1" in response.content.decode()

    def test_stale_form_is_explained(self, bank: None) -> None:
        response = Client(enforce_csrf_checks=True).post(f"/start/{NEWER}/{NEWER}-sample/")

        assert_status(response, 403)
        assert "<h1" in response.content.decode()

    def test_failure_page_needs_no_database(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError("broken")

        monkeypatch.setattr(health, "HttpResponse", fail)
        monkeypatch.setattr(connection, "ensure_connection", fail)
        client.raise_request_exception = False

        response = client.get("/healthz")

        assert_status(response, 500)
        assert "<h1" in response.content.decode()
