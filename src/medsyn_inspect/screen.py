"""Console for printing tables in the terminal."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from medsyn_inspect.wording import visible

WIDTH = 120
"""Width in columns if the output is a file or a pipe."""


class Screen(Console):
    """A console that prints every text literally, also in tables: without markup, emoji codes or hidden characters."""

    def __init__(self) -> None:
        width = None if sys.stdout.isatty() else WIDTH
        super().__init__(width=width, highlight=False, markup=False, emoji=False)

    def render_str(self, text: str, **how: Any) -> Text:
        """Called by Rich for each text before layout."""
        return super().render_str(visible(text), **how)
