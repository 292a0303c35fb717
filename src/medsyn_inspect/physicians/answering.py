"""How a physician answers a case: first the differential, which is then locked; then the options appear.

Pure functions from the entries of a journal to what a person may see and enter next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import Any

from medsyn_inspect.cases.case import Case
from medsyn_inspect.physicians.journal import FINAL, Entry
from medsyn_inspect.physicians.local import PageError, check_name
from medsyn_inspect.physicians.session import order
from medsyn_inspect.physicians.sheet import SheetRow, filled_sheet

DIFFERENTIAL, CHOICE = FINAL["answers"]

TOGETHER = "+"
"""Joins the names of the people who answer together: `rater-1+rater-2` is their consensus."""


def members(person: str) -> tuple[str, ...]:
    """The people whose consensus this is; empty for a single person."""
    names = tuple(person.split(TOGETHER))
    return names if len(names) > 1 else ()


def check_readers(names: Sequence[str]) -> tuple[str, ...]:
    """The names of readers, each once, if they can be used.

    Raises:
        PageError: If one is not a name, or a consensus has a member that does not answer alone.
    """
    for name in names:
        for member in name.split(TOGETHER):
            check_name(member)
        if missing := [member for member in members(name) if member not in names]:
            raise PageError(f"{name} is the consensus of {' and '.join(members(name))}: add --reader {missing[0]}")
        if len(set(members(name))) < len(members(name)):
            raise PageError(f"{name} names the same person twice; name two people")
    return tuple(dict.fromkeys(names))


def queue(case_ids: Iterable[str], person: str, fingerprint: str) -> list[str]:
    """The cases in the order in which a person answers them; a consensus has the order of its first member."""
    return order(case_ids, person.split(TOGETHER)[0], fingerprint)


def locked(entries: Iterable[Entry], person: str) -> dict[str, dict[str, dict[str, Any]]]:
    """What a person has locked: by case, then by step, the content of the entry."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for entry in entries:
        if entry.person == person and entry.what in FINAL["answers"]:
            found.setdefault(entry.case_id, {})[entry.what] = entry.content
    return found


def finished(entries: Iterable[Entry], person: str) -> set[str]:
    """The cases that a person has finished."""
    return {entry.case_id for entry in entries if entry.person == person and entry.what == CHOICE}


def waiting(entries: Sequence[Entry], person: str, cases: Sequence[str]) -> list[str]:
    """The cases that people cannot yet answer together, since one of them has not finished them alone."""
    alone = [finished(entries, member) for member in members(person)]
    return [case_id for case_id in cases if not all(case_id in cases_ for cases_ in alone)]


def current(entries: Sequence[Entry], person: str, cases: Sequence[str]) -> str | None:
    """The next case of a person's queue that is open; `None` if there is none."""
    closed = finished(entries, person) | set(waiting(entries, person, cases))
    return next((case_id for case_id in cases if case_id not in closed), None)


def sheet_rows(entries: Sequence[Entry], person: str, cases: Iterable[Case]) -> list[SheetRow]:
    """The finished cases of a person as rows of an answer sheet, in the order of the case set."""
    found = locked(entries, person)
    rows = []
    for line, case in enumerate(cases, 2):
        given = found.get(case.case_id, {})
        if CHOICE not in given:
            continue
        first, last = given[DIFFERENTIAL], given[CHOICE]
        rows.append(
            SheetRow(
                line=line,
                case_id=case.case_id,
                differential=tuple(first["diagnoses"]),
                letter=last.get("letter"),
                ambiguity=last.get("ambiguity"),
                note=last.get("note"),
                confidence=last["confidence"],
                seconds_differential=first["seconds"],
                seconds_option=last["seconds"],
            )
        )
    return rows


@dataclass(frozen=True)
class Exported:
    """The sheet of a person, or of people who answered together."""

    name: str
    """The person; of a consensus `a-with-b`, since `+` has a meaning in addresses."""

    members: tuple[str, ...]
    """The people whose consensus this is; empty for a single person."""

    content: str
    """CSV."""

    cases: int
    """Number of cases in it."""


def exported(entries: Sequence[Entry], cases: Sequence[Case]) -> list[Exported]:
    """The sheet of each person; people who have finished no case are left out."""
    people = dict.fromkeys(entry.person for entry in entries)
    rows = {person: sheet_rows(entries, person, cases) for person in people}
    return [
        Exported(person.replace(TOGETHER, "-with-"), members(person), filled_sheet(given), len(given))
        for person, given in rows.items()
        if given
    ]


def agreement(entries: Sequence[Entry], cases: Sequence[Case]) -> list[str]:
    """How often two people who answered alone chose the same option, in words, one line a pair."""
    from scipy.stats import binomtest

    counts = {case.case_id: len(case.options) for case in cases if case.options}
    chosen: dict[str, dict[str, str]] = {}
    for entry in entries:
        if entry.what == CHOICE and not members(entry.person) and entry.content.get("letter"):
            chosen.setdefault(entry.person, {})[entry.case_id] = entry.content["letter"]
    lines = []
    for one, other in combinations(chosen, 2):
        common = [case_id for case_id in chosen[one] if case_id in chosen[other]]
        if not common:
            continue
        same = sum(chosen[one][case_id] == chosen[other][case_id] for case_id in common)
        interval = binomtest(same, len(common)).proportion_ci(method="wilson")
        chance = fmean(1 / counts[case_id] for case_id in common)
        share = f"{same / len(common):.0%} [{interval.low:.0%}, {interval.high:.0%}]"
        lines.append(
            f"{one} and {other} chose the same option in {same} of {len(common)} cases ({share}; "
            f"{chance:.0%} if both choose at random)"
        )
    return lines
