"""Where the Chromium of this machine is."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_path() -> str | None:
    """Return the Chromium that EXAMPREP_CHROMIUM names, else the first on PATH, else None."""
    return os.environ.get("EXAMPREP_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
