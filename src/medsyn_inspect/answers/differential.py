"""Which diagnoses an answer lists, in order, and to which one it commits itself.

A differential is read from one list, numbered, bulleted or in JSON. A "most likely" diagnosis above it comes first, the
lists under headings such as "Less likely" follow. Lists of what is no diagnosis (recommended tests) or was excluded do
not count. An answer with a list whose heading is not known, with two lists, or with sentences that name further
diagnoses is not read.
"""

from __future__ import annotations

import re
from functools import lru_cache

from medsyn_inspect.answers.diagnoses import (
    diagnosis_name,
    diagnosis_names,
    distinct,
    is_name,
    is_only_a_name,
    is_several,
)
from medsyn_inspect.answers.lists import Listed, kind_of, lists_in
from medsyn_inspect.answers.phrases import UNKNOWN, Phrases, load_phrases
from medsyn_inspect.answers.reading import CUT, DROPPED, Problem, Reading, unread
from medsyn_inspect.answers.statements import cues, sentence_end
from medsyn_inspect.answers.surface import Surface, surface
from medsyn_inspect.cases.names import plain

# The kinds of the lists that are read, in the order in which they must come: a letter each.
_KINDS = {"first": "f", None: "r", "requested": "r", "later": "l", "further": "l", UNKNOWN: "?"}
_ORDER = re.compile(r"f+l*|f*rl*")
_MARKER = re.compile(r"\A\s*(?:[-*•]\s+|\(?\d{1,2}[.)、](?!\d)\s*)")


def parse_differential(answer: str, *, phrases: Phrases | None = None, stop_reason: str = "stop") -> tuple[str, ...]:
    """The diagnoses an answer lists, from first to last, each once; empty if none can be read (`read_differential`)."""
    return read_differential(answer, phrases=phrases, stop_reason=stop_reason).value or ()


def parse_commitment(answer: str, *, phrases: Phrases | None = None, stop_reason: str = "stop") -> str | None:
    """The one diagnosis an answer commits itself to; `None` if there is none, or more than one (`read_commitment`)."""
    return read_commitment(answer, phrases=phrases, stop_reason=stop_reason).value


def read_differential(
    answer: str, *, phrases: Phrases | None = None, stop_reason: str = "stop"
) -> Reading[tuple[str, ...]]:
    """The diagnoses an answer lists, or why none are read.

    Two entries are the same diagnosis if they are `plain`ly the same; the first rank stays.

    Args:
        answer: A completion; its reasoning blocks and run-on text are ignored.
        phrases: Those of the languages in which it may be written; by default all there are.
        stop_reason: Why the model stopped; an answer that was cut is not read.
    """
    phrases = phrases or load_phrases()
    shown = surface(answer, phrases)
    found = None
    if stop_reason not in CUT and shown.whole:
        lists, prose = lists_in(shown, phrases)
        found = _listed(shown, lists, prose, phrases)
    return found or unread(shown, phrases, stop_reason, "nothing that is a list of diagnoses")


def _listed(
    answer: Surface, lists: list[Listed], prose: list[tuple[int, int]], phrases: Phrases
) -> Reading[tuple[str, ...]] | None:
    order, left_out = "", False
    names: list[str] = []
    excluded = {plain(name) for one in lists if one.kind == "excluded" for name in _names(answer, one, phrases)[0]}
    lists = [one for one in lists if one.kind not in ("excluded", "other") and one.entries]
    if not lists:
        return None
    for one in lists:
        own, fewer = _names(answer, one, phrases)
        left_out |= fewer
        # A label after the list that names one of its diagnoses again adds nothing: "Final diagnosis: ...".
        again = names and (one.kind, one.style) == ("first", "label") and {*map(plain, own)} <= {*map(plain, names)}
        # Where each entry has numbered ones below it, either may be the diagnoses.
        order += "" if again else "?" if one.divided == len(one.entries) > 1 else _KINDS[one.kind]
        names += own
    found = distinct(names)
    first, last = min(one.entries[0][0] for one in lists), max(one.entries[-1][1] for one in lists)
    problem: tuple[Problem, str] | None = None
    if "?" in order:
        problem = "unparseable", "a list under a heading that is not known"
    elif not _ORDER.fullmatch(order):
        problem = "several", "several lists"
    elif not found or not all(is_name(name, phrases) for name in found):
        problem = "unparseable", "an entry that is no name of a diagnosis"
    for start, end in prose:
        line = answer.lower[start:end]
        if not first < start < last and phrases.pattern("further").search(line):
            problem = problem or ("several", "further diagnoses in a sentence")
        if phrases.pattern("excluded").search(line):
            excluded |= {plain(name) for name in found if plain(name) in plain(line)}
    if excluded & set(map(plain, found)):
        problem = problem or ("several", "a diagnosis that is both listed and excluded")
    if problem:
        return Reading(None, *problem)
    span = (answer.offset + first, answer.offset + last)
    return Reading(found, None, f"list ({lists[-1].style})", span, (DROPPED,) if left_out else ())


