"""The content of the report, section by section: text, tables and figures made from the findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.sensitivity import VIEWS
from medsyn_inspect.providers import JUDGE, READER, is_simulated
from medsyn_inspect.records import PLAIN, SCORED, Condition, Outcome
from medsyn_inspect.report.against import Comparison
from medsyn_inspect.report.material import rows_of
from medsyn_inspect.report.page.blocks import Block, CaseLists, Cell, Commands, Entries, Picture, Section, Text, table
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.report.page.viewing import Viewing
from medsyn_inspect.report.rerun.reproducibility import Reproducibility
from medsyn_inspect.report.stream.criteria import Criterion, status_counts
from medsyn_inspect.wording import (
    BITS,
    LEVELS,
    MEASURES,
    PERCENT,
    POINTS,
    RATIO,
    REMEDY,
    estimate_words,
    estimated,
    known,
    number,
    p_adjusted,
    p_value,
    percent,
    plural,
    scale_words,
    spoken,
    spread,
)

BEHIND = {"coverage": "ddx", "accuracy": "fdx", "score": "ddx", "open_coverage": "open_fdx"}
"""The question whose answers each estimate of `headline` is computed from; the gap is computed from two."""


def placed(pictures: Sequence[Picture], section: str) -> list[Picture]:
    """The figures of a section, in their order."""
    return [picture for picture in pictures if picture.section == section]


def summary(findings: Findings, listing: CaseListing, common: str = "", chance: float | None = None) -> Iterator[Block]:
    """The readers, the questions they answered, and how often each reader was right.

    Args:
        findings: The results of the analysis.
        listing: The cases behind each number.
        common: Arguments that all simulated readers share; their names in the report leave these out.
        chance: How often a guess among the options is right.
    """
    logs = findings.logs
    readers = list(dict.fromkeys(logs["reader"]))
    if warning := " ".join(_warnings(findings, readers)):
        yield Text(warning, warns=True)
    if len(findings.headline):
        yield headline(findings.headline, listing, list(findings.readers["reader"]))
    if explained := terms(findings, chance):
        yield Text(explained)
    if common:
        yield Text(f"All simulated readers: {common}.")
    if any(map(is_simulated, readers)):
        yield Text(
            "image_gain, finding_gain and text_gain are the weights that a simulated reader gives to visual evidence "
            "shown as images, to visual evidence shown as findings, and to the text of a case; 0 means that it ignores "
            "them."
        )
    for name, fingerprint in sorted(set(zip(logs["case_set"], logs["fingerprint"], strict=True))):
        yield Text(
            f"Case set: {name}, fingerprint {fingerprint}. "
            f"{plural(len(readers), 'reader')}, {plural(len(logs), 'log')}."
        )
    if len(findings.readers):
        yield outcomes(findings, listing)


def _warnings(findings: Findings, readers: Sequence[str]) -> Iterator[str]:
    """What is not real in these results."""
    simulated = [reader for reader in readers if is_simulated(reader)]
    if simulated:
        some = f"{plural(len(simulated), 'reader')} {'is' if len(simulated) == 1 else 'are'}"
        who = "Every reader is" if len(simulated) == len(readers) else some
        yield f"{who} simulated ({READER}): no medical model was evaluated."
    if any(JUDGE in judge.split(", ") for judge in findings.runs["judge"].dropna().unique()):
        yield f"The judge {JUDGE} is simulated: it is a rule that compares names of diagnoses."
    if findings.logs["synthetic"].astype(bool).all():
        yield "The cases are fictional. These results have no clinical meaning."


TERMS = {
    "coverage": "DDx coverage: the share of cases whose list of diagnoses contains the correct one (a score at or "
    "above the threshold of the rubric).",
    "accuracy": "FDx accuracy: the share of cases in which the reader chooses the correct option{chance}.",
    "ddx_fdx_gap": "DDx-FDx gap: coverage minus accuracy, on the cases that have both.",
    "open_coverage": "Open FDx: the single final diagnosis that a reader gives without options, judged like a list.",
}
"""Definitions of the columns of `headline`."""

SETTINGS = (
    ("view", "finding", "view=finding shows written findings instead of images"),
    ("text", "remove", "text=remove leaves out history and examination"),
    ("text", "random", "text=random replaces them with random words of the same length"),
    ("staging", "turns", "staging=turns shows the evidence stage by stage"),
)
"""Column, value, and what the value does."""


def terms(findings: Findings, chance: float | None = None) -> str:
    """Definitions of the measures and conditions that the report contains.

    Args:
        findings: The results of the analysis.
        chance: How often a guess among the options is right.
    """
    guess = f" (a guess among the options: {percent(chance)})" if chance else ""
    listed_rows = [text.format(chance=guess) for name, text in TERMS.items() if findings.headline[name].notna().any()]
    used = [text for name, value, text in SETTINGS if (findings.headline[name] == value).any()]
    return " ".join([*listed_rows, *([f"Conditions: {'; '.join(used)}."] if used else [])])


def in_order(frame: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """The rows sorted by reader, in the order that all tables use; the order within a reader is kept."""
    place = {name: number for number, name in enumerate(findings.readers["reader"])}
    return frame.sort_values("reader", key=lambda names: names.map(place), kind="stable", na_position="last")


def headline(rows: pd.DataFrame, listing: CaseListing, readers: Sequence[str] = ()) -> Block:
    """One row for each reader and condition.

    Args:
        rows: The frame `headline`.
        listing: The cases behind each number.
        readers: Names in the order of the table, with a suffix in brackets where a reader has only some cases.
    """
    measures = [name for name in MEASURES if rows[name].notna().any()]
    scale = scale_words(rows["scale"])
    columns = {"Reader": False, "Condition": False} | {heading(name, scale): True for name in measures}
    lines: list[list[Cell | str]] = []
    order = list(dict.fromkeys([*(name.partition(" [")[0] for name in readers), *rows["reader"]]))
    listed_rows = rows_of(rows)
    # The plain condition first, and the others in one order for all readers.
    conditions = list(dict.fromkeys([PLAIN, *map(Condition.of, listed_rows)]))
    for row in sorted(listed_rows, key=lambda row: (order.index(row["reader"]), conditions.index(Condition.of(row)))):
        cells: list[Cell | str] = [str(row["reader"]), Condition.of(row).words]
        for name in measures:
            behind = listing.of_gap(row) if name == "ddx_fdx_gap" else listing.of_run(BEHIND[name], row)
            cells.append(Cell(estimate_words(row[name], MEASURES[name][1]).lines, behind))
        lines.append(cells)
    caption = (
        "Estimates with 95 % intervals (Wilson for shares; bootstrap over cases for score and gap) and numbers of "
        "cases. Where cases have no score, the bounds assume that all of them are wrong, or all right."
    )
    return table("headline", caption, columns, lines, folded=len(lines) > 60)


def heading(name: str, scale: str) -> str:
    """The name of an estimate and its unit: `DDx coverage, %`, `DDx score, 0-5`."""
    title, shown = MEASURES[name]
    return ", ".join(filter(None, (title, scale if name == "score" else shown.unit)))


def outcomes(findings: Findings, listing: CaseListing) -> Block:
    """Counts of the outcomes, and the share of scored answers that nobody could read."""
    questions = [name for name in ("ddx", "fdx", "open_fdx") if f"{name}_right" in findings.readers]
    lines: list[list[Cell | str]] = []
    for row in rows_of(findings.readers):
        for question in questions:
            counts = [row[f"{question}_{outcome}"] for outcome in Outcome]
            if not any(known(count) for count in counts):
                continue
            behind = listing.of_reader(question, row["reader"])
            cells = [
                Cell(
                    str(int(count)) if known(count) else "",
                    f"{behind}/{outcome.replace('_', '+')}" if behind and count else "",
                )
                for count, outcome in zip(counts, Outcome, strict=True)
            ]
            scored = sum(count for count, outcome in zip(counts, Outcome, strict=True) if outcome in SCORED)
            unread = percent(row[f"{question}_unread"] / scored) if scored else ""
            lines.append([str(row["reader"]), question, *cells, unread])
    columns = {"Reader": False, "Task": False, **{spoken(outcome).capitalize(): True for outcome in Outcome}}
    caption = (
        "Outcomes in the plain condition; only right and wrong answers are scored. Unread: share of the scored answers "
        f"that nobody could read; they count as wrong. {REMEDY}."
    )
    return table("outcomes", caption, columns | {"Unread": True}, lines)


def accuracy(findings: Findings, pictures: Sequence[Picture]) -> Iterator[Block]:
    """Figures on how often readers are right."""
    yield from placed(pictures, "accuracy")


def sensitivity(findings: Findings, pictures: Sequence[Picture], listing: CaseListing) -> Iterator[Block]:
    """How much the answers change when evidence is withheld."""
    pictures = placed(pictures, "sensitivity")
    if findings.types.empty:
        yield from pictures
        return
    yield Text(
        "S is the Jensen-Shannon divergence, in bits, between the posteriors over the options with all evidence and "
        "without one type. NMSE compares S for evidence shown as images with S for the same evidence shown as written "
        "findings: the sum over cases of (S(image) - S(finding))², divided by the sum of S(finding)². It is 0 for a "
        "reader without a gap and 1 for a reader that ignores images; because it is quadratic, it is 0.25 for a reader "
        "with half the sensitivity to images. The deficit is the mean of S(finding) - S(image). To decide which "
        "evidence type to improve, use the deficit and its interval rather than NMSE."
    )
    yield from pictures
    lines: list[list[Cell | str]] = []
    for row in rows_of(in_order(findings.types, findings)):
        behind = listing.of_type(row["reader"], row["evidence_type"])
        measures = [estimated(row, "nmse", RATIO), estimated(row, "share_below"), estimated(row, "mean_deficit", BITS)]
        tests = [p_adjusted(row["sign_p"], row["sign_p_holm"]), p_value(row["wilcoxon_p"])]
        missing = f" ({int(row['missing'])} missing)" if row["missing"] else ""
        name = str(row["evidence_type"])
        lines.append(
            [
                str(row["reader"]),
                spoken(name),
                Cell(f"{row['n']}{missing}", behind),
                *measures,
                *tests,
                str(row["source"]) if isinstance(row["source"], str) else "no posterior",
            ]
        )
    columns = {
        "Reader": False, "Evidence": False, "Cases": True, "NMSE": True, "Below the line, %": True,
        "Deficit, bits": True, "Sign test p (Holm)": True, "Wilcoxon p": True, "Posterior from": False,
    }  # fmt: skip
    yield table("types", "By evidence type, with 95 % intervals over cases.", columns, lines)
    lines = []
    for row in rows_of(findings.readers[findings.readers["mean_nmse"].notna()]):
        above = [estimated(row, f"above_floor_{view}") for view in VIEWS]
        audit = estimated(row, "order_divergence", BITS)
        cells = [
            estimated(row, "mean_nmse", RATIO),
            estimated(row, "accuracy_image"),
            estimated(row, "accuracy_finding"),
        ]
        lines.append([str(row["reader"]), *cells, *above, audit, number(row["low_mass_arms"], 0)])
    columns = {
        "Reader": False, "Mean NMSE": True, "Accuracy, images, %": True, "Accuracy, findings, %": True,
        "S above its floor, images, %": True, "S above its floor, findings, %": True,
        "Order of options, bits": True, "Arms with option mass below 0.5": True,
    }  # fmt: skip
    yield table(
        "readers",
        "By reader. The floor of S is the divergence that rewording the question alone causes (for sampled answers: a "
        "permutation test at 5 %); the effect of the order of the options is measured on a part of the cases.",
        columns,
        lines,
    )
    yield from associations(findings.associations)


def associations(frame: pd.DataFrame) -> Iterator[Block]:
    """Whether a smaller gap is associated with more correct answers, and how to interpret the result."""
    if frame.empty:
        return
    lines: list[list[Cell | str]] = []
    for row in rows_of(frame):
        value = spread(row["value"], row["lower"], row["upper"], between=" ")
        count = f"{row['readers']:g} readers" + (f", {row['cases']:g} cases" if known(row["cases"]) else "")
        others = row["adjusted_for"]
        also = f", adjusted for {others}" if isinstance(others, str) and others else ""
        what = f"{spoken(row['measure'])} of {spoken(row['x'])} and {spoken(row['y'])}{also}"
        lines.append([row["scope"], what, count, value, p_value(row["p"]), p_value(row["smallest_p"]), row["reading"]])
    columns = {
        "Scope": False, "Measure": False, "Sample": False, "Value": True, "p": True, "Smallest p possible": True,
        "Reading": False,
    }  # fmt: skip
    yield table("associations", "Is a smaller gap associated with more correct answers?", columns, lines)


def ablations(findings: Findings, pictures: Sequence[Picture], listing: CaseListing) -> Iterator[Block]:
    """Paired comparisons: the same cases in two conditions."""
    yield from placed(pictures, "ablations")
    if findings.comparisons.empty:
        return
    lines: list[list[Cell | str]] = []
    for row in rows_of(in_order(findings.comparisons, findings)):
        view = f" ({row['view']})" if isinstance(row["view"], str) and row["view"] else ""
        what = f"{row['condition']} instead of {row['baseline']}{view}"
        tests = [
            p_adjusted(row["mcnemar_p"], row["mcnemar_p_holm"]),
            number(row["minimum_detectable_effect"] * 100, 1),
        ]
        n = f"{row['n']}" + (f" ({row['missing']} missing)" if row["missing"] else "")
        difference = estimated(row, "difference", POINTS)
        lines.append(
            [
                str(row["reader"]),
                row["question"],
                what,
                n,
                Cell(f"{row['only_baseline']} / {row['only_condition']}", listing.of_pair(row)),
                difference,
                *tests,
            ]
        )
    columns = {
        "Reader": False, "Task": False, "Changed": False, "Cases": True, "Only baseline / only condition": True,
        "Difference, points": True, "McNemar p (Holm)": True, "Minimum detectable effect, points": True,
    }  # fmt: skip
    yield table(
        "comparisons",
        "Paired differences on the same cases, with Newcombe's interval. The Holm adjustment, for discrete tests, is "
        "over all comparisons of a reader and task. The last column is the smallest difference detectable with this "
        "number of cases and this share of discordant pairs (80 % power; level: 5 % divided by the number of "
        "comparisons); it is empty where no difference is detectable.",
        columns,
        lines,
    )


def belief(findings: Findings, pictures: Sequence[Picture]) -> Iterator[Block]:
    """Belief per stage, and the calibration of the stated probabilities."""
    yield from placed(pictures, "belief")


def judging(findings: Findings, pictures: Sequence[Picture]) -> Iterator[Block]:
    """The judges, and how well they agree."""
    judges = sorted({judge for judge in findings.runs["judge"].dropna() if judge})
    if judges:
        what = {"ddx": "Differentials", "open_fdx": "open final diagnoses"}
        judged = " and ".join(words for name, words in what.items() if name in set(findings.runs["question"]))
        yield Text(
            f"{judged[:1].upper()}{judged[1:]} were judged by {'; '.join(judges)}. "
            "A word-for-word match needs no judge."
        )
    yield from placed(pictures, "judging")


def construction(pictures: Sequence[Picture]) -> Iterator[Block]:
    """How many case reports became cases, for sets that were built from reports."""
    yield from placed(pictures, "construction")


def remarks(findings: Findings) -> Iterator[Block]:
    """What was excluded, and the limitations of the results."""
    if findings.notes:
        yield Entries(tuple(findings.notes))


def cases(viewer: Viewing, lists: int) -> Iterator[Block]:
    """The cases behind the numbers.

    Args:
        viewer: How to look at the logs.
        lists: The number of lists of cases.
    """
    if not lists:
        return
    one = "" if len(viewer.folders) == 1 else " It shows one folder at a time."
    yield Text(
        "Underlined numbers in the tables link to the cases they are computed from. To open a case with its prompt, "
        f"images and answers, start the viewer on the logs, at its default port (7575), and follow “open”.{one}"
    )
    yield Commands("Start the viewer", viewer.commands)
    yield CaseLists()


def sections(parts: dict[tuple[str, str], Iterator[Block]]) -> tuple[Section, ...]:
    """The sections that are not empty.

    Args:
        parts: Blocks by anchor and title.
    """
    made = (Section(anchor, title, tuple(blocks)) for (anchor, title), blocks in parts.items())
    return tuple(section for section in made if section.blocks)


def comparison(found: Comparison) -> Iterator[Block]:
    """Comparison of measured values with published ones, or with those of other logs."""
    for remark in found.remarks:
        yield Text(remark, warns=True)
    for key, rows in found.rows.groupby("table", sort=False):
        yield (paired_table if key == "paired" else published_table)(str(key), found.titles[str(key)], rows)


def published_table(key: str, title: str, rows: pd.DataFrame) -> Block:
    """One table of the paper: for each measure, first the published values, then the measured ones."""
    lines: list[list[Cell | str]] = []
    of = ["measure", "condition", "evidence_type", "specialty", "subset"]
    listed_rows = rows_of(rows)
    places = list(dict.fromkeys(tuple(row[name] for name in of) for row in listed_rows))
    # Sorted by measure first, so that measured values follow the published ones of the same measure.
    for row in sorted(
        listed_rows, key=lambda row: (places.index(tuple(row[name] for name in of)), known(row["measured"]))
    ):
        shares = row["unit"] == "share" or row["measure"] in ("accuracy", "coverage", "gap")
        how = PERCENT if shares else RATIO if "nmse" in row["measure"] else LEVELS
        what = ", ".join(str(row[name]) for name in ("condition", "evidence_type", "specialty", "subset") if row[name])
        published = number(row["published"] * how.factor, how.digits)
        measured = spread(row["measured"], row["lower"], row["upper"], how)
        measured += f"\nn={int(row['n'])}" if measured else ""
        measure = f"{row['measure']}{', %' if shares else ''}".replace("_", " ")
        lines.append([f"{measure}: {what}", str(row["reader"]), published, measured, str(row["warning"])])
    columns = {"Measure": False, "Reader": False, "Published": True, "Measured": True, "Warning": False}
    return table(f"paper-{key}", title, columns, lines)


def paired_table(key: str, title: str, rows: pd.DataFrame) -> Block:
    """Paired differences to other logs."""
    lines: list[list[Cell | str]] = []
    for row in rows_of(rows):
        readers = row["reader"] if row["reader"] == row["other"] else f"{row['reader']} against {row['other']}"
        tests = [p_value(row["mcnemar_p_holm"]), number(row["minimum_detectable_effect"] * 100, 1)]
        n = f"{row['n']}" + (f" ({row['missing']} missing)" if row["missing"] else "")
        rates = [number(row[name] * 100, 1) for name in ("accuracy", "accuracy_baseline")]
        changed = f"{row['only_baseline']} / {row['only_condition']}"
        difference = estimated(row, "difference", POINTS)
        lines.append([str(readers), row["question"], Condition.of(row).words, n, *rates, changed, difference, *tests])
    columns = {
        "Reader": False, "Task": False, "Condition": False, "Cases": True, "These logs, %": True, "Other logs, %": True,
        "Only baseline / only condition": True, "Difference, points": True, "McNemar p (Holm)": True,
        "Minimum detectable effect, points": True,
    }  # fmt: skip
    return table(key, title, columns, lines)


def criteria(found: Sequence[Criterion]) -> Iterator[Block]:
    """STREAM: the criteria that are answered, and those that only a person can answer."""
    counts = status_counts(found)
    yield Text(
        f"Of the {len(found)} criteria of STREAM, {counts['answered']} are answered from the logs and the case set's "
        f"card, {counts['partly']} partly; {counts['not applicable']} do not apply; {counts['open']} are open: only "
        "the authors of the report can answer them."
    )
    lines: list[list[Cell | str]] = [
        [one.place, one.group, one.question, one.answer, one.basis, one.status] for one in found
    ]
    columns = {"": False, "Group": False, "Criterion": False, "Answer": False, "Source": False, "Status": False}
    yield table("stream", "The 28 criteria of the reporting standard STREAM.", columns, lines)


def reproduction(found: Reproducibility) -> Iterator[Block]:
    """Commands, versions, seeds, tokens and cost."""
    lines = []
    for run in found.reruns:
        before = [run.log, *(f"{name}: {what}" for name, what in run.variables.items())]
        judging = f"To judge again, from the folder in which this report was made: {run.rescore}" if run.rescore else ""
        lines += [*map(comment, before), run.command, *map(comment, [*run.left_out, run.why_not, judging])]
    lines = [line for line in lines if line]
    yield Commands("To repeat each run, from the folder of this report", tuple(lines), len(lines) > 12)
    yield frame_table("made-with", "Software and settings of each log.", found.runs)
    yield frame_table("usage", "Tokens and cost by role and model (USD; empty where no price is known).", found.totals)
    if found.notes:
        yield Entries(found.notes)


def comment(text: str) -> str:
    """The text as a shell comment on one line, so that no part of it is run; empty for an empty text."""
    return f"# {' '.join(text.split())}" if text else ""


def frame_table(name: str, caption: str, frame: pd.DataFrame) -> Block:
    """A frame as a table, without its empty columns."""
    filled = [column for column in frame.columns if frame[column].notna().any()]
    columns = {
        str(column).replace("_", " "): all(
            isinstance(one, (int, float)) and not isinstance(one, bool) for one in frame[column].dropna()
        )
        for column in filled
    }
    lines: list[list[Cell | str]] = [
        ["" if not known(value) and not isinstance(value, (str, bool)) else str(value) for value in row]
        for row in frame[filled].itertuples(index=False)
    ]
    return table(name, caption, columns, lines)
