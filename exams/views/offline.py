"""What a browser needs to go on while the network is gone."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from examprep.http import HttpRequest


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker that shows the room from its copies; browsers ask for it again each time, it is short."""
    response = render(request, "exams/room-worker.js", content_type="text/javascript")
    patch_cache_control(response, no_cache=True)
    return response
