"""From the front door to the first question."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from examprep.http import HttpRequest
from exams.owners import new_guest, owner_of, set_guest_cookie
from exams.selectors import blueprint_by_slug, blueprints_for, exams_on_offer, open_attempt, sample_blueprint
from exams.starting import CannotStart, start_attempt


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is, and lead to the sample and to the exams."""
    return render(request, "exams/home.html", {"exams": exams_on_offer(), "sample": sample_blueprint()})


@require_safe
def choose_exam(request: HttpRequest) -> HttpResponse:
    """Ask which exam version the student booked."""
    return render(request, "exams/choose_exam.html", {"exams": exams_on_offer()})


@require_safe
def choose_mode(request: HttpRequest, exam: str) -> HttpResponse:
    """Offer the ways to sit one exam version."""
    exam_version = get_object_or_404(exams_on_offer(), slug=exam)
    is_guest = not request.user.is_authenticated
    blueprints = blueprints_for(exam_version=exam_version, is_guest=is_guest)
    return render(
        request, "exams/choose_mode.html", {"exam": exam_version, "blueprints": blueprints, "is_guest": is_guest}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, exam: str, blueprint: str) -> HttpResponse:
    """Show the rules; a POST starts the attempt or returns to the open one."""
    owner, cookie = owner_of(request), ""
    chosen = blueprint_by_slug(exam=exam, blueprint=blueprint, is_guest=owner is None or owner.is_guest)
    if chosen is None:
        raise Http404
    found = open_attempt(owner=owner, blueprint=chosen, now=timezone.now()) if owner else None
    context = {"blueprint": chosen, "exam": chosen.exam_version, "open_attempt": found}
    if request.method != "POST":
        return render(request, "exams/confirm.html", context)
    if owner is None:
        owner, cookie = new_guest()
    try:
        attempt = start_attempt(owner=owner, blueprint=chosen, now=timezone.now())
    except CannotStart as error:
        return render(request, "exams/confirm.html", {**context, "shortages": error.shortages}, status=409)
    response = redirect("exams:item", attempt.uuid, 1)
    if cookie:
        set_guest_cookie(response, cookie, is_secure=settings.SESSION_COOKIE_SECURE)
    return response
