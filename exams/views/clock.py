"""The time left, asked for by a page that slept."""

from __future__ import annotations

import uuid

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from examprep.http import HttpRequest
from exams.clock import milliseconds_left
from exams.owners import Owner
from exams.views.access import attempt_or_404, for_owner


@require_safe
@for_owner
def time_left(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID) -> HttpResponse:
    """Return the milliseconds left as JSON: null for an untimed attempt, 0 for one that is closed."""
    attempt = attempt_or_404(owner, attempt_uuid)
    left = milliseconds_left(deadline=attempt.deadline, now=timezone.now()) if attempt.is_open else 0
    return JsonResponse({"milliseconds_left": left})
