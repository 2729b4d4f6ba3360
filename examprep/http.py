"""Typed requests: what the middleware adds, known to the type checker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest as DjangoHttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django_htmx.middleware import HtmxDetails

    from accounts.models import User


class HttpRequest(DjangoHttpRequest):
    """A request as it arrives at our views."""

    if TYPE_CHECKING:
        htmx: HtmxDetails
        user: User | AnonymousUser


class AuthenticatedHttpRequest(HttpRequest):
    """A request behind `login_required`."""

    if TYPE_CHECKING:
        user: User
