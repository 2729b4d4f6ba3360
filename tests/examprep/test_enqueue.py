"""Work is handed over after the commit, and a broker that is down costs a moment, never an answer."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from celery import Task
from celery.contrib.testing.worker import start_worker
from celery.signals import task_postrun
from django.conf import settings
from django.db import transaction
from django.test import Client
from kombu import pools
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from examprep.celery import app
from examprep.enqueue import enqueue
from exams.models import Attempt
from exams.signals import attempt_graded
from exams.tasks import close_overdue_attempts, purge_guest_attempts
from tests.asserts import assert_status
from tests.exams.room import begin
from tests.factories import NEWER, NOW, item_at, right_response, start

PATIENCE = 20


class Recorder(Task):  # type: ignore[type-arg]
    """Stands in for a task and remembers what it was asked to do."""

    name = "recorder"

    def __init__(self) -> None:
        self.published: list[tuple[object, ...]] = []

    def apply_async(self, args: tuple[object, ...] = (), **_: object) -> None:  # type: ignore[override]
        """Remember."""
        self.published.append(args)


@contextmanager
def broker_at(address: str) -> Iterator[None]:
    """Let the application find its broker somewhere else."""
    before = app.conf.broker_url
    try:
        _use_broker(address)
        yield
    finally:
        _use_broker(before)


def _use_broker(address: str) -> None:
    pools.reset()
    # Celery keeps what it has opened, and offers no other way to let go of it.
    vars(app)["_pool"] = None
    vars(app.amqp)["_producer_pool"] = None
    app.conf.update(broker_url=address)


@contextmanager
def silent_server() -> Iterator[str]:
    """Listen on a port, take connections, and never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@contextmanager
def closed_port() -> Iterator[str]:
    """Give a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"redis://127.0.0.1:{port}/0"


class TestHandingOver:
    def test_waits_for_the_commit(
        self, db: None, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        recorder = Recorder()
        with django_capture_on_commit_callbacks(execute=True):
            enqueue(recorder, 7, "x")
            assert recorder.published == []

        assert recorder.published == [(7, "x")]

    @pytest.mark.django_db(transaction=True)
    def test_what_was_rolled_back_is_not_handed_over(self) -> None:
        recorder = Recorder()
        with transaction.atomic():
            enqueue(recorder, 7)
            transaction.set_rollback(True)

        assert recorder.published == []

    @pytest.mark.django_db(transaction=True)
    def test_without_a_transaction_it_goes_at_once(self) -> None:
        recorder = Recorder()
        enqueue(recorder, 7)

        assert recorder.published == [(7,)]


@pytest.mark.django_db(transaction=True)
class TestBrokerDown:
    @pytest.mark.parametrize("broken", [closed_port, silent_server])
    def test_submitting_goes_on_and_the_sweep_finds_the_rest(
        self,
        broken: Callable[[], AbstractContextManager[str]],
        bank: None,
        candidate_client: Client,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def hand_over(attempt_id: int, **_: object) -> None:
            enqueue(close_overdue_attempts)

        room = begin(candidate_client, f"{NEWER}-mock")
        room.save(1, right_response(item_at(room.attempt)))
        monkeypatch.setattr(attempt_graded, "receivers", [])
        attempt_graded.connect(hand_over, weak=False)
        with broken() as address, broker_at(address):
            began = time.monotonic()
            assert_status(room.submit(), 302)
            took = time.monotonic() - began

        assert took < 8, f"submitting took {took:.1f} seconds"
        assert Attempt.objects.get(pk=room.attempt.pk).state == "graded"
        assert "could not enqueue exams.close_overdue_attempts" in caplog.text
        assert_status(room.client.get(room.address("result")), 200)

    def test_failure_is_logged_with_the_task(self, caplog: pytest.LogCaptureFixture) -> None:
        with closed_port() as address, broker_at(address), caplog.at_level(logging.ERROR):
            enqueue(purge_guest_attempts)

        assert "could not enqueue exams.purge_guest_attempts()" in caplog.text


class TestSchedule:
    def test_every_task_of_the_schedule_exists(self) -> None:
        app.loader.import_default_modules()
        missing = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} - set(app.tasks)

        assert not missing

    def test_no_task_can_run_for_ever(self) -> None:
        assert 0 < app.conf.task_soft_time_limit < app.conf.task_time_limit


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_worker_runs_the_task_of_the_schedule_by_its_name(bank: None, candidate: User) -> None:
    """A real worker on the real broker: what beat sends each minute closes what is overdue."""
    attempt = start(candidate, now=NOW.replace(year=2020))
    entry = settings.CELERY_BEAT_SCHEDULE["close-overdue-attempts"]
    is_done = threading.Event()

    def note(task_id: str, **_: object) -> None:
        is_done.set()

    task_postrun.connect(note)
    try:
        with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=PATIENCE, loglevel="warning"):
            app.send_task(str(entry["task"]))
            assert is_done.wait(PATIENCE)
    finally:
        task_postrun.disconnect(note)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.closed_by) == ("graded", Attempt.Closer.DEADLINE)
