"""The shape of the code: small modules and functions, imports at the top, layers that a template keeps too.

Each rule looks at every file, and its failure names all that break it.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
APPS = ("accounts", "questions", "exams", "progress")
PACKAGES = ("examprep", *APPS)
LONGEST_MODULE, LONGEST_FUNCTION, LONGEST_VIEW, LONGEST_TEMPLATE = 400, 40, 25, 150
NOT_OURS = {".venv", ".git", "var", "staticfiles", "test-results", "__pycache__"}
CACHES = (".mypy", ".pytest", ".ruff", ".hypothesis", ".import_linter")
QUERY_COUNTERS = {"assertNumQueries", "django_assert_num_queries", "django_assert_max_num_queries", "at_most_queries"}
INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle=|\son[a-z]+=|javascript:|\shx-on")
EXAMS = re.compile(r"\bAWS\b|\bMLA-C0\d|SageMaker|\bAmazon\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> dict[str, ast.Module]:
    """Return the parsed modules below the folders by their path, migrations left out."""
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return {name_of(path): parsed(path) for path in sorted(paths) if "migrations" not in path.parts}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="ignore")


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def lines_of(node: Function) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


CODE = modules(*PACKAGES) | {name: parsed(ROOT / name) for name in ("start.py", "manage.py")}
ALL = CODE | modules("tests")
VIEWS = {name: tree for name, tree in CODE.items() if name.endswith("/views.py") or "/views/" in name}
TEMPLATES = [name_of(path) for path in sorted((ROOT / "templates").rglob("*.*"))]
PAGES = [name for name in TEMPLATES if name.endswith(".html") and "/emails/" not in name]


def views_of(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        is_view = isinstance(node, ast.FunctionDef) and node.args.args and node.args.args[0].arg == "request"
        if is_view and isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


class TestModules:
    def test_no_module_is_too_long(self) -> None:
        lengths = {name: len(text_of(name).splitlines()) for name in ALL}

        assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}

    def test_no_function_is_too_long(self) -> None:
        lengths = {f"{name}: {node.name}": lines_of(node) for name, tree in ALL.items() for node in functions(tree)}

        assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}

    def test_imports_stand_at_the_top(self) -> None:
        """An import inside a function hides a cycle; only `ready` has to wait for the models."""
        hidden = [
            f"{name}:{inner.lineno}"
            for name, tree in ALL.items()
            for node in functions(tree)
            if not (name.endswith("/apps.py") and node.name == "ready")
            for inner in ast.walk(node)
            if isinstance(inner, ast.Import | ast.ImportFrom)
        ]

        assert hidden == []

    def test_queries_are_counted_in_a_with_block(self) -> None:
        """A counter that is called without `with` counts nothing and always passes."""
        bare = [
            f"{name}:{node.lineno}"
            for name, tree in ALL.items()
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _called(node.value) in QUERY_COUNTERS
        ]

        assert bare == []

    def test_no_test_is_skipped(self) -> None:
        skipping = {"skip", "skipif", "xfail", "importorskip"}
        found = [
            f"{name}:{node.lineno}"
            for name, tree in ALL.items()
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr in skipping and "pytest" in ast.unparse(node.value)
        ]

        assert found == []

    def test_code_names_no_exam(self) -> None:
        """An exam is data."""
        assert {name: found for name in CODE if (found := EXAMS.findall(text_of(name)))} == {}


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


class TestViews:
    def test_no_view_is_too_long(self) -> None:
        lengths = {f"{name}: {view.name}": lines_of(view) for name, tree in VIEWS.items() for view in views_of(tree)}

        assert lengths
        assert {name: lines for name, lines in lengths.items() if lines > LONGEST_VIEW} == {}

    def test_each_view_says_first_which_methods_it_takes(self) -> None:
        outermost = {
            f"{name}: {view.name}": ast.unparse(view.decorator_list[0]) if view.decorator_list else "nothing"
            for name, tree in VIEWS.items()
            for view in views_of(tree)
        }

        assert {name: first for name, first in outermost.items() if not first.startswith("require_")} == {}


class TestTemplates:
    def test_no_template_is_too_long(self) -> None:
        lengths = {name: len(text_of(name).splitlines()) for name in TEMPLATES}

        assert {name: lines for name, lines in lengths.items() if lines > LONGEST_TEMPLATE} == {}

    def test_no_template_names_an_exam(self) -> None:
        assert {name: found for name in TEMPLATES if (found := EXAMS.findall(text_of(name)))} == {}

    def test_no_template_links_to_a_higher_app(self) -> None:
        too_high = {}
        for name in TEMPLATES:
            owner = Path(name).parts[1]
            # What stands at the top, or belongs to a library, is a page of every app below progress.
            rank = APPS.index(owner if owner in APPS else "exams")
            named = set(re.findall(r"""\{%\s*url\s+["'](\w+):""", text_of(name)))
            if higher := named & set(APPS[rank + 1 :]):
                too_high[name] = higher

        assert too_high == {}

    def test_no_page_has_anything_inline(self) -> None:
        """The policy of the site refuses scripts, styles and handlers inside a page."""
        assert {name: found for name in PAGES if (found := INLINE.findall(text_of(name)))} == {}

    @pytest.mark.parametrize(
        ("text", "is_inline"),
        [
            ("<script>go()</script>", True),
            ("<script type=module>go()</script>", True),
            ('<p style="color: red">', True),
            ('<button onclick="go()">', True),
            ('<a href="javascript:go()">', True),
            ("<style>p {}</style>", True),
            ('<script type="module" src="room.js"></script>', False),
            ('<link rel="stylesheet" href="site.css">', False),
            ('<input name="on" value="1">', False),
            ('<p data-style="x" class="style">', False),
        ],
    )
    def test_what_counts_as_inline(self, text: str, is_inline: bool) -> None:
        assert bool(INLINE.search(text)) == is_inline


def text_files() -> Iterator[str]:
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        is_ours = not NOT_OURS & set(parts) and not parts[0].startswith(CACHES)
        if is_ours and path.is_file() and path.suffix not in {".png", ".ico", ".mo", ".jpg", ".gz"}:
            yield name_of(path)


def test_no_file_names_a_package_registry_or_a_folder_of_some_machine() -> None:
    # Written in two pieces each, since this file is one of those that are read.
    hosts = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.", "artifact" + "ory"]
    folders = ["/" + "root/", "/" + "home/", "/" + "work/", "/" + "Users/"]
    telling = re.compile("|".join(re.escape(word) for word in (*hosts, *folders)))
    found = {name: match.group() for name in text_files() if (match := telling.search(text_of(name)))}

    assert found == {}


def test_no_migration_is_missing(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_layers_are_a_contract() -> None:
    """`lint` runs the contract; here it is held that there is one, and that it knows every app in its order."""
    configured = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]
    layers = [
        layer for contract in configured["contracts"] if contract["type"] == "layers" for layer in contract["layers"]
    ]

    assert [layer for layer in layers if layer in APPS] == list(reversed(APPS))
    assert set(configured["root_packages"]) == set(PACKAGES)
