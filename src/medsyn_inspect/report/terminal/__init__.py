"""Findings as tables in the terminal."""

from __future__ import annotations

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.report.answer import answer
from medsyn_inspect.report.terminal.belief import calibration_table, orders_table, stages_table
from medsyn_inspect.report.terminal.gap import types_table, uptake_table
from medsyn_inspect.report.terminal.pairs import association_lines, comparisons_table
from medsyn_inspect.report.terminal.physicians import physicians_tables
from medsyn_inspect.report.terminal.rates import headline_table, ratings_table
from medsyn_inspect.report.terminal.readers import answer_lines, gap_table, pairs_table, readers_table
from medsyn_inspect.report.terminal.refinement import refinement_table
from medsyn_inspect.screen import Screen

__all__ = ["print_findings", "print_rates"]


def print_rates(findings: Findings) -> None:
    """Print the answer, coverage and accuracy in the plain condition, and the notes."""
    console = Screen()
    answer_lines(console, answer(findings))
    readers_table(console, findings)
    if len(findings.physicians):
        physicians_tables(console, findings.physicians, findings.physician_pairs)
    if len(findings.ratings):
        ratings_table(console, findings.ratings)
    for note in findings.notes:
        console.print(f"- {note}")


def print_findings(findings: Findings, closed_form: pd.DataFrame | None = None) -> None:
    """Print the answer, the tables with rows, and the notes.

    First comes what answers the questions of a report: the readers with their ranks, reader against reader, and how
    much of a finding's effect images have. The published measures, conditions and details follow.

    Args:
        findings: From `find`.
        closed_form: From `closed_form_types`: the exact gap of the reference reader.
    """
    console = Screen()
    answer_lines(console, answer(findings))
    readers_table(console, findings)
    if len(findings.reader_pairs):
        pairs_table(console, findings.reader_pairs, findings.readers["reader"])
    if len(findings.physicians):
        physicians_tables(console, findings.physicians, findings.physician_pairs)
    gap_table(console, findings.readers)
    if len(findings.types):
        uptake_table(console, findings.types)
    if len(findings.headline):
        headline_table(console, findings.headline)
    if len(findings.ratings):
        ratings_table(console, findings.ratings)
    if len(findings.types):
        types_table(console, findings.types, closed_form)
    if len(findings.comparisons):
        comparisons_table(console, findings.comparisons)
    if len(findings.refinement):
        refinement_table(console, findings.refinement)
    if len(findings.associations):
        association_lines(console, findings.associations)
    if len(findings.calibration):
        calibration_table(console, findings.calibration)
    if len(findings.orders):
        orders_table(console, findings.orders, findings.readers)
    if len(findings.stage_summary):
        stages_table(console, findings.stage_summary)
    for note in findings.notes:
        console.print(f"- {note}")
