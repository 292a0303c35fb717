"""Worlds for the specification of the sentences: small frames in which a sentence must, or must not, appear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from functools import cache
from io import StringIO
from itertools import chain, combinations
from typing import Any

import numpy as np
import pandas as pd
from inspect_ai.log import EvalSampleSummary
from inspect_ai.scorer import Score

from medsyn_inspect.analysis.caveats import about_arms, about_people, about_posteriors, about_runs, about_simulation
from medsyn_inspect.analysis.findings import Findings, findings_of
from medsyn_inspect.analysis.frames import association
from medsyn_inspect.analysis.frames.association import across_readers, within_readers
from medsyn_inspect.analysis.frames.calibration import calibration_rows
from medsyn_inspect.analysis.frames.gap import modality_gap
from medsyn_inspect.analysis.frames.matched import NEEDS, _uptake
from medsyn_inspect.analysis.frames.reader_pairs import reader_pairs
from medsyn_inspect.analysis.frames.sensitivity import evidence_sensitivity
from medsyn_inspect.analysis.primary import PRIMARY, about_tests
from medsyn_inspect.analysis.schema import conform
from medsyn_inspect.records import PLAIN
from medsyn_inspect.report.against import against_findings, against_paper
from medsyn_inspect.report.answer import Standing
from medsyn_inspect.report.material import LOGS, Material
from medsyn_inspect.report.rerun.reproducibility import reproducibility
from medsyn_inspect.report.rerun.run_config import rerun
from medsyn_inspect.report.stream.criteria import ITEMS, _answered
from medsyn_inspect.report.terminal import print_findings
from statistics_worlds import arm, exact, world

NOTHING = np.nan

TEXTS = ("judge", "rubric", "extractor", "raters", "settings", "created", "case_set", "fingerprint")


def printed(made: object) -> str:
    """What a function makes, as text."""
    return "\n".join(map(str, made)) if isinstance(made, (list, tuple, Iterator)) else str(made or "")


# Answers of readers


def answers(reader: str, right: list[float], question: str = "fdx", **columns: Any) -> pd.DataFrame:
    """The answers of a run; a value of `columns` is that of every answer, or a list with one for each."""
    rows = [{"case_id": f"c{place}", "right": value} for place, value in enumerate(right)]
    outcomes = ["right" if value == 1 else "wrong" if value == 0 else "call_failed" for value in right]
    named = {"log": f"{reader}-{question}", "reader": reader, "question": question, "epoch": 1, "option_count": 5}
    table = pd.DataFrame(rows).assign(**named | {"outcome": outcomes, "synthetic": False} | columns)
    defaults: Mapping[str, Any] = dict.fromkeys(TEXTS, "") | PLAIN.columns()
    for name, value in defaults.items():
        if name not in table:
            table[name] = [value] * len(table)
    return conform("runs", table)


def notes(*runs: pd.DataFrame, arms: pd.DataFrame | None = None) -> str:
    """The caveats of answers and arms."""
    asked = pd.concat(runs, ignore_index=True) if runs else conform("runs", [])
    shown = conform("arms", [] if arms is None else arms).assign(synthetic=False)
    about = (about_runs(asked), about_people(asked), about_posteriors(asked), about_arms(shown))
    return printed([*chain(*about), *about_simulation(asked, shown)])


def all_notes(*runs: pd.DataFrame, arms: pd.DataFrame | None = None, **options: Any) -> str:
    """All notes of the analysis."""
    found = findings_of(pd.concat(runs, ignore_index=True) if runs else None, arms, **options)
    return printed(found.notes)


def two_arms(*, reader: str = "a", cases: int = 2, **changes: Any) -> pd.DataFrame:
    """The arms of `ct` in both views, from token probabilities."""
    rows = [
        arm((0.7, 0.2, 0.1) if not withheld else (0.5, 0.3, 0.2), view=view, withheld=withheld, case=f"c{n}")
        for n in range(cases)
        for view in ("image", "finding")
        for withheld in ("", "ct")
    ]
    given = {"reader": reader, "log": reader, "unreadable": 0, "refused": 0}
    return pd.DataFrame(rows).assign(**given | changes)


def run_log(**columns: Any) -> pd.DataFrame:
    """One row of the frame `logs`."""
    row = {"log": "a.eval", "question": "fdx", "reader": "a", "model": "a", "status": "success", "complete": True}
    counts = {"selected": 5, "asked": 5, "reached": 5, "answered": 5, "settings": "", "created": "2026-11-01T10:00:00"}
    return conform("logs", [row | counts | PLAIN.columns() | columns])


# The answer of a report


def standing(clear: str = "", **values: Any) -> Standing:
    """Readers with these accuracies; `clear` names the pairs that differ: `ab ac`."""
    pairs = [frozenset(pair) for pair in combinations(values, 2)]
    different = {frozenset(pair) for pair in clear.split()}
    ahead = {pair: max(sorted(pair), key=lambda reader: values[reader]) for pair in pairs}
    p = {pair: 0.004 if pair in different else 0.3 for pair in pairs}
    best_first = dict(sorted(values.items(), key=lambda item: -item[1]))
    return Standing("accuracy", best_first, p, ahead, cases=[24] * len(pairs))


def changed(found: Standing, **changes: Any) -> Standing:
    return Standing(**vars(found) | changes)


def accuracy_row(value: float, lower: float, upper: float) -> dict[str, Any]:
    ends = {"accuracy_lower": lower, "accuracy_upper": upper, "accuracy_n": 24}
    return {"reader": "a", "accuracy": value} | ends


def types(*rows: tuple[str, str, float | None], failing: bool = False, note: str = NEEDS) -> pd.DataFrame:
    """Readers, evidence types and uptake ratios."""
    made = [
        {"reader": reader, "evidence_type": kind, "uptake_ratio": ratio, "uptake_n": 24, "uptake_note": note}
        for reader, kind, ratio in rows
    ]
    return conform("types", made).assign(failing=failing)


def readers(**columns: Any) -> pd.DataFrame:
    return conform("readers", pd.DataFrame([{"reader": "a", "model": "a"} | columns]))


def shares(n: int, only_reader: int = 0, only_other: int = 0) -> pd.DataFrame:
    row = {"measure": "accuracy", "group": "", "reader": "a", "other": "b", "n": n, "p": 0.5}
    return conform("reader_pairs", [row | {"only_reader": only_reader, "only_other": only_other}])


# Captions of figures


def table(frame: str, *rows: Mapping[str, Any]) -> pd.DataFrame:
    return conform(frame, pd.DataFrame(list(rows)))


def gaps(*ends: tuple[float, float], p: float = 0.01, chance: float = float("nan")) -> pd.DataFrame:
    """Readers with the interval of their gap."""
    rows = [
        {"reader": f"r{place}", "ddx_fdx_gap": (lower + upper) / 2, "ddx_fdx_gap_lower": lower,
         "ddx_fdx_gap_upper": upper, "ddx_fdx_gap_n": 24, "ddx_fdx_gap_p": p, "coverage_chance": chance}
        for place, (lower, upper) in enumerate(ends)
    ]  # fmt: skip
    return table("readers", *rows)


def comparisons(*p: float, detectable: float = 0.2) -> pd.DataFrame:
    rows = [
        {"reader": "a", "condition": "text=remove", "baseline": "text=keep", "difference": 0.1 * (1 + place),
         "mcnemar_p_holm": value, "minimum_detectable_effect": detectable, "n": 24}
        for place, value in enumerate(p)
    ]  # fmt: skip
    return table("comparisons", *rows)


def stages(**ends: tuple[float, float]) -> pd.DataFrame:
    """Share of correct answers after the first and after the last stage, by reader."""
    rows = [
        {"reader": reader, "stage": stage, "n": 24, "correct": value, "probability": value}
        for reader, values in ends.items()
        for stage, value in zip(("presentation", "all evidence"), values, strict=True)
    ]
    return table("stage_summary", *rows)


def positions(*values: float, half: float = 0.03) -> pd.DataFrame:
    """The probability of each position, with half the width of its interval."""
    rows = [
        {"reader": "a", "letter": "ABCDE"[place], "probability": value, "probability_lower": value - half,
         "probability_upper": value + half, "expected": 1 / len(values), "n": 12}
        for place, value in enumerate(values)
    ]  # fmt: skip
    return table("orders", *rows)


def points(*sides: str, source: str = "logprobs") -> pd.DataFrame:
    """Points of the cross-modal figure: `below`, `above` or `on` the line."""
    rows = [{"evidence_type": "ct", "case_id": str(place), "line": side} for place, side in enumerate(sides)]
    return pd.DataFrame(rows).assign(source=source)


def nmse(*rows: tuple[float, float, float]) -> pd.DataFrame:
    """NMSE, mean deficit and adjusted p of the sign test."""
    names = ("nmse", "mean_deficit", "sign_p_holm")
    made = [dict(zip(names, row, strict=True)) | {"reader": "a", "evidence_type": "ct", "n": 24} for row in rows]
    return table("types", *made)


def across(value: float, p: float, count: int = 6, reading: str = "") -> pd.DataFrame:
    row = {"x": "mean_nmse", "y": "accuracy", "measure": "kendall", "source": "logprobs", "readers": count}
    return table("associations", row | {"value": value, "p": p, "smallest_p": 0.003, "reading": reading})


def judged(*scores: tuple[str, float, int]) -> pd.DataFrame:
    """Reader, score (NaN: none) and number of answers, for the figure of scores."""
    made = pd.DataFrame(scores, columns=["reader", "score", "answers"])
    share = made["answers"] / made.groupby("reader")["answers"].transform("sum")
    return made.assign(share=share.where(made["score"].notna()), threshold=4.0)


def curves(*p: float, note: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Calibration of readers with these adjusted p, and their bins."""
    names = {"ece": 0.2, "ece_floor": 0.1, "ece_excess": 0.1, "confidence": 0.9, "accuracy": 0.7, "n": 40}
    rows = [
        {"reader": f"r{place}", "view": "image", "ece_p": value, "ece_p_holm": value, "ece_note": note} | names
        for place, value in enumerate(p)
    ]
    return table("calibration", *rows), table("reliability", *rows, *rows)


