"""Structure that a linter cannot see, kept true by tests."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
PLACES = ("app", "storefront", "leader_portal", "hq_console", "supplier_door")
CODE = [path for place in PLACES for path in sorted((ROOT / place).rglob("*.py"))]
#: The transaction itself, and the worker's own bookkeeping of jobs.
TRANSACTIONS = {"app/infra/uow.py", "app/infra/queue.py", "app/infra/embedded.py"}
MAX_LINES = 420
#: Lists of what exists, read by looking things up.
MAX_LINES_OF_LISTS, LISTS = 600, {"values.py", "models.py", "sentences.py"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def use_cases(path: Path) -> Iterator[ast.FunctionDef]:
    """Public functions of a module whose first parameter is the unit of work."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            first = [*node.args.posonlyargs, *node.args.args][:1]
            if first and first[0].arg == "uow":
                yield node


def hands_on(function: ast.FunctionDef) -> bool:
    """Whether a use-case does nothing but call another one of its module, which asks."""
    rest = function.body[1:] if ast.get_docstring(function) else function.body
    return len(rest) == 1 and re.match(r"(return )?\w+\(uow, ", ast.unparse(rest[0])) is not None


def first_use(function: ast.FunctionDef) -> str:
    """The first statement that does anything with the unit of work."""
    rest = function.body[1:] if ast.get_docstring(function) else function.body
    return next((text for node in rest if re.search(r"\buow\b", text := ast.unparse(node))), "")


def test_every_use_case_asks_for_a_right_first() -> None:
    paths = [p for p in CODE if name_of(p).startswith("app/flows/") or "service" in p.parts]
    found = [(p, f) for p in paths for f in use_cases(p) if not hands_on(f)]
    assert len(found) > 5
    assert [f"{name_of(p)}:{f.lineno} {f.name}" for p, f in found if "uow.require(" not in first_use(f)] == []


def test_nobody_else_begins_or_ends_a_transaction() -> None:
    assert [
        f"{name_of(path)}:{node.lineno} .{node.attr}"
        for path in CODE
        if name_of(path) not in TRANSACTIONS
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback", "sessionmaker"}
    ] == []


def test_no_import_of_our_own_hides_inside_a_function() -> None:
    """A heavy library may be imported where it is used, with its price beside it (the linter asks for a reason)."""
    assert [
        f"{name_of(path)}:{node.lineno}"
        for path in CODE
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and {name.split(".")[0] for name in _imported(node)} & set(PLACES)
    ] == []


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]


def test_files_stay_short() -> None:
    lines = {p: len(p.read_text().splitlines()) for p in CODE}
    limits = {p: MAX_LINES_OF_LISTS if p.name in LISTS else MAX_LINES for p in CODE}
    assert {name_of(p): n for p, n in lines.items() if n > limits[p]} == {}


def test_nothing_is_left_undone() -> None:
    words = ("TODO", "FIXME", "XXX", "HACK", "raise NotImplementedError")
    assert [f"{name_of(p)}: {w}" for p in CODE for w in words if w in p.read_text()] == []


def test_the_floors_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0
