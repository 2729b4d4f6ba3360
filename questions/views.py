"""The notes: services, techniques and concepts, and what tells confusable things apart."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from examprep.http import HttpRequest
from questions.panels import note_panels
from questions.selectors import comparison_pages, note_groups, note_pages


@require_safe
def notes(request: HttpRequest) -> HttpResponse:
    """List every note by kind."""
    return render(request, "questions/notes.html", {"groups": note_groups()})


@require_safe
def service(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the notes about one service, feature, technique or concept."""
    page = get_object_or_404(note_pages(), slug=slug)
    panels = note_panels(user_id=request.user.pk, subject=page)
    return render(request, "questions/service.html", {"service": page, "panels": panels})


@require_safe
def comparisons(request: HttpRequest) -> HttpResponse:
    """List every comparison of confusable things."""
    return render(request, "questions/comparisons.html", {"misconceptions": comparison_pages()})


@require_safe
def misconception(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what tells two or more things apart."""
    page = get_object_or_404(comparison_pages(), slug=slug)
    panels = note_panels(user_id=request.user.pk, subject=page)
    return render(request, "questions/misconception.html", {"misconception": page, "panels": panels})
