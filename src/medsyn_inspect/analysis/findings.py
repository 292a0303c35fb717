"""From logs to findings: decides which runs and conditions are compared, for the terminal, notebooks and reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.caveats import (
    about_arms,
    about_ends,
    about_logs,
    about_people,
    about_posteriors,
    about_runs,
    about_simulation,
)
from medsyn_inspect.analysis.frames.accuracy import headline
from medsyn_inspect.analysis.frames.association import across_readers, within_readers
from medsyn_inspect.analysis.frames.calibration import calibration_rows
from medsyn_inspect.analysis.frames.contrasts import one_thing_changed
from medsyn_inspect.analysis.frames.gap import NOT_VISUAL, mean_nmse, modality_gap
from medsyn_inspect.analysis.frames.groups import language_rows, specialty_rows
from medsyn_inspect.analysis.frames.physicians import physician_pairs, physician_rows
from medsyn_inspect.analysis.frames.plain import labelled, own_readers, reader_names
from medsyn_inspect.analysis.frames.position import position_bias
from medsyn_inspect.analysis.frames.reader_pairs import ranks, reader_pairs, reader_values
from medsyn_inspect.analysis.frames.readers import reader_rows
from medsyn_inspect.analysis.frames.refinement import refinement_rows
from medsyn_inspect.analysis.frames.scores import agreement_rows, rating_rows, score_rows
from medsyn_inspect.analysis.frames.sensitivity import FULL, evidence_sensitivity
from medsyn_inspect.analysis.frames.stages import interim_beliefs, stage_summary
from medsyn_inspect.analysis.primary import PRIMARY, about_tests
from medsyn_inspect.analysis.read.choosing import case_sets, choose_runs, one_case_set
from medsyn_inspect.analysis.read.headers import LogHeader
from medsyn_inspect.analysis.read.logs import SENSITIVITY, LogFrames, read_logs
from medsyn_inspect.analysis.read.places import Places
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.conditions import in_words, source_in_words
from medsyn_inspect.progress import work_in_progress
from medsyn_inspect.records import AFTER_REASONING, BOTH_VIEWS, DIRECT, ORDER, PLAIN, REPEAT, VISUAL
from medsyn_inspect.wording import plural, spoken

WORDS = (
    "log", "created", "settings", "judge", "rubric", "emphasis", "selection", "case_set", "fingerprint", "error",
)  # fmt: skip
"""Text columns, filled with empty text where the value or the column is missing."""

_OF_KIND = ("posterior", "lower", "upper", "source", "option_mass", "prefix")
"""Columns of an arm's posterior."""


