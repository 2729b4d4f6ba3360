"""The writing page's forms: one item with its options, prompts and sources, as plain bank data.

A draft may be incomplete, so little is required; what is missing is a lint finding, not a form error. Services
and misconceptions are typed by their id, with the ids offered by one datalist for the whole page.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.http import QueryDict
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from questions.fields import IdsField, SeveralInputs
from questions.lint import Draft
from questions.models import Certification, Option, Placement, Prompt, Scenario, ScenarioVersion, Source
from questions.writing import WritingChoices

MOST_OPTIONS = 8
MOST_PROMPTS = 7
MOST_SOURCES = 8

_is_id = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*$", _("Lower-case words joined by hyphens, such as late-sensor-data."))


class ScenarioForm(forms.Form):
    """The item itself: where it stands, and what a student reads."""

    slug = forms.CharField(
        label=_("Stable id"),
        max_length=80,
        validators=[_is_id],
        help_text=_("Says the situation, never the key. It cannot be changed later."),
    )
    certification = forms.ModelChoiceField(
        label=_("Certification"), queryset=Certification.objects.all(), empty_label=None
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=ScenarioVersion.Kind.choices)
    difficulty = forms.ChoiceField(label=_("Difficulty"), choices=Scenario.Difficulty.choices, initial="medium")
    pool = forms.ChoiceField(
        label=_("Pool"), choices=Placement.Pool.choices, help_text=_("Kept once the item has a place in an exam.")
    )
    decision = forms.CharField(
        label=_("Decision tested"), max_length=300, required=False, help_text=_("Such as: X or Y.")
    )
    case_id = forms.CharField(
        label=_("Case"),
        max_length=80,
        required=False,
        validators=[_is_id],
        help_text=_("Items of one case study have the same id here. Empty: the item stands alone."),
    )
    case_text = forms.CharField(
        label=_("Case text"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Markdown. Shown beside every item of the case, so all of them have the same text."),
    )
    stem = forms.CharField(
        label=_("Stem"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Markdown. A situation, then one direct question."),
    )
    deciding_constraint = forms.CharField(
        label=_("Deciding constraint"),
        max_length=300,
        required=False,
        help_text=_("Words of the stem, letter by letter."),
    )
    learning_point = forms.CharField(
        label=_("Learning point"), max_length=300, required=False, help_text=_("One line to remember.")
    )

    def __init__(self, *args: Any, choices: WritingChoices, scenario: Scenario | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scenario = scenario
        self.exams = choices.exams
        self.fields["services"] = IdsField(
            known=choices.services,
            label=_("Services and concepts it teaches"),
            required=False,
            widget=SeveralInputs(attrs={"list": "known-services"}),
        )
        for exam in choices.exams:
            self.fields[f"placement-{exam.slug}"] = forms.ChoiceField(
                label=exam.name, required=False, choices=[("", _("not in this exam")), *exam.topics]
            )
        if scenario is not None:
            self.fields["slug"].disabled = True
            self.fields["certification"].disabled = True
            self.fields["slug"].help_text = ""

    @property
    def placement_fields(self) -> list[forms.BoundField]:
        """The outline choices, one for each exam version."""
        return [self[f"placement-{exam.slug}"] for exam in self.exams]

    def clean_slug(self) -> str:
        """Return the id. Raises ValidationError when another scenario has it."""
        slug: str = self.cleaned_data["slug"]
        if self.scenario is None and Scenario.objects.filter(slug=slug).exists():
            raise ValidationError(_("Another scenario has this id."))
        return slug

    def clean(self) -> dict[str, Any]:
        """Refuse placements of a foreign certification, and gaps in what is live already."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        certification = data.get("certification")
        placed = [exam for exam in self.exams if data.get(f"placement-{exam.slug}")]
        for exam in placed:
            if certification and exam.certification_id != certification.pk:
                self.add_error(f"placement-{exam.slug}", _("This exam belongs to another certification."))
        if self.scenario and self.scenario.state == Scenario.State.PUBLISHED:
            message = _("A published scenario needs at least one; these change at once, without a new version.")
            if not placed and self.exams:
                self.add_error(f"placement-{self.exams[0].slug}", message)
            if not data.get("services") and "services" not in self.errors:
                self.add_error("services", message)
        return data

    def entry_part(self) -> dict[str, Any]:
        """Return the fields in the shape of a bank entry."""
        data = self.cleaned_data
        names = ("kind", "difficulty", "pool", "decision", "deciding_constraint", "learning_point")
        case = {"id": data["case_id"], "text": data["case_text"].replace("\r\n", "\n")}
        return {
            "id": data["slug"],
            **{name: data[name] for name in names},
            **({"case": case} if any(case.values()) else {}),
            "stem": data["stem"].replace("\r\n", "\n"),
            "services": tuple(sorted(data["services"])),
            "placements": {e.slug: data[f"placement-{e.slug}"] for e in self.exams if data[f"placement-{e.slug}"]},
        }