def languages(*ends: tuple[float, float]) -> pd.DataFrame:
    rows = [
        {"reader": f"r{place}", "measure": "accuracy", "language": "en", "other": "zh", "n": 16, "other_n": 8,
         "difference": (lower + upper) / 2, "difference_lower": lower, "difference_upper": upper}
        for place, (lower, upper) in enumerate(ends)
    ]  # fmt: skip
    return table("languages", *rows)


def specialties(*values: tuple[str, str, float]) -> pd.DataFrame:
    """Reader, group of specialties and accuracy."""
    rows = [
        {"reader": reader, "specialty_group": group, "measure": "accuracy", "value": value, "n": 5}
        for reader, group, value in values
    ]
    return table("specialties", *rows)


def panel(value: float, lower: float, *, equal: bool = False) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Agreement of two judges, and the pairs of scores that they gave."""
    agreement = {"value": value, "value_lower": lower, "value_upper": value, "n": 30, "same_side": 0.9, "same": 0.7}
    pairs = [
        {"lower": 4.0, "higher": 4.0, "pairs": 30},
        *([] if equal else [{"lower": 3.0, "higher": 4.0, "pairs": 9}]),
    ]
    return table("agreement", agreement, agreement), table("score_pairs", *pairs)


# Criteria of STREAM


def log_of(**columns: Any) -> dict[str, Any]:
    """One row of `Material.logs`."""
    made = {
        "log": "a.eval", "path": "a.eval", "counted": True, "question": "fdx", "reader": "m", "model": "m",
        "created": "2026-11-01", "task_args": {}, "sample_ids": ["c1"], "epochs": 1, "templates": {"en": "abc"},
        "task_config": {}, "config": {}, "solver": "", "options": {"5": 1}, "scorers": [], "metrics": {},
        "model_roles": {}, "unscored": 0, "package_version": "0", "case_set": "s", "case_set_version": "1",
        "fingerprint": "f", "case_set_size": 1,
        "card": {"licence": "CC0", "source": "own", "languages": ["en"], "synthetic": False, "canary": ""},
    }  # fmt: skip
    return dict.fromkeys(LOGS) | made | PLAIN.columns() | columns


def criterion(place: str, *logs: Mapping[str, Any], **frames: pd.DataFrame) -> str:
    """The answer to a criterion of STREAM."""
    findings = Findings(**frames) if frames else Findings()  # type: ignore[arg-type]
    made = Material(pd.DataFrame(list(logs or (log_of(),))), findings)
    item = next(item for item in ITEMS if item.place == place)
    return _answered(1, item, made).answer


# How runs are repeated, and comparisons with other results

A_RUN = {
    "task": "medsyn_inspect/fdx", "base_url": "", "model_args": {}, "solver_args": {}, "eval_config": {},
    "inspect_version": "0.3", "revision": "", "dirty": False, "usage": [],
}  # fmt: skip


def repeated(**columns: Any) -> str:
    """How to run a log again: the file, its variables, or why there is none."""
    found = rerun(log_of(**A_RUN | columns), "rerun/a.yaml")
    return f"{found.text if found.file else ''}{found.why_not}{found.variables}"


def rerun_notes(*columns: Mapping[str, Any]) -> str:
    """Why the same commands can give different results."""
    rows = [log_of(**A_RUN | given) for given in columns]
    material = Material(pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(LOGS)))
    return printed(list(reproducibility(material).notes))


def cost(model: str, logged: float | None = None) -> str:
    """The cost of a model's tokens, and its source, with no price known."""
    entry = {"role": "model", "model": model, "input": 1, "output": 1, "cached": 0, "cache_write": 0, "reasoning": 0}
    logs = pd.DataFrame([log_of(**A_RUN | {"usage": [entry | {"total": 2, "cost": logged}]})])
    return printed(list(reproducibility(Material(logs), lambda _: None).usage["basis"]))


