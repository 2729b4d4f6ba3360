"""Markdown becomes HTML that can do no harm."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questions.markup import render_inline_markdown, render_markdown
from questions.preview import preview_of

DANGERS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "<a href='data:text/html,x'>x</a>",
    "<b style='color:red'>x</b>",
    "<iframe src='//evil'>",
    "<svg/onload=alert(1)>",
]
HARM = re.compile(
    r"<\s*(script|img|iframe|svg|style|object|form)|<[^>]*\s(on\w+|style|src)\s*=|<[^>]*\shref\s*=\s*[\"']?(?!https://|[\"'])",
    re.IGNORECASE,
)


@pytest.mark.parametrize("render", [render_markdown, render_inline_markdown])
@pytest.mark.parametrize("danger", DANGERS)
def test_a_known_danger_is_disarmed(render: type, danger: str) -> None:
    assert not HARM.search(render(danger))


@given(
    st.lists(
        st.sampled_from([*DANGERS, "<", ">", "`", "*", "[", "](", ")", '"', "'", "&lt;", "&#x3c;", "\n", " a "]),
        max_size=12,
    ).map("".join)
)
def test_no_mixture_of_markup_gets_through(text: str) -> None:
    assert not HARM.search(render_markdown(text))
    inline = render_inline_markdown(text)
    assert not HARM.search(inline)
    assert "<a" not in inline


def test_a_link_is_https_and_leaves_without_referrer() -> None:
    assert 'rel="noopener noreferrer"' in render_markdown("[x](https://example.com)")
    assert "href" not in render_markdown("[x](http://example.com)")


def test_a_preview_renders_an_unfinished_draft() -> None:
    preview = preview_of(
        {"kind": "matching", "prompts": ({"text": "a", "match": ""},), "options": ({"text": "<script>"},)}, {}
    )
    assert preview.prompts[0].letter == ""
    assert "<script" not in preview.options[0].text_html
