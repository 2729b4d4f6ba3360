"""Markdown to safe HTML. Rendered once, when a text is saved."""

from __future__ import annotations

import nh3
from markdown_it import MarkdownIt

_renderer = MarkdownIt("commonmark", {"linkify": True}).enable(["table", "strikethrough"])
_TAGS = {
    "p",
    "br",
    "strong",
    "em",
    "s",
    "code",
    "pre",
    "ul",
    "ol",
    "li",
    "a",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "h3",
    "h4",
    "blockquote",
    "hr",
}
_INLINE_TAGS = {"strong", "em", "s", "code", "br"}


def render_markdown(text: str) -> str:
    """Return sanitised block HTML; links are limited to https and leave without referrer."""
    return nh3.clean(
        _renderer.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https"},
        link_rel="noopener noreferrer",
    )


def render_inline_markdown(text: str) -> str:
    """Return sanitised inline HTML, for options, prompts and other parts of a sentence; no links."""
    return nh3.clean(_renderer.renderInline(" ".join(text.split())), tags=_INLINE_TAGS, attributes={})
