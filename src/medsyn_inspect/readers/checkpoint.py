"""Loads a checkpoint of an image-text-to-text model, after checking that it can serve and fits into memory."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil

EXTRA = "hf"
MODULES = ("torch", "transformers")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HEADROOM = 1.2
"""Memory that a model needs, relative to its weights."""


class CannotServe(ValueError):
    """Raised if a checkpoint cannot be served; the message says why and what to do, in one sentence."""


@dataclass(frozen=True)
class ServeArguments:
    """The `-M` arguments of `hf-vlm`."""

    device: str = "auto"
    """`cpu`, `cuda:0`, `mps`; `auto` for the first of cuda and mps that there is, otherwise cpu."""

    dtype: str = "auto"
    """`float32`, `bfloat16`, `float16`; `auto` for that of the checkpoint on a GPU, and float32 on a CPU."""

    attention: str = "auto"
    """Attention implementation: `sdpa`, `eager`, `flash_attention_2`; `auto` for the default of the model class."""

    revision: str = ""
    """Required revision: a commit of the Hub, or the fingerprint of a folder; empty for any. It is recorded."""

    letters: str = "forward"
    """`forward`: letter probabilities by one forward pass; `generate`: from a generated answer."""

    batch_size: int = 16
    """Maximum number of prompts that run together."""

    share_prefix: bool = False
    """Whether the common beginning of prompts of a batch is computed once, for letters by a forward pass."""

    max_prompt_tokens: int = 0
    """Maximum length of a prompt in tokens; 0 for the model's context. Longer prompts are refused, never cut."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> ServeArguments:
        """The arguments given with `-M`.

        Raises:
            CannotServe: If a name is unknown or a value has the wrong type.
        """
        known = {one.name: one.default for one in fields(cls)}
        for name, value in given.items():
            if name not in known:
                raise CannotServe(f"-M {name}: unknown; hf-vlm has {', '.join(known)}")
            if type(value) is not type(known[name]):
                raise CannotServe(f"-M {name}={value}: must be of type {type(known[name]).__name__}")
        found = cls(**given)
        if found.letters not in ("forward", "generate"):
            raise CannotServe(f"-M letters={found.letters}: choose forward or generate")
        if found.batch_size < 1:
            raise CannotServe(f"-M batch_size={found.batch_size}: must be 1 or more")
        return found


@dataclass(frozen=True)
class Checkpoint:
    """A loaded model."""

    model: Any
    processor: Any
    revision: str
    """Commit of the Hub, or fingerprint of the folder."""

    context: int
    """Maximum number of tokens of a prompt."""


NO_ARGUMENTS: Mapping[str, Any] = MappingProxyType({})


def load_checkpoint(name: str, arguments: ServeArguments) -> Checkpoint:
    """Load a checkpoint.

    Args:
        name: A folder, or a name on the Hub.
        arguments: How to load it.

    Raises:
        CannotServe: If the extra is not installed; there is no such checkpoint, or it is incomplete; it is not the
            required revision; it lacks a chat template or an image processor; or there is not enough memory.
    """
    require_extra(EXTRA, MODULES, f"hf-vlm/{name}")
    import torch
    from transformers import AutoModelForImageTextToText

    folder = Path(name).expanduser()
    local = folder.is_dir()
    _refuse_missing(name, folder)
    where = {"revision": arguments.revision or None} if not local else {}
    revision = folder_fingerprint(folder) if local else ""
    _require_revision(name, arguments.revision if local else "", revision)
    processor = _processor(str(folder) if local else name, where)
    device = _device(arguments.device)
    dtype = arguments.dtype if arguments.dtype != "auto" else ("float32" if device == "cpu" else "auto")
    if local:
        require_memory(name, weights_of(folder), device, dtype)
    how = {"attn_implementation": arguments.attention} if arguments.attention != "auto" else {}
    try:
        model = AutoModelForImageTextToText.from_pretrained(str(folder) if local else name, dtype=dtype, **where, **how)
        model = model.to(device)
    except (OSError, ValueError, ImportError) as error:
        raise CannotServe(f"hf-vlm/{name}: the model cannot be loaded ({_first_line(error)})") from error
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise CannotServe(f"hf-vlm/{name}: out of memory on {device}; {LOWER}") from error
    model.eval()
    if not local:
        revision = str(getattr(model.config, "_commit_hash", "") or "")
        _require_revision(name, arguments.revision if _COMMIT.fullmatch(arguments.revision) else "", revision)
    text = model.config.get_text_config()
    context = int(getattr(text, "max_position_embeddings", 0) or 0) or 2**31
    most = min(context, arguments.max_prompt_tokens or context)
    return Checkpoint(model, processor, revision, most)


