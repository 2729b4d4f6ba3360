"""The writing page as a browser reads and posts it."""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from questions.models import Certification, Scenario

LIST = "/admin/questions/scenario/"
ADD = f"{LIST}add/"
OF_KIND = {"single": "hush-1", "multiple": "hush-2", "ordering": "hush-3", "matching": "hush-5"}


class FormReader(HTMLParser):
    """Reads what a browser would post from the form `writing`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: dict[str, Any] = {}
        self.buttons: list[str] = []
        self._in_template = 0
        self._select = self._textarea = ""
        self._in_form = False

    def _put(self, name: str, value: str) -> None:
        known = self.fields.get(name)
        self.fields[name] = value if known is None else [*(known if isinstance(known, list) else [known]), value]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        name = has.get("name") or ""
        if tag == "template":
            self._in_template += 1
        if tag == "form":
            self._in_form = has.get("id") == "writing"
        if not self._in_form or self._in_template:
            return
        if tag == "button":
            self.buttons.append(name)
        if "disabled" in has:
            return
        if tag == "input" and name and (has.get("type") != "checkbox" or "checked" in has):
            self._put(name, has.get("value") or ("on" if has.get("type") == "checkbox" else ""))
        if tag == "select":
            self._select = name
        if tag == "option" and self._select and "selected" in has:
            self._put(self._select, has.get("value") or "")
        if tag == "textarea":
            self._textarea = name
            self.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        self._in_template -= tag == "template"
        self._select = "" if tag == "select" else self._select
        self._textarea = "" if tag == "textarea" else self._textarea
        self._in_form = False if tag == "form" else self._in_form

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data


def form_of(client: Client, address: str) -> dict[str, Any]:
    """Return what a browser would post unchanged."""
    response = client.get(address)
    assert response.status_code == 200
    reader = FormReader()
    reader.feed(response.content.decode())
    # A browser drops the line break right behind <textarea>.
    return {k: v.removeprefix("\n") if isinstance(v, str) else v for k, v in reader.fields.items()}


def page_of(kind: str) -> str:
    return f"{LIST}{Scenario.objects.get(slug=OF_KIND[kind]).pk}/change/"


def new_item(**changes: Any) -> dict[str, Any]:
    """Return the posted form of a complete new single item."""
    data: dict[str, Any] = {
        "slug": "fresh-item",
        "certification": Certification.objects.get().pk,
        "kind": "single",
        "difficulty": "easy",
        "pool": "mock",
        "placement-demo-1": "1.1",
        "placement-demo-2": "",
        "services": ["north", ""],
        "stem": "A team works **at the lowest cost**. Which way is best?",
        "deciding_constraint": "**at the lowest cost**",
        "decision": "North or south",
        "learning_point": "Go north.",
        "option-TOTAL_FORMS": "5",
        "option-INITIAL_FORMS": "5",
        "prompt-TOTAL_FORMS": "1",
        "prompt-INITIAL_FORMS": "1",
        "source-TOTAL_FORMS": "1",
        "source-INITIAL_FORMS": "1",
        "source-0-address": "https://docs.example.com/guide",
    }
    for n in range(4):
        data |= {
            f"option-{n}-text": f"way {n}",
            f"option-{n}-why": f"because of reason {n}",
            f"option-{n}-about": "north" if n == 1 else "south",
        }
        data |= (
            {"option-1-key": "on"}
            if n == 1
            else {f"option-{n}-tempting": "it looks quick", f"option-{n}-right_if": "speed mattered"}
        )
    return data | changes


def text_of(response: Any) -> str:
    return unescape(response.content.decode())
