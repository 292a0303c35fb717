"""Adversarial refinement: options by which solvers without evidence win are replaced, round by round.

A solver sees the question alone (`options`), or with history and examination (`text`). As long as its accuracy is above
chance's interval, the options of as many cases as necessary are changed: the two distractors that were chosen least are
replaced. Accuracy is always measured with new draws. Solvers that are held out are measured before and after the
rounds, and decide nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inspect_ai.model import Model
from pydantic import Field

from medsyn_inspect.cases.case import Record
from medsyn_inspect.construct.draft import OPTIONS, Draft, Use
from medsyn_inspect.construct.draws import Drawn, Shown
from medsyn_inspect.construct.rules.chance import chance_of, to_change

NAME = "refine"
WITHOUT_EVIDENCE: tuple[Shown, ...] = ("options", "text")

LEAST_DRAWS = 200
"""Minimum number of draws of a solver in a round, over all cases, for each way of showing a case."""

ROUNDS = 3
"""Maximum number of rounds in which options are replaced."""

REPLACED = 2
"""Number of distractors that are replaced in a case in a round."""

CONFIRMED = "confirmation"
"""Name of the measurement after the last round."""

HELD_OUT_BEFORE = "before"
"""Name of the measurement of solvers that are held out, before the first round."""

Draws = Callable[[Model, Sequence[Draft], Sequence[Shown], int, str], dict[str, list[Drawn]]]
"""Runs a solver on cases: its draws by case id; cases with failed calls are missing."""

MoreDistractors = Callable[[Sequence[Draft], int], list[Draft]]
"""Asks the builder for more distractors of some cases, in a round."""


class Measured(Record):
    """The accuracy of one solver in one round."""

    round: str
    """`1`, `2`..., or `CONFIRMED` or `HELD_OUT_BEFORE`."""

    solver: str
    held_out: bool
    shown: Shown
    cases: int
    draws: int
    right: int
    unread: int
    accuracy: float
    chance: float
    chance_lower: float
    chance_upper: float
    verdict: str
    """`above`, `within` or `below` chance's interval."""

    case_lower: float
    """Chance's interval if each case were drawn once: draws of one case are not independent."""

    case_upper: float


class Replacement(Record):
    """The options that were replaced in a case in a round."""

    round: str
    case_id: str
    out: tuple[str, ...]
    put: tuple[str, ...]


