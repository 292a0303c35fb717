"""The terminal on which tables are printed."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from medsyn_inspect.wording import visible

WIDTH = 120
"""Columns where the output is not a terminal but a file or a pipe."""


class Screen(Console):
    """A console on which every text, also in a table, is shown as it is: no markup, no emoji codes, nothing hidden."""

    def __init__(self) -> None:
        width = None if sys.stdout.isatty() else WIDTH
        super().__init__(width=width, highlight=False, markup=False, emoji=False)

    def render_str(self, text: str, **how: Any) -> Text:
        """Called by Rich for each text, before it is laid out."""
        return super().render_str(visible(text), **how)
