"""The production shape: its files say what they should, and its processes run together as they say."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
HOST = "exams.example.com"


def test_the_default_set_is_proxy_web_worker_beat_database_broker_and_cache() -> None:
    default = {name for name, service in SERVICES.items() if not service.get("profiles")}

    assert default == {"proxy", "web", "worker", "beat", "migrate", "database", "broker", "cache"}


def test_mail_catcher_and_replicas_come_only_with_their_profiles() -> None:
    by_profile = {name: service["profiles"] for name, service in SERVICES.items() if service.get("profiles")}

    assert by_profile == {
        "mail-catcher": ["mail-catcher"],
        "web-replica": ["replicas"],
        "worker-replica": ["replicas"],
    }


def test_every_lasting_service_has_a_health_check() -> None:
    without = {name for name, service in SERVICES.items() if "healthcheck" not in service}

    assert without == {"migrate"}


def test_data_lives_in_named_volumes() -> None:
    named = set(COMPOSE["volumes"])

    assert {volume.split(":")[0] for name in ("database", "broker") for volume in SERVICES[name]["volumes"]} <= named


def test_the_broker_never_evicts_a_task() -> None:
    assert "noeviction" in SERVICES["broker"]["command"]


def test_no_service_makes_demo_accounts() -> None:
    assert "demo" not in (ROOT / "docker-compose.yml").read_text()


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert users[-1] not in ("root", "0")


def test_the_example_environment_names_every_variable_the_settings_read() -> None:
    read = set(re.findall(r"env_\w+\(\s*\"([A-Z_]+)\"", (ROOT / "examprep/settings.py").read_text()))
    example = (ROOT / ".env.example").read_text()

    assert {name for name in read if not re.search(rf"^#?{name}=", example, re.MULTILINE)} == set()


def test_the_processes_of_the_compose_file_serve_and_work_together(tmp_path: Path) -> None:
    with fresh_database() as database_url, processes(tmp_path, database_url) as environment:
        address = f"http://127.0.0.1:{environment['PORT']}"

        wait_for(lambda: fetch(f"{address}/readyz")[0] == 200, "web is ready")
        status, page, headers = fetch(f"{address}/")
        assert status == 200
        assert "examprep" in page
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Strict-Transport-Security"]
        stylesheet = re.findall(r'href="(/static/css/site\.[0-9a-f]+\.css)"', page)
        assert stylesheet, "the page links the stylesheet under its hashed name"
        assert "immutable" in fetch(address + stylesheet[0])[2]["Cache-Control"]

        with psycopg.connect(database_url, autocommit=True) as connection:
            assert connection.execute("SELECT count(*) FROM accounts_user").fetchone() == (0,)
            connection.execute(OVERDUE_ATTEMPT)
            run(["celery", "-A", "examprep", "call", "exams.close_overdue_attempts"], environment)
            wait_for(
                lambda: connection.execute("SELECT DISTINCT state FROM exams_attempt").fetchall() == [("graded",)],
                "the worker closes and grades the overdue attempt",
            )


OVERDUE_ATTEMPT = """
INSERT INTO exams_attempt
    (uuid, blueprint_id, guest_token_hash, state, started_at, deadline, accept_until, closed_by, epoch, seed,
    accommodation, focus)
SELECT gen_random_uuid(), id, 'a guest', 'open', now() - interval '3 hours', now() - interval '1 hour',
    now() - interval '1 hour', '', 1, 1, 'none', ''
FROM exams_examblueprint LIMIT 1
"""


@contextlib.contextmanager
def fresh_database() -> Iterator[str]:
    """A database of its own, beside that of the other tests."""
    server, name = os.environ["DATABASE_URL"], f"processes_{os.getpid()}"
    base, _, query = server.partition("?")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{base.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def processes(folder: Path, database_url: str) -> Iterator[dict[str, str]]:
    """Run what the compose file runs, with its environment, on loopback; end it afterwards by process id."""
    environment = compose_environment(folder, database_url)
    run(["python", "manage.py", "collectstatic", "--noinput"], environment)
    run(SERVICES["migrate"]["command"], environment)
    running = []
    try:
        for name in ("web", "worker", "beat"):
            command = [placed(word, folder, environment["PORT"]) for word in SERVICES[name]["command"]]
            with (folder / f"{name}.log").open("w") as log:
                running.append(subprocess.Popen(in_venv(command), cwd=ROOT, env=environment, stdout=log, stderr=log))
        yield environment
        assert [process.poll() for process in running] == [None, None, None], "all processes still run"
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=30)


def placed(word: str, folder: Path, port: str) -> str:
    """A word of a command with the image's address and folder replaced by ours."""
    return word.replace("0.0.0.0:8000", f"127.0.0.1:{port}").replace("/tmp/", f"{folder}/")  # noqa: S108 (the image's)


def compose_environment(folder: Path, database_url: str) -> dict[str, str]:
    environment = {
        name: str(value) for name, value in SERVICES["web"]["environment"].items() if "${EMAIL" not in str(value)
    }
    environment |= {
        "SECRET_KEY": "a secret for the processes of this test only, long enough",
        "ALLOWED_HOSTS": HOST,
        "CSRF_TRUSTED_ORIGINS": f"https://{HOST}",
        "SITE_ADDRESS": f"https://{HOST}",
        "DATABASE_URL": database_url,
        "REDIS_URL": os.environ["REDIS_URL"],
        "CACHE_URL": os.environ["REDIS_URL"],
        "DEFAULT_FROM_EMAIL": "noreply@example.com",
        "STATIC_ROOT": str(folder / "static"),
        "PORT": str(free_port()),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "PYTHONWARNINGS": "default",
    }
    return environment


def in_venv(command: list[str]) -> list[str]:
    return [str(Path(sys.executable).parent / command[0]), *command[1:]] if command[0] != "sh" else command


def run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        in_venv(command), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def fetch(address: str) -> tuple[int, str, dict[str, str]]:
    """Ask as the proxy does: by the public name, over TLS that ended there."""
    request = urllib.request.Request(address, headers={"Host": HOST, "X-Forwarded-Proto": "https"})  # noqa: S310 (loopback)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 (loopback)
            return response.status, response.read().decode(), dict(response.headers)
    except OSError:
        return 0, "", {}


def wait_for(happened: Callable[[], bool], what: str) -> None:
    """Return once it happened; fail after a minute."""
    pause = threading.Event()
    for _attempt in range(300):
        if happened():
            return
        pause.wait(0.2)
    pytest.fail(f"did not happen within a minute: {what}")
