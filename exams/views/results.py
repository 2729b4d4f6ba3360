"""What came of it: result, explanations, reports of problems, receipt, and the list of attempts."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from examprep.http import HttpRequest
from exams.mark_input import MalformedMark
from exams.models import Attempt
from exams.offers import drill_blueprint
from exams.owners import GUEST_DAYS, Owner
from exams.problem_reports import report_problem
from exams.receipts import receipt_of
from exams.review import review_page
from exams.selectors import past_attempts
from exams.views.access import attempt_or_404, for_owner


@require_safe
@for_owner
def result(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID) -> HttpResponse:
    """Show score, bars, pace and every explanation of a graded attempt; `topic` limits the explanations."""
    attempt = attempt_or_404(owner, attempt_uuid)
    if attempt.is_open:
        return redirect("exams:item", attempt.uuid, 1)
    if attempt.state != Attempt.State.GRADED:
        return render(request, "exams/grading.html", {"attempt": attempt})
    context = {
        "page": review_page(owner=owner, attempt=attempt, topic=request.GET.get("topic", "")),
        "can_drill": not owner.is_guest and drill_blueprint(exam=attempt.blueprint.exam_version.slug) is not None,
        "is_guest": owner.is_guest,
        "guest_days": GUEST_DAYS,
    }
    return render(request, "exams/result.html", context)


@require_safe
@for_owner
def receipt(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID) -> HttpResponse:
    """Download the receipt of an attempt, open or over, as text or (`format=json`) for programs."""
    written = receipt_of(attempt_or_404(owner, attempt_uuid))
    is_json = request.GET.get("format") == "json"
    name = f"receipt-{attempt_uuid}.{'json' if is_json else 'txt'}"
    return HttpResponse(
        written.as_json() if is_json else written.as_text(),
        content_type="application/json" if is_json else "text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
@for_owner
def report(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID, position: int) -> HttpResponse:
    """Store what a student says is wrong with an item, and lead back to it."""
    attempt = attempt_or_404(owner, attempt_uuid)
    text = request.POST.get("text", "")
    try:
        report_problem(owner=owner, attempt_uuid=attempt_uuid, position=position, text=text, now=timezone.now())
    except MalformedMark as error:
        messages.error(request, _("Your report was not stored: %(reason)s.") % {"reason": error})
    else:
        words = _("Thank you. Your report on question %(position)d is with its authors; their answer comes here.")
        messages.success(request, words % {"position": position})
    if attempt.is_open:
        return redirect("exams:item", attempt_uuid, position)
    return redirect(f"{reverse('exams:result', args=[attempt_uuid])}?open={position}#question-{position}")


@require_safe
@for_owner
def history(request: HttpRequest, owner: Owner) -> HttpResponse:
    """List the person's attempts, newest first."""
    return render(request, "exams/history.html", {"attempts": past_attempts(owner)})
