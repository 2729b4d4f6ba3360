"""What happens to sessions when people log in or change."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from accounts.middleware import SESSION_TIME_ZONE
from accounts.models import User


def remember_time_zone(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Leave the person's time zone in the session, where the middleware finds it without a query."""
    request.session[SESSION_TIME_ZONE] = user.time_zone
