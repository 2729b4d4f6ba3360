"""Show how long something took."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def duration(seconds: int) -> str:
    """Return seconds as m:ss, from an hour on as h:mm:ss: 112 is "1:52"."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@register.filter
def duration_words(seconds: int) -> str:
    """Return seconds for a sentence: "45 seconds", "1 min 52 s", from ten minutes on "12 minutes"."""
    if seconds < 60:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    minutes, rest = divmod(seconds, 60)
    if minutes >= 10:
        return _("%(minutes)d minutes") % {"minutes": (seconds + 30) // 60}
    if not rest:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
