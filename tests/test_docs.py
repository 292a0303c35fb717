"""Every block of commands in the documentation runs as written; a local server stands in for paid models."""

from __future__ import annotations

import ast
import json
import os
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from case_sets import a_case, jpeg, write_case_set
from medsyn_inspect import analyze
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.physicians.journal import open_journal
from medsyn_inspect.physicians.reviewing import questions
from medsyn_inspect.planning.listing import described_tasks, parameter_table
from medsyn_inspect.reference.models import ReaderArguments
from shortcuts import take_shortcuts
from wire.dialects import Say
from wire.evaluating import serving
from wire.replies import verdict
from wire.server import Call

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOT_RUN_HERE = ("make", "pip", "git clone", ".venv/bin/", "inspect view", "medsyn answer ", "medsyn review ")
"""Setting up is what the gate does; the viewer and the pages of physicians are servers that never end."""


QUICK = ("README.md", "case-sets.md", "cases-from-a-sheet.md")
"""Pages whose commands run with the quick tests. Those of the others are variants, or have quick tests of their own."""


def blocks(page: Path) -> list[list[str]]:
    """The commands of each block of a page."""
    found = [
        [line.partition("  #")[0].strip() for line in block.splitlines() if line.strip()]
        for block in BLOCK.findall(page.read_text(encoding="utf-8"))
    ]
    runnable = [[line for line in block if not line.startswith(NOT_RUN_HERE)] for block in found]
    return [block for block in runnable if block]


CIRCLE = "from-gap-to-fix.md"
"""The page whose commands train models, for twenty minutes and with torch: `make circle` runs them."""

WITH_TORCH = (CIRCLE, "attention.md")
"""The pages whose commands need torch, and are among those that `make circle` runs."""

BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}", marks=[] if page.name in QUICK else [pytest.mark.slow])
    for page in PAGES
    if page.name not in WITH_TORCH
    for number, block in enumerate(blocks(page), 1)
]


def reader(call: Call) -> Say:
    choosing = "Answer: X" in call.messages[-1].text or "答案：X" in call.messages[-1].text
    return Say("Answer: A" if choosing else "1. Sarcoidosis\n2. Tuberculosis")


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder with what the documentation supposes: a case set of one's own and answers to it, public sets, logs."""
    (tmp_path / "ratings.json").write_text('[{"id": "demo-01", "value": 4}]', encoding="utf-8")
    evidence = [{"type": "ct", "images": [{"path": "images/1.png"}], "finding": "Both hila are enlarged."}]
    own = a_case(case_id="case-1", evidence=evidence, options=["Gout", "Septic arthritis", "Pseudogout"])
    write_case_set(tmp_path / "my-cases", cases=[own])
    fixtures = Path(__file__).parent / "fixtures"
    for name, file in (("medrbench", "medrbench.json"), ("medxpertqa", "medxpertqa.jsonl")):
        (tmp_path / "downloads" / name).mkdir(parents=True)
        shutil.copy(fixtures / file, tmp_path / "downloads" / name)
    write_sheet(tmp_path)
    shutil.copy(ROOT / "src" / "medsyn_inspect" / "providers" / "prices.yaml", tmp_path)
    (tmp_path / "answers.csv").write_text("case_id,differential,option\ncase-1,Gout; Sarcoidosis,A\n", encoding="utf-8")
    write_entries(tmp_path)
    shutil.copytree(ROOT / "logs", tmp_path / "logs")
    example = next(path for path in sorted((tmp_path / "logs").glob("*.eval")) if "_ddx_" in path.name)
    example.rename(tmp_path / "logs" / "example.eval")
    return tmp_path


def write_sheet(folder: Path) -> None:
    """A filled-in sheet and the images that it names."""
    (folder / "pictures").mkdir()
    (folder / "pictures" / "ct1.jpg").write_bytes(jpeg())
    rows = [["Case", "History", "Diagnosis", "Distractors", "Evidence 1", "Images 1", "Finding 1"]]
    rows += [["case-1", "Cough.", "Sarcoidosis", "Tuberculosis; Lymphoma", "CT chest", "ct1.jpg", "Enlarged hila."]]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "cases.xlsx")
    text = "\n".join(";".join(f'"{cell}"' for cell in row) for row in rows)
    (folder / "cases.csv").write_text(text, encoding="utf-8")


