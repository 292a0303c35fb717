"""Prints a plan as tables in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, groupby

from rich.table import Table

from medsyn_inspect.planning.plan import CHARACTERS_PER_TOKEN, NO_MODEL, Plan, Row
from medsyn_inspect.planning.prices import Price
from medsyn_inspect.providers import is_billed
from medsyn_inspect.screen import Screen
from medsyn_inspect.wording import NOT_BILLED

WIDTHS = {"Arms": 5, "Requests": 8, "Images": 9, "MB sent": 7, "Tok. in": 7, "out": 6, "USD": 7}
"""The number columns and their minimum widths."""


def plan_table(plan: Plan, prices: Mapping[str, Price]) -> None:
    """Print a plan: the cases, a table for each model, and the remarks."""
    console = Screen()
    console.print(
        f"{plan.task} on {plan.case_set}: {plan.cases:,} cases, {plan.distinct_images:,} different images "
        f"({rounded(plan.distinct_bytes / 1e6)} MB as base64)."
    )
    console.print("Requests and images are counted; tokens and cost are estimates.")
    arms = plan.task == "sensitivity"
    for number, (model, rows) in enumerate(groupby(plan.rows, key=lambda row: row.model)):
        # A separate table per model leaves room for the numbers; equal widths align the tables.
        table = Table(
            box=None, title=f"\n{model or NO_MODEL}", title_justify="left", show_header=number == 0, pad_edge=False
        )
        table.add_column("Posterior" if arms else "Role", min_width=10)
        for name, least in WIDTHS.items():
            if arms or name != "Arms":
                table.add_column(name, justify="right", overflow="fold", min_width=least)
        for row in rows:
            table.add_row(*cells(row, arms))
        console.print(table)
    console.print()
    for remark in dict.fromkeys((*plan.remarks, *chain.from_iterable(row.remarks for row in plan.rows))):
        console.print(f"- {remark.rstrip('.')}.")
    for remark in price_remarks(plan, prices):
        console.print(f"- {remark}")


def cells(row: Row, arms: bool) -> list[str]:
    """The cells of a row of the table."""
    most = "≤ " if row.at_most else ""
    images = [f"{most}{row.images:,}", rounded(row.wire_bytes / 1e6)] if row.images else ["0", "0"]
    numbers = [f"{most}{row.requests:,}", *images, tokens(row.input_tokens), tokens(row.output_tokens)]
    if row.cost is None:
        cost = "unknown"
    elif row.model and not is_billed(row.model):
        cost = "none"
    else:
        cost = f"{most}{row.cost:,.{2 if row.cost < 100 else 0}f}"
    role = f"{row.role} *" if row.by_auto else row.role
    return [role, *([f"{row.arms:,}"] if arms else []), *numbers, cost]


def price_remarks(plan: Plan, prices: Mapping[str, Price]) -> list[str]:
    """Remarks on the sources of prices, missing prices, and the estimate of tokens."""
    remarks = []
    for model in dict.fromkeys(row.model for row in plan.rows):
        if model is None:
            remarks.append("Name a --model: tokens and cost depend on it.")
        elif not is_billed(model):
            remarks.append(f"{model}: {NOT_BILLED}.")
        elif price := prices.get(model):
            known = ", ".join(filter(None, (f"as of {price.as_of}" if price.as_of else "", price.source)))
            remarks.append(
                f"{model}: {price.input:g} in, {price.output:g} out per million tokens ({known or 'yours'})."
            )
        else:
            remarks.append(f"{model}: no price known; give it with --prices FILE (Inspect's --model-cost-config).")
    remarks.append(
        f"Text: {CHARACTERS_PER_TOKEN} Latin characters per token, every other character (Chinese) one token; "
        "tokenizers differ by a third and more. Retries and discounts for cached or batched requests are not included."
    )
    return remarks


def tokens(count: int) -> str:
    """A number of tokens in thousands or millions."""
    return f"{rounded(count / 1e6)} M" if count >= 1e6 else f"{rounded(count / 1e3)} k"


def rounded(number: float) -> str:
    """A number with two decimals, from 10 with one, from 100 with none: estimates are not more precise."""
    return f"{number:,.{2 if number < 9.995 else 1 if number < 99.95 else 0}f}"
