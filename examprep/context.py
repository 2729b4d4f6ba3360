"""What every template may use."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.shortcuts import resolve_url


def site(request: HttpRequest) -> dict[str, str | bool]:
    """Where a logged-in person starts, and whether this is one: from settings and session, without a query.

    The start is named by settings, so that no lower app's template names a higher app.
    """
    return {
        "after_login_address": resolve_url(settings.LOGIN_REDIRECT_URL),
        "is_logged_in": SESSION_KEY in request.session,
    }