def write_entries(folder: Path) -> None:
    """The files that physicians fill on the local pages: answers to the case set, and reviews of it."""
    case_set = load_cases(folder / "my-cases")
    answers = open_journal(folder / "answers-my-cases.jsonl", "answers", case_set)
    answers.add("rater-1", "case-1", "differential", diagnoses=["Gout"], seconds=60.0)
    answers.add("rater-1", "case-1", "choice", letter="A", confidence=4, ambiguity=None, note=None, seconds=20.0)
    elsewhere = open_journal(folder / "answers-elsewhere.jsonl", "answers", case_set)
    for person in ("rater-2", "rater-1+rater-2"):
        elsewhere.add(person, "case-1", "differential", diagnoses=["Pseudogout"], seconds=50.0)
        elsewhere.add(person, "case-1", "choice", letter="B", confidence=4, ambiguity=None, note=None, seconds=20.0)
    reviews = open_journal(folder / "review-my-cases.jsonl", "review", case_set)
    confirmed = {question.name: question.choices[0] for question in questions(case_set.cases[0])}
    for reviewer in ("rev-1", "rev-2"):
        reviews.add(reviewer, "case-1", "reviewed", answers=confirmed, decision="keep", comment="", findings={})


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """Keys and addresses under which a local server answers for the paid models."""
    with serving() as server:
        server.script("gpt-6-luna", reader)
        for judge in ("gpt-5", "gpt-6.1-sol", "claude-opus-5-5"):
            server.script(judge, verdict({}))
        addresses = {"OPENAI_BASE_URL": f"{server.root}/v1", "ANTHROPIC_BASE_URL": server.root}
        keys = {"OPENAI_API_KEY": "key", "ANTHROPIC_API_KEY": "key", "BROWSER": "true"}
        yield {**os.environ, **addresses, **keys, "INSPECT_DISPLAY": "none", "INSPECT_EVAL_MAX_RETRIES": "1"}


def run(command: str) -> int:
    """Run a console script of the environment in this process; its exit code."""
    program, *arguments = shlex.split(command)
    [script] = entry_points(group="console_scripts", name=program)
    selects = any(argument.startswith("refined/") for argument in arguments)  # A file that names its cases.
    if program == "inspect" and arguments[0] == "eval" and "--limit" not in arguments and not selects:
        arguments += ["--limit", "1"]
    sys.argv = [program, *arguments]
    try:
        script.load()()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


@pytest.mark.parametrize("block", BLOCKS)
def test_every_command_runs(block: list[str], workplace: Path, environment: dict[str, str]) -> None:
    """Each block in a process of its own: Inspect keeps its clients, and with them the address they were made for."""
    listed = list(block)
    if any("medrbench-cases" in command for command in listed):
        listed = list(dict.fromkeys(["medsyn cases import medrbench downloads/medrbench medrbench-cases", *listed]))
    done = subprocess.run(
        [sys.executable, __file__, *listed], cwd=workplace, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_the_two_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"^make (\S+)", "\n".join(BLOCK.findall(readme)), re.MULTILINE)
    assert targets == ["demo", "test"]
    assert all(f"\n{target}:" in makefile for target in targets)


def test_the_commands_from_gap_to_fix_are_those_that_make_circle_runs() -> None:
    page = BLOCK.findall((ROOT / "docs" / CIRCLE).read_text(encoding="utf-8"))
    script = (ROOT / "docs" / "circle.sh").read_text(encoding="utf-8")
    shown = [line for block in page for line in block.splitlines() if line.strip()]
    assert shown == [line for line in script.splitlines() if line.strip() and not line.startswith(("#", "set "))]
    assert "bash docs/circle.sh" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_other_pages_show_commands_that_make_circle_runs() -> None:
    script = (ROOT / "docs" / "circle.sh").read_text(encoding="utf-8").splitlines()
    for page in WITH_TORCH[1:]:
        shown = [line for block in blocks(ROOT / "docs" / page) for line in block]
        assert shown
        assert set(shown) <= set(script)


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_dotted_names_and_imports_exist() -> None:
    for page in [*PAGES, ROOT / "CHANGELOG.md", ROOT / "configs" / "README.md"]:
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"`(medsyn_inspect(?:\.\w+)+)", text):
            assert pkgutil.resolve_name(name) is not None, f"{page.name}: {name}"
        for module, names in re.findall(r"^from (medsyn_inspect[\w.]*) import (.+)$", text, re.MULTILINE):
            for name in names.split(", "):
                assert pkgutil.resolve_name(f"{module}:{name}") is not None, f"{page.name}: {name}"


def test_every_parameter_is_documented() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for task in described_tasks():
        assert f"`{task.name}`" in readme
    assert parameter_table() in readme, "paste what `parameter_table` gives"
    reference = (ROOT / "docs" / "reference-reader.md").read_text(encoding="utf-8")
    for name in ReaderArguments.__dataclass_fields__:
        assert f"`{name}`" in reference, name


def test_the_picture_of_the_readme_is_that_of_the_bundled_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)
    from authoring.result_picture import PICTURE, picture

    drawn = picture(analyze(ROOT / "logs").sensitivity)
    assert PICTURE.read_text(encoding="utf-8") == drawn, "run python -m authoring.result_picture"


@pytest.mark.slow
def test_the_notebook_runs(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell in order, in one namespace; the last expression of a cell is shown, as in Jupyter."""
    monkeypatch.chdir(workplace)
    notebook = json.loads((ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    names: dict[str, Any] = {}
    shown = []
    for cell in cells:
        body = ast.parse(cell).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            shown.append(eval(compile(ast.Expression(last.value), "cell", "eval"), names))
    assert len(shown) == len(cells) - 1  # all but the import
    assert all(hasattr(value, "_repr_html_") or isinstance(value, (tuple, list)) for value in shown)


if __name__ == "__main__":
    take_shortcuts(pytest.MonkeyPatch())
    for one in list(sys.argv[1:]):
        if code := run(one):
            raise SystemExit(f"exit code {code}: {one}")
