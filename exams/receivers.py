"""A guest who logs in keeps what they sat."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from exams.owners import guest_token_hash_of
from exams.starting import claim_guest_attempts


def claim_for_new_login(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Give the attempts behind the guest cookie to the person who logs in or signs up."""
    token_hash = guest_token_hash_of(request)
    if token_hash is not None:
        claim_guest_attempts(guest_token_hash=token_hash, user_id=user.pk, now=timezone.now())
