"""The exam room: one item at a time, saved as it changes."""

from __future__ import annotations

import dataclasses
import uuid

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import reswap, retarget

from examprep.http import HttpRequest
from examprep.partials import render_page_or_partial
from exams.answer_input import read_answer
from exams.clock import milliseconds_left
from exams.closing import close_attempt
from exams.lease_cookies import held_lease, hold_lease
from exams.marking import check_answer, mark_seen, set_flag, set_struck
from exams.models import Attempt
from exams.owners import Owner
from exams.review import checked_item
from exams.room_copies import allow_copy, copy_name, is_prefetch
from exams.saving import AnswerRefused, Refusal, Saved, item_shape, save_answer
from exams.selectors import counts_of, entry_position, item_page, navigator
from exams.starting import take_lease
from exams.views.access import attempt_or_404, for_owner, to_result
from exams.whole_numbers import whole_number
from questions.responses import MalformedResponse, is_blank

_REFUSED = 409
_UNPROCESSABLE = 422
REFUSAL_HEADER = "X-Refusal"


@dataclasses.dataclass(frozen=True)
class _Problem:
    """Why something was not stored, in words for the student, and the status that says so."""

    message: str
    status: int
    reason: str

    @property
    def is_elsewhere(self) -> bool:
        return self.reason == Refusal.ELSEWHERE.value


@require_safe
@for_owner
def item(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID, position: int) -> HttpResponse:
    """Show one item with the stored answer and the true time left."""
    return _render_item(request, owner, attempt_uuid, position)


@require_POST
@for_owner
def save(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID, position: int) -> HttpResponse:
    """Save the answer to one item; without htmx, go on to where the pressed button says."""
    shape = item_shape(attempt_uuid=attempt_uuid, position=position)
    try:
        answer = read_answer(request.POST, shape=shape.shape, option_order=shape.option_order)
        saved = save_answer(
            owner=owner, attempt_uuid=attempt_uuid, position=position, answer=answer, now=timezone.now()
        )
    except MalformedResponse as error:
        message = f"Not saved: {error}. The answer shown is the stored one."
        return _render_problem(request, owner, attempt_uuid, position, _malformed(message))
    except AnswerRefused as error:
        return _render_problem(request, owner, attempt_uuid, position, _refused(error))
    if request.htmx:
        return _render_saved(request, saved, position)
    return _go_on(request, attempt_uuid, position)


@require_POST
@for_owner
def flag(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID, position: int) -> HttpResponse:
    """Flag the item for review, or take the flag off."""
    is_flagged = request.POST.get("on") == "1"
    set_flag(owner=owner, attempt_uuid=attempt_uuid, position=position, is_flagged=is_flagged, now=timezone.now())
    if not request.htmx:
        return redirect("exams:item", attempt_uuid, position)
    return render(
        request, "exams/room.html#flag_result", _addresses(attempt_uuid, position) | {"is_flagged": is_flagged}
    )


@require_POST
@for_owner
def strike(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID, position: int) -> HttpResponse:
    """Strike out an option, or bring it back."""
    shown, is_struck = whole_number(request.POST.get("option")) or 0, request.POST.get("on") == "1"
    set_struck(
        owner=owner, attempt_uuid=attempt_uuid, position=position, shown=shown, is_struck=is_struck, now=timezone.now()
    )
    if not request.htmx:
        return redirect("exams:item", attempt_uuid, position)
    context = _addresses(attempt_uuid, position) | {"number": shown, "is_struck": is_struck}
    return render(request, "exams/room.html#strike_button", context)


@require_POST
@for_owner
def check(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID, position: int) -> HttpResponse:
    """Practice only: save what is chosen, lock it, and show why every option is right or wrong."""
    shape = item_shape(attempt_uuid=attempt_uuid, position=position)
    try:
        if "idempotency_key" in request.POST:
            answer = read_answer(request.POST, shape=shape.shape, option_order=shape.option_order)
            save_answer(owner=owner, attempt_uuid=attempt_uuid, position=position, answer=answer, now=timezone.now())
        check_answer(owner=owner, attempt_uuid=attempt_uuid, position=position, now=timezone.now())
    except MalformedResponse as error:
        message = f"Not checked: {error}."
        return _render_problem(request, owner, attempt_uuid, position, _malformed(message))
    except AnswerRefused as error:
        return _render_problem(request, owner, attempt_uuid, position, _refused(error))
    if request.htmx:
        return _render_item(request, owner, attempt_uuid, position)
    return redirect("exams:item", attempt_uuid, position)


