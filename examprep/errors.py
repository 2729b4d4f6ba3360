"""What a person sees when a request is refused before it reaches a view."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain a stale form in plain words; nothing of the form was used."""
    return render(request, "403_csrf.html", status=403)
