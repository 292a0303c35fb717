"""Results for others: headers of logs as JSON, and the shared schema of Every Eval Ever. Neither tells the cases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class ExportFailed(ValueError):
    """Nothing was exported; the message says why and what would mend it."""


def write_files(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Write texts under a folder, by their path in it; what is there already under such a path is replaced."""
    written = []
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written
