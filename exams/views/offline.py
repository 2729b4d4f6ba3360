"""What a browser needs to go on while the network is gone."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from examprep.http import HttpRequest
from exams.models import Attempt
from exams.owners import Owner

# Asks for a page that is put by, not looked at.
PREFETCH = ("Purpose", "prefetch")
COPY_HEADER = "X-Room-Copy"


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker that shows the room from its copies; browsers ask for it again each time, it is short."""
    response = render(request, "exams/room-worker.js", content_type="text/javascript")
    patch_cache_control(response, no_cache=True)
    return response


def is_prefetch(request: HttpRequest) -> bool:
    """Whether the page is put by for later, so that nobody sees it now."""
    name, value = PREFETCH
    return request.headers.get(name) == value


def copy_name(*, owner: Owner, attempt: Attempt) -> str:
    """Return the name of the cache a browser keeps pages of this attempt in: one by person and lease."""
    return f"room.{owner.tag}.{attempt.uuid}.{attempt.epoch}"


def allow_copy(response: HttpResponse, *, owner: Owner, attempt: Attempt) -> HttpResponse:
    """Let the worker keep this page for when the network is gone. Never for a page that explains anything."""
    response[COPY_HEADER] = copy_name(owner=owner, attempt=attempt)
    return response