def compared_with_paper() -> str:
    """The remarks on a comparison with the paper."""
    found = findings_of(answers("a", [1.0, 0.0], language="en"))
    return printed([*against_paper(found).remarks, *against_paper(found).titles.values()])


def compared_with_logs() -> str:
    """The remarks on a comparison with other logs."""
    found, others = findings_of(answers("a", [1.0, 0.0])), findings_of(answers("a", [1.0, 1.0], log="b"))
    compared = against_findings(found, others)
    return printed([*compared.remarks, *compared.titles.values()])


# Reasons without a number, and notes on scores


def gee(correct: list[float], gap: list[float] | None = None, readers_of: str = "a") -> str:
    """Why the model of right answers by gap has no value."""
    named = [readers_of[place % len(readers_of)] for place in range(len(correct))]
    columns = {"gap": gap or [float(place % 3) for place in range(len(correct))], "correct": correct, "reader": named}
    observed = pd.DataFrame(columns).assign(case_id=[f"c{place}" for place in range(len(correct))])
    return str(association.gee(observed, (), 0.95)["reading"])


def left_out(mixed: bool) -> list[str]:
    """The readings of `within_readers` with a second reader that is sometimes right, or always."""
    rng = np.random.default_rng(7)
    arms = pd.concat([exact(world(rng, 60, 0.6, 0.25, 0.15), reader) for reader in "ab"], ignore_index=True)
    right = rng.random(60)[arms["case_id"].str[1:].astype(int)] < 0.5
    arms["correct"] = np.where(arms["reader"] == "a", right, right if mixed else True).astype(float)
    return [str(reading) for reading in within_readers(evidence_sensitivity(arms), arms)["reading"]]


