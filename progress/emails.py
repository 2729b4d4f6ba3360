"""Write the weekly mail: the same news as text and as HTML with its styles inlined."""

from __future__ import annotations

import dataclasses
import re
import zoneinfo
from urllib.parse import urlencode

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from progress.lines import TopicLine
from progress.unsubscribing import unsubscribe_token
from progress.weekly import DomainNews, WeeklyNews

# What a mail program needs at reading time, such as the dark colours, stays in the head.
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

_MANY_BLANK_LINES = re.compile(r"\n{3,}")


@dataclasses.dataclass(frozen=True)
class Segment:
    """A cell of a bar: its width in per cent and what it stands for (rest, likely, estimate, target)."""

    width: int
    kind: str


@dataclasses.dataclass(frozen=True)
class MailedDomain:
    """A domain with its bar."""

    news: DomainNews
    bar: list[Segment]


def weekly_message(news: WeeklyNews) -> EmailMultiAlternatives:
    """Return the mail, ready to send, with the headers of one-click unsubscribing (RFC 8058). No query."""
    unsubscribe = absolute(reverse("progress:unsubscribe", args=[unsubscribe_token(news.user.pk)]))
    exam_version = news.standing.exam_version
    # The next step needs an account: whoever is logged in passes the login page without seeing it.
    context = {
        "news": news,
        "domains": [MailedDomain(domain, bar_segments(domain.line, news.standing.target)) for domain in news.domains],
        "next_address": absolute(f"{reverse('account_login')}?{urlencode({'next': news.next_step.address})}"),
        "report_address": absolute(reverse("progress:report", args=[exam_version.slug])),
        "confusion_address": absolute(news.confusion.confusion.misconception.get_absolute_url())
        if news.confusion
        else "",
        "preferences_address": absolute(reverse("accounts:preferences")),
        "unsubscribe_address": unsubscribe,
    }
    with timezone.override(zoneinfo.ZoneInfo(news.user.time_zone)):
        text = _MANY_BLANK_LINES.sub("\n\n", render_to_string("progress/emails/weekly.txt", context))
        html = _inliner.inline(render_to_string("progress/emails/weekly.html", context))
    message = EmailMultiAlternatives(
        subject=news.subject,
        body=text,
        to=[news.user.email],
        headers={
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(html, "text/html")
    return message


def absolute(address: str) -> str:
    """Return an address of this site as mails need it."""
    return f"{settings.SITE_ADDRESS.rstrip('/')}{address}"


def bar_segments(line: TopicLine, target: int) -> list[Segment]:
    """Return the cells of a domain's bar, adding up to 100: its likely range, the estimate and the target in it."""
    mastery = line.mastery
    kinds = ["rest"] * 100
    if mastery.is_known:
        kinds[mastery.low_percent : mastery.high_percent] = ["likely"] * mastery.width_percent
    kinds[min(target, 99)] = "target"
    if mastery.is_known:
        estimate = min(max(mastery.percent - 1, 0), 97)
        kinds[estimate : estimate + 3] = ["estimate"] * 3
    segments: list[Segment] = []
    for kind in kinds:
        if segments and segments[-1].kind == kind:
            segments[-1] = Segment(segments[-1].width + 1, kind)
        else:
            segments.append(Segment(1, kind))
    return segments
