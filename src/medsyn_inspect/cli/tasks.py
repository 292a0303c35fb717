"""`medsyn tasks`."""

from __future__ import annotations

import click

from medsyn_inspect.cli.printing import say


@click.command("tasks")
def command() -> None:
    """List the tasks with their parameters (`-T name=value`)."""
    from medsyn_inspect.planning.listing import described_tasks

    for task in described_tasks():
        say(f"medsyn_inspect/{task.name}", bold=True, nl=False)
        say(f"  {task.summary}")
        for parameter in task.parameters:
            say(f"  -T {parameter.name + '=' + parameter.default:<18} {parameter.meaning}")
        say()
    say("Example: inspect eval medsyn_inspect/fdx --model reference/reader -T view=finding")
