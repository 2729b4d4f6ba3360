"""Form fields of the writing page that Django does not bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

MOST_SERVICES = 8


class SeveralInputs(forms.TextInput):
    """Text inputs that share one name, so that each can offer its list of suggestions."""

    template_name = "admin/widgets/several_inputs.html"

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        """Render with the site's templates: the renderer of forms knows only those of apps."""
        return render_to_string(template_name, context)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """Return what was typed, blanks left out."""
        values = data.getlist(name) if isinstance(data, QueryDict) else data.get(name, [])
        return [value.strip() for value in values if value.strip()]

    def format_value(self, value: Any) -> Any:
        """Return the values as they are; the template adds the empty inputs."""
        return list(value or [])

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add room for three more."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        values = context["widget"]["value"]
        context["inputs"] = [*values, *[""] * max(1, min(3, MOST_SERVICES - len(values)))]
        return context


class IdsField(forms.Field):
    """Several ids, each of which must be known."""

    widget = SeveralInputs

    def __init__(self, *, known: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.known = known

    def clean(self, value: Any) -> list[str]:
        """Return the ids without repeats. Raises ValidationError naming every unknown one."""
        ids = list(dict.fromkeys(value or []))
        unknown = [slug for slug in ids if slug not in self.known]
        if unknown:
            raise ValidationError(_("Unknown: %(ids)s."), params={"ids": ", ".join(unknown)})
        return ids
