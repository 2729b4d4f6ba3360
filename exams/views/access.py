"""How views of an attempt find it, and what every answer of the room carries."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found

from examprep.http import HttpRequest
from exams.closing import close_if_over
from exams.lease_cookies import forget_lease
from exams.marking import MarkRefused
from exams.models import Attempt
from exams.owners import Owner, owner_of
from exams.saving import AttemptNotFound
from exams.selectors import room_attempt

OWNER_HEADER = "X-Owner"

Parameters = ParamSpec("Parameters")
RoomView = Callable[Concatenate[HttpRequest, Owner, Parameters], HttpResponse]


def for_owner(view: RoomView[Parameters]) -> Callable[Concatenate[HttpRequest, Parameters], HttpResponse]:
    """Call the view with the owner; strangers and unknown attempts get 404, and nothing is stored by any cache.

    A visitor whose session ended gets 401, so that the page can say "log in again" and keep what it holds; so does a
    page of somebody else, which names its owner. A mark on an attempt that takes no more input leads to the result,
    which says so. Every answer names whom it was for, so that a page tells it from that of some network in between.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
        owner = owner_of(request)
        if owner is None or request.headers.get(OWNER_HEADER, owner.tag) != owner.tag:
            response = _log_in_again(request)
        else:
            try:
                response = view(request, owner, *args, **kwargs)
            except MarkRefused as error:
                response = _refused_mark(request, owner, error.attempt_uuid)
            except (AttemptNotFound, Http404) as error:
                response = page_not_found(request, error)
            response[OWNER_HEADER] = owner.tag
        add_never_cache_headers(response)
        return response

    return wrapper


def _log_in_again(request: HttpRequest) -> HttpResponse:
    if request.method in ("GET", "HEAD") and not request.htmx:
        return redirect_to_login(request.get_full_path())
    return HttpResponse("Log in again to go on. Your stored answers are safe.", status=401, content_type="text/plain")


def _refused_mark(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID) -> HttpResponse:
    attempt = attempt_or_404(owner, attempt_uuid)  # time that is up closes it, so that there is a result to go to
    messages.warning(request, _("This attempt takes no more input, so that mark was not stored."))
    return to_result(attempt, request)


def to_result(attempt: Attempt, request: HttpRequest) -> HttpResponse:
    """Lead to the result of a closed attempt."""
    response: HttpResponse = redirect("exams:result", attempt.uuid)
    if request.htmx:  # htmx follows redirects by itself and would swap the result into the room
        response = HttpResponse(status=200, headers={"HX-Redirect": response["Location"]})
    return forget_lease(response, attempt=attempt)


def attempt_or_404(owner: Owner, attempt_uuid: uuid.UUID) -> Attempt:
    """Return the owner's attempt, closed first when its time is over. Two queries while it is open."""
    attempt = room_attempt(owner=owner, attempt_uuid=attempt_uuid)
    if attempt is None:
        raise Http404
    close_if_over(attempt=attempt, now=timezone.now())
    return attempt
