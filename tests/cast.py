"""The people of the tests."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from accounts.services import INSTRUCTORS, ensure_groups

PASSWORD = "three demo words"


def make_user(name: str) -> User:
    """Return a person with PASSWORD and a verified address."""
    user = User.objects.create_user(f"{name}@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def client_of(user: User) -> Client:
    """Return a browser in which the person is logged in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def log_in(client: Client, user: User) -> None:
    """Log in through the form, as people do: with everything that hangs on a login."""
    response = client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert response.status_code == 302, response.content[:2000]


@pytest.fixture
def candidate(db: None) -> User:
    """Give the student that most tests are about."""
    return make_user("candidate")


@pytest.fixture
def stranger(db: None) -> User:
    """Give a student who has no business with the candidate's attempts."""
    return make_user("stranger")


@pytest.fixture
def author(db: None) -> User:
    """Give a member of the instructors' group."""
    ensure_groups()
    user = make_user("author")
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.groups.add(Group.objects.get(name=INSTRUCTORS))
    return user


@pytest.fixture
def candidate_client(candidate: User) -> Client:
    """Give the candidate's browser."""
    return client_of(candidate)


@pytest.fixture
def stranger_client(stranger: User) -> Client:
    """Give the stranger's browser."""
    return client_of(stranger)


@pytest.fixture
def author_client(author: User) -> Client:
    """Give the author's browser."""
    return client_of(author)
