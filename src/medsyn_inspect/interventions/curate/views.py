"""Mixtures as other trainers read them: LLaMA-Factory with its `dataset_info.json`, and ms-swift.

llama-factory/   dataset_info.json, and a JSONL file for each mixture, as the dataset `medsyn_NAME`
ms-swift/        a JSONL file for each mixture

Both take texts with `<image>` where an image is shown, and absolute paths in `images`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medsyn_inspect.interventions.curate import MARK

LLAMA_FACTORY, MS_SWIFT = "llama-factory", "ms-swift"
DATASET_INFO = "dataset_info.json"


def view_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A complete row of TRL, as LLaMA-Factory and ms-swift read it."""
    messages = [
        {
            "role": message["role"],
            "content": "".join(MARK if part["type"] == "image" else part["text"] for part in message["content"]),
        }
        for message in row["messages"]
    ]
    return {"messages": messages, "images": list(row["images"])}


def write_views(folder: Path, mixtures: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Write both views.

    Args:
        folder: An existing folder, in which a folder for each trainer is made.
        mixtures: Complete rows of TRL by the name of their mixture.
    """
    for trainer in (LLAMA_FACTORY, MS_SWIFT):
        (folder / trainer).mkdir()
        for name, rows in mixtures.items():
            lines = "".join(json.dumps(view_row(row), ensure_ascii=False) + "\n" for row in rows)
            (folder / trainer / f"{name}.jsonl").write_text(lines, encoding="utf-8", newline="\n")
    info = {f"medsyn_{name}": _dataset(f"{name}.jsonl") for name in mixtures}
    (folder / LLAMA_FACTORY / DATASET_INFO).write_text(json.dumps(info, indent=1) + "\n", encoding="utf-8")


def _dataset(file: str) -> dict[str, Any]:
    """A dataset's entry in `dataset_info.json`."""
    tags = {"role_tag": "role", "content_tag": "content"}
    tags |= {f"{role}_tag": role for role in ("user", "assistant", "system")}
    columns = {"messages": "messages", "images": "images"}
    return {"file_name": file, "formatting": "sharegpt", "columns": columns, "tags": tags}
