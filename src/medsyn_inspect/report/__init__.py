"""The report: the results of logs, with the information needed to check and to reproduce them."""

from typing import Literal

SnippetKind = Literal["md", "latex", "html"]
"""Language of the piece for a model card."""
