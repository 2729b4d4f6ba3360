"""Be a new visitor over HTTP: take the sample, sign up, sit and submit a full mock, read every explanation.

usage: python3 bench/visitor.py [--stop-at-first-question] http://127.0.0.1:8000

Works without JavaScript, as a browser would: it follows the forms of the pages. Prints what it saw and how long it
took; exits 1 at the first thing that is not as promised. Talks to loopback addresses only.
"""

from __future__ import annotations

import http.cookiejar
import re
import secrets
import sys
import time
import urllib.parse
import urllib.request
from html.parser import HTMLParser

Field = tuple[str, str]


class Page(HTMLParser):
    """The forms of a page: their addresses, what they hold, and what may be chosen."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.address, self.text = address, text
        self.actions: dict[str, str] = {}
        self.fields: dict[str, list[Field]] = {}
        self.choices: dict[str, list[str]] = {}
        self._form = self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect forms, hidden fields and choices."""
        known = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = known.get("action") or self.address
            self._form = known.get("id") or action
            self.actions[self._form] = action
            self.fields.setdefault(self._form, [])
        elif tag == "input" and known.get("type") == "hidden":
            self.fields.setdefault(known.get("form", self._form), []).append((known["name"], known.get("value", "")))
        elif tag == "input" and known.get("type") in ("radio", "checkbox"):
            self.choices.setdefault(known["name"], []).append(known.get("value", "on"))
        elif tag == "select":
            self._select = known["name"]
        elif tag == "option" and self._select:
            self.choices.setdefault(self._select, []).append(known.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """Leave forms and selects."""
        if tag == "form":
            self._form = ""
        elif tag == "select":
            self._select = ""


class Visitor:
    """A browser without JavaScript."""

    def __init__(self, site: str) -> None:
        if urllib.parse.urlsplit(site).hostname not in ("127.0.0.1", "localhost"):
            sys.exit("this talks to 127.0.0.1 or localhost only")
        self.site = site.rstrip("/")
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def get(self, address: str) -> Page:
        """Open a page."""
        with self.opener.open(urllib.parse.urljoin(self.site + "/", address), timeout=30) as response:
            return Page(response.url, response.read().decode())

    def post(self, page: Page, form: str, *fields: Field) -> Page:
        """Send a form of a page with more fields; follow where it leads."""
        address = urllib.parse.urljoin(page.address, page.actions[form])
        data = urllib.parse.urlencode([*page.fields[form], *fields]).encode()
        request = urllib.request.Request(address, data, headers={"Referer": page.address, "Origin": self.site})  # noqa: S310
        with self.opener.open(request, timeout=30) as response:
            return Page(response.url, response.read().decode())


def form_ending(page: Page, *endings: str) -> str:
    """Return the form whose id or address ends like this."""
    for form, action in page.actions.items():
        if any(form.endswith(ending) or action.endswith(ending) for ending in endings):
            return form
    sys.exit(f"{page.address} has no form that ends with {' or '.join(endings)}; it has {sorted(page.actions)}")


def expect(met: bool, what: str) -> None:  # noqa: FBT001 (reads as a sentence)
    """Stop at the first broken promise."""
    if not met:
        sys.exit(f"NOT AS PROMISED: {what}")


def some_answer(page: Page) -> list[Field]:
    """Choose something that fits the kind of the item."""
    if "option" in page.choices:
        asked = re.search(r'data-choose="(\d+)"', page.text)
        count = int(asked[1]) if asked and "checkbox" in page.text else 1
        return [("option", value) for value in page.choices["option"][:count]]
    fields = []
    for number, name in enumerate(
        sorted(name for name in page.choices if name.startswith(("place-", "prompt-"))), start=1
    ):
        fields.append((name, str(number)))
    return fields


def sit(visitor: Visitor, start: str, items: int) -> Page:
    """Start at the confirmation page, answer every item, submit, and return the result."""
    confirm = visitor.get(start)
    page = visitor.post(confirm, form_ending(confirm, start))
    expect(f"Question 1 of {items}" in page.text, f"question 1 of {items} after the start")
    for position in range(1, items + 1):
        expect(f"Question {position} of {items}" in page.text, f"question {position} of {items}")
        for word in ("Tempting:", "right answer<", "<dt>Remember</dt>", "What decides"):
            expect(word not in page.text, f"no explanation during the attempt, but {word!r} on question {position}")
        go = str(position + 1) if position < items else "review"
        page = visitor.post(page, "answer", *some_answer(page), ("go", go))
    expect("Submit" in page.text, "the review before submitting")
    return visitor.post(page, "submit-form")


def check_result(result: Page, items: int) -> None:
    """Every item with every option explained."""
    shown = len(re.findall(r'id="question-\d+"', result.text))
    expect(shown == items, f"all {items} items in the result, saw {shown}")
    expect(result.text.count("<dt>Remember</dt>") == items, "a learning point for every item")


def main() -> None:
    """Walk the whole path and say how long each part took."""
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    if len(arguments) != 1:
        sys.exit(__doc__)
    visitor, began = Visitor(arguments[0]), time.monotonic()
    home = visitor.get("/")
    sample = re.search(r'href="(/start/[\w-]+/[\w-]+-sample/)"', home.text)
    if sample is None:
        sys.exit("NOT AS PROMISED: the home page leads to the sample")
    if "--stop-at-first-question" in sys.argv:
        confirm = visitor.get(sample[1])
        page = visitor.post(confirm, form_ending(confirm, sample[1]))
        expect("Question 1 of 10" in page.text, "the first question of the sample")
        print(f"first question after {time.monotonic() - began:.1f} s of visiting")
        return
    result = sit(visitor, sample[1], 10)
    check_result(result, 10)
    print(f"sample: 10 questions, every option explained, {time.monotonic() - began:.1f} s")
    sign_up = visitor.get("/account/signup/")
    email, password = f"visitor-{secrets.token_hex(4)}@example.com", secrets.token_urlsafe(12)
    visitor.post(sign_up, form_ending(sign_up, "/account/signup/"), ("email", email), ("password1", password))
    expect(result.address in visitor.get(result.address).address, "the sample is kept after signing up")
    print(f"signed up as {email}; the sample came along")
    for mock in ("/start/mla-c02/mla-c02-mock/", "/start/mla-c01/mla-c01-mock/"):
        began = time.monotonic()
        check_result(sit(visitor, mock, 65), 65)
        print(f"{mock}: 65 questions, every option explained, {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
