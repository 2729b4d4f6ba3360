"""How views of an attempt find it, and what every answer of the room carries."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from examprep.http import HttpRequest
from exams.closing import close_if_over
from exams.models import Attempt
from exams.owners import Owner, owner_of
from exams.saving import AttemptNotFound
from exams.selectors import room_attempt

Parameters = ParamSpec("Parameters")
RoomView = Callable[Concatenate[HttpRequest, Owner, Parameters], HttpResponse]


def for_owner(view: RoomView[Parameters]) -> Callable[Concatenate[HttpRequest, Parameters], HttpResponse]:
    """Call the view with the owner; strangers and unknown attempts get 404, and nothing is stored by any cache.

    A visitor whose session ended gets 401, so that the page can say "log in again" and keep what it holds.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
        owner = owner_of(request)
        if owner is None:
            response = _log_in_again(request)
        else:
            try:
                response = view(request, owner, *args, **kwargs)
            except AttemptNotFound as error:
                raise Http404 from error
        add_never_cache_headers(response)
        return response

    return wrapper


def _log_in_again(request: HttpRequest) -> HttpResponse:
    if request.method in ("GET", "HEAD") and not request.htmx:
        return redirect_to_login(request.get_full_path())
    return HttpResponse("Log in again to go on. Your stored answers are safe.", status=401, content_type="text/plain")


def attempt_or_404(owner: Owner, attempt_uuid: uuid.UUID) -> Attempt:
    """Return the owner's attempt, closed first when its time is over. Two queries while it is open."""
    attempt = room_attempt(owner=owner, attempt_uuid=attempt_uuid)
    if attempt is None:
        raise Http404
    close_if_over(attempt=attempt, now=timezone.now())
    return attempt