def _lines(label: Any, rows: int, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=20_000, help_text=help_text, widget=forms.Textarea(attrs={"rows": rows})
    )


class OptionForm(forms.Form):
    """One option with its explanation."""

    text = _lines(Option._meta.get_field("text").verbose_name, 2)
    key = forms.BooleanField(label=_("right answer"), required=False)
    position = forms.IntegerField(
        label=_("place in the order"),
        required=False,
        min_value=1,
        max_value=MOST_OPTIONS,
        help_text=_("Empty: this step is not used."),
    )
    about = forms.CharField(label=_("about"), required=False, widget=forms.TextInput(attrs={"list": "known-services"}))
    why = _lines(_("why it is right or wrong"), 3)
    tempting = _lines(_("what makes it tempting"), 2)
    misconception = forms.CharField(
        label=_("misconception"), required=False, widget=forms.TextInput(attrs={"list": "known-misconceptions"})
    )
    right_if = _lines(_("right if"), 2)
    name = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

    def __init__(self, *args: Any, choices: WritingChoices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices

    def clean_about(self) -> str:
        """Return a known service's id, or nothing."""
        return _known(self.cleaned_data["about"], self.choices.services)

    def clean_misconception(self) -> str:
        """Return a known misconception's id, or nothing."""
        return _known(self.cleaned_data["misconception"], self.choices.misconceptions)


def _known(value: str, known: Mapping[str, str]) -> str:
    if value and value not in known:
        raise ValidationError(_("Unknown: %(ids)s."), params={"ids": value})
    return value


class PromptForm(forms.Form):
    """A row of a matching item and the number of the option that belongs to it."""

    text = forms.CharField(label=Prompt._meta.get_field("text").verbose_name, required=False, max_length=2_000)
    answer = forms.IntegerField(label=_("number of its option"), required=False, min_value=1, max_value=MOST_OPTIONS)


class SourceForm(forms.Form):
    """An official page; title and day may be left out where the page is known already."""

    address = forms.CharField(
        label=_("address"),
        required=False,
        max_length=500,
        validators=[URLValidator(schemes=["https"], message=_("A full address that starts with https://."))],
    )
    title = forms.CharField(label=_("title"), required=False, max_length=300)
    checked_on = forms.DateField(
        label=_("checked on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    read = forms.BooleanField(label=_("text was read"), required=False)

    def clean(self) -> dict[str, Any]:
        """Fill in what is known of the page. Raises ValidationError where a new page lacks title or day."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("address"):
            if data.get("title") or data.get("checked_on"):
                self.add_error("address", _("Give the address of this page."))
            return data
        if not (data.get("title") and data.get("checked_on")):
            known = Source.objects.filter(address=data["address"]).first()
            if known is None:
                raise ValidationError(_("A new page needs a title and the day it was checked."))
            data["title"] = data.get("title") or known.title
            data["checked_on"] = data.get("checked_on") or known.checked_on
            data["read"] = data.get("read") or known.was_read
        return data


class OptionFormSet(forms.BaseFormSet[OptionForm]):
    """The options in the order they are written."""

    def filled(self) -> list[tuple[int, dict[str, Any]]]:
        """Return the number on the page and the data of every option that is kept."""
        return [
            (number, form.cleaned_data)
            for number, form in enumerate(self.forms, start=1)
            if form.cleaned_data and not form.cleaned_data.get("DELETE") and any(form.cleaned_data.values())
        ]

    def clean(self) -> None:
        """Refuse two steps in the same place, which no stored key could say."""
        places = [data["position"] for _number, data in self.filled() if data.get("position")]
        if len(set(places)) != len(places):
            raise ValidationError(_("Two steps have the same place."))


OptionForms = forms.formset_factory(
    OptionForm,
    formset=OptionFormSet,
    extra=0,
    max_num=MOST_OPTIONS,
    absolute_max=MOST_OPTIONS,
    validate_max=True,
    can_delete=True,
)
PromptForms = forms.formset_factory(
    PromptForm, extra=0, max_num=MOST_PROMPTS, absolute_max=MOST_PROMPTS, can_delete=True
)
SourceForms = forms.formset_factory(
    SourceForm, extra=0, max_num=MOST_SOURCES, absolute_max=MOST_SOURCES, can_delete=True
)


@dataclasses.dataclass(frozen=True)
class WritingForms:
    """Everything on the writing page."""

    item: ScenarioForm
    options: OptionFormSet
    prompts: forms.BaseFormSet[PromptForm]
    sources: forms.BaseFormSet[SourceForm]

    def is_valid(self) -> bool:
        """Check every part, so that all problems show at once."""
        return all([part.is_valid() for part in (self.item, self.options, self.prompts, self.sources)])  # noqa: C419 (all parts are checked)

    def problems(self) -> list[str]:
        """Return what cannot be read as typed, with its place, for people who do not see the fields."""
        named = [
            *((_("Item"), form) for form in [self.item]),
            *((_("Option %(number)s") % {"number": n}, form) for n, form in enumerate(self.options.forms, start=1)),
            *((_("Prompt %(number)s") % {"number": n}, form) for n, form in enumerate(self.prompts.forms, start=1)),
            *((_("Source %(number)s") % {"number": n}, form) for n, form in enumerate(self.sources.forms, start=1)),
        ]
        found = [
            f"{name}, {form.fields[field].label}: {message}" if field in form.fields else f"{name}: {message}"
            for name, form in named
            for field, errors in form.errors.items()
            for message in errors
        ]
        return [*found, *self.options.non_form_errors()]

    def draft(self) -> dict[str, Any]:
        """Return the page as bank data. Call it when `is_valid` said so."""
        draft = self.item.entry_part()
        options = self.options.filled()
        names = _names(options) if draft["kind"] == "matching" else {}
        draft["options"] = tuple(_option_entry(data, draft["kind"], names.get(number, "")) for number, data in options)
        if draft["kind"] == "matching":
            draft["prompts"] = tuple(
                {"text": data["text"], "match": names.get(data["answer"] or 0, "")}
                for data in _kept(self.prompts)
                if data["text"]
            )
        draft["sources"] = tuple(
            {name: data[name] for name in ("address", "title", "checked_on", "read")}
            for data in sorted(_kept(self.sources), key=lambda data: str(data["address"]))
            if data["address"]
        )
        return draft


def _kept(formset: forms.BaseFormSet[Any]) -> list[dict[str, Any]]:
    return [f.cleaned_data for f in formset.forms if f.cleaned_data and not f.cleaned_data.get("DELETE")]


def _names(options: list[tuple[int, dict[str, Any]]]) -> dict[int, str]:
    """Return a name for each option by its number on the page; those from a file are kept."""
    names: dict[int, str] = {}
    for number, data in options:
        name = data["name"] or slugify(data["text"])[:70].strip("-") or f"option-{number}"
        names[number] = f"{name}-{number}" if name in names.values() else name
    return names


def _option_entry(data: Mapping[str, Any], kind: str, name: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"text": data["text"], "why": data["why"]}
    if kind in ("single", "multiple") and data["key"]:
        entry["key"] = True
    if kind == "ordering" and data["position"]:
        entry["position"] = data["position"]
    if name:
        entry["name"] = name
    entry |= {field: data[field] for field in ("about", "misconception", "tempting", "right_if") if data[field]}
    return {key: value.replace("\r\n", "\n") if isinstance(value, str) else value for key, value in entry.items()}


def writing_forms(
    *, choices: WritingChoices, scenario: Scenario | None, draft: Draft | None, posted: QueryDict | None
) -> WritingForms:
    """Return the forms of a page: filled from a draft, or bound to what was posted.

    A draft of None is a new item: four empty options, one source.
    """
    draft = draft or {}
    names = {option.get("name"): number for number, option in enumerate(draft.get("options", ()), start=1)}
    prompts = [{"text": p["text"], "answer": names.get(p.get("match"))} for p in draft.get("prompts", ())]
    initial = {
        key: value for key, value in draft.items() if key not in ("id", "options", "prompts", "sources", "placements")
    }
    initial |= {f"case_{part}": text for part, text in (initial.pop("case", None) or {}).items()}
    initial |= {f"placement-{exam}": code for exam, code in draft.get("placements", {}).items()}
    if scenario is not None:
        initial |= {"slug": scenario.slug, "certification": scenario.certification_id}
    rows = {
        "option": _with_blanks(list(draft.get("options", ())), 4, MOST_OPTIONS),
        "prompt": _with_blanks(prompts, 3, MOST_PROMPTS),
        "source": _with_blanks(list(draft.get("sources", ())), 1, MOST_SOURCES),
    }
    option_arguments = {"form_kwargs": {"choices": choices}}
    return WritingForms(
        item=ScenarioForm(posted, choices=choices, scenario=scenario, initial=initial),
        options=OptionForms(posted, prefix="option", initial=rows["option"], **option_arguments),  # type: ignore[arg-type]
        prompts=PromptForms(posted, prefix="prompt", initial=rows["prompt"]),
        sources=SourceForms(posted, prefix="source", initial=rows["source"]),
    )


def _with_blanks(rows: list[Any], least: int, most: int) -> list[Any]:
    """Return the rows and room for one more, or for the usual number of a new item."""
    return [*rows, *[{} for _row in range(max(least - len(rows), min(1, most - len(rows))))]]
