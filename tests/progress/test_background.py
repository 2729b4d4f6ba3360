"""From a closed attempt to the report through the real broker and a real worker, and what happens without them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from celery.contrib.testing.worker import start_worker

from accounts.models import User
from examprep.celery import app
from exams.closing import close_attempt
from exams.models import Attempt
from exams.owners import new_guest
from exams.starting import claim_guest_attempts
from progress.models import MailDelivery, ReportState
from progress.tasks import fan_out_weekly_mails, refresh_report, refresh_stale_reports
from tests.factories import NOW, Pen, item_at, right_response, start
from tests.progress.conftest import MONDAY, WEDNESDAY
from tests.progress.sittings import MOCK, SAMPLE, sit

PATIENCE = 20.0


def wait_for(is_true: Callable[[], bool]) -> None:
    """Return as soon as it is true; fail when it never is."""
    deadline = time.monotonic() + PATIENCE
    while not is_true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """Run a worker on the broker of the settings, with a queue that is empty at the start and at the end."""
    app.control.purge()
    with start_worker(app, perform_ping_check=False, pool="solo"):
        yield
    app.control.purge()


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Collect what would be published."""
    calls: list[tuple[object, ...]] = []
    for place in ("progress.receivers.enqueue", "progress.tasks.enqueue"):
        monkeypatch.setattr(place, lambda *call: calls.append(call))
    return calls


@pytest.mark.django_db(transaction=True)
class TestRealWorker:
    def test_submitting_brings_the_report(self, worker: None, bank: None, candidate: User) -> None:
        sit(candidate, MOCK)
        wait_for(lambda: ReportState.objects.filter(user=candidate, attempt_count=1).exists())
        assert ReportState.objects.get(user=candidate).first_total == 8

    def test_a_weekly_mail_goes_out_once(
        self, worker: None, bank: None, candidate: User, mailoutbox: list[object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sit(candidate, MOCK, now=WEDNESDAY)
        monkeypatch.setattr("progress.tasks.timezone.now", lambda: MONDAY)
        fan_out_weekly_mails.delay()
        fan_out_weekly_mails.delay()
        wait_for(lambda: MailDelivery.objects.filter(state=MailDelivery.State.SENT).exists())
        fan_out_weekly_mails.delay()
        # The queue is served in order: once this report is there, so is everything before it.
        ReportState.objects.all().delete()
        refresh_report.delay(candidate.pk)
        wait_for(lambda: ReportState.objects.filter(user=candidate).exists())
        assert len(mailoutbox) == 1
        assert MailDelivery.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("bank")
class TestWithoutBroker:
    def test_the_broker_being_down_costs_no_result_and_the_sweep_finds_the_report(
        self,
        candidate: User,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: Callable[..., object],
    ) -> None:
        def down(*_args: object, **_options: object) -> None:
            raise ConnectionError("no broker")

        monkeypatch.setattr(refresh_report, "apply_async", down)
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined] # a context manager
            attempt = sit(candidate, MOCK)
        assert attempt.state == Attempt.State.GRADED
        assert not ReportState.objects.exists()

        calls: list[int] = []
        monkeypatch.setattr("progress.tasks.enqueue", lambda _task, user_id: calls.append(user_id))
        refresh_stale_reports()
        assert calls == [candidate.pk]
        refresh_report(candidate.pk)
        refresh_stale_reports()
        assert calls == [candidate.pk]


@pytest.mark.django_db
@pytest.mark.usefixtures("bank")
class TestSignal:
    def test_a_guest_has_no_report_until_the_attempt_is_claimed(
        self,
        candidate: User,
        enqueued: list[tuple[object, ...]],
        django_capture_on_commit_callbacks: Callable[..., object],
    ) -> None:
        owner, _cookie = new_guest()
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined] # a context manager
            attempt = start(owner, SAMPLE)
            Pen(attempt).save(1, right_response(item_at(attempt)))
            close_attempt(attempt_id=attempt.pk, closer=Attempt.Closer.STUDENT, now=NOW)
        assert enqueued == []
        assert owner.guest_token_hash
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined] # a context manager
            claim_guest_attempts(guest_token_hash=owner.guest_token_hash, user_id=candidate.pk, now=NOW)
        assert enqueued == [(refresh_report, candidate.pk)]

    def test_nothing_is_enqueued_while_an_attempt_is_open(
        self,
        candidate: User,
        enqueued: list[tuple[object, ...]],
        django_capture_on_commit_callbacks: Callable[..., object],
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined] # a context manager
            sit(candidate, MOCK, close=False)
        assert enqueued == []


def test_the_schedule_names_tasks_that_exist() -> None:
    app.loader.import_default_modules()
    names = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {name for name in names if name.startswith("progress.")} == {
        "progress.refresh_stale_reports",
        "progress.fan_out_weekly_mails",
    }
    assert names <= set(app.tasks)
