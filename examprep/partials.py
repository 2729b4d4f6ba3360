"""Answer with the whole page, or with one of its partials when htmx asks for that target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from examprep.http import HttpRequest


def render_page_or_partial(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    partial: str,
    target: str,
    status: int = 200,
) -> HttpResponse:
    """Render `template`, or its `partial` when the request comes from htmx for the element `target`.

    Every partial is part of its page's template, so what htmx swaps in is what a reload shows.
    """
    wants_partial = request.htmx and request.htmx.target == target and not request.htmx.history_restore_request
    name = f"{template}#{partial}" if wants_partial else template
    return render(request, name, context, status=status)
