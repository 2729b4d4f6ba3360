"""What every template may know about who asks."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from exams.owners import owner_of


def owner(request: HttpRequest) -> dict[str, Callable[[], str]]:
    """The owner's tag, empty for nobody. Pages ask for it when they need it: it reads the session, never a user row."""

    def tag() -> str:
        found = owner_of(request)
        return found.tag if found else ""

    return {"owner_tag": tag}