@require_POST
@for_owner
def continue_here(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID) -> HttpResponse:
    """Take the lease: this browser saves from now on, windows entered earlier no longer do."""
    attempt = attempt_or_404(owner, attempt_uuid)
    if not attempt.is_open:
        return redirect("exams:result", attempt.uuid)
    take_lease(attempt=attempt)
    position = whole_number(request.POST.get("position")) or entry_position(attempt)
    return hold_lease(redirect("exams:item", attempt.uuid, position), attempt=attempt)


@require_safe
@for_owner
def review(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID) -> HttpResponse:
    """Show what is answered, open, unseen and flagged, before submitting."""
    attempt = attempt_or_404(owner, attempt_uuid)
    if not attempt.is_open:
        return to_result(attempt, request)
    entries = navigator(attempt=attempt)
    context = {
        "attempt": attempt,
        "entries": entries,
        "counts": counts_of(entries),
        "milliseconds_left": milliseconds_left(deadline=attempt.deadline, now=timezone.now()),
    }
    return render(request, "exams/review.html", context)


@require_POST
@for_owner
def submit(request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID) -> HttpResponse:
    """Close and grade the attempt; repeating it leads to the same result."""
    attempt, closer = attempt_or_404(owner, attempt_uuid), Attempt.Closer.STUDENT
    if request.POST.get("because") == "time":  # so says the page's clock; ours decides
        left = milliseconds_left(deadline=attempt.deadline, now=timezone.now())
        if attempt.is_open and left != 0:
            return JsonResponse({"milliseconds_left": left}, status=_REFUSED)
        closer = Attempt.Closer.DEADLINE
    close_attempt(attempt_id=attempt.pk, closer=closer, now=timezone.now())
    return to_result(attempt, request)


def _malformed(message: str) -> _Problem:
    return _Problem(message, _UNPROCESSABLE, reason="malformed")


def _refused(error: AnswerRefused) -> _Problem:
    return _Problem(error.refusal.message, _REFUSED, reason=error.refusal.value)


def _render_problem(
    request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID, position: int, problem: _Problem
) -> HttpResponse:
    response = _render_item(request, owner, attempt_uuid, position, problem)
    response[REFUSAL_HEADER] = problem.reason
    return response


def _render_item(
    request: HttpRequest, owner: Owner, attempt_uuid: uuid.UUID, position: int, problem: _Problem | None = None
) -> HttpResponse:
    """Render the stored state of an item: what a reload would show, with a problem beside it if there is one.

    Where the browser does not hold the attempt's lease, the page is read-only and offers to continue there.
    """
    attempt = attempt_or_404(owner, attempt_uuid)
    if not attempt.is_open:
        return to_result(attempt, request)
    page = item_page(attempt=attempt, position=position, now=timezone.now())
    if page is None:
        raise Http404
    if not is_prefetch(request):
        mark_seen(item=page.item, now=timezone.now())
    explained = checked_item(owner=owner, attempt=attempt, item=page.item)
    lease = held_lease(request, attempt=attempt)
    is_elsewhere = lease != attempt.epoch
    context = {
        "page": page,
        "problem": problem,
        "explained": explained,
        "epoch": lease,
        "is_elsewhere": is_elsewhere,
        "copies": copy_name(owner=owner, attempt=attempt),
        **_addresses(attempt_uuid, position),
    }
    if problem is None or not request.htmx:
        status = problem.status if problem else 200
        response = render_page_or_partial(
            request, "exams/room.html", context, partial="room", target="room", status=status
        )
        is_live = not (problem or explained or is_elsewhere)
        return allow_copy(response, owner=owner, attempt=attempt) if is_live else response
    # A save asked for its save state only, but a refusal puts the stored answer in place of what the page shows.
    response = render(request, "exams/room.html#room", context, status=problem.status)
    return retarget(reswap(response, "outerHTML"), "#room")


def _render_saved(request: HttpRequest, saved: Saved, position: int) -> HttpResponse:
    context = {
        "saved": saved,
        "position": position,
        "is_answered": not is_blank(saved.response),
        "next_revision": saved.revision + 1,
    }
    return render(request, "exams/room.html#saved", context)


def _go_on(request: HttpRequest, attempt_uuid: uuid.UUID, position: int) -> HttpResponse:
    target = request.POST.get("go", "")
    if target == "review":
        return redirect("exams:review", attempt_uuid)
    return redirect("exams:item", attempt_uuid, whole_number(target) or position)


def _addresses(attempt_uuid: uuid.UUID, position: int) -> dict[str, object]:
    return {"attempt_uuid": attempt_uuid, "position": position}
