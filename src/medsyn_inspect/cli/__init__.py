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
        answer,
        answer_sheet,
        apply_review,
        attention,
        before_after,
        cases_check,
        cases_import,
        cases_init,
        cases_page,
        cases_show,
        cases_template,
        construct,
        curate,
        demo,
        doctor,
        export,
        export_answers,
        export_form,
        import_answers,
        merge,
        microworld,
        plan,
        refine,
        report,
        review,
        tasks,
        train,
        views,
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
    """Make, check, show and import case sets."""


RUNS = (tasks, demo, doctor, plan)
CASE_SETS = (construct, review, apply_review)
PHYSICIANS = (answer, answer_sheet, export_answers, export_form, import_answers, merge)
RESULTS = (analyze, report, export)
INTERVENTIONS = (microworld, refine, curate, views, train, before_after, attention)

for module in (*RUNS, *CASE_SETS, *PHYSICIANS, *RESULTS, *INTERVENTIONS):
    main.add_command(module.command)
for module in (cases_template, cases_init, cases_check, cases_show, cases_page, cases_import):
    cases.add_command(module.command)
