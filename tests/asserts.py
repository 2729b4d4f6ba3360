"""Assertions that say what was expected and what came instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext


def assert_status(response: object, status: int) -> None:
    """The response has this status; otherwise its first words are shown."""
    found = getattr(response, "status_code", None)
    assert found == status, f"{found} instead of {status}: {getattr(response, 'content', b'')[:500]!r}"


def assert_never_stored(response: HttpResponse | object) -> None:
    """No cache may keep the response."""
    header = getattr(response, "headers", {}).get("Cache-Control", "")
    assert "no-store" in header, f"Cache-Control is {header!r}"
    assert "private" in header, f"Cache-Control is {header!r}"


@contextmanager
def at_most_queries(limit: int) -> Iterator[CaptureQueriesContext]:
    """The block costs no more statements than this; otherwise all of them are shown."""
    with CaptureQueriesContext(connection) as context:
        yield context
    statements = [query["sql"][:200] for query in context.captured_queries if not is_bookkeeping(query["sql"])]
    listed = "\n".join(statements)
    assert len(statements) <= limit, f"{len(statements)} statements instead of {limit}:\n{listed}"


def is_bookkeeping(statement: str) -> bool:
    """Whether a statement only sets or drops a savepoint, which the test's own transaction brings about."""
    return statement.startswith(("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT"))
