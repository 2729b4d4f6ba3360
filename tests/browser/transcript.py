"""What somebody hears who sits an exam with a screen reader: focus, title, and what speaks by itself."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import CDPSession, Page

# Every text that a live region gets, also in one that comes into sight with its text.
HEAR = """
const LIVE = "[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log], output";
const region = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(LIVE);
const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
new MutationObserver((records) => {
  const inserted = records.flatMap(({ addedNodes }) => [...addedNodes])
    .filter((node) => node.nodeType === Node.ELEMENT_NODE).flatMap((node) => [...node.querySelectorAll(LIVE)]);
  const changed = new Set([...records.map(({ target }) => region(target)), ...inserted]);
  for (const live of changed) {
    const text = live?.isConnected && isShown(live) ? live.innerText.replace(/\\s+/g, " ").trim() : "";
    if (text) window.hear(`${live.getAttribute("role") ?? live.getAttribute("aria-live")}: ${text}`);
  }
}).observe(document, {
  subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["hidden"],
});
"""
ROLES = {"RootWebArea": "document", "ComboBoxSelect": "combobox", "DisclosureTriangle": "disclosure"}
STATES: dict[str, dict[Any, str]] = {
    "checked": {"true": "checked", "false": "not checked"},
    "pressed": {"true": "pressed", "false": "not pressed"},
    "expanded": {True: "expanded", False: "collapsed"},
    "disabled": {True: "unavailable"},
}


@dataclasses.dataclass
class Transcript:
    """Writes down each step of a keyboard and what is heard after it; unchanged things are not said again."""

    page: Page
    lines: list[str] = dataclasses.field(default_factory=list)
    heard: list[str] = dataclasses.field(default_factory=list)
    title: str = ""
    focus: str = ""
    tree: CDPSession = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.tree = self.page.context.new_cdp_session(self.page)
        self.page.expose_function("hear", self._hear)
        self.page.add_init_script(HEAR)

    def _hear(self, text: str) -> None:
        self.heard.append(text)

    def say(self, text: str) -> None:
        """Write down what happens around the student."""
        self.lines += ["", f"-- {text}"]

    def press(self, keys: str, *, until: Callable[[], object] = lambda: None, run_for: int = 500) -> None:
        """Press keys one after the other, wait for what they lead to, and let the page's clock go on."""
        for name in keys.split():
            self.page.keyboard.press(name)
        until()
        self.pass_time(run_for, f"> {keys}")

    def pass_time(self, milliseconds: int, what: str = "") -> None:
        """Let the page's clock go on and write down what is heard."""
        self.page.clock.run_for(milliseconds)
        self.write(what)

    def write(self, what: str = "") -> None:
        """Write down title, focus and speech, as far as they are new."""
        new, title, focus = [], self.page.title(), self._focus()
        if title != self.title:
            new.append(f"    title  {title}")
        if focus != self.focus:
            new.append(f"    focus  {focus}")
        new += [f"    {text.replace(': ', '  ', 1)}" for text in self.heard]
        self.heard.clear()
        self.title, self.focus = title, focus
        self.lines += [line for line in (what, *new) if line]

    def _focus(self) -> str:
        found = self.tree.send("Runtime.evaluate", {"expression": "document.activeElement"})
        asked = {"objectId": found["result"]["objectId"], "fetchRelatives": False}
        node = self.tree.send("Accessibility.getPartialAXTree", asked)["nodes"][0]
        return describe(node)

    def text(self) -> str:
        """Return all of it; times of day have no place in it."""
        return re.sub(r"\d\d:\d\d:\d\d", "HH:MM:SS", "\n".join(self.lines).strip()) + "\n"


def describe(node: dict[str, Any]) -> str:
    """Return role, name and states of what has the focus, as a screen reader would put them."""
    role = node["role"]["value"]
    role = ROLES.get(role, role)
    if role in ("none", "document"):
        return "document"
    name = re.sub(r"\s+", " ", node.get("name", {}).get("value", "")).strip()
    found = {entry["name"]: entry["value"].get("value") for entry in node.get("properties", [])}
    states = [words[found[state]] for state, words in STATES.items() if found.get(state) in words]
    value = node.get("value", {}).get("value", "")
    described = re.sub(r"\s+", " ", node.get("description", {}).get("value", "")).strip()
    parts = [
        f'{role} "{name}"',
        *states,
        *([f'"{value}"'] if value else []),
        *([f"({described})"] if described else []),
    ]
    return ", ".join(parts)
