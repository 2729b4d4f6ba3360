"""Fixtures of all tests. Servers come from `services_plugin`, people from `cast`, the bank from `factories`."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from pytest_django import DjangoDbBlocker, Settings

from tests.bank_copies import BankCopy, take_copy
from tests.factories import BLUEPRINTS, LARGE, LARGE_BLUEPRINTS, NOW, SEALED, SMALL, make_bank

pytest_plugins = ["tests.cast"]


@pytest.fixture(autouse=True)
def quick_and_clean(settings: Settings) -> None:
    """Hash passwords cheaply, and start with an empty cache: no session, no rate limit of an earlier test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Each test client asks anew which files there are; nothing is collected in a test run.
    settings.STATIC_ROOT = settings.BASE_DIR / "static"
    settings.WHITENOISE_USE_FINDERS = False
    cache.clear()


@pytest.fixture(scope="session")
def copy_of_small_bank(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> BankCopy:
    """Build the small bank once per process."""
    with django_db_blocker.unblock():
        return take_copy(make_bank({"mock": SMALL, "practice": SMALL, "sealed": SEALED}), BLUEPRINTS, NOW)


@pytest.fixture(scope="session")
def copy_of_large_bank(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> BankCopy:
    """Build the large bank once per process."""
    with django_db_blocker.unblock():
        return take_copy(make_bank({"mock": LARGE, "practice": SMALL, "sealed": SEALED}), LARGE_BLUEPRINTS, NOW)


@pytest.fixture
def bank(db: None, copy_of_small_bank: BankCopy) -> None:
    """Put the small bank into the database: two exam versions that share items, all four kinds."""
    copy_of_small_bank.restore()


@pytest.fixture
def large_bank(db: None, copy_of_large_bank: BankCopy) -> None:
    """Put a bank into the database that fills a form of 65 items."""
    copy_of_large_bank.restore()


@pytest.fixture(params=["small", "large"])
def bank_of_any_size(request: pytest.FixtureRequest) -> str:
    """Put either bank into the database: what a page costs may not depend on it."""
    request.getfixturevalue("bank" if request.param == "small" else "large_bank")
    return str(request.param)
