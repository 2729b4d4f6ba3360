"""Bank folders, and the people who write and review."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from accounts.services import REVIEWERS, ensure_groups
from tests.cast import client_of, make_user
from tests.factories import BLUEPRINTS, make_bank

# Items by domain: 36 in two pools, of which the newer exam version has four in a pool and domain.
SIZES = {"1": 6, "2": 6, "3": 6}

BankData = dict[str, dict[str, Any]]


def plain(value: Any) -> Any:
    """Return a value with lists for tuples, which YAML has no word for."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value


def dump(folder: Path, data: BankData) -> Path:
    """Write bank data as a folder: a file for each part."""
    (folder / "blueprints").mkdir(parents=True, exist_ok=True)
    for name, part in data.items():
        text = yaml.safe_dump(plain(part), sort_keys=False, allow_unicode=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def bank_data() -> BankData:
    """Give the small bank as what its files hold."""
    bank = make_bank({"mock": SIZES, "practice": SIZES}).model_dump(exclude_none=True, exclude_defaults=True)
    blueprints = [entry.model_dump(exclude_none=True) for entry in BLUEPRINTS if entry.pool != "sealed"]
    certification = bank["certification"]
    for version in certification["versions"]:
        version.setdefault("is_current", False)
    return {
        "exams.yaml": {"certification": certification},
        "services.yaml": {"services": bank["services"]},
        "misconceptions.yaml": {"misconceptions": bank["misconceptions"]},
        "items.yaml": {"items": bank["items"]},
        "blueprints/blueprints.yaml": {"blueprints": blueprints},
    }


@pytest.fixture
def bank_folder(tmp_path: Path, bank_data: BankData) -> Callable[[], Path]:
    """Give what writes `bank_data`, as it is by then, into a folder."""
    return lambda: dump(tmp_path / "bank", plain(bank_data))


@pytest.fixture
def reviewer(db: None) -> User:
    """Give a member of the reviewers' group."""
    ensure_groups()
    user = make_user("reviewer")
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.groups.add(Group.objects.get(name=REVIEWERS))
    return user


@pytest.fixture
def reviewer_client(reviewer: User) -> Client:
    """Give the reviewer's browser."""
    return client_of(reviewer)
