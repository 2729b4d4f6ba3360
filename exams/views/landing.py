"""From the front door to the first question."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from examprep.http import HttpRequest
from exams.focus import UnknownFocus, focus_words, read_focus
from exams.lease_cookies import hold_lease
from exams.models import Attempt, ExamBlueprint
from exams.offers import drill_blueprint, terms_for
from exams.owners import Owner, new_guest, owner_of, set_guest_cookie
from exams.pools import fresh_left, sealed_form_attempt, weights_of
from exams.selectors import (
    blueprint_by_slug,
    blueprints_for,
    entry_position,
    exams_on_offer,
    open_attempt,
    sample_blueprint,
)
from exams.starting import AlreadySat, CannotStart, start_attempt
from questions.models import ExamVersion
from questions.selectors import outline_of

_REFUSED = 409


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
    """Offer the ways to sit one exam version, and say how much of it is still fresh."""
    exam_version = get_object_or_404(exams_on_offer(), slug=exam)
    user_id = request.user.pk if request.user.is_authenticated else None
    blueprints = list(blueprints_for(exam_version=exam_version, is_guest=user_id is None))
    context: dict[str, Any] = {"exam": exam_version, "is_guest": user_id is None}
    if user_id is not None:
        context |= _for_student(Owner(user_id=user_id), exam_version, blueprints)
    context["blueprints"] = [b for b in blueprints if b.mode != ExamBlueprint.Mode.DRILL]
    return render(request, "exams/choose_mode.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, exam: str, blueprint: str) -> HttpResponse:
    """Show the rules; a POST starts the attempt or returns to the open one."""
    owner = owner_of(request)
    chosen = blueprint_by_slug(exam=exam, blueprint=blueprint, is_guest=owner is None or owner.is_guest)
    if chosen is None:
        raise Http404
    if request.method != "POST":
        return _render_rules(request, owner, chosen)
    cookie = ""
    if owner is None:
        owner, cookie = new_guest()
    try:
        attempt = start_attempt(owner=owner, blueprint=chosen, now=timezone.now())
    except CannotStart as error:
        return _render_rules(request, owner, chosen, status=_REFUSED, shortages=error.shortages)
    except AlreadySat as error:
        return _render_rules(request, owner, chosen, status=_REFUSED, sat=error.attempt)
    response = _enter(attempt)
    if cookie:
        set_guest_cookie(response, cookie, is_secure=settings.SESSION_COOKIE_SECURE)
    return response


@require_POST
def start_drill(request: HttpRequest, exam: str) -> HttpResponse:
    """Start a drill about the posted focus, or return to the open one. It takes an account."""
    owner, blueprint = owner_of(request), drill_blueprint(exam=exam)
    if blueprint is None:
        raise Http404
    if owner is None or owner.is_guest:
        return redirect_to_login(reverse("exams:choose_mode", args=[exam]))
    try:
        focus = read_focus(request.POST.get("focus", ""))
    except UnknownFocus as error:
        raise Http404 from error
    try:
        return _enter(start_attempt(owner=owner, blueprint=blueprint, now=timezone.now(), focus=focus))
    except CannotStart:
        context = {"exam": blueprint.exam_version, "focus": focus, "words": focus_words(str(focus))}
        return render(request, "exams/no_drill.html", context, status=_REFUSED)


def _for_student(owner: Owner, exam_version: ExamVersion, blueprints: list[ExamBlueprint]) -> dict[str, Any]:
    topics = outline_of(exam_version)
    weights = weights_of(topic for topic in topics if topic.domain_id is None)
    return {
        "drill": next((b for b in blueprints if b.mode == ExamBlueprint.Mode.DRILL), None),
        "topics": topics,
        "fresh": fresh_left(owner=owner, exam_version_id=exam_version.pk, blueprints=blueprints, weights=weights),
        "sat": sealed_form_attempt(owner=owner, exam_version_id=exam_version.pk),
    }


def _render_rules(
    request: HttpRequest, owner: Owner | None, blueprint: ExamBlueprint, *, status: int = 200, **problem: Any
) -> HttpResponse:
    context: dict[str, Any] = {
        "blueprint": blueprint,
        "exam": blueprint.exam_version,
        "terms": terms_for(blueprint=blueprint, user=request.user),
        "open_attempt": open_attempt(owner=owner, blueprint=blueprint, now=timezone.now()) if owner else None,
    }
    if owner and blueprint.is_sealed_form and not context["open_attempt"]:
        context["sat"] = sealed_form_attempt(owner=owner, exam_version_id=blueprint.exam_version_id)
    return render(request, "exams/confirm.html", context | problem, status=status)


def _enter(attempt: Attempt) -> HttpResponse:
    return hold_lease(redirect("exams:item", attempt.uuid, entry_position(attempt)), attempt=attempt)
