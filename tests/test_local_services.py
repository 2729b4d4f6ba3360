"""The servers out of wheels, and the parts of start.py that decide something."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

import start
from examprep import local_postgres, local_processes, local_services, local_valkey

DEAD = {"pid": 1, "birth": "long ago"}  # process 1 lives, but did not begin then


def sleeper(seconds: int = 60) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, as the servers are."""
    return subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})"], start_new_session=True)


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """Give a folder for the state of servers; as root what is in reach of PostgreSQL's user lies beside it."""
    yield tmp_path
    shutil.rmtree(local_postgres.hidden_home(tmp_path), ignore_errors=True)


@pytest.fixture
def without_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the servers of this test run, so that new ones are started from the wheels."""
    for name in ("DATABASE_URL", "REDIS_URL", "EXAMPREP_SERVICES"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("without_addresses")
class TestEmbeddedServers:
    def test_throwaway_servers_answer_and_leave_nothing(self, var: Path) -> None:
        services = local_services.start_services(keep=False, var=var)
        folder = services.database.folder
        with psycopg.connect(services.database.url) as connection:
            row = connection.execute("SELECT current_setting('server_encoding'), lower('ÄÖ'), 'a' < 'B'").fetchone()
        with redis.Redis.from_url(services.redis.url) as client:
            answered = client.ping()
        services.stop()

        assert row == ("UTF8", "äö", False)
        assert answered
        assert folder is not None
        assert not folder.exists()
        assert not list((var / "run").iterdir())

    def test_kept_data_is_there_after_a_restart(self, var: Path) -> None:
        server = local_postgres.start_postgres(keep=True, var=var)
        try:
            with psycopg.connect(server.url) as connection:
                connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        finally:
            server.stop()

        server = local_postgres.start_postgres(keep=True, var=var)
        try:
            with psycopg.connect(server.url) as connection:
                row = connection.execute("SELECT answer FROM kept").fetchone()
        finally:
            server.stop()

        assert row == (42,)

    def test_server_of_a_killed_parent_is_ended_at_the_next_start(self, var: Path) -> None:
        program = (
            "import pathlib, sys, time; from examprep.local_postgres import start_postgres;"
            "start_postgres(keep=True, var=pathlib.Path(sys.argv[1]));"
            "print('up', flush=True); time.sleep(60)"
        )
        with subprocess.Popen([sys.executable, "-c", program, str(var)], stdout=subprocess.PIPE) as parent:
            assert parent.stdout is not None
            assert parent.stdout.readline() == b"up\n"
            parent.kill()
        (note,) = [note for _, note in local_processes.read_notes(var / "run")]
        survived = local_processes.is_running(note)

        ended = local_processes.sweep(var / "run")

        assert survived
        assert ended == [f"postgres-{note['pid']}"]
        assert not local_processes.is_running(note)
        assert not Path(note["folder"]).exists()

    def test_server_without_a_note_does_not_hold_the_data(self, var: Path) -> None:
        first = local_postgres.start_postgres(keep=True, var=var)
        assert first.note is not None
        first.note.unlink()

        second = local_postgres.start_postgres(keep=True, var=var)
        first_ended = first.process is not None and first.process.wait(timeout=10) == 0
        second.stop()
        first.stop()

        assert first_ended

    def test_valkey_wants_its_password(self, var: Path) -> None:
        server = local_valkey.start_valkey(keep=False, var=var)
        password = server.url.split(":")[2].split("@")[0]
        answers = local_valkey.redis_answers(server.url)
        answers_without = local_valkey.redis_answers(server.url.replace(f":{password}@", ""))
        server.stop()

        assert answers
        assert not answers_without
        assert not local_valkey.redis_answers(server.url)


class TestChoice:
    def test_given_addresses_are_taken(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/db")
        monkeypatch.setenv("REDIS_URL", "redis://somewhere/0")

        services = local_services.start_services(keep=True, var=tmp_path)

        assert (services.database.url, services.redis.url) == ("postgresql://somewhere/db", "redis://somewhere/0")

    def test_choice_is_said_once_and_again_when_it_changes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/db")
        monkeypatch.setenv("REDIS_URL", "redis://somewhere/0")
        said = []
        for _ in range(2):
            local_services.start_services(keep=True, var=tmp_path)
            said.append(capsys.readouterr().out)
        (tmp_path / "services-app.txt").write_text("something else")
        local_services.start_services(keep=True, var=tmp_path)
        said.append(capsys.readouterr().out)

        assert said == [said[0], "", said[0]]
        assert "DATABASE_URL" in said[0]

    @pytest.mark.parametrize(
        ("keep", "asked", "taken"), [(False, "loopback", True), (False, "", False), (True, "loopback", False)]
    )
    def test_loopback_is_for_tests_that_ask(
        self, keep: bool, asked: str, taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("REDIS_URL", raising=False)
        monkeypatch.setenv("EXAMPREP_SERVICES", asked)
        own = local_processes.Server("own", "redis://own", "own")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            loopback = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
            chosen = local_services.choose("REDIS_URL", loopback, lambda **_: own, keep=keep, var=tmp_path)

        assert (chosen.url == loopback) == taken

    def test_redis_number_replaces_the_one_in_the_address(self) -> None:
        assert local_valkey.with_redis_number("redis://:p@127.0.0.1:7/0", 15) == "redis://:p@127.0.0.1:7/15"


class TestNotes:
    def test_a_number_used_again_is_not_ours(self) -> None:
        assert local_processes.is_running({"pid": os.getpid(), "birth": local_processes.birth(os.getpid())})
        assert not local_processes.is_running({"pid": os.getpid(), "birth": "another time"})
        assert not local_processes.is_running({"pid": 2**22 + 1, "birth": local_processes.birth(2**22 + 1)})

    def test_sweep_ends_only_what_has_lost_its_owner(self, tmp_path: Path) -> None:
        with sleeper() as orphan, sleeper() as owned, sleeper() as stranger:
            local_processes.write_note(tmp_path, "owned", owned.pid)
            for name, child in (("orphan", orphan), ("stranger", stranger)):
                path = local_processes.write_note(tmp_path, name, child.pid)
                note = {**json.loads(path.read_text()), "owner": DEAD}
                if child is stranger:  # the number of a process of ours now belongs to somebody else
                    note["birth"] = "another time"
                path.write_text(json.dumps(note))
            (tmp_path / "broken.json").write_text("{")

            ended = local_processes.sweep(tmp_path)
            alive = [child.poll() is None for child in (orphan, owned, stranger)]
            owned.kill()
            stranger.kill()

        assert ended == [f"orphan-{orphan.pid}"]
        assert alive == [False, True, True]
        assert {path.name for path in tmp_path.iterdir()} == {f"owned-{owned.pid}.json", "broken.json"}

    def test_sweep_of_mine_ends_the_last_started_first(self, tmp_path: Path) -> None:
        with sleeper() as first, sleeper() as second:
            local_processes.write_note(tmp_path, "first", first.pid)
            local_processes.write_note(tmp_path, "second", second.pid)

            assert local_processes.sweep(tmp_path, mine=True) == [f"second-{second.pid}", f"first-{first.pid}"]

    def test_a_process_that_will_not_go_is_killed(self) -> None:
        program = (
            "import signal, time; [signal.signal(s, signal.SIG_IGN) for s in (signal.SIGTERM, signal.SIGQUIT)];"
            "print('deaf', flush=True); time.sleep(60)"
        )
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, start_new_session=True) as child:
            assert child.stdout is not None
            child.stdout.readline()
            local_processes.end(child.pid, patience=0.1)
            code = child.wait(timeout=10)

        assert code == -signal.SIGKILL

    def test_a_lock_of_a_dead_server_is_removed(self, tmp_path: Path) -> None:
        (tmp_path / "postmaster.pid").write_text("1\n/somewhere\n")  # process 1 lives, but is no server of these data

        local_postgres.clear_stale_lock(tmp_path)

        assert not (tmp_path / "postmaster.pid").exists()


class TestStart:
    @pytest.mark.parametrize(("arguments", "code"), [(["nonsense"], 2), (["lint", "more"], 2), (["--help"], 0)])
    def test_usage(self, arguments: list[str], code: int) -> None:
        done = subprocess.run([sys.executable, start.__file__, *arguments], capture_output=True, text=True, check=False)

        assert done.returncode == code
        assert "usage: python3 start.py" in done.stderr

    @pytest.mark.parametrize("version", [(3, 8), (3, 10)])
    def test_an_old_python_gets_the_command(self, version: tuple[int, int]) -> None:
        assert "start.py" in start.missing_prerequisite(version).partition("Run: ")[2]

    def test_a_python_without_venv_gets_the_command(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)

        assert "apt-get install -y python3.12-venv" in start.missing_prerequisite((3, 12))

    def test_this_python_will_do(self) -> None:
        assert start.missing_prerequisite() == ""

    def test_a_taken_port_is_passed_over(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            taken = listener.getsockname()[1]
            found = local_processes.free_port(taken)

        assert taken < found < taken + 100

    def test_no_port_at_all_is_said(self) -> None:
        with pytest.raises(local_processes.ServiceError, match="PORT="):
            local_processes.free_port(70_000)

    def test_the_secret_is_kept_and_private(self, tmp_path: Path) -> None:
        path = tmp_path / "secret_key"
        first = local_processes.kept_secret(path)

        assert local_processes.kept_secret(path) == first
        assert len(first) == 50
        assert path.stat().st_mode & 0o777 == 0o600

    def test_one_lock_holds_until_it_is_let_go(self, tmp_path: Path) -> None:
        path = tmp_path / "x.lock"
        with local_processes.locked(path, wait=False) as first, local_processes.locked(path, wait=False) as second:
            held = (first, second)
        with local_processes.locked(path, wait=False) as third:
            pass

        assert (*held, third) == (True, False, True)

    def test_the_running_one_is_found(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(start, "VAR", tmp_path)
        before = start.running()
        local_processes.write_note(tmp_path / "run", "start", os.getpid(), address="http://127.0.0.1:8000")

        assert before == {}
        assert start.running()["address"] == "http://127.0.0.1:8000"


class TestLocks:
    def test_they_name_hashes_and_no_addresses(self) -> None:
        for name in sorted({name for names in start.LOCKS.values() for name in names}):
            text = (start.ROOT / name).read_text()
            packages = [line.split("==")[0] for line in text.splitlines() if "==" in line]

            assert "://" not in text
            assert "--index" not in text
            assert text.count("==") <= text.count("--hash=sha256:")
            assert len(packages) == len(set(packages)), f"{name} holds two versions of a package"

    def test_the_development_lock_holds_the_others(self) -> None:
        def pins(name: str) -> set[str]:
            return {line.split()[0] for line in (start.ROOT / name).read_text().splitlines() if "==" in line}

        assert pins("requirements.lock") | pins("requirements-services.lock") <= pins("requirements-dev.lock")
