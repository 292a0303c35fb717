"""Comparison of findings with the published figures, or with other logs on the cases that both contain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.accuracy import Estimate, headline, without_verdict
from medsyn_inspect.analysis.frames.compare import adjusted, paired
from medsyn_inspect.analysis.frames.contrasts import graders, majority
from medsyn_inspect.analysis.frames.gap import mean_nmse, modality_gap
from medsyn_inspect.analysis.schema import QUESTIONS, in_condition
from medsyn_inspect.published import against_published, published_figures
from medsyn_inspect.published.figures import paper_languages, table_titles
from medsyn_inspect.records import PLAIN, Condition
from medsyn_inspect.wording import known

MEASURES = {
    "accuracy": "accuracy",
    "coverage": "coverage",
    "ddx_fdx_gap": "gap",
    "score": "score",
    "open_score": "open_score",
}
"""Estimates of `headline` that the paper also reports, with their names in the paper."""

SETTING = ["question", *Condition.COLUMNS]


@dataclass(frozen=True)
class Comparison:
    """Measured values and the values they are compared with."""

    titles: dict[str, str]
    """Title of each part of `rows`, by its key in the column `table`."""

    rows: pd.DataFrame
    """With a column `table`."""

    remarks: tuple[str, ...]
    """Limitations of the comparison."""


def against_paper(findings: Findings) -> Comparison:
    """Compare measured values with the tables of the paper that report the same measures."""
    published = published_figures()
    languages = [name for name in paper_languages(published) if name in set(findings.runs["language"])]
    subsets = {"all": findings.runs} if len(languages) != 1 else {}
    subsets |= {name: findings.runs[findings.runs["language"] == name] for name in languages}
    rows = [row for name, runs in subsets.items() if len(runs) for row in _rates(runs, name)]
    rows += _sensitivities(findings, paper_languages(published, "nmse"))
    columns = ["reader", "measure", "condition", "evidence_type", "specialty", "subset", "value", "lower", "upper", "n"]
    compared = against_published(pd.DataFrame(rows, columns=columns), published)
    compared = compared[compared["table"].notna()]
    titles = {f"{number}": f"Table {number}: {title}" for number, title in table_titles().items()}
    rows_of_tables = compared.assign(table=compared["table"].astype(int).astype(str)).reset_index(drop=True)
    remarks = (
        "The cases of the paper are not available. The measured values are from another case set, so the comparison "
        "can show the direction of an effect but not its size.",
        "Published figures have no intervals. Those with a warning are inconsistent with other figures in the paper.",
    )
    return Comparison(titles, rows_of_tables, remarks)


def against_findings(findings: Findings, others: Findings) -> Comparison:
    """Compare with other logs: paired differences on the cases that both contain, by question and condition.

    Readers of the same name are compared; if each side has a single reader, these two are compared.

    Raises:
        ValueError: If the logs are of different case sets, or have no reader or question in common.
    """
    prints = {*findings.logs["fingerprint"], *others.logs["fingerprint"]}
    if len(prints) > 1:
        raise ValueError(f"the other logs are of another case set (fingerprints {', '.join(sorted(prints))})")
    mine, theirs = (list(dict.fromkeys(found.runs["reader"])) for found in (findings, others))
    partners = [(one, one) for one in mine if one in theirs]
    if not partners and len(mine) == len(theirs) == 1:
        partners = [(mine[0], theirs[0])]
    if not partners:
        raise ValueError(
            "the logs have no reader in common; these logs: "
            + (", ".join(mine) or "none")
            + "; the other logs: "
            + (", ".join(theirs) or "none")
        )
    rows = [row for one, other in partners for row in _differences(findings.runs, others.runs, one, other)]
    if not rows:
        raise ValueError(
            "the readers in both logs have no question in the same condition with a verdict on every answer by the "
            "same judges"
        )
    remark = (
        "Differences are these logs minus the other logs, on the cases that both contain; exact McNemar tests, "
        "adjusted over all comparisons of a reader by Holm's method for discrete tests."
    )
    compared = adjusted(pd.DataFrame(rows), ["reader", "other"])
    return Comparison({"paired": "These logs and the other logs"}, compared, (remark,))


def _rates(runs: pd.DataFrame, subset: str) -> Iterator[dict[str, Any]]:
    comparable = in_condition(runs, but=("view", "text", "emphasis"))
    for row in headline(runs[comparable]).to_dict("records"):
        condition = Condition.of(row)
        # The paper's tables always name the view.
        parts = [f"view={condition.view}", *filter(None, [condition.replace(view=PLAIN.view).label])]
        for name, measure in MEASURES.items():
            found = row[name]
            if isinstance(found, Estimate) and known(found.value):
                value = {"value": found.value, "lower": found.lower, "upper": found.upper, "n": found.n}
                place = {"condition": ", ".join(parts), "evidence_type": "", "specialty": "", "subset": subset}
                yield {"reader": row["reader"], "measure": measure} | place | value


def _sensitivities(findings: Findings, languages: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """NMSE of the cases in the one language for which the paper reports it."""
    [language] = languages
    if findings.types.empty:
        return
    in_language = set(findings.arms[findings.arms["language"] == language]["case_id"])
    rows = findings.sensitivity[findings.sensitivity["case_id"].isin(in_language)]
    if rows.empty:
        return
    emphasis = dict(zip(findings.arms["reader"], findings.arms["emphasis"], strict=True))
    for measure, frame in (("nmse", modality_gap(rows)), ("mean_nmse", mean_nmse(rows))):
        for row in frame.to_dict("records"):
            named = emphasis.get(row["reader"], "")
            yield {
                "reader": row["reader"],
                "measure": measure,
                "condition": f"emphasis={named}" if named else "",
                "evidence_type": row.get("evidence_type", ""),
                "specialty": "",
                "subset": language,
                "value": row[measure],
                "lower": float("nan"),
                "upper": float("nan"),
                "n": row["n"],
            }


def _differences(mine: pd.DataFrame, theirs: pd.DataFrame, one: str, other: str) -> Iterator[dict[str, Any]]:
    here, there = (
        dict(list(runs[runs["reader"] == name].groupby(SETTING))) for runs, name in ((mine, one), (theirs, other))
    )
    for question in QUESTIONS:
        for setting in (key for key in here if key in there and key[0] == question):
            both = pd.concat([there[setting], here[setting]], keys=["other", "one"], names=["side"])
            if without_verdict(both) or graders(both.assign(reader=one)).any():
                continue
            before, after = (majority(runs.set_index("case_id")["right"]) for runs in (there[setting], here[setting]))
            common = before.index.intersection(after.index)
            if len(common):
                named = dict(zip(SETTING, setting, strict=True))
                row = {"table": "paired", "reader": one, "other": other} | named
                yield row | paired(before[common], after[common])
