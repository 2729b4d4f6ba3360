"""Sit an attempt through the test client as a browser without JavaScript would: by what the page holds."""

from __future__ import annotations

import dataclasses
import re
import uuid
from collections.abc import Sequence
from typing import Any

from django.test import Client
from django.urls import reverse

from exams.answer_input import shown_numbers
from exams.models import Attempt
from tests.asserts import assert_status
from tests.factories import item_at

HTMX = {"HX-Request": "true"}
_FORM = re.compile(r'<form id="answer".*?</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@dataclasses.dataclass(frozen=True)
class Room:
    """One attempt in one browser."""

    client: Client
    attempt: Attempt

    def address(self, name: str, *positions: int) -> str:
        """Return the address of a page of this attempt."""
        return reverse(f"exams:{name}", args=[self.attempt.uuid, *positions])

    def page(self, position: int = 1, **more: Any) -> Any:
        """Open an item."""
        return self.client.get(self.address("item", position), **more)

    def hold_lease(self) -> Room:
        """Let the browser hold the lease of the attempt, as it does that starts one or continues."""
        epoch = Attempt.objects.values_list("epoch", flat=True).get(pk=self.attempt.pk)
        self.client.cookies[f"lease-{self.attempt.uuid}"] = str(epoch)
        return self

    def fields(self, position: int, response: Sequence[int] | None = None) -> dict[str, Any]:
        """Return what the form of an item would post with this response (as written) chosen."""
        form = _FORM.search(self.page(position).content.decode())
        assert form, "the page has no answer form"
        hidden = dict(_HIDDEN.findall(form.group()))
        return hidden | (self.picks(position, response) if response is not None else {})

    def picks(self, position: int, response: Sequence[int]) -> dict[str, Any]:
        """Return the fields that choose a response (as written)."""
        item = item_at(self.attempt, position)
        shown = shown_numbers(response, item.option_order)
        if item.version.kind == "matching":
            return {f"prompt-{n}": number for n, number in enumerate(shown, start=1)}
        if item.version.kind == "ordering":
            return {f"place-{number}": place for place, number in enumerate(shown, start=1)}
        return {"option": shown}

    def save(self, position: int, response: Sequence[int], *, htmx: bool = False, **more: Any) -> Any:
        """Choose a response (as written) and save it; `more` overrides or adds fields."""
        data = self.fields(position, response) | more
        return self.client.post(self.address("save_answer", position), data, headers=HTMX if htmx else {})

    def submit(self) -> Any:
        """Submit the attempt."""
        return self.client.post(self.address("submit"))

    def result(self) -> str:
        """Return the result page as text."""
        response = self.client.get(self.address("result"))
        assert_status(response, 200)
        return str(response.content.decode())


def begin(client: Client, slug: str) -> Room:
    """Start an attempt through the confirm page and return its room."""
    exam = slug.rsplit("-", 1)[0]
    response = client.post(reverse("exams:confirm", args=[exam, slug]))
    assert_status(response, 302)
    found = re.search(r"/attempts/([0-9a-f-]{36})/items/1/", response["Location"])
    assert found, response["Location"]
    return Room(client, Attempt.objects.select_related("blueprint").get(uuid=uuid.UUID(found.group(1))))
