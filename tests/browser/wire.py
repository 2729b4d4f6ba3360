"""Everything the server sent to a page: headers and bodies."""

from __future__ import annotations

from playwright.sync_api import Page, Response


class Wire:
    """Keeps what arrives. `read` before each move to another document: the browser drops the bodies of the last."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.waiting: list[Response] = []
        self.sent: dict[str, str] = {}
        page.on("response", self._hear)

    def _hear(self, response: Response) -> None:
        self.waiting.append(response)

    def read(self) -> int:
        """Fetch the bodies of what came since; return how many answers there are by now."""
        while self.waiting:
            response = self.waiting.pop()
            name = f"{len(self.sent)} {response.request.method} {response.url} {response.status}"
            is_beacon = response.request.resource_type == "ping"  # sent on leaving: no page reads what comes back
            is_kept = not (is_beacon or 300 <= response.status < 400)
            body = response.text() if is_kept else ""
            self.sent[name] = f"{response.all_headers()}\n{body}"
        return len(self.sent)

    def holding(self, *words: str) -> list[str]:
        """Return which answers hold one of the words."""
        return [name for name, text in self.sent.items() if any(word in text for word in words)]

    def stop(self) -> None:
        """Listen no more."""
        self.page.remove_listener("response", self._hear)
