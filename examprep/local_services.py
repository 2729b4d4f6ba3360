"""PostgreSQL and Valkey on this machine: given by the environment, found on loopback (tests only), or run from wheels.

Standard library only: `start.py` loads this file before any package is installed.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from examprep.local_postgres import start_postgres
from examprep.local_processes import VAR, Server, made, sweep
from examprep.local_valkey import start_valkey

LOOPBACK_DATABASE = "postgresql://postgres@127.0.0.1:5432/postgres"
LOOPBACK_REDIS = "redis://127.0.0.1:6379/0"


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
