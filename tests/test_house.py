"""How the rooms of the package may depend on each other, and how long a function may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import medsyn_inspect

PACKAGE = Path(medsyn_inspect.__file__).parent
ROOT = Path(__file__).parent.parent
FILES = sorted(PACKAGE.rglob("*.py"))
NAME = PACKAGE.name

LONGEST = 60
"""Lines of a function."""

POSITIONAL = 5
"""Parameters that can be given by position."""


def module_of(file: Path) -> str:
    parts = [NAME, *file.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): ast.parse(file.read_text(encoding="utf-8")) for file in FILES}


def imports(tree: ast.Module, *, everywhere: bool = True) -> Iterator[str]:
    """Modules of the package that a module imports; those within functions too, unless `everywhere` is false."""
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree) if everywhere else tree.body:
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == NAME:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == NAME)


def test_no_import_circle() -> None:
    graph = {name: set(imports(tree, everywhere=False)) - {name, NAME} for name, tree in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


@pytest.mark.parametrize(
    ("room", "never"),
    [
        ("analysis", ("tasks", "report", "cli")),
        ("cases", ("prompts", "arms", "tasks", "analysis", "report")),
        ("prompts", ("arms", "tasks", "analysis", "report")),
        ("answers", ("tasks", "scorers", "analysis", "report")),
        ("records", ("tasks", "prompts", "analysis", "report")),
        ("analysis.stats", ("analysis.read", "analysis.frames", "records")),
    ],
)
def test_a_room_never_reaches_up(room: str, never: tuple[str, ...]) -> None:
    within = f"{NAME}.{room}"
    reached = {
        (name, imported)
        for name, tree in MODULES.items()
        if name == within or name.startswith(f"{within}.")
        for imported in imports(tree)
        for other in never
        if imported == f"{NAME}.{other}" or imported.startswith(f"{NAME}.{other}.")
    }
    assert not reached


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield f"{name}.{node.name}", node


def test_no_function_is_long() -> None:
    lengths = {name: (node.end_lineno or 0) - node.lineno + 1 for name, node in functions()}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_no_signature_is_wide() -> None:
    widths = {
        name: len([one for one in node.args.args if one.arg not in ("self", "cls")])
        for name, node in functions()
        # Options of a command are passed by name.
        if not any("click" in ast.unparse(one) or ".command" in ast.unparse(one) for one in node.decorator_list)
    }
    assert {name: width for name, width in widths.items() if width > POSITIONAL} == {}


def test_each_room_says_what_it_knows() -> None:
    for face in PACKAGE.rglob("__init__.py"):
        assert ast.get_docstring(ast.parse(face.read_text(encoding="utf-8"))), face


def test_the_map_in_the_readme_is_true() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Where things are")[2].partition("\n## ")[0]
    named = {name for row in re.findall(r"^\| (`.+?) \|", text, re.MULTILINE) for name in re.findall(r"`(.+?)`", row)}
    there = {f"{path.name}/" if path.is_dir() else path.name for path in PACKAGE.iterdir() if path.suffix != ".yaml"}
    assert named - there == set()
    assert there - named == {"__init__.py", "_registry.py", "py.typed", "version.py", "__pycache__/"} & there
