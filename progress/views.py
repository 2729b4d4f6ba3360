"""Dashboard, report, and the end of the weekly mail."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.signing import BadSignature
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.services import set_weekly_mail
from examprep.http import AuthenticatedHttpRequest, HttpRequest
from progress.lines import by_loss, weak_topics
from progress.mastery import MINIMUM_ANSWERS, MINIMUM_CHANCES
from progress.selectors import dashboard_of, report_of
from progress.unsubscribing import read_unsubscribe_token
from questions.selectors import exam_versions

_TOPICS_NAMED = 3


@require_safe
@login_required
@cache_control(private=True, no_store=True)
def dashboard(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Say what to do next, what is weak, and what came of the last attempts."""
    page = dashboard_of(user_id=request.user.pk, now=timezone.now())
    domains = page.standing.domains if page.standing else []
    context = {"page": page, "weak": weak_topics(domains)[:_TOPICS_NAMED], "heaviest": by_loss(domains)[:_TOPICS_NAMED]}
    return render(request, "progress/dashboard.html", context)


@require_safe
@login_required
@cache_control(private=True, no_store=True)
def report(request: AuthenticatedHttpRequest, exam: str) -> HttpResponse:
    """Show where the student stands in one exam, with the doubt of every figure."""
    exam_version = get_object_or_404(exam_versions(), slug=exam)
    page = report_of(user_id=request.user.pk, exam_version=exam_version)
    context = {"page": page, "minimum_answers": MINIMUM_ANSWERS, "minimum_chances": MINIMUM_CHANCES}
    return render(request, "progress/report.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether the weekly mail should end; a POST ends it. The signed token is the permission, no login needed.

    Exempt from CSRF because mail programs post here by themselves (RFC 8058); a mere visit changes nothing.
    """
    try:
        user_id = read_unsubscribe_token(token)
    except BadSignature:
        return render(request, "progress/unsubscribe.html", {"is_unknown": True}, status=404)
    if request.method == "POST":
        set_weekly_mail(user_id=user_id, wanted=False)
    return render(request, "progress/unsubscribe.html", {"is_done": request.method == "POST"})
