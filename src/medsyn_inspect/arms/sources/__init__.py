"""The sources of a posterior, one module each: its question, its requests, and how answers become an arm's record.

To add a source, add a module with a `SOURCE` (see `source.Source`), its name to `NAMES`, and the templates of its
questions to each language. The task's choices and the plan follow from this.
"""

from __future__ import annotations

from importlib import import_module

from medsyn_inspect.arms.sources.source import Request, Source

NAMES = ("logprobs", "samples", "verbalized")
"""The modules of this package that are sources; their names are those of the sources."""

SOURCES: dict[str, Source] = {name: import_module(f"{__name__}.{name}").SOURCE for name in NAMES}
"""Each source, by name."""

AUTO = "auto"
"""The choice of `logprobs` if a model gives them, otherwise of `samples`."""

LOGPROBS = "logprobs"
"""The source that `auto` prefers."""

SAMPLES = "samples"
"""The source that every model has."""

CHOICES = (AUTO, *NAMES)
"""The values of the task parameter `posterior`."""

__all__ = ["AUTO", "CHOICES", "LOGPROBS", "NAMES", "SAMPLES", "SOURCES", "Request", "Source"]
