"""Forms about a person."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class PreferencesForm(forms.ModelForm[User]):
    """Time zone, extra time, keyboard shortcuts and weekly mail."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("Your week, your mail and all times shown follow it.")
    )

    class Meta:
        model = User
        fields = ("time_zone", "accommodation", "uses_shortcuts", "wants_weekly_mail")
        labels = {
            "accommodation": _("Extra time in exams"),
            "uses_shortcuts": _("Keyboard shortcuts"),
            "wants_weekly_mail": _("Send me the weekly mail"),
        }
        help_texts = {
            "accommodation": _(
                "Choose what you will have in the real exam; nobody asks for a proof. It counts from the next exam "
                "you start, and one that is open keeps its time."
            ),
            "uses_shortcuts": _(
                "In the exam room single keys choose, flag and move on. Switch them off if you dictate, or hit keys "
                "by chance."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = sorted(name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC")
        field = self.fields["time_zone"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(name, name.replace("_", " ")) for name in names]
