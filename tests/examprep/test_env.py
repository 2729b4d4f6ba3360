"""Settings from the environment: a missing or malformed value is said, never guessed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from examprep.env import env_flag, env_list, env_number, env_secret, env_text

NAME = "EXAMPREP_TEST_VALUE"


def test_missing_text_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)

    with pytest.raises(ImproperlyConfigured, match=NAME):
        env_text(NAME)
    assert env_text(NAME, "default") == "default"


@pytest.mark.parametrize(("value", "expected"), [("True", True), ("False", False)])
def test_flag_is_one_of_two_words(value: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, value)

    assert env_flag(NAME, not expected) == expected


@pytest.mark.parametrize("value", ["true", "1", "yes", "", "Flase"])
def test_any_other_word_is_refused_rather_than_taken_for_false(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, value)

    with pytest.raises(ImproperlyConfigured, match=f"{NAME}.*True or False"):
        env_flag(NAME, False)


@pytest.mark.parametrize("value", ["", "1.5", "ten"])
def test_number_is_whole_or_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, value)

    with pytest.raises(ImproperlyConfigured, match=f"{NAME}.*whole number"):
        env_number(NAME, 1)


@pytest.mark.parametrize("read", [env_flag, env_number], ids=["flag", "number"])
def test_default_stands_where_nothing_is_set(read: Callable[[str, int], int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)

    assert read(NAME, True) == 1


def test_list_has_no_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " a, ,b ,")

    assert env_list(NAME) == ["a", "b"]


class TestSecrets:
    def test_comes_from_a_mounted_file_without_its_line_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "secret").write_text("s3cret\n")
        monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
        monkeypatch.setenv(NAME, "not this one")

        assert env_secret(NAME) == "s3cret"

    def test_file_that_cannot_be_read_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "missing"))

        with pytest.raises(ImproperlyConfigured, match="missing"):
            env_secret(NAME)

    def test_nothing_set_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(NAME, raising=False)

        with pytest.raises(ImproperlyConfigured, match=NAME):
            env_secret(NAME)


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL"])
def test_site_without_a_needed_variable_does_not_start(missing: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {missing, f"{missing}_FILE"}}

    done = subprocess.run(
        [sys.executable, "-c", "import examprep.settings"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert f"Set the environment variable {missing}" in done.stderr
