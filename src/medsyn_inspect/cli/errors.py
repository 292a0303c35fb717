"""Converts errors into a one-line message and an exit code."""

from __future__ import annotations

from typing import Any

import click

from medsyn_inspect.cli.printing import say
from medsyn_inspect.wording import visible

INTERRUPTED = 130
"""Exit code after Ctrl-C, as is usual in shells."""


class OneSentence(click.Group):
    """A command group that shows no traceback for invalid input, or for files that cannot be read or written."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        Raises:
            click.ClickException: For a `ValueError` or an `OSError`; Click prints it and exits with 1.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # The output is piped into a program that has ended; Click exits silently.
        except (ValueError, OSError) as error:
            raise click.ClickException(visible(_sentence(error))) from error
        except KeyboardInterrupt:
            say("Interrupted", err=True)
            ctx.exit(INTERRUPTED)


def _sentence(error: ValueError | OSError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror
    return str(error)
