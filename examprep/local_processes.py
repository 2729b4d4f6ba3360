"""Programs that outlive the one that started them, and what a local run needs besides. Standard library only.

Whatever is started here leaves a note in `var/run`, so that the next start can end what a parent killed hard left.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
NOTHING = 0  # a signal that only asks whether the process is there


class ServiceError(Exception):
    """A server could not be found or started; the message says what to do."""


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


def find_wheel(package: str, *below: str) -> Path:
    """Return a path inside an installed package without importing it (its own start-up code is not wanted)."""
    places = [*(ROOT / ".venv").glob("lib/python3*/site-packages"), Path(sysconfig.get_path("purelib"))]
    for place in places:
        for found in place.joinpath(package).glob("/".join(below)):
            return found
    raise ServiceError(f"The package with {package} is not installed: run python3 start.py, or set its address.")


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


def command_of(pid: int) -> str:
    """Return the command line of a process, empty when it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    answer = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


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
