"""The `medsyn` command: functions that `inspect` does not have. Each subcommand is a module with a `command`.

Modules that import Inspect, scipy or matplotlib are imported inside the commands that need them, so that
`medsyn cases check` and `medsyn --help` start quickly.
"""

from __future__ import annotations

import sys

try:
    import click

    from medsyn_inspect.cli import (
        analyze,
        answer_sheet,
        cases_check,
        cases_import,
        cases_show,
        curate,
        demo,
        doctor,
        export,
        import_answers,
        microworld,
        plan,
        report,
        tasks,
        train,
    )
    from medsyn_inspect.cli.errors import OneSentence
except KeyboardInterrupt:
    # The imports take a third of a second, in which Click cannot yet handle Ctrl-C.
    print("Interrupted", file=sys.stderr)
    raise SystemExit(130) from None

__all__ = ["main"]


@click.group(cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="medsyn-inspect")
def main() -> None:
    """Manage the cases, tasks and results of medsyn_inspect. Run the tasks with `inspect eval medsyn_inspect/TASK`."""


@main.group()
def cases() -> None:
    """Check, show and import case sets."""


for module in (
    tasks,
    demo,
    doctor,
    plan,
    answer_sheet,
    import_answers,
    analyze,
    report,
    export,
    microworld,
    curate,
    train,
):
    main.add_command(module.command)
for module in (cases_check, cases_show, cases_import):
    cases.add_command(module.command)