def association_of(*accuracies: float) -> list[str]:
    """The reading of the association across readers with these accuracies."""
    rows = pd.DataFrame({"accuracy": accuracies, "mean_nmse": np.linspace(0, 1, len(accuracies)), "source": "logprobs"})
    return [str(reading) for reading in across_readers(rows.assign(reader=list(map(str, rows.index))))["reading"]]


def uptake_note(finding: list[float], reworded: list[float]) -> str:
    """Why there is no uptake ratio or no interval, where finding and rewording have these squared effects."""
    cases = pd.DataFrame({"effect_finding": finding, "effect_image": 1.0, "effect_both": 1.0, "source": "logprobs"})
    return str(_uptake(cases.assign(effect_rewording=reworded), 0.95)["uptake_note"])


def gap_notes(image: list[float], finding: list[float], *, source: str = "verbalized", **columns: Any) -> str:
    """Why a type with these S has no NMSE, or no interval for the deficit or the share below the line."""
    cases = pd.DataFrame({"S_image": image, "S_finding": finding}).assign(
        reader="a", evidence_type="ct", source=source, floor_finding=0.0
    )
    cases["case_id"] = list(map(str, cases.index))
    cases["modality_gap_squared"] = (cases["S_image"] - cases["S_finding"]) ** 2
    cases["finding_squared"] = cases["S_finding"] ** 2
    for name in ("matched_image", "matched_finding", "matched_deficit_least", "matched_deficit_most", "truncated"):
        cases[name] = np.nan
    row = modality_gap(cases.assign(**columns)).iloc[0]
    return printed([row["nmse_note"], row["deficit_note"], row["share_below_note"]])