@dataclass(frozen=True)
class Findings:
    """All results of some logs. Each frame has the columns of `schema.FRAMES`, even if it has no rows."""

    runs: pd.DataFrame = field(default_factory=partial(conform, "runs", ()))
    """Each answer of `ddx`, `fdx` and `open_fdx` that counts."""

    headline: pd.DataFrame = field(default_factory=partial(conform, "headline", ()))
    """Each reader and condition: how often it is right."""

    arms: pd.DataFrame = field(default_factory=partial(conform, "arms", ()))
    """Each arm of each case of the `sensitivity` runs that count."""

    sensitivity: pd.DataFrame = field(default_factory=partial(conform, "sensitivity", ()))
    """Each reader, case and evidence type: Evidence Sensitivity in both views."""

    types: pd.DataFrame = field(default_factory=partial(conform, "types", ()))
    """Each reader and evidence type: the cross-modal gap."""

    readers: pd.DataFrame = field(default_factory=partial(conform, "readers", ()))
    """Each reader, in the plain condition."""

    comparisons: pd.DataFrame = field(default_factory=partial(conform, "comparisons", ()))
    """Each condition compared with the baseline that differs from it in one respect, paired by case."""

    refinement: pd.DataFrame = field(default_factory=partial(conform, "refinement", ()))
    """Each reader and pair of its runs that differ in their emphasis: the changes, paired by case."""

    reader_pairs: pd.DataFrame = field(default_factory=partial(conform, "reader_pairs", ()))
    """Each measure and pair of readers: the difference on their common cases."""

    ranks: pd.DataFrame = field(default_factory=partial(conform, "ranks", ()))
    """Each measure and reader: rank with its uncertainty, and letters shared by readers that do not differ clearly."""

    physicians: pd.DataFrame = field(default_factory=partial(conform, "physicians", ()))
    """Each physician, or group in consensus: results, times, flags."""

    physician_pairs: pd.DataFrame = field(default_factory=partial(conform, "physician_pairs", ()))
    """Each pair of physicians who answered alone: how well they agree."""

    associations: pd.DataFrame = field(default_factory=partial(conform, "associations", ()))
    """Whether a smaller cross-modal gap is associated with higher accuracy."""

    stages: pd.DataFrame = field(default_factory=partial(conform, "stages", ()))
    """Each stage of each stage-by-stage consultation: answer and posterior at that stage."""

    stage_summary: pd.DataFrame = field(default_factory=partial(conform, "stage_summary", ()))
    """Each reader, question, condition and stage: accuracy, entropy, and share of settled answers."""

    orders: pd.DataFrame = field(default_factory=partial(conform, "orders", ()))
    """Each reader and position of an option: mean probability of the position (position bias)."""

    calibration: pd.DataFrame = field(default_factory=partial(conform, "calibration", ()))
    """Each reader and view: whether accuracy matches confidence."""

    reliability: pd.DataFrame = field(default_factory=partial(conform, "reliability", ()))
    """Each reader, view and bin of answers of similar confidence."""

    specialties: pd.DataFrame = field(default_factory=partial(conform, "specialties", ()))
    """Each reader, measure and group of specialties."""

    languages: pd.DataFrame = field(default_factory=partial(conform, "languages", ()))
    """Each reader and measure: two languages, and the difference between them."""

    scores: pd.DataFrame = field(default_factory=partial(conform, "scores", ()))
    """Each reader, question and score: how often the judge gave it."""

    agreement: pd.DataFrame = field(default_factory=partial(conform, "agreement", ()))
    """Each panel of judges, and each pair of its judges: how well they agree."""

    ratings: pd.DataFrame = field(default_factory=partial(conform, "ratings", ()))
    """Ratings by others next to the judge's scores, and how well they agree."""

    score_pairs: pd.DataFrame = field(default_factory=partial(conform, "score_pairs", ()))
    """Each panel of judges and pair of scores: how often two judges give them to the same answer."""

    notes: list[str] = field(default_factory=list)
    """What was left out or is unreliable, and why; one sentence each."""

    logs: pd.DataFrame = field(default_factory=partial(conform, "logs", ()))
    """Each log of this suite that was read, and whether the findings include it."""

    headers: tuple[LogHeader, ...] = ()
    """The headers of these logs, for reports; empty if the frames were not read from logs."""

    @cached_property
    def all_readers(self) -> tuple[str, ...]:
        """In the order of `readers`, then those that are in other frames only, by name."""
        order = list(dict.fromkeys(self.readers["reader"].astype(str)))
        others: set[str] = set()
        for frame in (self.types, self.sensitivity, self.comparisons, self.stages, self.orders):
            others |= set(map(str, frame["reader"].dropna().unique()))
        for frame in (self.runs, self.arms):
            # Names are made once for each reader, not for each of up to a hundred thousand rows.
            others |= set(reader_names(frame[["reader", "selection"]].drop_duplicates()))
        return (*order, *sorted(others - set(order)))


def analyze_logs(
    logs: Places, *, keep_all: bool = False, case_set: str | None = None, after_reasoning: bool = False
) -> Findings:
    """All findings of some logs. Each log is opened once; only its header and sample summaries are read.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.
        keep_all: Whether to keep all runs of a reader in the same condition; older runs become separate readers with
            the time in their names. By default only the newest complete run counts.
        case_set: Fingerprint (or its beginning) or name of the case set to analyze, if the logs contain more than one.
        after_reasoning: Whether calibration is that of posteriors after reasoning alone, instead of all others.

    Raises:
        NoRuns: If there is no log of this suite.
        ValueError: If no log can be read, or the logs are of different case sets.
    """
    return _found(read_logs(logs), keep_all, case_set, after_reasoning)


def analyze_case_sets(logs: Places, *, keep_all: bool = False, after_reasoning: bool = False) -> dict[str, Findings]:
    """The findings of each case set in some logs, by fingerprint; each log is opened once.

    Args:
        logs: As for `analyze_logs`.
        keep_all: As for `analyze_logs`.
        after_reasoning: As for `analyze_logs`.

    Raises:
        NoRuns: If there is no log of this suite.
        ValueError: If no log can be read.
    """
    frames = read_logs(logs)
    return {
        fingerprint: _found(frames, keep_all, fingerprint, after_reasoning) for fingerprint in case_sets(frames.logs)
    }


