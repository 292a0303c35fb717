"""Validate exports with the validator of Every Eval Ever, if it is installed, before they are written."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

from medsyn_inspect.report.export import ExportFailed
from medsyn_inspect.writing import write_files

PACKAGE = "every-eval-ever"


def validator_version() -> str | None:
    """Version of the validator, or `None` if it is not installed."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return None


def require_valid(files: Mapping[str, str]) -> str:
    """Validate the files and return a sentence about the result.

    Raises:
        ExportFailed: If the validator reports a problem.
    """
    installed = validator_version()
    if installed is None:
        return f"Not validated: {PACKAGE} is not installed (Python 3.12 or later: pip install 'medsyn-inspect[export]')"
    if problems := problems_of(files):
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise ExportFailed(f"{PACKAGE} {installed} does not accept the export; nothing was written:\n{listed}")
    return f"Validated by {PACKAGE} {installed}"


def problems_of(files: Mapping[str, str]) -> list[str]:
    """Errors and warnings of the validator, which must be installed.

    Args:
        files: Texts by path below the root of the datastore.
    """
    from every_eval_ever.validator.validation_core import format_error, format_warning, validate_file

    problems = []
    with TemporaryDirectory() as folder:
        write_files(files, Path(folder))
        for name in files:
            report = validate_file(
                Path(folder, name),
                repo_path=name,
                available_files=files.keys(),
                read_repo_file=files.__getitem__,
                run_semantic_checks=True,
            )
            problems += [f"{name}: {format_error(error)}" for error in report.errors]
            problems += [f"{name}: warning: {format_warning(warning)}" for warning in report.warnings]
    return problems
