"""The pages of one scenario: writing with findings and preview beside it, previewing, publishing, retiring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from questions.authoring import (
    DraftChanged,
    NotPublishable,
    create_scenario,
    publish_version,
    retire,
    save_draft,
)
from questions.entries import entry_data
from questions.forms import writing_forms
from questions.lint import Finding
from questions.models import Scenario, ScenarioVersion
from questions.preview import Preview, preview_of
from questions.selectors import versions_for_entries
from questions.writing import WritingChoices, Written, findings_about, writing_choices, written

if TYPE_CHECKING:
    from questions.admin.scenarios import ScenarioAdmin

CHANGE_RIGHT = "questions.change_scenario"
ADD_RIGHT = "questions.add_scenario"
VIEW_RIGHT = "questions.view_scenario"
PUBLISH_RIGHT = "questions.publish_scenario"


def write(request: HttpRequest, model_admin: ScenarioAdmin, object_id: str | None) -> HttpResponse:
    """Show the writing page, or save what was written and go where the pressed button says."""
    current = _current(object_id)
    _require_right(request, current)
    posted = request.POST if request.method == "POST" else None
    page = WritingPage(current, writing_choices(), posted)
    if posted is not None and page.is_readable and "_check" not in posted:
        try:
            version = _save(request, page)
        except DraftChanged:
            page.is_overtaken = True
        else:
            return _after_save(request, version)
    return _render(request, model_admin, page)


class WritingPage:
    """The state of one request to the writing page: what is stored, what was posted, and what comes of both."""

    def __init__(self, current: Written | None, choices: WritingChoices, posted: QueryDict | None) -> None:
        self.current = current
        self.choices = choices
        self.is_overtaken = False
        self.posted = posted
        self.forms = writing_forms(
            choices=choices,
            scenario=current.scenario if current else None,
            draft=current.draft if current else None,
            posted=posted,
        )

    @property
    def scenario(self) -> Scenario | None:
        """The scenario, None while it is new."""
        return self.current.scenario if self.current else None

    @cached_property
    def is_readable(self) -> bool:
        """Whether every field says what its type allows; an item that was not posted is."""
        return self.posted is None or self.forms.is_valid()

    @property
    def is_live(self) -> bool:
        """Whether the newest version is the one that new attempts draw."""
        scenario = self.scenario
        return bool(
            scenario and self.current and not self.current.is_draft and scenario.state == Scenario.State.PUBLISHED
        )

    @cached_property
    def draft(self) -> dict[str, Any] | None:
        """What was posted when it can be read, else what is stored."""
        if self.posted is not None and self.is_readable:
            return self.forms.draft()
        return self.current.draft if self.current else None

    @property
    def seen(self) -> str:
        """The digest of what the author started from: as posted, until the author was told of a newer one."""
        if self.posted is not None and not self.is_overtaken:
            return self.posted.get("seen", "")
        return self.current.seen if self.current else ""

    @cached_property
    def findings(self) -> list[Finding]:
        """What lint says about the draft."""
        return findings_about(self.draft, self.choices.lint) if self.draft else []

    @cached_property
    def preview(self) -> Preview | None:
        """The draft as a student sees it."""
        return preview_of(self.draft, self.choices.names) if self.draft else None

    @cached_property
    def versions(self) -> list[ScenarioVersion]:
        """Every version, the newest first."""
        return list(self.scenario.versions.order_by("-number")) if self.scenario else []


def _require_right(request: HttpRequest, current: Written | None) -> None:
    user = request.user
    may_look = current is not None and request.method == "GET" and user.has_perm(VIEW_RIGHT)
    if not may_look and not user.has_perm(CHANGE_RIGHT if current else ADD_RIGHT):
        raise PermissionDenied


def _current(object_id: str | None) -> Written | None:
    if object_id is None:
        return None
    current = written(int(object_id)) if object_id.isdecimal() else None
    if current is None:
        raise Http404
    return current


def _save(request: HttpRequest, page: WritingPage) -> ScenarioVersion:
    """Write the draft. Raises DraftChanged when somebody else saved first."""
    author = cast("User", request.user)
    draft = page.forms.draft()
    if page.scenario is None:
        certification = page.forms.item.cleaned_data["certification"]
        version = create_scenario(certification=certification, draft=draft, author=author)
        log(request, version.scenario, "Written.", flag=ADDITION)
        return version
    version = save_draft(scenario_id=page.scenario.pk, draft=draft, author=author, seen=page.seen)
    log(request, page.scenario, f"Saved version {version.number}.")
    return version


def _after_save(request: HttpRequest, version: ScenarioVersion) -> HttpResponse:
    """Publish when asked to, and go to the page the button names."""
    scenario = version.scenario
    if "_publish" in request.POST and request.user.has_perm(PUBLISH_RIGHT):
        _publish(request, version)
    elif version.published_at is not None:
        messages.success(request, _("Saved. The published text is unchanged, so there is no new version."))
    else:
        messages.success(request, _("Draft of version %(number)s saved.") % {"number": version.number})
    name = "preview" if "_preview" in request.POST else "change"
    return HttpResponseRedirect(reverse(f"admin:questions_scenario_{name}", args=[scenario.pk]))


def _publish(request: HttpRequest, version: ScenarioVersion) -> None:
    try:
        publish_version(version_id=version.pk, now=timezone.now())
    except NotPublishable as error:
        count = len(error.problems)
        messages.error(
            request,
            _("Saved as a draft, but not published: %(count)s to mend, listed beside the form.") % {"count": count},
        )
        return
    log(request, version.scenario, f"Published version {version.number}.")
    messages.success(request, _("Version %(number)s is published: new attempts draw it.") % {"number": version.number})


def _render(request: HttpRequest, model_admin: ScenarioAdmin, page: WritingPage) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": Scenario._meta,
        "title": page.scenario.slug if page.scenario else _("New scenario"),
        "page": page,
        "may_write": request.user.has_perm(CHANGE_RIGHT if page.scenario else ADD_RIGHT),
        "may_publish": request.user.has_perm(PUBLISH_RIGHT),
    }
    is_side = request.headers.get("HX-Target") == "side"
    template = "admin/questions/scenario/side.html" if is_side else "admin/questions/scenario/change_form.html"
    return render(request, template, context)


@require_safe
def preview(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Show a version (the newest, or ?version=) as a student sees it, and then with its explanations."""
    if not request.user.has_perm(VIEW_RIGHT):
        raise PermissionDenied
    scenario = get_object_or_404(Scenario, pk=scenario_id)
    number = request.GET.get("version", "")
    versions = versions_for_entries().filter(scenario=scenario)
    version = (versions.filter(number=number) if number.isdecimal() else versions.order_by("-number")).first()
    if version is None:
        raise Http404
    draft = entry_data(scenario, version)
    context = {"scenario": scenario, "version": version, "preview": preview_of(draft, writing_choices().names)}
    return render(request, "questions/preview.html", context)


