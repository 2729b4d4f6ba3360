"""What happens to sessions when people log in or change."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest

from accounts.middleware import SESSION_SHORTCUTS, SESSION_TIME_ZONE
from accounts.models import User
from accounts.services import end_sessions


def remember_preferences(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Leave what pages need of the person in the session, where it costs no query."""
    request.session[SESSION_TIME_ZONE] = user.time_zone
    request.session[SESSION_SHORTCUTS] = user.uses_shortcuts


def end_other_sessions(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """A new password ends every session but the one it was set in."""
    end_sessions(user_id=user.pk, but_not=request.session.session_key)


def end_all_sessions(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """A reset password ends every session: whoever reset it logs in with the new one."""
    if request.user.is_authenticated:
        logout(request)
    end_sessions(user_id=user.pk)


def end_sessions_of_deleted(instance: User, **kwargs: Any) -> None:
    """A deleted person's sessions go too, while the list of them is still there."""
    end_sessions(user_id=instance.pk)
