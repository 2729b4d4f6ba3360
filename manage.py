#!/usr/bin/env python
"""Django's command line."""

import os
import sys
from pathlib import Path

import environ
from django.core.management import execute_from_command_line

LOCAL_SETTINGS = Path(__file__).resolve().parent / "var/local.env"


def main() -> None:
    """Run a command with the environment's settings, or with those of the last `start.py` where there are none."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examprep.settings")
    if "SECRET_KEY" not in os.environ and "SECRET_KEY_FILE" not in os.environ and LOCAL_SETTINGS.exists():
        environ.Env.read_env(LOCAL_SETTINGS)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