def calibration_note(*, sampled: bool = False, epochs: int = 1) -> str:
    """Why the calibration of 30 answers is not tested."""
    rows = [
        arm((0.7, 0.3), case=f"c{place // epochs}", counts=(7, 3) if sampled else None, correct=bool(place % 2))
        for place in range(30)
    ]
    curves, _ = calibration_rows(conform("runs", []), pd.DataFrame(rows).assign(correct_letter="A"))
    return str(curves["ece_note"].iloc[0])


def tested(**rows: int) -> str:
    """The note on primary tests where frames have this number of rows with a p."""
    frames = {one.frame: conform(one.frame, []) for one in PRIMARY}
    for one in PRIMARY:
        if one.frame in rows:
            frames[one.frame] = conform(one.frame, [dict(one.rows) | {one.p: 0.5}] * rows[one.frame])
    return printed(about_tests(frames))


def pairs_of(cases: int) -> list[str]:
    """The notes on two uptake ratios over this number of cases."""
    rng = np.random.default_rng(cases)
    made = [
        pd.DataFrame({"case_id": [str(case) for case in range(cases)], "effect_both": rng.random(cases)}).assign(
            reader=reader, evidence_type="ct", source="logprobs", effect_finding=1.0
        )
        for reader in "ab"
    ]
    return [str(note) for note in reader_pairs(pd.DataFrame(), pd.concat(made))["note"]]


def scored(**values: Any) -> EvalSampleSummary:
    """A sample with scores by name."""
    scores = {name: Score(value=value) for name, value in values.items()}
    return EvalSampleSummary(id="c1", epoch=1, input="", target="", scores=scores)


# The screen

EXACT = pd.DataFrame([{"reader": "a", "evidence_type": "ct", "nmse": 0.5}])
"""Closed form of the arms."""


@cache
def screen(*what: str) -> str:
    """What `medsyn analyze` prints, on one line.

    Args:
        what: `readers` (judged alike), `groups` (judged differently), `many` (readers), `conditions`, `turns`, `arms`,
            `exact` (closed form), `orders`, `ratings`, `failures`, `calibrated`; nothing for no findings.
    """
    out = StringIO()
    with redirect_stdout(out):
        print_findings(_findings(frozenset(what)), EXACT if "exact" in what else None)
    return " ".join(out.getvalue().split())


def _findings(what: frozenset[str]) -> Findings:
    judge = {"rubric": "bond", "threshold": 4.0, "listed": 3, "coverage_at_1": 1.0}
    runs: list[pd.DataFrame] = []
    for place, reader in enumerate("abcdefg" if "many" in what else "abcd" if "groups" in what else "ab"):
        if what & {"readers", "groups", "many"}:
            right = [1.0] * (8 - place) + [0.0] * place
            named = judge | {
                "judge": f"j{place // 2}" if "groups" in what else "j",
                "score": [5 * one for one in right],
            }
            runs += [answers(reader, right), answers(reader, right, "ddx", **named)]
    if "failures" in what:
        runs.append(answers("z", [1.0, NOTHING]))
    if "conditions" in what:
        runs += [answers("a", [1.0, 0.0]), answers("a", [1.0, 1.0], view="finding", log="2")]
    if "turns" in what:
        runs.append(answers("a", [1.0, 0.0], staging="turns"))
    found = findings_of(pd.concat(runs, ignore_index=True) if runs else None, _arms(what))
    if "ratings" in what:
        row = {"reader": "a", "question": "ddx", "rater": "ada", "judge": "j", "n": 9, "kappa": 0.5} | PLAIN.columns()
        found = replace(found, ratings=table("ratings", row))
    if "calibrated" in what:
        found = replace(found, calibration=curves(0.01)[0])
    if "turns" in what:
        row = {"reader": "a", "question": "fdx", "stage": "imaging", "n": 2, "correct": 0.5} | PLAIN.columns()
        found = replace(found, stage_summary=table("stage_summary", row))
    return found


def _arms(what: frozenset[str]) -> pd.DataFrame | None:
    if "arms" in what:
        return two_arms()
    if "orders" not in what:
        return None
    turned = [two_arms().query("withheld == ''").assign(withheld=f"order_{place}") for place in (1, 2)]
    return pd.concat([two_arms(), *turned])