def _found(frames: LogFrames, keep_all: bool, case_set: str | None, after_reasoning: bool) -> Findings:
    findings = findings_of(
        frames.runs,
        frames.arms,
        frames.stages,
        frames.logs,
        notes=frames.notes,
        keep_all=keep_all,
        case_set=case_set,
        after_reasoning=after_reasoning,
    )
    kept = set(findings.logs["log"])
    return replace(findings, headers=tuple(header for header in frames.headers if header.file in kept))


def findings_of(
    runs: pd.DataFrame | None = None,
    arms: pd.DataFrame | None = None,
    stages: pd.DataFrame | None = None,
    logs: pd.DataFrame | None = None,
    *,
    notes: Sequence[str] = (),
    keep_all: bool = False,
    case_set: str | None = None,
    after_reasoning: bool = False,
) -> Findings:
    """All findings of frames that were read from logs; `analyze_logs` for frames.

    Args:
        runs: As from `read_runs`.
        arms: As from `read_arms`, or with the columns that `evidence_sensitivity` needs and `correct`.
        stages: As `LogFrames.stages`.
        logs: As `LogFrames.logs`.
        notes: Notes to put before those of the analysis.
        keep_all: As for `analyze_logs`.
        case_set: As for `analyze_logs`.
        after_reasoning: As for `analyze_logs`.

    Raises:
        ValueError: If the frames are of different case sets, or required columns are missing.
    """
    frames = {"runs": runs, "arms": arms, "stages": stages, "logs": logs}
    given, aside = one_case_set({name: _complete(name, frame) for name, frame in frames.items()}, case_set)
    logs = given["logs"] if len(given["logs"]) else _logs_of(given["runs"], given["arms"])
    chosen = choose_runs(logs, keep_all)
    runs, arms, stages = (_counted(given[name], chosen.readers) for name in ("runs", "arms", "stages"))
    logs = logs.assign(
        reader=[chosen.readers.get(log, reader) for log, reader in zip(logs["log"], logs["reader"], strict=True)],
        counted=logs["log"].isin(chosen.readers),
    )
    names = (arms[name].astype(object) for name in ("reader", "selection", "emphasis"))
    arms, odd = _comparable(
        arms.assign(
            model=[chosen.models.get(name, name) for name in arms["reader"].astype(object)],
            reader=[labelled(*row) for row in zip(*names, strict=True)],
        )
    )
    counted = logs[logs["counted"]]
    remarks = [*notes, *aside, *chosen.notes, *about_logs(counted), *about_runs(runs), *about_ends(counted, runs)]
    remarks += [*about_people(runs), *about_posteriors(runs), *odd, *about_arms(arms)]
    with work_in_progress("Computing intervals and tests"):
        found = _measured(runs, arms, chosen.models, after_reasoning)
    remarks += [*found.notes, *about_tests({one.frame: getattr(found, one.frame) for one in PRIMARY})]
    remarks += about_simulation(runs, arms)
    stages = interim_beliefs(stages)
    return replace(
        found,
        runs=runs,
        arms=conform("arms", arms),
        stages=stages,
        logs=conform("logs", logs),
        stage_summary=stage_summary(stages),
        notes=list(dict.fromkeys(remarks)),
    )


