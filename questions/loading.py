"""Bring a bank folder into the database: versions where content changed, conflicts where both sides did."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable
from typing import Literal

from django.db import transaction
from pydantic import ValidationError

from questions.authoring import add_version, publish_version
from questions.bank_schema import (
    Bank,
    CertificationEntry,
    ExamVersionEntry,
    ItemEntry,
    MisconceptionEntry,
    ServiceEntry,
    SourceEntry,
)
from questions.entries import content_digest, entry_data, entry_digest
from questions.markup import render_markdown
from questions.models import Certification, ExamVersion, Misconception, Placement, Scenario, Service, Source, Topic
from questions.selectors import newest_versions, scenarios_for_entries

Take = Literal["file", "db"]

# Stands in for a digest where a scenario's entry disappeared, so that its return is not taken for an edit.
GONE_FROM_FILE = "gone"


@dataclasses.dataclass
class LoadReport:
    """What a load did, by scenario id. `conflicts`: file and database both changed; the database was kept."""

    created: list[str] = dataclasses.field(default_factory=list)
    new_versions: list[str] = dataclasses.field(default_factory=list)
    retagged: list[str] = dataclasses.field(default_factory=list)
    unchanged: list[str] = dataclasses.field(default_factory=list)
    retired: list[str] = dataclasses.field(default_factory=list)
    conflicts: list[str] = dataclasses.field(default_factory=list)


@transaction.atomic
def load_bank(*, bank: Bank, now: dt.datetime, take: Take | None = None) -> LoadReport:
    """Load a whole bank in one transaction; loading the same bank again changes nothing.

    A scenario whose file entry changed gets its next version; one that was also edited in the database since
    the last load is reported as a conflict and left alone, unless `take` says whose side wins. Scenarios
    that came from a file and are gone from it are retired, never deleted.
    """
    certification = _load_certification(bank.certification)
    sources = _load_sources(bank)
    _load_exam_versions(certification, bank.certification, sources)
    services = _load_services(bank.services, sources)
    _load_misconceptions(bank.misconceptions, services, sources)
    report = LoadReport()
    existing = {s.slug: s for s in scenarios_for_entries().filter(certification=certification)}
    newest = newest_versions(existing.values())
    context = _ItemContext(
        certification=certification,
        services=services,
        sources=sources,
        exam_versions={v.slug: v for v in certification.versions.all()},
        topics={
            (t.exam_version_id, t.code): t for t in Topic.objects.filter(exam_version__certification=certification)
        },
        now=now,
    )
    for entry in bank.items:
        scenario = existing.get(entry.id)
        if scenario is None:
            _create(entry, context)
            report.created.append(entry.id)
            continue
        data = entry_data(scenario, newest[scenario.pk]) if scenario.pk in newest else {}
        _update(scenario, data, entry, context, take, report)
    gone = set(existing) - {entry.id for entry in bank.items}
    for slug in sorted(gone):
        scenario = existing[slug]
        if scenario.loaded_digest not in ("", GONE_FROM_FILE):
            Scenario.objects.filter(pk=scenario.pk).update(state=Scenario.State.RETIRED, loaded_digest=GONE_FROM_FILE)
            report.retired.append(slug)
    return report


@dataclasses.dataclass(frozen=True)
class _ItemContext:
    certification: Certification
    services: dict[str, Service]
    sources: dict[str, Source]
    exam_versions: dict[str, ExamVersion]
    topics: dict[tuple[int, str], Topic]
    now: dt.datetime


def _create(entry: ItemEntry, context: _ItemContext) -> None:
    scenario = Scenario.objects.create(
        slug=entry.id,
        certification=context.certification,
        difficulty=entry.difficulty,
        case=entry.case.id if entry.case else "",
        loaded_digest=entry_digest(entry),
    )
    _tag(scenario, entry, context)
    version = add_version(scenario=scenario, entry=entry)
    publish_version(version_id=version.pk, now=context.now)


def _update(
    scenario: Scenario,
    data: dict[str, object],
    entry: ItemEntry,
    context: _ItemContext,
    take: Take | None,
    report: LoadReport,
) -> None:
    stored = _as_entry(data)
    file_digest = entry_digest(entry)
    stored_digest = entry_digest(stored) if stored else ""
    file_changed = file_digest != scenario.loaded_digest
    edited_here = scenario.loaded_digest not in (stored_digest, GONE_FROM_FILE)
    if not file_changed and (not edited_here or take != "file"):
        report.unchanged.append(entry.id)
        return
    if edited_here and file_digest != stored_digest and take is None:
        report.conflicts.append(entry.id)
        return
    if edited_here and take == "db":
        Scenario.objects.filter(pk=scenario.pk).update(loaded_digest=file_digest)
        report.unchanged.append(entry.id)
        return
    _tag(scenario, entry, context)
    Scenario.objects.filter(pk=scenario.pk).update(
        difficulty=entry.difficulty, case=entry.case.id if entry.case else "", loaded_digest=file_digest
    )
    if stored is None or content_digest(stored) != content_digest(entry):
        scenario.versions.filter(published_at=None).delete()
        version = add_version(scenario=scenario, entry=entry)
        publish_version(version_id=version.pk, now=context.now)
        report.new_versions.append(entry.id)
    else:
        report.retagged.append(entry.id)
        if scenario.state != Scenario.State.PUBLISHED:
            newest = scenario.versions.order_by("-number")[0]
            publish_version(version_id=newest.pk, now=context.now)


def _as_entry(data: dict[str, object]) -> ItemEntry | None:
    try:
        return ItemEntry.model_validate(data)
    except ValidationError:
        return None  # a half-written draft: certainly edited here


def _tag(scenario: Scenario, entry: ItemEntry, context: _ItemContext) -> None:
    scenario.services.set([context.services[slug] for slug in entry.services])
    scenario.sources.set([context.sources[source.address] for source in entry.sources])
    scenario.placements.exclude(exam_version__slug__in=entry.placements).delete()
    for slug, code in entry.placements.items():
        exam_version = context.exam_versions[slug]
        Placement.objects.update_or_create(
            scenario=scenario,
            exam_version=exam_version,
            defaults={"topic": context.topics[exam_version.pk, code], "pool": entry.pool},
        )


def _load_certification(entry: CertificationEntry) -> Certification:
    certification, _created = Certification.objects.update_or_create(
        slug=entry.id, defaults={"name": entry.name, "vendor": entry.vendor}
    )
    return certification


def _load_sources(bank: Bank) -> dict[str, Source]:
    """Write every source once: the newest check counts, and reading the text once counts as read."""
    newest: dict[str, SourceEntry] = {}
    for source in _all_sources(bank):
        known = newest.get(source.address)
        if known is None or (source.read, source.checked_on) > (known.read, known.checked_on):
            newest[source.address] = source
    Source.objects.bulk_create(
        [Source(address=s.address, title=s.title, checked_on=s.checked_on, was_read=s.read) for s in newest.values()],
        update_conflicts=True,
        unique_fields=["address"],
        update_fields=["title", "checked_on", "was_read"],
    )
    return {source.address: source for source in Source.objects.filter(address__in=newest)}


def _all_sources(bank: Bank) -> Iterable[SourceEntry]:
    for version in bank.certification.versions:
        yield version.guide
    for service in bank.services:
        yield from service.sources
    for misconception in bank.misconceptions:
        yield from misconception.sources
    for item in bank.items:
        yield from item.sources


def _load_exam_versions(certification: Certification, entry: CertificationEntry, sources: dict[str, Source]) -> None:
    topics: dict[tuple[str, str], Topic] = {}
    for version in entry.versions:
        exam_version, _created = ExamVersion.objects.update_or_create(
            slug=version.id,
            defaults={
                "certification": certification,
                "name": version.name,
                "title": version.title,
                "status_notice": version.status_notice,
                "is_current": version.is_current,
                "minutes_are_assumed": version.minutes_are_assumed,
                "guide": sources[version.guide.address],
            },
        )
        _load_topics(exam_version, version, topics)
    for version in entry.versions:
        for topic in version.topics:
            if topic.same_as is None:
                continue
            twin = next((topics[other.id, topic.same_as] for other in entry.versions if other.id != version.id), None)
            Topic.objects.filter(pk=topics[version.id, topic.code].pk).update(same_as=twin)


def _load_topics(exam_version: ExamVersion, entry: ExamVersionEntry, topics: dict[tuple[str, str], Topic]) -> None:
    for topic in sorted(entry.topics, key=lambda topic: topic.code.count(".")):
        parts = topic.code.split(".")
        domain = topics.get((entry.id, parts[0]))
        task = topics.get((entry.id, ".".join(parts[:2]))) if len(parts) > 2 else None
        topics[entry.id, topic.code], _created = Topic.objects.update_or_create(
            exam_version=exam_version,
            code=topic.code,
            defaults={
                "title": topic.title,
                "weight": topic.weight,
                "parent": task or (domain if len(parts) > 1 else None),
                "domain": domain if len(parts) > 1 else None,
                "task": task,
            },
        )


def _load_services(entries: Iterable[ServiceEntry], sources: dict[str, Source]) -> dict[str, Service]:
    services = {}
    for entry in entries:
        lifecycle = entry.lifecycle
        service, _created = Service.objects.update_or_create(
            slug=entry.id,
            defaults={
                "name": entry.name,
                "kind": entry.kind,
                "summary": entry.summary,
                "notes": entry.notes or "",
                "notes_html": render_markdown(entry.notes or ""),
                "lifecycle": lifecycle.status if lifecycle else Service.Lifecycle.CURRENT,
                "lifecycle_notice": lifecycle.notice if lifecycle else "",
                "lifecycle_address": (lifecycle.address or "") if lifecycle else "",
            },
        )
        service.sources.set([sources[source.address] for source in entry.sources])
        services[entry.id] = service
    return services


def _load_misconceptions(
    entries: Iterable[MisconceptionEntry], services: dict[str, Service], sources: dict[str, Source]
) -> None:
    for entry in entries:
        misconception, _created = Misconception.objects.update_or_create(
            slug=entry.id,
            defaults={"title": entry.title, "apart": entry.apart, "apart_html": render_markdown(entry.apart)},
        )
        misconception.between.set([services[slug] for slug in entry.between])
        misconception.sources.set([sources[source.address] for source in entry.sources])
