"""What a student writes beside an answer: guess, note, highlights, and how long an item was shown."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from examprep.http import HttpRequest
from exams.mark_input import MalformedMark, read_note, read_seconds
from exams.marking import MarkRefused, add_visit, set_guess, set_highlights, set_note
from exams.owners import Owner
from exams.views.access import for_owner

_UNPROCESSABLE = 422


@require_POST
@for_owner
def guess(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID, position: int) -> HttpResponse:
    """Mark the answer to an item as a guess, or take that back."""
    is_guess = request.POST.get("on") == "1"
    set_guess(owner=owner, attempt_uuid=attempt_uuid, position=position, is_guess=is_guess, now=timezone.now())
    if not request.htmx:
        return redirect("exams:item", attempt_uuid, position)
    context = {"attempt_uuid": attempt_uuid, "position": position, "is_guess": is_guess}
    return render(request, "exams/partials/guess_form.html", context)


@require_POST
@for_owner
def note(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID, position: int) -> HttpResponse:
    """Store the note about an item; one that is too long comes back with the reason, so nothing of it is lost."""
    text = request.POST.get("text", "")
    try:
        set_note(owner=owner, attempt_uuid=attempt_uuid, position=position, note=read_note(text), now=timezone.now())
    except MalformedMark as error:
        if request.htmx:
            return _malformed(error)
        context = {"attempt_uuid": attempt_uuid, "position": position, "note": text, "problem": error}
        return render(request, "exams/note.html", context, status=_UNPROCESSABLE)
    return HttpResponse(status=204) if request.htmx else redirect("exams:item", attempt_uuid, position)


@require_POST
@for_owner
def highlights(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID, position: int) -> HttpResponse:
    """Store what is highlighted in the stem of an item: all of it, in place of what was."""
    ranges = request.POST.get("ranges", "")
    try:
        set_highlights(owner=owner, attempt_uuid=attempt_uuid, position=position, ranges=ranges, now=timezone.now())
    except MalformedMark as error:
        return _malformed(error)
    return HttpResponse(status=204)


@require_POST
@for_owner
def visit(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID, position: int) -> HttpResponse:
    """Add the seconds that an item was shown. A beacon that comes after the end has no effect and no complaint."""
    try:
        seconds = read_seconds(request.POST.get("seconds"))
        add_visit(owner=owner, attempt_uuid=attempt_uuid, position=position, seconds=seconds, now=timezone.now())
    except MalformedMark as error:
        return _malformed(error)
    except MarkRefused:
        pass
    return HttpResponse(status=204)


def _malformed(error: MalformedMark) -> HttpResponse:
    return HttpResponse(f"Not stored: {error}.", status=_UNPROCESSABLE, content_type="text/plain")