def _names(answer: Surface, one: Listed, phrases: Phrases) -> tuple[list[str], bool]:
    entries = [(answer.written(start, end), answer.visible[max(0, start - 3) : end]) for start, end in one.entries]
    return diagnosis_names(entries, phrases)


def read_commitment(answer: str, *, phrases: Phrases | None = None, stop_reason: str = "stop") -> Reading[str]:
    """The one diagnosis an answer commits itself to, or why none is read.

    It is what follows "Final diagnosis:" on the same line or the next, or else the only line of the answer if that is
    a name. Of different statements the last counts if a word of correction is before it.

    Args:
        answer: A completion; its reasoning blocks and run-on text are ignored.
        phrases: Those of the languages in which it may be written; by default all there are.
        stop_reason: Why the model stopped; an answer that was cut is not read.
    """
    phrases = phrases or load_phrases()
    shown = surface(answer, phrases)
    stated = [] if stop_reason in CUT else _stated(shown, phrases)
    names = [name for name, _, _ in stated]
    if not names or not all(is_name(name, phrases) for name in names):
        return unread(shown, phrases, stop_reason, "nothing that states one diagnosis")
    _, (start, end), how = stated[-1]
    changed = len(distinct(names)) > 1
    corrected = phrases.pattern("correction").search(shown.lower, stated[0][1][1], start)
    if (changed and not corrected) or is_several(names[-1], phrases):
        return Reading(None, "several", how)
    return Reading(names[-1], None, how, (shown.offset + start, shown.offset + end))


@lru_cache
def _stops(phrases: Phrases, *keys: str) -> re.Pattern[str]:
    """Where a name ends before "not X" or a reason; "not otherwise specified" belongs to the name."""
    return re.compile(rf"(?!{phrases.any_of('unspecified')}){phrases.any_of(*keys)}")


def _stated(answer: Surface, phrases: Phrases) -> list[tuple[str, tuple[int, int], str]]:
    """The names that follow the cues of an answer, or its only line; empty ones where a cue is followed by none."""
    found: list[tuple[str, tuple[int, int], str]] = []
    for cue in cues(answer, phrases):
        end = cue.end if cue.apart else sentence_end(answer.lower, cue.value, cue.end)
        stops = ("instead_of",) if cue.apart else ("instead_of", "reasons")
        if after := _stops(phrases, *stops).search(answer.lower, cue.value, end):
            end = cue.value + len(answer.text[cue.value : after.start()].rstrip(" ,(，"))
        text, following = answer.written(cue.value, end), answer.text[cue.end : answer.line_end(cue.end + 1)]
        if _MARKER.match(text) and _MARKER.match(following):
            text += f"; {following}"
        name = diagnosis_name(_MARKER.sub("", text, count=1), phrases)
        # "The diagnosis is unlikely to be X"
        if cue.apart or (is_name(name, phrases) and not phrases.pattern("rejected").match(name.lower())):
            found.append((name, (cue.value, end), f"{cue.noun} statement"))
    lines = list(answer.lines())
    if not found and len(lines) == 1 and answer.whole and kind_of(answer.lower, phrases) == UNKNOWN:
        text = _MARKER.sub("", answer.written(*lines[0]), count=1).strip(" .。")
        found = [(diagnosis_name(text, phrases), lines[0], "name alone")] if is_only_a_name(text, phrases) else []
    return found