@require_POST
def publish(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Publish the newest version as it is stored; for reviewers, who do not write."""
    if not request.user.has_perm(PUBLISH_RIGHT):
        raise PermissionDenied
    version = (
        ScenarioVersion.objects.filter(scenario=scenario_id).select_related("scenario").order_by("-number").first()
    )
    if version is None:
        raise Http404
    _publish(request, version)
    return HttpResponseRedirect(reverse("admin:questions_scenario_change", args=[scenario_id]))


@require_POST
def retire_scenario(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Take a scenario out of every future draw."""
    if not request.user.has_perm(PUBLISH_RIGHT):
        raise PermissionDenied
    scenario = get_object_or_404(Scenario, pk=scenario_id)
    retire(scenario_id=scenario.pk)
    log(request, scenario, "Retired.")
    messages.success(request, _("Retired: no new attempt draws it; attempts that hold it keep it."))
    return HttpResponseRedirect(reverse("admin:questions_scenario_change", args=[scenario_id]))


def log(request: HttpRequest, scenario: Scenario, message: str, *, flag: int = CHANGE) -> None:
    """Write the audit trail that the history page shows."""
    user = cast("User", request.user)
    LogEntry.objects.log_actions(
        user_id=user.pk, queryset=[scenario], action_flag=flag, change_message=message, single_object=True
    )
