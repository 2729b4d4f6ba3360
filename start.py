#!/usr/bin/env python3
"""Set up everything and run examprep: `python3 start.py`. Standard library only.

usage: python3 start.py [verb]

  (no verb)           install, start database and queue, load the bank, run the site with worker and beat
  test [arguments]    install, then every test, browser included; the arguments go to pytest
  soak [arguments]    install, then the tests that take minutes: outages of full length, a hundred rounds
  lint                install, then every check of style, types, layers and templates
  reset               stop what runs and remove all local data (database, mail, logs, secret key)

PORT=8123 python3 start.py takes another port. DATABASE_URL and REDIS_URL, when set, replace the servers it would start.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent
VAR = ROOT / "var"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
OLDEST = (3, 11)
LOCKS = {
    "app": ("requirements.lock", "requirements-services.lock"),
    "dev": ("requirements-dev.lock",),  # holds everything of "app" too
}
CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def stop_with(message: str) -> NoReturn:
    """End with one line that says what to do."""
    sys.exit(f"examprep: {message}")


def runs(program: str) -> bool:
    """Tell whether a Python can be started: a name on PATH may be an empty shell of a version manager."""
    path = shutil.which(program)
    return path is not None and subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL) == 0


def missing_prerequisite(version: Any = sys.version_info[:2]) -> str:
    """Return the line that names the command to run when this Python cannot do, else nothing."""
    said = ".".join(map(str, version))
    sudo = "" if os.geteuid() == 0 else "sudo "
    if version < OLDEST:
        newer = next(filter(runs, ("python3.14", "python3.13", "python3.12", "python3.11")), None)
        command = f"{newer} start.py" if newer else f"{sudo}apt-get install -y python3.11-venv && python3.11 start.py"
        return f"needs Python 3.11 or newer, this is {said}. Run: {command}"
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        return f"Python {said} lacks venv. Run: {sudo}apt-get install -y python{said}-venv && python{said} start.py"
    return ""


if missing_prerequisite():
    stop_with(missing_prerequisite())

from examprep import local_postgres, local_processes, local_services  # noqa: E402 (an older Python could not read them)

# --- Set-up ---------------------------------------------------------------------------------------------------------


def set_up(kind: str) -> None:
    """Make .venv hold exactly what the locks say; quick when it already does."""
    with local_processes.locked(VAR / "run/setup.lock", wait=True):
        if not venv_works():
            print("Making .venv")
            subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
        stamp = VENV / "installed.json"
        state = json.loads(stamp.read_text()) if stamp.exists() else {}
        wanted = {name: digest(*locks) for name, locks in LOCKS.items()}
        if state in ({"dev": wanted["dev"]}, {kind: wanted[kind]}):
            return
        print("Installing packages from", " and ".join(LOCKS[kind]))
        began = time.monotonic()
        install(LOCKS[kind])
        # So that what is started as .venv/bin/pytest finds the project.
        next(VENV.glob("lib/python3*/site-packages")).joinpath("examprep.pth").write_text(f"{ROOT}\n")
        stamp.write_text(json.dumps({kind: wanted[kind]}))
        print(f"Installed in {time.monotonic() - began:.0f} s")


def venv_works() -> bool:
    """Tell whether .venv has a working Python of the same minor version and has not been moved."""
    ask = "import sys, pip; print(sys.prefix, *sys.version_info[:2])"
    try:
        said = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    return said.strip() == f"{VENV} {sys.version_info[0]} {sys.version_info[1]}"


def digest(*names: str) -> str:
    return hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def install(locks: tuple[str, ...]) -> None:
    """Install with uv, itself pinned and checked by hash; with pip where uv does not reach its index."""
    pip: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        "install",
        "--require-hashes",
    ]
    uv = VENV / "bin/uv"
    if not uv.exists():
        subprocess.run([*pip, "--no-deps", "-r", "requirements-services.lock"], cwd=ROOT, check=True)
    sync: list[str | Path] = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON, *locks]
    if subprocess.run(sync, cwd=ROOT, check=False).returncode != 0:
        print("uv did not manage; installing with pip and its configuration, which takes a minute")
        subprocess.run([*pip, *(word for lock in locks for word in ("-r", lock))], cwd=ROOT, check=True)


def find_chromium() -> str:
    """Return the path of a Chromium for the browser tests, installing one where that is allowed."""
    for attempt in ("look", "apt", "playwright"):
        if attempt == "apt" and os.geteuid() == 0 and shutil.which("apt-get"):
            print("Installing chromium for the browser tests")
            quiet: Any = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
            subprocess.run(["apt-get", "update"], check=False, **quiet)
            subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", "chromium"], check=False, **quiet)
        elif attempt == "playwright":
            print("Fetching chromium for the browser tests")
            subprocess.run([PYTHON, "-m", "playwright", "install", "chromium"], check=False)
        found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None) or shutil.which(playwrights_chromium())
        if found:
            return found
    stop_with("the browser tests need Chromium. Run: sudo apt-get install -y chromium")


def playwrights_chromium() -> str:
    """Return where Playwright keeps the Chromium that it may have fetched."""
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    return subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=False).stdout.strip()


# --- The application ------------------------------------------------------------------------------------------------

SIGNALS = [signal.SIGINT, signal.SIGTERM]
if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # ignored by nohup: the site outlives its terminal
    SIGNALS.append(signal.SIGHUP)
PROGRAMS = {
    "web": ["gunicorn", "examprep.wsgi", "--workers=2", "--preload", "--graceful-timeout=5", "--no-control-socket"],
    "worker": ["celery", "-A", "examprep", "worker", "--concurrency=2", "--loglevel=INFO", "--without-mingle"],
    "beat": ["celery", "-A", "examprep", "beat", f"--schedule={VAR / 'beat'}", "--pidfile=", "--loglevel=INFO"],
}


def leave(_number: int, _frame: Any) -> NoReturn:
    """End on a signal, in order: a second Ctrl-C must not break off the end."""
    for sign in SIGNALS:
        signal.signal(sign, signal.SIG_IGN)
    print("\nStopping")
    sys.exit(0)


def running() -> dict[str, Any]:
    """Return the note of the run that holds the lock, empty while it has none."""
    notes = [note for path, note in local_processes.read_notes(VAR / "run") if path.name.startswith("start-")]
    return next(filter(local_processes.is_running, notes), {})


def run_app() -> None:
    """Run the site until Ctrl-C, SIGTERM or the death of one of its processes."""
    with local_processes.locked(VAR / "run/start.lock", wait=False) as is_alone:
        if not is_alone:
            stop_with(f"already running at {running().get('address', '(still starting)')}")
        for sign in SIGNALS:
            signal.signal(sign, leave)
        for name in local_processes.sweep(VAR / "run"):
            print(f"Ended {name}, left by a run that was killed")
        wanted = os.environ.get("PORT", "8000")
        if not wanted.isdecimal():
            stop_with(f"PORT is {wanted!r}, not a number. Run: PORT=8123 python3 start.py")
        port = local_processes.free_port(int(wanted))
        if str(port) != wanted:
            print(f"Port {wanted} is taken, using {port}")
        address = f"http://127.0.0.1:{port}"
        try:
            local_processes.write_note(VAR / "run", "start", os.getpid(), address=address)
            set_up("app")
            os.chdir(ROOT)
            services = local_services.start_services(keep=True)
            settings = {
                "ALLOWED_HOSTS": "127.0.0.1,localhost",
                "DATABASE_URL": services.database.url,
                "DEBUG": "False",
                "EXAMPREP_LOCAL": "True",
                "MAIL_FOLDER": str(VAR / "mail"),
                "REDIS_URL": services.redis.url,
                "SECRET_KEY": local_processes.kept_secret(VAR / "secret_key"),
                "SITE_ADDRESS": address,
            }
            os.environ.update(settings)
            leave_for_manage(settings)
            prepare()
            PROGRAMS["web"].append(f"--bind=127.0.0.1:{port}")
            run_programs({s.name: s.process for s in (services.database, services.redis) if s.process}, address)
        finally:
            local_processes.sweep(VAR / "run", mine=True)


def leave_for_manage(settings: dict[str, str]) -> None:
    """Write the settings of this run where manage.py looks, so that its commands reach the same database."""
    path = VAR / "local.env"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in settings.items())


PREPARE = """
import os, sys, django
from django.core.management import CommandError, call_command
django.setup()
try:
    call_command("migrate", verbosity=0)
    call_command("load_bank", "questions/bank/mla")
    call_command("make_demo_accounts", password=os.environ["DEMO_PASSWORD"])
