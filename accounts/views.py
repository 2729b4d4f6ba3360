"""Pages about the person's own account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import PreferencesForm
from accounts.middleware import SESSION_SHORTCUTS, SESSION_TIME_ZONE
from accounts.services import set_shortcuts
from examprep.http import AuthenticatedHttpRequest, HttpRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def preferences(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show and save the preferences; who came from another page (`next`) goes back there."""
    form = PreferencesForm(request.POST or None, instance=request.user)
    came_from = _came_from(request)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        request.session[SESSION_TIME_ZONE] = user.time_zone
        request.session[SESSION_SHORTCUTS] = user.uses_shortcuts
        messages.success(request, _("Saved."))
        return redirect(came_from or "accounts:preferences")
    context = {"form": form, "came_from": came_from}
    return render(request, "accounts/preferences.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def shortcuts(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Switch single keys in the exam room on (`on=1`) or off, from the list of keys there."""
    wanted = request.POST.get("on") == "1"
    set_shortcuts(user_id=request.user.pk, wanted=wanted)
    request.session[SESSION_SHORTCUTS] = wanted
    return HttpResponse(status=204)


def _came_from(request: HttpRequest) -> str:
    """Return the page of this site that the visitor wants to go back to, or nothing."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None, require_https=request.is_secure())
    return address if is_ours else ""