class Refinement(Record):
    """The record of a refinement."""

    measured: tuple[Measured, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    uses: tuple[Use, ...] = ()
    failed: tuple[str, ...] = Field(default=())
    """Cases with failed calls, by id; they were left out of a measurement."""

    @property
    def passed(self) -> bool:
        """Whether no solver that took part is above chance's interval after the last round."""
        last = [one for one in self.measured if one.round == CONFIRMED and not one.held_out]
        return bool(last) and all(one.verdict != "above" for one in last)


@dataclass(frozen=True)
class Solvers:
    """The solvers of a refinement."""

    taking_part: tuple[Model, ...]
    held_out: tuple[Model, ...] = ()


def draws_per_case(cases: int, least: int = LEAST_DRAWS) -> int:
    """Draws per case, a multiple of the number of options, so that the diagnosis is at every place equally often."""
    return max(1, math.ceil(least / (cases * OPTIONS))) * OPTIONS


def refined(
    drafts: Sequence[Draft], solvers: Solvers, draws: Draws, more: MoreDistractors, *, rounds: int, least: int
) -> tuple[list[Draft], Refinement]:
    """Refine the options of all drafts that go on.

    Args:
        drafts: All drafts; those that were dropped stay as they are.
        solvers: The solvers.
        draws: Runs a solver.
        more: Asks for more distractors.
        rounds: Maximum number of rounds with replacements.
        least: Minimum number of draws.
    """
    current = {draft.case_id: draft for draft in drafts}
    record = Refinement()

    def measure(models: Sequence[Model], name: str, held_out: bool) -> dict[str, list[Drawn]]:
        nonlocal record
        going = [draft for draft in current.values() if draft.goes_on]
        pooled: dict[str, list[Drawn]] = {}
        for model in models:
            found = draws(model, going, WITHOUT_EVIDENCE, draws_per_case(len(going), least), name)
            record = _recorded(record, found, going, name=name, solver=str(model), held_out=held_out)
            for case_id, results in found.items():
                pooled.setdefault(case_id, []).extend(results)
        return pooled

    measure(solvers.held_out, HELD_OUT_BEFORE, True)
    for number in range(1, rounds + 1):
        results = measure(solvers.taking_part, str(number), False)
        chosen = _cases_to_change(record, str(number), results)
        if not chosen:
            break
        changed = replaced([current[one] for one in chosen], results, number, more)
        for before, after in changed:
            current[after.case_id] = after
            out = tuple(name for name in before.options if name not in after.options)
            put = tuple(name for name in after.options if name not in before.options)
            note = Replacement(round=str(number), case_id=after.case_id, out=out, put=put)
            record = record.model_copy(update={"replacements": (*record.replacements, note)})
    measure(solvers.taking_part, CONFIRMED, False)
    measure(solvers.held_out, CONFIRMED, True)
    return [current[draft.case_id] for draft in drafts], record


def replaced(
    drafts: Sequence[Draft], results: dict[str, list[Drawn]], number: int, more: MoreDistractors
) -> list[tuple[Draft, Draft]]:
    """Replace the least chosen distractors of cases; each case before and after. A case without spares stays as it is.

    Args:
        drafts: The cases.
        results: The draws of all solvers, by case.
        number: The round.
        more: Asks the builder for distractors for cases that have fewer spares than are needed.
    """
    short = [draft for draft in drafts if len(draft.distractors) - (OPTIONS - 1) < REPLACED]
    filled = {draft.case_id: draft for draft in (more(short, number) if short else [])}
    pairs = []
    for draft in drafts:
        full = filled.get(draft.case_id, draft)
        after = _with_spares(full, results[draft.case_id]) if full.goes_on else draft
        pairs.append((draft, after))
    return pairs


def _with_spares(draft: Draft, results: Sequence[Drawn]) -> Draft:
    chosen: Counter[str] = Counter()
    for one in results:
        chosen.update(one.chosen)
    options, spares = list(draft.distractors[: OPTIONS - 1]), list(draft.distractors[OPTIONS - 1 :])
    least = sorted(range(len(options)), key=lambda at: (chosen[options[at].name], at))[: min(REPLACED, len(spares))]
    gone = []
    for at in least:
        gone.append(options[at].name)
        options[at] = spares.pop(0)
    draft = draft.but(distractors=(*options, *spares), replaced=(*draft.replaced, *gone))
    return draft.catching(NAME, "option that a solver without evidence wins by", *gone)


def _cases_to_change(record: Refinement, name: str, results: dict[str, list[Drawn]]) -> list[str]:
    """The cases whose options must change: as few as possible for each solver that is above the interval."""
    above = [one for one in record.measured if one.round == name and one.verdict == "above"]
    chosen: dict[str, None] = {}
    for one in above:
        wins = {
            case_id: found.share
            for case_id, all_found in results.items()
            for found in all_found
            if found.shown == one.shown and found.use.model == one.solver
        }
        chosen |= dict.fromkeys(to_change(wins, one.chance))
    return list(chosen)


def _recorded(
    record: Refinement,
    found: dict[str, list[Drawn]],
    going: Sequence[Draft],
    *,
    name: str,
    solver: str,
    held_out: bool,
) -> Refinement:
    """The record with a measurement of one solver."""
    measured = list(record.measured)
    for shown in WITHOUT_EVIDENCE:
        results = {case_id: one for case_id, all_found in found.items() for one in all_found if one.shown == shown}
        if not results:
            continue
        sizes = {draft.case_id: len(draft.options) for draft in going}
        chance = chance_of([sizes[case_id] for case_id, one in results.items() for _ in range(one.draws)])
        per_case = chance_of([sizes[case_id] for case_id in results])
        total, right = sum(one.draws for one in results.values()), sum(one.right for one in results.values())
        measured.append(
            Measured(
                round=name,
                solver=solver,
                held_out=held_out,
                shown=shown,
                cases=len(results),
                draws=total,
                right=right,
                unread=sum(one.unread for one in results.values()),
                accuracy=right / total,
                chance=chance.accuracy,
                chance_lower=chance.lower,
                chance_upper=chance.upper,
                verdict=chance.verdict(right / total),
                case_lower=per_case.lower,
                case_upper=per_case.upper,
            )
        )
    uses = [one.use for all_found in found.values() for one in all_found]
    failed = [draft.case_id for draft in going if draft.case_id not in found]
    return record.model_copy(
        update={
            "measured": tuple(measured),
            "uses": (*record.uses, *(use.model_copy(update={"step": NAME}) for use in uses)),
            "failed": (*record.failed, *failed),
        }
    )
