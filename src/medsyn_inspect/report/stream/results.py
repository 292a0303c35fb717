"""Answers to the other groups of STREAM: relevance, elicitation, performance, baselines, interpretation."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from medsyn_inspect.analysis.frames.accuracy import Estimate, unread_answers
from medsyn_inspect.analysis.stats.resampling import LEVEL
from medsyn_inspect.conditions import QUESTIONS, condition_words, setting_in_words
from medsyn_inspect.prompts.stages import WITH_OPTIONS
from medsyn_inspect.providers import JUDGE, is_model, is_person, is_physician, is_simulated
from medsyn_inspect.records import ALL, PLAIN, SCORED, Condition, Outcome
from medsyn_inspect.redaction import PATH
from medsyn_inspect.report.material import Material, chance_level, judges_of, of_kind, options_of, rows_of
from medsyn_inspect.report.stream.facts import MANY, Answer, card_values, is_judged, questions_of
from medsyn_inspect.tasks import description
from medsyn_inspect.wording import (
    MEASURES,
    distinct,
    estimate_words,
    known,
    number,
    percent,
    plural,
    share_digits,
    spoken,
    spread,
)

DATED = re.compile(r"(?:19|20)\d\d-?[01]\d-?[0-3]\d|@")
"""A model name that pins a snapshot or revision."""

CORRELATED = 5
"""Fewest models for which a rank correlation can have an exact two-sided p below 5 %: 2/5! < 5 % < 2/4!."""


def ability(material: Material) -> Answer:
    """1(i)."""
    measured = " ".join(description(name) for name in questions_of(material))
    return "partly", f"{measured} A person must add which harm or claim this is relevant to.", "log headers: questions"


def thresholds(_: Material) -> Answer:
    """1(ii)."""
    return (
        "open",
        "The logs do not contain which result would establish or rule out a concern. State it before the runs: the "
        "measure, the threshold, and which end of the interval is compared with it.",
        "",
    )


def example(material: Material) -> Answer:
    """1(iii)."""
    row = rows_of(material.counted)[0]
    where = str(row["task_args"].get("cases", "demo"))
    where = "FOLDER" if where.startswith(PATH) else where
    return (
        "partly",
        f"`medsyn cases show {where} {row['sample_ids'][0]}` shows an item as a reader gets it, `inspect view` "
        "shows the answers. The licence decides whether an item may be printed "
        f"({distinct(card_values(material, 'licence'))}).",
        "log headers: cases presented; card: licence",
    )


def versions(material: Material) -> Answer:
    """3(i)."""
    rows = rows_of(material.counted)
    sentences, pinned = [], True
    for model in dict.fromkeys(str(row["model"]) for row in rows):
        days = sorted(str(row["created"])[:10] for row in rows if row["model"] == model)
        when = days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
        sentences.append(f"{model} ({when})")
        pinned &= not is_model(model) or bool(DATED.search(model))
    doubt = (
        ""
        if pinned
        else " A model name without a date may refer to different builds over time; the logs record only the name."
    )
    return "answered" if pinned else "partly", f"{distinct(sentences)}.{doubt}", "log headers: models, dates"


def safeguards(material: Material) -> Answer:
    """3(ii)."""
    refused = ""
    if not material.findings.runs.empty:
        failures = material.findings.runs["failure"]
        count = int(failures.isin(("refused", "content_filter")).sum())
        refused = f" {count} of {len(failures)} answers were refused or filtered."
    if not material.findings.arms.empty:
        arms = material.findings.arms
        count, answers = (int(arms[name].fillna(0).sum()) for name in ("refused", "n"))
        refused += f" {count} of {answers} answers in arms were refused."
    return (
        "open",
        f"The logs do not record which safeguards of the model or the service were active.{refused}",
        "",
    )


def techniques(material: Material) -> Answer:
    """3(iii)."""
    rows = rows_of(material.counted)
    wording = distinct(f"{name} {print_}" for row in rows for name, print_ in sorted(row["templates"].items()))
    brought = sorted({language for row in rows for language in (row["card"] or {}).get("prompts", {})})
    origin = "this package" + (f" (of the case set for {', '.join(brought)})" if brought else "")
    sentences = [
        f"The tasks ask each question without examples, tools or search. Wording: the templates of {origin}, "
        f"fingerprints {wording}."
    ]
    settings = (row["task_config"] | row["config"] for row in rows)
    given = (", ".join(setting_in_words(f"{name}={value}") for name, value in sorted(one.items())) for one in settings)
    sentences.append(f"Settings: {distinct((one or 'the defaults of the provider' for one in given), '; or ')}.")
    shown = (condition_words(Condition.of(row)) for row in rows if row["question"] != "sensitivity")
    if conditions := distinct(shown, "; or "):
        sentences.append(f"Shown: {conditions}.")
    sentences.append(f"Answers per question: {distinct(str(row['epochs']) for row in rows)}; all are used.")
    if solvers := distinct(str(row["solver"]) for row in rows if row["solver"]):
        sentences.append(f"The solver of the tasks was replaced by: {solvers}.")
    sentences.append("Whether better prompts or fine-tuning would improve the results was not tested.")
    return "answered", " ".join(sentences), "log headers: settings, templates"


def statistics(material: Material) -> Answer:
    """4(i)."""
    first: dict[str, str] = {}
    others = []
    for row in sorted(_headline(material), key=lambda row: Condition.of(row) != PLAIN):
        if line := _estimates(row):
            # One line for every reader, if possible in the plain condition, so that no results are selected.
            if row["reader"] in first:
                others.append(line)
            else:
                first[row["reader"]] = line
    lines = [*first.values(), *others, *_gaps(material)]
    if not lines:
        return _no_numbers(material)
    shown = max(MANY, len(first))
    rest = f" And {len(lines) - shown} more in the tables." if len(lines) > shown else ""
    return "answered", f"{'; '.join(lines[:shown])}.{rest}", "findings: headline, types"


def uncertainty(material: Material) -> Answer:
    """4(ii)."""
    findings = material.findings
    if findings.runs.empty and findings.types.empty:
        return _no_numbers(material)
    sentences = [
        f"Intervals of {percent(LEVEL, 0)}: Wilson for shares, Newcombe for paired differences of shares, Fieller for "
        "uptake ratios, otherwise Student over cases (extended for skewness; none with few cases); epochs of a case "
        "are averaged first.",
        f"Answers per question: {distinct(str(epochs) for epochs in material.counted['epochs'])}.",
    ]
    if not findings.runs.empty:
        found = [str(outcome) for outcome in findings.runs["outcome"]]
        asked = [QUESTIONS[question] for question in sorted(set(findings.runs["question"]))]
        count = {outcome: found.count(outcome.value) for outcome in Outcome}
        unscored = ", ".join(f"{spoken(one)}: {count[one]}" for one in Outcome if one not in SCORED)
        sentences.append(
            f"Of {len(found)} requested answers ({', '.join(asked)}), {sum(count[one] for one in SCORED)} are scored "
            f"({unscored}); {int(unread_answers(findings.runs).sum())} of these are unread and count as wrong."
        )
        sentences += _bounds(material)
    if not findings.arms.empty:
        arms = len(findings.arms)
        failed_arms = int((findings.arms["error"].notna() & (findings.arms["error"] != "")).sum())
        sentences.append(f"Of {arms} arms, {arms - failed_arms} have a posterior, {failed_arms} failed.")
    if excluded := len(material.logs) - len(material.counted):
        sentences.append(f"{plural(excluded, 'log')} of older or other runs are excluded.")
    if not findings.comparisons.empty:
        sentences.append(
            "Conditions are compared case by case (exact McNemar test), with Holm adjustment over all comparisons of a "
            "reader and task."
        )
    if not findings.reader_pairs.empty:
        sentences.append(
            "Readers are compared pair by pair on their common cases, with Holm adjustment over all pairs of a measure."
        )
    if not findings.types.empty:
        sentences.append(
            "Views are compared by type: published S by an exact sign test, with Holm adjustment over the types of a "
            "reader, and matched S by Student's test, with Holm adjustment over all readers and types."
        )
    return "answered", " ".join(sentences), "findings: runs, headline; analysis of this package"


def alternatives(material: Material) -> Answer:
    """4(iii)."""
    rows = rows_of(material.counted)
    others = {Condition.of(row).replace(selection="", grading="") for row in rows if row["question"] != "sensitivity"}
    compared = not material.findings.comparisons.empty
    sentences, status = [], "answered"
    if len(others) > 1:
        shown = (condition_words(one) for one in others)
        sentences.append(f"Run in {len(others)} conditions: {'; '.join(sorted(shown))}.")
        status = "answered" if compared else "partly"
    if "sensitivity" in questions_of(material):
        sentences.append("Evidence types were withheld one at a time, as images and as findings.")
    if not sentences:
        return (
            "open",
            "Only one condition was run. Run others (withhold evidence, show findings), or `sensitivity`.",
            "",
        )
    if compared:
        sentences.append(f"{plural(len(material.findings.comparisons), 'paired comparison')} in the tables.")
    return (
        "answered" if status == "answered" else "partly",
        " ".join(sentences),
        "log headers: tasks; findings: comparisons",
    )


def people(material: Material) -> Answer:
    """5(i)."""
    people = _human_readers(material)
    if not people:
        return _no_people()
    sentences = "; ".join(f"{name}: {plural(cases, 'case')}" for name, cases in people.items())
    missing = "A person must add who they are, how many, their training and how they were recruited."
    return "partly", f"{sentences}. {missing}", "log headers: readers"


def people_scored(material: Material) -> Answer:
    """5(ii)."""
    people = _human_readers(material)
    if not people:
        return _no_people()
    physicians = of_kind(material, is_person)
    lines = [line for row in _headline(material) if str(row["reader"]) in physicians and (line := _estimates(row))]
    if not lines:
        return "open", "The logs contain answers of people, but none is scored.", ""
    return "answered", f"{'; '.join(lines)}. Models on the same cases: see 4(i).", "findings: headline"


def people_conditions(material: Material) -> Answer:
    """5(iii)."""
    people = _human_readers(material)
    if not people:
        return _no_people()
    rows = [row for row in rows_of(material.counted) if is_person(str(row["model"]))]
    shown = distinct(f"{QUESTIONS[row['question']]}: {condition_words(Condition.of(row))}" for row in rows)
    return (
        "partly",
        f"Answers were given on sheets ({shown}). A person must add the time allowed, aids, pay and instructions.",
        "log headers: readers, tasks",
    )


def no_people_because(material: Material) -> Answer:
    """5(iv-a)."""
    if _human_readers(material):
        return "not applicable", "The logs contain answers of people.", "log headers: readers"
    return "open", "The logs contain no answers of people; a person must add why.", ""


def instead(material: Material) -> Answer:
    """5(iv-b)."""
    sentences, status = [], "answered"
    questions, sizes = questions_of(material), options_of(material)
    if any(name in WITH_OPTIONS for name in questions):
        if sizes:
            level = chance_level(material)
            each = ", ".join(f"1/{size}" for size in sizes)
            sentences.append(f"Chance: a guess among the options is right in {percent(level)} of the cases ({each}).")
        else:
            sentences.append("Chance: one over the number of options, which the headers do not record.")
            status = "partly"
    if "sensitivity" in questions:
        sentences.append(
            "By definition, a reader that ignores images has an uptake ratio of 0 and an NMSE of 1, and a reader "
            "without a gap has an uptake ratio of 1 and an NMSE of 0."
        )
    if any(Condition.of(row).withhold == ALL for row in rows_of(material.counted)):
        sentences.append("The question was also asked alone, without the case.")
    counted = set(material.counted["reader"])
    known = [reader for reader in of_kind(material, is_simulated) if reader in counted]
    if known:
        sentences.append(f"Simulated readers of known behaviour: {distinct(known)}.")
    if not sentences:
        return "open", "A free-text answer has no chance level, and no other comparison was run.", ""
    return (
        "answered" if status == "answered" else "partly",
        " ".join(sentences),
        "log headers: tasks, case set; definitions",
    )


def conclusion(material: Material) -> Answer:
    """6(i)."""
    limits = []
    invented = card_values(material, "synthetic")
    if any(invented):
        some = "The" if all(invented) else "Some"
        limits.append(f"{some} cases are invented: results on them have no clinical meaning.")
    if set(material.counted["reader"]) <= set(of_kind(material, is_simulated)):
        limits.append("All readers are simulated: no medical model was evaluated.")
    models = {str(model) for model in material.counted["model"] if not is_physician(str(model))}
    limits.append(f"{plural(len(models), 'model')} tested: the results may not hold for other models.")
    if 1 < len(models) < CORRELATED:
        limits.append(f"{len(models)} models are too few for a correlation: even a perfect one has a p above 5 %.")
    if "sensitivity" in questions_of(material):
        limits.append("Withholding one piece of evidence may have no effect if another contains the same information.")
    if is_judged(material):
        limits.append("Scores of differentials are the ratings of a judge.")
        if JUDGE in judges_of(material):
            limits.append(f"The judge {JUDGE} is simulated: a rule that compares names of diagnoses.")
    if material.findings.notes:
        limits.append(f"See also the remarks on the results ({len(material.findings.notes)}).")
    sentences = f"A person must add the conclusions for use or risk. Limitations: {' '.join(limits)}"
    return "partly", sentences, "card: synthetic; log headers; findings: notes"


def refutation(_: Material) -> Answer:
    """6(ii)."""
    return (
        "open",
        "The logs do not contain which result would have changed the conclusion, nor whether it was stated in advance.",
        "",
    )


def forecast(_: Material) -> Answer:
    """6(iii)."""
    return "open", "The logs do not contain a forecast for later models or better elicitation.", ""


def time(material: Material) -> Answer:
    """6(iv)."""
    days = sorted(str(day)[:10] for day in material.counted["created"] if day)
    when = [f"on {days[0]}" if days[0] == days[-1] else f"from {days[0]} to {days[-1]}"] if days else []
    ran = "".join(f" The runs were made {one} (UTC)." for one in when)
    return "open", f"A person must add when results were available and when decisions were made.{ran}", ""


def dissent(_: Material) -> Answer:
    """6(v)."""
    return "open", "Those involved must add whether they disagreed about the results.", ""


def _no_numbers(material: Material) -> Answer:
    if material.findings.logs.empty:
        return "open", "Only the headers of the logs were read, not the answers.", ""
    return "open", "The logs contain no scored answers.", ""


def _no_people() -> Answer:
    return "not applicable", "The logs contain no answers of people; see 5(iv-a).", "log headers: readers"


def _human_readers(material: Material) -> dict[str, int]:
    """People among the readers, but no simulated ones, with the most cases that they answered in one run."""
    people: dict[str, int] = {}
    for row in rows_of(material.counted):
        if is_person(str(row["model"])):
            people[row["model"]] = max(people.get(row["model"], 0), len(row["sample_ids"] or []))
    return people


def _headline(material: Material) -> list[dict[str, Any]]:
    return rows_of(material.findings.headline)


def _estimates(row: dict[str, Any]) -> str:
    """`reader (condition): FDx accuracy 62.5 % [42.7, 78.8], n=24`."""
    sentences = []
    for name, (title, shown) in MEASURES.items():
        found = row.get(name)
        if isinstance(found, Estimate) and found.n:
            words = estimate_words(found, shown, shown.unit)
            ends = words.interval or (f"({words.bounds})" if words.bounds else "")
            sentences.append(f"{' '.join(filter(None, (title, words.value, ends)))}, {words.n}")
    condition = Condition.of(row)
    other = "" if condition == PLAIN else condition_words(condition)
    return f"{row['reader']}{f' ({other})' if other else ''}: {', '.join(sentences)}" if sentences else ""


def _gaps(material: Material) -> list[str]:
    """Uptake ratio and NMSE by reader and type."""
    lines = []
    for row in rows_of(material.findings.types):
        numbers = []
        if pd.notna(row["uptake_ratio"]):
            ends = row["uptake_ratio_lower"], row["uptake_ratio_upper"]
            numbers.append(f"uptake ratio {spread(row['uptake_ratio'], *ends, between=' ')}, n={int(row['uptake_n'])}")
        if pd.notna(row["nmse"]) and row["n"]:
            numbers.append(f"NMSE {number(row['nmse'], 2)}, n={int(row['n'])}")
        if numbers:
            lines.append(f"{row['reader']}, {spoken(row['evidence_type'])}: {', '.join(numbers)}")
    return lines


def _bounds(material: Material) -> list[str]:
    """Bounds of the rates if all unscored answers were wrong or all right, and if all unread answers were right."""
    sentences = []
    for row in _headline(material):
        for name in ("coverage", "accuracy", "open_coverage"):
            found = row.get(name)
            if isinstance(found, Estimate) and (found.n < found.asked or not known(found.value)):
                digits = share_digits(found.asked)
                lower = percent(found.lower_if_missing_wrong, digits)
                upper = percent(found.upper_if_missing_right, digits)
                of = f"{MEASURES[name][0]} of {row['reader']}"
                sentences.append(f"With all unscored answers wrong or all right, {of} is {lower} to {upper}.")
            if isinstance(found, Estimate) and found.n and found.unread:
                upper = percent(found.upper_if_unread_right, share_digits(found.n))
                sentences.append(f"With all unread answers right, {MEASURES[name][0]} of {row['reader']} is {upper}.")
    return sentences[:MANY]