LOWER = "use -M dtype=bfloat16, a lower -M batch_size, a smaller model, or a device with more memory"


def require_extra(extra: str, modules: tuple[str, ...], purpose: str) -> None:
    """Check that the packages of an extra are installed.

    Raises:
        CannotServe: If they are not.
    """
    from importlib.util import find_spec

    if missing := [name for name in modules if find_spec(name) is None]:
        raise CannotServe(
            f"{purpose} needs {' and '.join(missing)}: install them with `pip install 'medsyn-inspect[{extra}]'`"
        )


def folder_fingerprint(folder: Path) -> str:
    """Hash of everything in a checkpoint's folder that determines its answers."""
    content = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.is_file() and file.suffix in (".json", ".safetensors", ".bin", ".jinja", ".model", ".txt"):
            content.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return f"sha256-{content.hexdigest()[:16]}"


def weights_of(folder: Path) -> int:
    """Number of parameters in a folder, from the headers of its safetensors files; 0 if there are none."""
    count = 0
    for file in folder.glob("*.safetensors"):
        with file.open("rb") as stream:
            header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        for name, tensor in header.items():
            if name != "__metadata__":
                size = 1
                for side in tensor["shape"]:
                    size *= side
                count += size
    return count


def require_memory(name: str, parameters: int, device: str, dtype: str) -> None:
    """Check that the weights fit into memory, before they are loaded.

    Raises:
        CannotServe: If they do not.
    """
    needed = parameters * (4 if dtype == "float32" else 2) * _HEADROOM
    free = free_memory(device)
    if needed > free:
        raise CannotServe(
            f"hf-vlm/{name}: {parameters / 1e9:.1f} billion parameters in {dtype} need about {needed / 1e9:.1f} GB, "
            f"but {device} has {free / 1e9:.1f} GB free; {LOWER}"
        )


def free_memory(device: str) -> float:
    """Free memory of a device in bytes."""
    if device.startswith("cuda"):
        import torch

        return float(torch.cuda.mem_get_info(device)[0])
    return float(psutil.virtual_memory().available)


def _device(wanted: str) -> str:
    import torch

    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _refuse_missing(name: str, folder: Path) -> None:
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise CannotServe(f"hf-vlm/{name}: the folder has no config.json; name the folder of a checkpoint")
    elif folder.exists() or name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise CannotServe(f"hf-vlm/{name}: no such folder")


def _require_revision(name: str, wanted: str, found: str) -> None:
    if wanted and found != wanted:
        raise CannotServe(
            f"hf-vlm/{name}: is revision {found or 'unknown'}, not {wanted} as required by -M revision; it has "
            "changed, so restore it, or require the new revision"
        )


def _processor(place: str, where: Mapping[str, Any]) -> Any:
    from transformers import AutoProcessor

    try:
        processor = AutoProcessor.from_pretrained(place, **where)
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        raise CannotServe(f"hf-vlm/{place}: has no usable processor ({_first_line(error)})") from error
    if getattr(processor, "image_processor", None) is None:
        raise CannotServe(
            f"hf-vlm/{place}: has no image processor, so it cannot be shown images; use a multimodal checkpoint"
        )
    if not (getattr(processor, "chat_template", None) or getattr(processor.tokenizer, "chat_template", None)):
        raise CannotServe(
            f"hf-vlm/{place}: has no chat template; add a chat_template.jinja, or use an instruction-tuned checkpoint"
        )
    if processor.tokenizer.pad_token_id is None:
        processor.tokenizer.pad_token = processor.tokenizer.eos_token
    return processor


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
