"""Print text in the terminal."""

from __future__ import annotations

from typing import Any

import click

from medsyn_inspect.wording import visible


def say(text: object = "", **how: Any) -> None:
    """Print a text in which control and invisible characters are replaced.

    Args:
        text: The text to print.
        how: Arguments of `click.secho`, such as `err=True` or `bold=True`.
    """
    click.secho(visible(text), **how)