def _measured(runs: pd.DataFrame, arms: pd.DataFrame, models: Mapping[str, str], after_reasoning: bool) -> Findings:
    """Compute the frames from the answers of the runs that count, and notes on them."""
    rates = headline(runs) if len(runs) else conform("headline", [])
    sensitivity, types, nmse = conform("sensitivity", []), conform("types", []), pd.DataFrame()
    notes: list[str] = []
    withheld = set(arms["withheld"]) - {FULL, REPEAT, VISUAL}
    if any(not name.startswith(ORDER) for name in withheld):
        sensitivity = evidence_sensitivity(arms)
    elif len(arms):
        notes.append("No arm withheld any evidence, so Evidence Sensitivity cannot be computed.")
    if len(visual := sensitivity[~sensitivity["evidence_type"].isin(NOT_VISUAL)]):
        emphasised = arms.loc[arms["emphasis"] != "", "reader"].unique()
        types, nmse = modality_gap(visual, conditions=emphasised), mean_nmse(visual)
    orders, effects = position_bias(arms)
    readers = reader_rows(runs, rates, arms, sensitivity=sensitivity, nmse=nmse, orders=effects, models=models)
    associations, left = _associations(readers, visual, types, arms)
    compared = visual[visual["reader"].isin(own_readers(readers))]
    pairs = reader_pairs(runs, compared)
    calibration, reliability = calibration_rows(runs, arms, after_reasoning=after_reasoning)
    agreement, score_pairs = agreement_rows(runs)
    return Findings(
        headline=_in_order(rates, readers),
        readers=readers,
        sensitivity=sensitivity,
        types=types,
        comparisons=one_thing_changed(runs, arms),
        refinement=refinement_rows(arms, visual),
        reader_pairs=pairs,
        ranks=ranks(pairs, reader_values(readers, compared)),
        physicians=physician_rows(runs),
        physician_pairs=physician_pairs(runs),
        associations=associations,
        orders=orders,
        calibration=calibration,
        reliability=reliability,
        specialties=specialty_rows(runs),
        languages=language_rows(runs),
        scores=score_rows(runs),
        agreement=agreement,
        ratings=rating_rows(runs),
        score_pairs=score_pairs,
        notes=[*notes, *left],
    )


def _logs_of(*frames: pd.DataFrame) -> pd.DataFrame:
    """The frame `logs` for rows without one: every run is taken to be complete."""
    rows = []
    for frame in frames:
        for _, found in frame.drop_duplicates("log").iterrows():
            answered = int((frame["log"] == found["log"]).sum())
            state = {"status": "success", "complete": True, "counted": True}
            counts = dict.fromkeys(("selected", "asked", "reached", "answered"), answered)
            question = found.get("question") or SENSITIVITY
            view = {} if found.get("question") else {"view": BOTH_VIEWS, "withheld": ()}
            rows.append(found.to_dict() | {"question": question} | view | state | counts)
    return _complete("logs", pd.DataFrame(rows)) if rows else conform("logs", [])


def _counted(frame: pd.DataFrame, readers: Mapping[str, str]) -> pd.DataFrame:
    """The rows of the logs that count, with the names of their readers."""
    kept = frame[frame["log"].isin(list(readers))].reset_index(drop=True)
    renamed = kept["log"].map(readers)
    return kept if renamed.equals(kept["reader"]) else kept.assign(reader=renamed.astype(object))


def _in_order(rates: pd.DataFrame, readers: pd.DataFrame) -> pd.DataFrame:
    """The rows of `headline` in the order of `readers`; the order of conditions is unchanged."""
    place = {name: number for number, name in enumerate(dict.fromkeys(readers["model"]))}
    return rates.sort_values("reader", key=lambda names: names.map(place), kind="stable", ignore_index=True)


def _complete(name: str, frame: pd.DataFrame | None) -> pd.DataFrame:
    """A frame with all its columns; missing values of a condition get their defaults, missing texts are empty."""
    whole = conform(name, [] if frame is None else frame)
    defaults: dict[str, Any] = dict.fromkeys(WORDS, "") | (PLAIN.columns() if name != "arms" else {})
    changed = {}
    for column, default in defaults.items():
        if column in whole and whole[column].isna().any():
            values = whole[column].astype(object)
            changed[column] = pd.Series(
                [default if missing else value for value, missing in zip(values, values.isna(), strict=True)],
                index=whole.index,
                dtype=object,
            )
    return whole.assign(**changed)


