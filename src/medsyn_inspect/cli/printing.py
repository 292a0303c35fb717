"""How commands print."""

from __future__ import annotations

from typing import Any

import click

from medsyn_inspect.wording import visible


def say(text: object = "", **how: Any) -> None:
    """Print a text without characters that a terminal would obey or hide.

    Args:
        text: To be printed.
        how: As for `click.secho`, such as `err=True` or `bold=True`.
    """
    click.secho(visible(text), **how)
