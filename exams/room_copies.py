"""The copies of an attempt's pages that a browser keeps for when the network is gone."""

from __future__ import annotations

from django.http import HttpResponse

from examprep.http import HttpRequest
from exams.models import Attempt
from exams.owners import Owner

# Asks for a page that is put by, not looked at.
PREFETCH = ("Purpose", "prefetch")
COPY_HEADER = "X-Room-Copy"


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
