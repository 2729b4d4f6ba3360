"""Brings up PostgreSQL and Valkey before pytest-django reads the settings, and ends them after the last test.

`addopts` loads it with -p, since a conftest.py comes too late. No test is ever skipped for a missing server.
"""

from __future__ import annotations

import atexit
import os
import signal
from collections.abc import Generator

import pytest

from examprep.local_processes import ServiceError
from examprep.local_services import Services, start_services
from examprep.local_valkey import VALKEY_DATABASES, with_redis_number

# A server that somebody else runs has at least these, and what lies in the low ones may matter to its owner:
# clearing the cache empties the whole numbered database.
FOREIGN_DATABASES = 16
SETTINGS = {
    "SECRET_KEY": "only-for-tests-and-never-for-a-real-site",
    "EXAMPREP_LOCAL": "True",
    "DEBUG": "False",
}
# A shell that runs the app would otherwise lead the tests to its mail folder, cache or pool.
FOREIGN_SETTINGS = ("ALLOWED_HOSTS", "CACHE_URL", "DATABASE_POOL", "MAIL_FOLDER", "SECRET_KEY_FILE", "SITE_ADDRESS")

started: list[Services] = []


def worker_number() -> int:
    """Return 0 for a plain run and the controller, 1 and up for the workers of pytest-xdist."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")) + 1


def take_redis_database(databases: int) -> None:
    """Give this process its own numbered database, from the top, so that workers do not meet in cache and queue."""
    number = databases - 1 - worker_number()
    if number < 1:
        raise pytest.UsageError(f"The Redis server has {databases} databases: use at most -n {databases - 2}.")
    os.environ["REDIS_URL"] = with_redis_number(os.environ["REDIS_URL"], number)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    options = early_config.known_args_namespace
    if not (options.help or options.version):
        if worker_number() == 0:
            start()
        take_redis_database(int(os.environ["EXAMPREP_TEST_REDIS_DATABASES"]))
    yield


def start() -> None:
    """Start or find the servers and put their addresses where the settings look."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # an orderly end: the servers are stopped
    try:
        services = start_services(keep=False)
    except ServiceError as error:
        raise pytest.UsageError(str(error)) from error
    started.append(services)
    atexit.register(services.stop)  # for a run that breaks off before pytest_unconfigure
    for name in FOREIGN_SETTINGS:
        os.environ.pop(name, None)
    ours = services.redis.process is not None
    os.environ.update(
        SETTINGS,
        DATABASE_URL=services.database.url,
        REDIS_URL=services.redis.url,
        EXAMPREP_TEST_REDIS_DATABASES=str(VALKEY_DATABASES if ours else FOREIGN_DATABASES),
    )


def pytest_unconfigure() -> None:
    while started:
        started.pop().stop()
