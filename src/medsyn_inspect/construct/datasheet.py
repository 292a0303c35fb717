"""The data sheet of a constructed set, written from the records of its construction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from medsyn_inspect.cases.card import Card
from medsyn_inspect.cases.case import Case
from medsyn_inspect.construct.draft import Draft, Use
from medsyn_inspect.construct.pipeline import Built
from medsyn_inspect.construct.refine import CONFIRMED, HELD_OUT_BEFORE, Measured
from medsyn_inspect.prompts.language import language_name
from medsyn_inspect.wording import number, percent, plural, visible

LIMITS = (
    "No clinician has reviewed these cases. The rules check words, numbers, sides, denials and names; they cannot "
    "see a finding that describes another image, or a synonym that shares no word with the diagnosis.",
    "No model has looked at the images. Which evidence an image shows is what its caption says, as the builder model "
    "sorted it.",
    "Identifiers are found by patterns and by a model. Both miss some; every change is listed for review in "
    "construction.jsonl.",
    "The builder model may have been trained on the reports, and readers may know them too. The canary only helps with "
    "models that are trained later.",
    "Draws of one case are not independent, so chance's interval over draws is too narrow for few cases; the interval "
    "over cases is given as well.",
)
"""Limits that every constructed set has."""


IMAGES_READ = (
    "Text inside images was read by RapidOCR and is listed for review in construction.jsonl. No image was changed, and "
    "faces were not looked for: look at every image before the set is shared."
)
IMAGES_NOT_READ = (
    "Text inside images was not looked for, because the extra `privacy` was not installed. Look at every image before "
    "the set is shared."
)


def datasheet(card: Card, cases: Sequence[Case], result: Built, about: dict[str, Any]) -> str:
    """The data sheet as Markdown.

    Args:
        card: The card.
        cases: The cases.
        result: The construction.
        about: As for `write_case_set`.
    """
    parts = [
        f"# {card.name} {card.version}",
        *(["**The reports are fictional. Results on this set have no clinical meaning.**"] if card.synthetic else []),
        "## What it contains",
        "\n".join(_contents(cases)),
        "## Where it comes from",
        "\n".join(_table(("Licence", "Reports"), Counter(case.licence for case in cases).most_common())),
        "Each case names its report and licence in `cases.jsonl`; `card.yaml` lists them as attributions.",
        "## What each step kept",
        "![From case reports to cases](flow.svg)",
        "\n".join(_flow(card)),
        "`construction.jsonl` says for every report which steps it passed, why it was dropped, and what was changed.",
        "## What rules caught",
        "\n".join(_caught(result.drafts)),
        "## Models and prompts",
        "\n".join(_models(result)),
        *_refinement(result),
        "## Agreement",
        "\n".join(_agreement(result)),
        "## Changes to texts",
        "\n".join(_changes(result.kept)),
        "## Known limits",
        "\n".join(f"- {limit}" for limit in (*LIMITS, IMAGES_READ if result.images_read else IMAGES_NOT_READ)),
        "## Canary",
        f"`{card.canary}`",
        f"Made with medsyn_inspect {about['package_version']}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _contents(cases: Sequence[Case]) -> Iterator[str]:
    types = [len(case.evidence) for case in cases]
    images = [sum(len(piece.images) for piece in case.evidence) for case in cases]
    languages = Counter(language_name(case.language) for case in cases)
    yield f"- {plural(len(cases), 'case')}: " + ", ".join(f"{count} {name}" for name, count in languages.most_common())
    yield f"- Evidence types per case: {number(sum(types) / len(types), 2)} on average, at most {max(types)}"
    yield f"- Images: {sum(images)}, {number(sum(images) / len(images), 2)} per case"
    specialties = Counter(case.specialty.value if case.specialty else "none" for case in cases)
    yield "- Specialties: " + ", ".join(f"{name} {count}" for name, count in sorted(specialties.items()))


def _flow(card: Card) -> list[str]:
    rows = [
        (step.step, step.kept, "; ".join(f"{reason} ({count})" for reason, count in step.dropped.items()))
        for step in card.constructed
    ]
    return _table(("Step", "Kept", "Dropped"), rows)


def _caught(drafts: Sequence[Draft]) -> list[str]:
    counts = Counter((one.step, one.rule) for draft in drafts for one in draft.caught)
    if not counts:
        return ["Nothing."]
    return _table(("Step", "Rule", "Times"), [(step, rule, count) for (step, rule), count in sorted(counts.items())])


def _models(result: Built) -> list[str]:
    """Calls, tokens and cost of each model in each step."""
    uses: dict[tuple[str, str, str, str], list[Use]] = {}
    for use in [*(use for draft in result.drafts for use in draft.uses), *result.refinement.uses]:
        uses.setdefault((use.step, use.model, use.answered_as, use.prompt), []).append(use)
    rows = [(*key, *_totals(found)) for key, found in uses.items()]
    total = _totals([use for found in uses.values() for use in found])
    rows.append(("all", "", "", "", *total))
    head = ("Step", "Model", "Answered as", "Prompt (SHA-256)", "Calls", "Tokens in", "Tokens out", "USD")
    return [
        *_table(head, rows),
        "",
        "Cost by list prices; replies from the cache are counted as if they had been paid.",
    ]


def _totals(uses: Sequence[Use]) -> tuple[str, str, str, str]:
    costs = [use.cost for use in uses]
    known = [cost for cost in costs if cost is not None]
    cost = number(sum(known), 2) if len(known) == len(costs) else "unknown"
    counts = (sum(use.calls for use in uses), sum(use.input_tokens for use in uses), sum(u.output_tokens for u in uses))
    return (*(f"{count:,}" for count in counts), cost)  # type: ignore[return-value]


def _refinement(result: Built) -> list[str]:
    record = result.refinement
    if not record.measured:
        return []
    names = {CONFIRMED: "after", HELD_OUT_BEFORE: "before"}
    rows = [(names.get(one.round, f"round {one.round}"), *_measured(one)) for one in record.measured]
    head = ("When", "Solver", "Saw", "Cases", "Draws", "Accuracy", "Chance's interval", "over cases", "Verdict")
    held_out = sorted({one.solver for one in record.measured if one.held_out})
    used = f"Held out of refinement: {', '.join(held_out)}." if held_out else "No solver was held out of refinement."
    passed = "is within or below" if record.passed else "is still above"
    changed = plural(len(record.replacements), "replacement")
    return [
        "## Solvers without evidence",
        f"After {changed} of options, the accuracy of the solvers that took part {passed} chance's interval. {used}",
        "\n".join(_table(head, rows)),
    ]


def _measured(one: Measured) -> tuple[str, ...]:
    saw = {"options": "the question alone", "text": "history and examination"}[one.shown]
    solver = one.solver + (" (held out)" if one.held_out else "")
    interval = f"{percent(one.chance_lower)} to {percent(one.chance_upper)}"
    over_cases = f"{percent(one.case_lower)} to {percent(one.case_upper)}"
    return (solver, saw, str(one.cases), str(one.draws), percent(one.accuracy), interval, over_cases, one.verdict)


def _agreement(result: Built) -> Iterator[str]:
    judged = [one for draft in result.drafts for one in draft.caught if one.step == "verify"]
    accepted = sum(len(draft.distractors) + len(draft.replaced) for draft in result.drafts)
    if accepted + len(judged):
        share = percent(accepted / (accepted + len(judged)))
        yield f"- The second request accepted {accepted} of {accepted + len(judged)} proposed distractors ({share})."
    yield "- Agreement with people: not measured; nobody has reviewed the cases."


def _changes(kept: Sequence[Draft]) -> list[str]:
    counts = Counter((one.rule, one.by) for draft in kept for one in draft.changes)
    if not counts:
        return ["None."]
    return _table(("What", "Found by", "Times"), [(rule, by, count) for (rule, by), count in sorted(counts.items())])


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(visible(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
