"""What came of it: result, explanations, and the list of attempts."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from examprep.http import HttpRequest
from exams.models import Attempt
from exams.owners import GUEST_DAYS, Owner
from exams.review import review_page
from exams.selectors import attempts_of
from exams.views.access import attempt_or_404, for_owner


@require_safe
@for_owner
def result(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID) -> HttpResponse:
    """Show score, bars and every explanation of a graded attempt."""
    attempt = attempt_or_404(owner, attempt_uuid)
    if attempt.is_open:
        return redirect("exams:item", attempt.uuid, 1)
    if attempt.state != Attempt.State.GRADED:
        return render(request, "exams/grading.html", {"attempt": attempt})
    page = review_page(owner=owner, attempt=attempt)
    return render(request, "exams/result.html", {"page": page, "is_guest": owner.is_guest, "guest_days": GUEST_DAYS})


@require_safe
@for_owner
def history(request: HttpRequest, owner: Owner) -> HttpResponse:
    """List the person's attempts, newest first."""
    return render(request, "exams/history.html", {"attempts": attempts_of(owner)[:200]})
