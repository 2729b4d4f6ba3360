"""Whose attempt: a logged-in user, or a guest known by a signed cookie. Neither costs a query."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets

from django.contrib.auth import SESSION_KEY
from django.core import signing
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

GUEST_COOKIE = "guest"
GUEST_DAYS = 30
_SALT = "exams.guest"


@dataclasses.dataclass(frozen=True)
class Owner:
    """Exactly one of the two is set."""

    user_id: int | None = None
    guest_token_hash: str | None = None

    @property
    def is_guest(self) -> bool:
        """Whether this is a visitor without an account."""
        return self.user_id is None

    @property
    def tag(self) -> str:
        """A name for what a browser keeps of this owner: always the same, and nothing can be read from it."""
        whose = f"user {self.user_id}" if self.user_id is not None else f"guest {self.guest_token_hash}"
        return salted_hmac("exams.owner-tag", whose, algorithm="sha256").hexdigest()[:32]

    def owns(self, prefix: str = "") -> Q:
        """Return the filter that scopes attempts (or rows that reach one through `prefix`) to this owner."""
        if self.user_id is not None:
            return Q(**{f"{prefix}user_id": self.user_id})
        return Q(**{f"{prefix}guest_token_hash": self.guest_token_hash})


def owner_of(request: HttpRequest) -> Owner | None:
    """Return who asks, or None for a visitor without account and guest cookie.

    Reads the session, not the user row: a session that must no longer count is deleted (`end_sessions`).
    """
    user_id = request.session.get(SESSION_KEY)
    if user_id is not None:
        return Owner(user_id=int(user_id))
    token_hash = guest_token_hash_of(request)
    return Owner(guest_token_hash=token_hash) if token_hash else None


def guest_token_hash_of(request: HttpRequest) -> str | None:
    """Return the hash of the guest cookie's token; None when it is missing, forged or too old."""
    try:
        token = signing.TimestampSigner(salt=_SALT).unsign(
            request.COOKIES.get(GUEST_COOKIE, ""), max_age=GUEST_DAYS * 24 * 3600
        )
    except signing.BadSignature:
        return None
    return _hash(token)


def new_guest() -> tuple[Owner, str]:
    """Return a new guest and the signed cookie value that makes the browser this guest."""
    token = secrets.token_urlsafe(32)
    return Owner(guest_token_hash=_hash(token)), signing.TimestampSigner(salt=_SALT).sign(token)


def set_guest_cookie(response: HttpResponse, value: str, *, is_secure: bool) -> None:
    """Hand the guest cookie to the browser: unreadable for scripts, not sent from other sites' forms."""
    response.set_cookie(
        GUEST_COOKIE, value, max_age=GUEST_DAYS * 24 * 3600, httponly=True, secure=is_secure, samesite="Lax"
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
