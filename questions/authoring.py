"""What is written about scenarios: versions, keys, publishing, retiring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from questions.bank_schema import ItemEntry
from questions.entries import entry_data, key_of
from questions.lint import Draft, LintContext, lint_draft
from questions.markup import render_inline_markdown, render_markdown
from questions.models import (
    Certification,
    Misconception,
    Option,
    Placement,
    Prompt,
    Scenario,
    ScenarioVersion,
    ScoringRule,
    Service,
    Source,
    Topic,
)
from questions.responses import Response
from questions.writing import draft_digest, written

# What may change without a new version.
TAGS = {"id", "placements", "pool", "difficulty", "services", "sources"}


class NotPublishable(Exception):
    """The version cannot be published; `problems` says why, in words for its author."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(self.problems))


class DraftChanged(Exception):
    """Somebody else saved the scenario since the author opened it; nothing was written."""


class VersionFrozen(Exception):
    """The version is published and can no longer be changed; start the next one."""


def render_version(version: ScenarioVersion) -> None:
    """Fill the HTML of a version from its Markdown, without saving."""
    version.stem_html = render_markdown(version.stem)
    version.case_html = render_markdown(version.case_text) if version.case_text else ""


def render_option(option: Option) -> None:
    """Fill the HTML of an option from its Markdown, without saving."""
    option.text_html = render_inline_markdown(option.text)
    option.why_html = render_inline_markdown(option.why)
    option.tempting_html = render_inline_markdown(option.tempting)
    option.right_if_html = render_inline_markdown(option.right_if)


def render_prompt(prompt: Prompt) -> None:
    """Fill the HTML of a prompt from its Markdown, without saving."""
    prompt.text_html = render_inline_markdown(prompt.text)


def next_number(scenario: Scenario) -> int:
    """Return the number that the next version of a scenario gets."""
    highest: int | None = scenario.versions.aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1


@transaction.atomic
def add_version(*, scenario: Scenario, entry: ItemEntry, author: User | None = None) -> ScenarioVersion:
    """Write the content of a bank entry as the next, unpublished version of a scenario. About seven queries."""
    version = ScenarioVersion(scenario=scenario, number=next_number(scenario), created_by=author)
    _write_content(version, entry.model_dump(exclude_none=True), author)
    return version


def _write_content(version: ScenarioVersion, draft: Draft, author: User | None) -> None:
    """Make the draft the whole content of an unpublished version; whatever it had is replaced."""
    is_new = version.pk is None
    version.kind = draft["kind"]
    version.stem = draft["stem"]
    version.case_text = (draft.get("case") or {}).get("text", "")
    version.decision = draft["decision"]
    version.deciding_constraint = draft["deciding_constraint"]
    version.learning_point = draft["learning_point"]
    key = key_of(draft)
    version.choose = len(key)
    render_version(version)
    version.save()
    if not is_new:
        version.options.all().delete()
        version.prompts.all().delete()
    options = _options(version, draft["options"])
    for option in options:
        render_option(option)
    Option.objects.bulk_create(options)
    prompts = [
        Prompt(version=version, position=n, text=p["text"]) for n, p in enumerate(draft.get("prompts", ()), start=1)
    ]
    for prompt in prompts:
        render_prompt(prompt)
    Prompt.objects.bulk_create(prompts)
    set_draft_key(version=version, key=key, author=author)


def _options(version: ScenarioVersion, entries: Sequence[Mapping[str, Any]]) -> list[Option]:
    """Return unsaved options. Two queries. Raises KeyError for an unknown service or misconception."""
    services = {s.slug: s for s in Service.objects.filter(slug__in={o["about"] for o in entries if o.get("about")})}
    named = {o["misconception"] for o in entries if o.get("misconception")}
    misconceptions = {m.slug: m for m in Misconception.objects.filter(slug__in=named)}
    return [
        Option(
            version=version,
            position=number,
            text=entry["text"],
            about=services[entry["about"]] if entry.get("about") else None,
            why=entry["why"],
            tempting=entry.get("tempting", ""),
            misconception=misconceptions[entry["misconception"]] if entry.get("misconception") else None,
            right_if=entry.get("right_if", ""),
            name=entry.get("name", ""),
        )
        for number, entry in enumerate(entries, start=1)
    ]


@transaction.atomic
def save_draft(*, scenario_id: int, draft: Draft, author: User, seen: str) -> ScenarioVersion:
    """Write bank data, complete or not, to a scenario and return its newest version.

    Tags (placements, pool, difficulty, services, sources) change at once. Content changes the draft, or starts
    the next version when the newest one is published and differs; attempts keep what they hold. `seen` is the
    digest of what the author started from. About 25 queries. Raises DraftChanged when somebody saved since.
    """
    scenario = Scenario.objects.select_for_update().get(pk=scenario_id)
    current = written(scenario_id)
    if current is None or current.seen != seen:
        raise DraftChanged(scenario.slug)
    _tag(scenario, draft)
    version = current.version
    if version is None or version.published_at is not None:
        if version is not None and _content(current.draft) == _content(draft):
            return version
        version = ScenarioVersion(scenario=scenario, number=next_number(scenario), created_by=author)
    _write_content(version, draft, author)
    return version