except CommandError as error:
    sys.exit(f"examprep: {error}")
"""


def prepare() -> None:
    """Bring the database up to date, load the bank, make the accounts to sign in with; one process is fastest."""
    VAR.joinpath("mail").mkdir(exist_ok=True)
    password = local_processes.kept_secret(VAR / "demo_password", characters=12)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "examprep.settings", "DEMO_PASSWORD": password}
    subprocess.run([PYTHON, "-c", PREPARE], env=environment, check=True)


def start_child(name: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DATABASE_POOL": "True"} if name == "web" else dict(os.environ)
    return local_processes.launch(name, [PYTHON, "-m", *PROGRAMS[name]], VAR, environment)


def run_programs(children: dict[str, subprocess.Popen[bytes]], address: str) -> NoReturn:
    """Start the site, then worker and beat, and watch until a process dies."""
    children["web"] = start_child("web")
    deadline = time.monotonic() + 60
    while not local_processes.answers(f"{address}/healthz"):
        stop_when_one_died(children)
        if time.monotonic() > deadline:
            stop_with(f"{address}/healthz did not answer within a minute; see {VAR / 'log/web.log'}")
        time.sleep(0.05)
    for name in ("worker", "beat"):
        children[name] = start_child(name)
    print(f"\nexamprep runs at {address}  (accounts above; mail in var/mail, logs in var/log; Ctrl-C ends it)")
    while True:
        stop_when_one_died(children)
        time.sleep(0.3)


def stop_when_one_died(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            local_processes.end_group(child.pid)
            log = local_processes.log_of(name, VAR)
            stop_with(
                f"{name} ended (exit {child.returncode}), so all stops. {log} ends with:\n{local_processes.tail(log)}"
            )


# --- The other verbs ------------------------------------------------------------------------------------------------


def test(arguments: list[str]) -> NoReturn:
    set_up("dev")
    os.environ.setdefault("EXAMPREP_CHROMIUM", find_chromium())
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), "-m", "pytest", *arguments])


def lint() -> None:
    """Run every check, also after one has failed, so that one run tells all."""
    set_up("dev")
    os.chdir(ROOT)
    # Settings are read, servers are not asked.
    os.environ.update(DATABASE_URL="postgresql:///lint?host=/nowhere", REDIS_URL="redis://nowhere", SECRET_KEY="lint")
    templates = [str(path) for path in sorted(Path("templates").glob("**/*.html"))]
    yaml = [str(path) for pattern in ("*.y*ml", "questions/bank/**/*.y*ml") for path in sorted(Path().glob(pattern))]
    checks = [
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["lint-imports", "--no-logo"],
        ["mypy", "."],
        ["djlint", "--lint", "--quiet", *templates],
        ["djade", "--check", "--target-version", "5.2", *templates],
        ["yamllint", "--strict", "-d", "{extends: relaxed, rules: {line-length: disable}}", *yaml],
        ["hadolint", "Dockerfile"],
        ["python", "-W", "ignore::RuntimeWarning", "manage.py", "makemigrations", "--check", "--dry-run"],
    ]
    failed = []
    for check in checks:
        print("---", *(word for word in check if word not in {*templates, *yaml}))
        if subprocess.run([VENV / "bin" / check[0], *check[1:]], check=False).returncode != 0:
            failed.append(check[0])
    if failed:
        stop_with(f"failed: {', '.join(failed)}")


def reset() -> None:
    """Stop what runs and remove all local data."""
    note = running()
    if note:
        print(f"Stopping the run at {note['address']}")
        os.kill(note["pid"], signal.SIGTERM)
    with local_processes.locked(VAR / "run/start.lock", wait=True):
        local_processes.sweep(VAR / "run")
        for folder in filter(Path.exists, (VAR, local_postgres.hidden_home(VAR))):
            print(f"Removing {folder}")
            shutil.rmtree(folder)


def main(arguments: list[str]) -> None:
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    verb, rest = (arguments or ["run"])[0], arguments[1:]
    try:
        if not arguments:
            run_app()
        elif verb in {"test", "soak"}:
            test(["-n", "auto", *rest] if verb == "test" else ["-m", "soak", *rest])
        elif verb in VERBS and not rest:
            VERBS[verb]()
        else:
            print(__doc__, file=sys.stderr)
            sys.exit(0 if verb in {"-h", "--help"} else 2)
    except PermissionError as error:
        stop_with(f"{error.filename} belongs to another user: start as that user, or remove it as that user")
    except local_processes.ServiceError as error:
        stop_with(str(error))
    except subprocess.CalledProcessError as error:
        stop_with(f"stopped: {Path(error.cmd[0]).name} {error.cmd[1]} ended with exit {error.returncode}, see above")


VERBS = {"lint": lint, "reset": reset}

if __name__ == "__main__":
    main(sys.argv[1:])
