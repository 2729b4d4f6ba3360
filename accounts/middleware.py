"""Show times in the person's zone without loading the person."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

SESSION_TIME_ZONE = "time_zone"
# Beside the zone: the exam room shows it without loading the person.
SESSION_SHORTCUTS = "uses_shortcuts"


def activate_time_zone(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Activate the time zone that login left in the session. Costs no query beyond the session's own."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        name = request.session.get(SESSION_TIME_ZONE)
        if name is None:
            return get_response(request)
        with timezone.override(zoneinfo.ZoneInfo(name)):
            return get_response(request)

    return middleware
