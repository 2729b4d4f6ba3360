"""Take one protection after another out of a copy of the site, and see which fault tests notice.

A test that passes with and without what it is about proves nothing. Each removal in removals.toml is one change of one
text. The site is copied once into a folder of its own; for each removal the text is changed there, the tests that must
notice are run, and the text is put back. First they all run with nothing removed, and must pass. The table that is
printed stands in docs/faults.md.

    python bench/removals.py                 all of them
    python bench/removals.py lease revision  those with such a word in their names
    python bench/removals.py --list          say what there is, run nothing

It needs what the tests need: the packages of `start.py`, and Chromium. With DATABASE_URL and REDIS_URL of servers that
run already it is quicker, since each run starts its own otherwise. In the end it fails when a removal survived.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LISTED = Path(__file__).with_suffix(".toml")
NOTICED = re.compile(r"^(?:FAILED|ERROR) tests/faults/(?:\w+\.py)::(\w+)", re.MULTILINE)
WHY = re.compile(r"^(?:____.*|tests/\S+: in .*|E   \w*(?:Error|Failed|assert).*)$", re.MULTILINE)
PASSED = re.compile(r"\b(\d+) passed\b")
PATIENCE = "25"  # seconds that a test waits for what will not happen; at first everything must pass with it


class Removal(NamedTuple):
    """A protection of an answer: its part of the machinery, what is lost, where, and which tests must notice."""

    part: str
    name: str
    path: str
    text: str
    instead: str
    tests: list[str]


class Outcome(NamedTuple):
    """What a run of tests came to."""

    noticed: list[str]
    passed: int
    words: str


def copy_of_the_site(folder: Path) -> Path:
    """Copy what is under version control, or would be, and lend it the installed packages."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 (git is on PATH)
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    copy = folder / "site"
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


def change(copy: Path, removal: Removal) -> str:
    """Make the change, and return the file as it was; the text must be there exactly once."""
    path = copy / removal.path
    before = path.read_text()
    found = before.count(removal.text)
    if found != 1:
        sys.exit(f"{removal.name}: its text is {found} times in {removal.path}, so there is nothing to remove")
    path.write_text(before.replace(removal.text, removal.instead))
    return before


def run(copy: Path, tests: list[str]) -> Outcome:
    """Run fault tests by name."""
    command = [sys.executable, "-m", "pytest", "tests/faults", "-k", " or ".join(tests)]
    command += ["-q", "--tb=short", "--reuse-db", "-p", "no:cacheprovider"]
    environment = {**os.environ, "FAULTS_PATIENCE": PATIENCE}
    done = subprocess.run(command, cwd=copy, env=environment, check=False, capture_output=True, text=True)  # noqa: S603
    words = f"{done.stdout}\n{done.stderr}"
    passed = PASSED.search(words)
    return Outcome(sorted(set(NOTICED.findall(words))), int(passed.group(1)) if passed else 0, words)


def try_without(copy: Path, removal: Removal) -> Outcome:
    """Return what becomes of the tests when something is gone. A run that tested nothing at all ends everything."""
    before = change(copy, removal)
    try:
        outcome = run(copy, removal.tests)
    finally:
        (copy / removal.path).write_text(before)
    if not outcome.noticed and not outcome.passed:
        sys.exit(f"{removal.name}: no test was run\n{outcome.words[-2000:]}")
    return outcome


def row(removal: Removal, noticed: list[str]) -> str:
    tests = "<br>".join(f"`{name}`" for name in noticed) or "**SURVIVED**"
    return f"| {removal.part} | {removal.name} | `{removal.path}` | {tests} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="only removals with one of these words in their names")
    parser.add_argument("--list", action="store_true", help="list the removals and their tests")
    parser.add_argument("--trust", action="store_true", help="with nothing removed the tests have just passed")
    parser.add_argument("--why", action="store_true", help="say on stderr where and how each test failed")
    arguments = parser.parse_args()
    removals = [Removal(**entry) for entry in tomllib.loads(LISTED.read_text())["removal"]]
    chosen = [r for r in removals if not arguments.words or any(w in f"{r.part} {r.name}" for w in arguments.words)]
    if arguments.list:
        for removal in chosen:
            print(f"{removal.part}: {removal.name} ({', '.join(removal.tests)})")
        return
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_of_the_site(Path(folder))
        Path(folder).chmod(0o755)  # the database server may run as somebody else
        if not arguments.trust:
            whole = run(copy, sorted({test for removal in chosen for test in removal.tests}))
            if whole.noticed or not whole.passed:
                sys.exit(f"with nothing removed these fail already: {whole.noticed}\n{whole.words[-9000:]}")
            print(f"Nothing removed: {whole.passed} tests pass.\n", flush=True)
        print("| Part | What is removed | Where | Tests that fail |\n|---|---|---|---|", flush=True)
        survived = 0
        for removal in chosen:
            outcome = try_without(copy, removal)
            survived += not outcome.noticed
            print(row(removal, outcome.noticed), flush=True)
            if arguments.why:
                print("\n".join(WHY.findall(outcome.words)), file=sys.stderr, flush=True)
    minutes = (time.monotonic() - begun) / 60
    print(f"\n{len(chosen)} removals, {survived} survived, {minutes:.0f} minutes.")
    sys.exit(1 if survived else 0)


if __name__ == "__main__":
    main()