def _comparable(arms: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The arms that can be compared: one epoch, one source per reader, and only views of a case with a full arm."""
    notes = []
    key = ["reader", "case_id", "view", "withheld"]
    if (again := arms.duplicated(key)).any():
        readers = ", ".join(dict.fromkeys(arms[again]["reader"]))
        notes.append(f"{readers}: only the first epoch of each arm counts (for more samples use -T samples=...).")
        arms = arms[~again]
    arms = _one_kind(arms)
    for reader, sources in arms.dropna(subset=["source"]).groupby("reader")["source"]:
        if sources.nunique() > 1:
            chosen = sources.value_counts().index[0]
            other = (arms["reader"] == reader) & arms["source"].notna() & (arms["source"] != chosen)
            mixed = (arms["reader"] == reader) & arms["case_id"].isin(arms[other]["case_id"])
            found, most = map(source_in_words, sorted(set(sources))), source_in_words(chosen)
            notes.append(
                f"{reader}: posteriors from {' and '.join(found)} in one run; "
                f"{plural(arms[mixed]['case_id'].nunique(), 'case')} with other sources than {most} left out."
            )
            arms = arms[~mixed]
    whole = pd.MultiIndex.from_frame(arms[arms["withheld"] == FULL][key[:3]])
    there = pd.MultiIndex.from_frame(arms[key[:3]]).isin(whole)
    if not there.all():
        without = arms[~there][["reader", "case_id"]].drop_duplicates()
        notes.append(f"{plural(len(without), 'case')} left out, because the arm with all evidence is missing.")
        arms = arms[there]
    return arms.reset_index(drop=True), notes


def _one_kind(arms: pd.DataFrame) -> pd.DataFrame:
    """The arms without posteriors after reasoning, where a reader also has direct ones; or the reverse, if fewer."""
    lost = pd.Series(False, index=arms.index)
    kinds = arms[arms["source"].isin([DIRECT, AFTER_REASONING])]
    for reader, counts in kinds.groupby("reader")["source"].value_counts().groupby("reader"):
        if len(counts) > 1:
            fewer = counts.droplevel("reader").idxmin()
            lost |= (arms["reader"] == reader) & (arms["source"] == fewer)
    if not lost.any():
        return arms
    why = "the letter comes after other text or reasoning in some answers of the reader and not in others"
    arms = arms.assign(error=arms["error"].mask(lost, why))
    for name in _OF_KIND:
        arms[name] = [None if gone else value for gone, value in zip(lost, arms[name], strict=True)]
    return arms


def _associations(
    readers: pd.DataFrame, visual: pd.DataFrame, types: pd.DataFrame, arms: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Associations over the readers of each source: one point per model, the same cases and the same evidence types."""
    known = readers[readers["mean_nmse"].notna() & readers["reader"].isin(own_readers(readers))]
    # If a model has several rows (older runs that were kept), use the newest, which comes last.
    known = known.drop_duplicates(["model", "selection", "source"], keep="last")
    notes: list[str] = []
    if known.empty:
        return conform("associations", []), notes
    selections = known["selection"].value_counts()
    selection = "" if "" in selections else selections.idxmax()
    if len(selections) > 1:
        others = ", ".join(in_words(str(name)) or "all cases" for name in selections.index if name != selection)
        included = in_words(str(selection)) or "all cases"
        notes.append(f"Associations include the runs on {included}, not those on {others}.")
    found = []
    for source, group in known[known["selection"] == selection].groupby("source", sort=False):
        names = list(group["reader"])
        y = "accuracy" if group["accuracy"].notna().all() else "accuracy_image"
        if len(names) < 2:
            notes.append(
                f"Only one reader has posteriors from {source_in_words(source)}: no association across readers."
            )
        else:
            group, changed = _over_common_types(group, visual, types)
            notes += changed
            found.append(across_readers(group, y=y).assign(source=source))
        of_group = visual[visual["reader"].isin(names)]
        found.append(within_readers(of_group, arms[arms["reader"].isin(names)]).assign(source=source))
    return conform("associations", [row for frame in found for row in frame.to_dict("records")]), notes


def _over_common_types(
    group: pd.DataFrame, visual: pd.DataFrame, types: pd.DataFrame
) -> tuple[pd.DataFrame, Iterable[str]]:
    """Readers with the mean of their NMSE over the evidence types that all of them have."""
    having = types[types["reader"].isin(group["reader"]) & types["nmse"].notna()]
    sets = having.groupby("reader")["evidence_type"].agg(frozenset)
    if sets.nunique() <= 1:
        return group, []
    common = sorted(frozenset.intersection(*sets))
    if not common:
        return group.assign(mean_nmse=float("nan")), ["No evidence type has an NMSE for all readers: no association."]
    anew = mean_nmse(visual[visual["reader"].isin(group["reader"])], types=common).set_index("reader")["mean_nmse"]
    found_rows = (
        f"Readers have an NMSE for different evidence types; the association uses {', '.join(map(spoken, common))}."
    )
    return group.assign(mean_nmse=group["reader"].map(anew)), [found_rows]