@transaction.atomic
def create_scenario(*, certification: Certification, draft: Draft, author: User) -> ScenarioVersion:
    """Write bank data, complete or not, as a new scenario with its first draft. About 20 queries."""
    scenario = Scenario.objects.create(slug=draft["id"], certification=certification, difficulty=draft["difficulty"])
    _tag(scenario, draft)
    version = ScenarioVersion(scenario=scenario, number=1, created_by=author)
    _write_content(version, draft, author)
    return version


def _content(draft: Draft) -> str:
    frozen = {key: value for key, value in draft.items() if key not in TAGS}
    if case := frozen.get("case"):
        frozen["case"] = case["text"]  # to which case an item belongs is a tag
    return draft_digest(frozen)


def _tag(scenario: Scenario, draft: Draft) -> None:
    scenario.difficulty = draft["difficulty"]
    scenario.case = (draft.get("case") or {}).get("id", "")
    scenario.save(update_fields=["difficulty", "case"])
    scenario.services.set(Service.objects.filter(slug__in=draft["services"]))
    scenario.sources.set([_source(entry) for entry in draft["sources"]])
    scenario.placements.exclude(exam_version__slug__in=draft["placements"]).delete()
    for exam, code in draft["placements"].items():
        topic = Topic.objects.get(exam_version__slug=exam, code=code)
        Placement.objects.update_or_create(
            scenario=scenario,
            exam_version_id=topic.exam_version_id,
            defaults={"topic": topic, "pool": draft["pool"]},
        )


def _source(entry: Mapping[str, Any]) -> Source:
    values = {"title": entry["title"], "checked_on": entry["checked_on"], "was_read": entry["read"]}
    source, _created = Source.objects.update_or_create(address=entry["address"], defaults=values)
    return source


@transaction.atomic
def start_next_version(*, scenario_id: int, author: User) -> ScenarioVersion:
    """Return the scenario's unpublished version, copied from the published one when there is none yet.

    Safe to repeat: a second call returns the same draft.
    """
    scenario = Scenario.objects.select_for_update().get(pk=scenario_id)
    draft = scenario.versions.filter(published_at=None).order_by("-number").first()
    if draft is not None:
        return draft
    current = scenario.versions.order_by("-number")[0]
    return add_version(scenario=scenario, entry=ItemEntry.model_validate(entry_data(scenario, current)), author=author)


@transaction.atomic
def set_draft_key(*, version: ScenarioVersion, key: Response, author: User | None = None) -> None:
    """Write the key of an unpublished version. Raises VersionFrozen once it is published."""
    if version.published_at is not None:
        raise VersionFrozen(str(version))
    version.rules.all().delete()
    ScoringRule.objects.create(version=version, number=1, accepted=[key], created_by=author)
    version.choose = len(key)
    version.save(update_fields=["choose"])


@transaction.atomic
def publish_version(*, version_id: int, now: dt.datetime) -> ScenarioVersion:
    """Freeze a version and make it the one that new attempts draw.

    Attempts that hold an older version keep it. Publishing a published version changes nothing.
    Raises NotPublishable with every problem that the author can mend.
    """
    version = ScenarioVersion.objects.select_for_update().select_related("scenario").get(pk=version_id)
    if version.published_at is None:
        problems = publishing_problems(version)
        if problems:
            raise NotPublishable(problems)
        version.published_at = now
        version.save(update_fields=["published_at"])
    scenario = version.scenario
    scenario.published_version = version
    scenario.state = Scenario.State.PUBLISHED
    scenario.save(update_fields=["published_version", "state"])
    return version


def publishing_problems(version: ScenarioVersion) -> list[str]:
    """Return what keeps a version from being published: lint's errors, in words. Up to nine queries."""
    options = list(version.options.select_related("about", "misconception").prefetch_related("misconception__between"))
    context = LintContext(
        ended=frozenset(o.about.slug for o in options if o.about and o.about.lifecycle == Service.Lifecycle.ENDED),
        between={
            o.misconception.slug: tuple(side.slug for side in o.misconception.between.all())
            for o in options
            if o.misconception
        },
    )
    findings = lint_draft(entry_data(version.scenario, version), context)
    return [str(finding) for finding in findings if finding.severity == "error"]


@transaction.atomic
def retire(*, scenario_id: int) -> None:
    """Take a scenario out of every future draw; attempts that hold it keep it. Safe to repeat."""
    Scenario.objects.filter(pk=scenario_id).update(state=Scenario.State.RETIRED)
