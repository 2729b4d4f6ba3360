"""What every template may use."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url


def site(request: HttpRequest) -> dict[str, str]:
    """Where a logged-in person starts: named by settings, so that no lower app's template names a higher app."""
    return {"after_login_address": resolve_url(settings.LOGIN_REDIRECT_URL)}
