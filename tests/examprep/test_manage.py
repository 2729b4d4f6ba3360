"""manage.py uses the settings of the last local run, and never instead of given ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import manage


@pytest.fixture
def local_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "local.env"
    path.write_text("SECRET_KEY=of the last run\nDATABASE_URL=postgresql://postgres@/postgres?host=/sockets\n")
    monkeypatch.setattr(manage, "LOCAL_SETTINGS", path)
    monkeypatch.setattr(manage, "execute_from_command_line", lambda _arguments: None)
    before = os.environ.copy()
    yield path
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.usefixtures("local_settings")
def test_a_bare_shell_gets_the_settings_of_the_last_run() -> None:
    for name in ("SECRET_KEY", "DATABASE_URL"):
        os.environ.pop(name, None)

    manage.main()

    assert os.environ["SECRET_KEY"] == "of the last run"
    assert os.environ["DATABASE_URL"] == "postgresql://postgres@/postgres?host=/sockets"


@pytest.mark.usefixtures("local_settings")
def test_given_settings_are_left_alone() -> None:
    os.environ["SECRET_KEY"] = "given"
    os.environ.pop("DATABASE_URL", None)

    manage.main()

    assert os.environ["SECRET_KEY"] == "given"
    assert "DATABASE_URL" not in os.environ


def test_a_secret_in_a_file_counts_as_given(local_settings: Path) -> None:
    os.environ.pop("SECRET_KEY", None)
    os.environ["SECRET_KEY_FILE"] = str(local_settings)

    manage.main()

    assert "SECRET_KEY" not in os.environ
