"""Which lease a browser holds: a cookie of the attempt's own addresses, set where the lease was taken.

A page that is opened by its address takes no lease, since a GET changes nothing. It is live where the browser holds the
attempt's lease already (another window of it, a page read anew) and read-only everywhere else. The cookie decides only
what a page shows: every save names its lease itself, and the database decides.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse

from examprep.http import HttpRequest
from exams.models import Attempt
from exams.whole_numbers import whole_number

_DAYS = 30  # longer than an attempt stays open without an answer


def hold_lease(response: HttpResponse, *, attempt: Attempt) -> HttpResponse:
    """Let the browser that gets this response hold the lease the attempt has now."""
    response.set_cookie(
        _name(attempt.uuid),
        str(attempt.epoch),
        max_age=_DAYS * 24 * 3600,
        path=_path(attempt.uuid),
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


def forget_lease(response: HttpResponse, *, attempt: Attempt) -> HttpResponse:
    """Take the cookie of an attempt that is over."""
    response.delete_cookie(_name(attempt.uuid), path=_path(attempt.uuid), samesite="Lax")
    return response


def held_lease(request: HttpRequest, *, attempt: Attempt) -> int:
    """Return the lease of the form that was posted, else of the browser; 0 for a browser that took none."""
    return whole_number(request.POST.get("epoch") or request.COOKIES.get(_name(attempt.uuid))) or 0


def _name(attempt_uuid: uuid.UUID) -> str:
    return f"lease-{attempt_uuid}"


def _path(attempt_uuid: uuid.UUID) -> str:
    return reverse("exams:item", args=[attempt_uuid, 1]).removesuffix("items/1/")
