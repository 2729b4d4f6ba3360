"""Two real connections against one another, led by statements and locks, never by sleeping."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from django.db import connection, transaction

Result = TypeVar("Result")
PATIENCE = 10.0


class Actor(threading.Thread, Generic[Result]):
    """Does one thing on a connection of its own; `result()` waits for it and raises what it raised."""

    def __init__(self, action: Callable[[], Result]) -> None:
        super().__init__(daemon=True)
        self._action = action
        self._results: list[Result] = []
        self._failures: list[BaseException] = []
        self._is_connected = threading.Event()
        self.backend = 0
        self.start()
        assert self._is_connected.wait(PATIENCE)

    def run(self) -> None:
        """Connect, act, and let the connection go."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.backend = cursor.fetchone()[0]
            self._is_connected.set()
            self._results.append(self._action())
        except BaseException as error:
            self._failures.append(error)
        finally:
            self._is_connected.set()
            connection.close()

    def result(self) -> Result:
        """Return what the action returned."""
        self.join(PATIENCE)
        assert not self.is_alive(), "the other connection never came to an end"
        if self._failures:
            raise self._failures[0]
        return self._results[0]

    def wait_until_blocked(self) -> None:
        """Return once PostgreSQL says that this connection waits for a lock of another one."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with connection.cursor() as cursor:
                cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [self.backend])
                if cursor.fetchone()[0]:
                    return
            assert self.is_alive(), f"it ran through without waiting: {self._results or self._failures}"
            self.join(0.01)
        raise AssertionError("it never waited")


class Gate:
    """Holds an actor where it has reached a statement, until the test lets it go on."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._reached = threading.Event()
        self._opened = threading.Event()

    def wait_until_reached(self) -> None:
        """Return once the actor stands at the gate."""
        assert self._reached.wait(PATIENCE), f"no statement with {self._words!r}"

    def open(self) -> None:
        """Let the actor go on."""
        self._opened.set()

    def _stop(self, execute: Callable[..., Any], statement: str, parameters: Any, many: bool, context: Any) -> Any:
        if self._words in statement and not self._reached.is_set():
            self._reached.set()
            assert self._opened.wait(PATIENCE)
        return execute(statement, parameters, many, context)

    def before(self, action: Callable[[], Result]) -> Callable[[], Result]:
        """Return the action, held before its first statement with the words."""

        def held() -> Result:
            with connection.execute_wrapper(self._stop):
                return action()

        return held


@contextmanager
def uncommitted() -> Iterator[None]:
    """Keep what the block did uncommitted, its locks held, until the block ends."""
    with transaction.atomic():
        yield
