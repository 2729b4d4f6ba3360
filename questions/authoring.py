"""What is written about scenarios: versions, keys, publishing, retiring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from pydantic import ValidationError

from accounts.models import User
from questions.bank_schema import ItemEntry
from questions.entries import entry_data, key_of
from questions.markup import render_inline_markdown, render_markdown
from questions.models import Misconception, Option, Prompt, Scenario, ScenarioVersion, ScoringRule, Service
from questions.responses import Response


class NotPublishable(Exception):
    """The version cannot be published; `problems` says why, in words for its author."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(self.problems))


class VersionFrozen(Exception):
    """The version is published and can no longer be changed; start the next one."""


def render_version(version: ScenarioVersion) -> None:
    """Fill the HTML of a version from its Markdown, without saving."""
    version.stem_html = render_markdown(version.stem)


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
    key = key_of(entry)
    version = ScenarioVersion(
        scenario=scenario,
        number=next_number(scenario),
        kind=entry.kind,
        stem=entry.stem,
        choose=len(key),
        decision=entry.decision,
        deciding_constraint=entry.deciding_constraint,
        learning_point=entry.learning_point,
        created_by=author,
    )
    render_version(version)
    version.save()
    services = {s.slug: s for s in Service.objects.filter(slug__in={o.about for o in entry.options if o.about})}
    misconceptions = {
        m.slug: m
        for m in Misconception.objects.filter(slug__in={o.misconception for o in entry.options if o.misconception})
    }
    options = [
        Option(
            version=version,
            position=number,
            text=option.text,
            about=services[option.about] if option.about else None,
            why=option.why,
            tempting=option.tempting or "",
            misconception=misconceptions[option.misconception] if option.misconception else None,
            right_if=option.right_if or "",
            name=option.name or "",
        )
        for number, option in enumerate(entry.options, start=1)
    ]
    for option in options:
        render_option(option)
    Option.objects.bulk_create(options)
    prompts = [Prompt(version=version, position=n, text=p.text) for n, p in enumerate(entry.prompts, start=1)]
    for prompt in prompts:
        render_prompt(prompt)
    Prompt.objects.bulk_create(prompts)
    set_draft_key(version=version, key=key, author=author)
    return version


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
    """Return what keeps a version from being published: the rules of the bank schema, in words."""
    try:
        ItemEntry.model_validate(entry_data(version.scenario, version))
    except ValidationError as error:
        return [_in_words(detail["loc"], detail["msg"]) for detail in error.errors(include_url=False)]
    return []


def _in_words(path: tuple[int | str, ...], message: str) -> str:
    place = " ".join(str(key + 1) if isinstance(key, int) else key.replace("_", " ") for key in path)
    message = message.removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


@transaction.atomic
def retire(*, scenario_id: int) -> None:
    """Take a scenario out of every future draw; attempts that hold it keep it. Safe to repeat."""
    Scenario.objects.filter(pk=scenario_id).update(state=Scenario.State.RETIRED)
