"""Answers to STREAM's second group: how the test was made, graded and scored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date

from medsyn_inspect.judging.judge import ATTEMPTS
from medsyn_inspect.judging.roles import JUDGE_ROLE
from medsyn_inspect.judging.rubric import load_rubric, rubrics
from medsyn_inspect.prompts.stages import WITH_OPTIONS
from medsyn_inspect.providers import JUDGE, default_judge, is_physician
from medsyn_inspect.records import JUDGED, SCORERS, Outcome
from medsyn_inspect.report.material import Material, judges_of, options_of, rows_of
from medsyn_inspect.report.stream.facts import (
    Answer,
    Status,
    card_values,
    is_judged,
    questions_of,
)
from medsyn_inspect.version import package_version
from medsyn_inspect.wording import distinct, number, plural

OWN_SCORERS = tuple(SCORERS.values())


def items(material: Material) -> Answer:
    """2(i)."""
    parts = []
    for question in questions_of(material):
        rows = [row for row in rows_of(material.counted) if row["question"] == question]
        sizes = sorted({(len(row["sample_ids"]), row["epochs"] or 1) for row in rows})
        each = (f"{plural(cases, 'case')}{f' {epochs} times' if epochs > 1 else ''}" for cases, epochs in sizes)
        counts = distinct(each, " or ")
        parts.append(f"{question}: {counts} per run, {plural(len(rows), 'run')}")
    sets = distinct(
        f"{row['case_set']} {row['case_set_version']} (fingerprint {row['fingerprint']}, {row['case_set_size']} cases)"
        for row in rows_of(material.counted)
    )
    languages = distinct(str(name) for names in card_values(material, "languages") for name in names)
    return "answered", f"{'; '.join(parts)}. Case set: {sets}; languages: {languages}.", "log headers; card: languages"


def scoring(material: Material) -> Answer:
    """2(ii)."""
    questions, parts, status = questions_of(material), [], "answered"
    sizes = options_of(material)
    if any(name in WITH_OPTIONS for name in questions):
        among = "one option of " + (distinct(sizes) if sizes else "a number of options that the headers do not record")
        status = "answered" if sizes else "partly"
        parts.append(
            f"fdx: multiple choice, {among} is correct; scored by the letter, with the options in the same order for "
            "every reader; an answer without a readable option is wrong."
        )
    if "sensitivity" in questions:
        parts.append(
            "sensitivity: the same question with all evidence and without each evidence type in turn, as images and "
            "as findings; score: Jensen-Shannon divergence between the posteriors over the options, in bits."
        )
    if "ddx" in questions:
        parts.append(f"ddx: a ranked list of diagnoses in free text; the best-rated one counts. {_levels(material)}")
    if "open_fdx" in questions:
        parts.append(f"open_fdx: one final diagnosis in free text, from the reader's own list. {_levels(material)}")
    reply: Answer = (
        "answered" if status == "answered" else "partly",
        " ".join(parts),
        "log headers: scorers, case set",
    )
    return reply


def criteria(material: Material) -> Answer:
    """2(iii)."""
    sentences = [
        f"Key: the final diagnosis of each case. Source of the cases: {distinct(card_values(material, 'source'))}."
    ]
    if is_judged(material):
        names = _rubrics(material)
        sources = distinct(f"{name}: {load_rubric(name).source}" for name in names if name in rubrics())
        sentences.append(
            f"Rubric {sources} Fingerprint of the judges' instructions: "
            f"{_instruction_fingerprints(names)}{_other(material)}."
        )
    canary = all(card_values(material, "canary"))
    sentences.append(
        f"A canary string {'marks' if canary else 'does not mark'} the set, to detect it in training data."
    )
    for imported in card_values(material, "imported"):
        if imported:
            counted = ", ".join(f"{name} {value}" for name, value in imported.items())
            sentences.append(f"On import: {counted}.")
    sentences.append("The authors of the set must add who checked keys, options and findings, and how.")
    return "partly", " ".join(sentences), "card: source, canary, imported; rubric files of this package"


def people_graded(what: str) -> Callable[[Material], Answer]:
    """2(iv): what a person must report if people graded."""

    def answer(material: Material) -> Answer:
        names = [str(one["name"]).split("/")[-1] for row in rows_of(material.counted) for one in row["scorers"]]
        people = [judge for judge in judges_of(material) if is_physician(judge)]
        if others := sorted({name for name in names if name not in OWN_SCORERS} | set(people)):
            named = ", ".join(others)
            return "open", f"The logs have ratings that may be from people ({named}). To be reported: {what}.", ""
        by = "see 2(v)" if is_judged(material) else "the chosen option is compared with the key"
        return "not applicable", f"No person graded; {by}.", "log headers: scorers"

    return answer


def judge_model(material: Material) -> Answer:
    """2(v-a)."""
    if not is_judged(material):
        return _not_judged()
    settings = []
    for models in (row["model_roles"].get(JUDGE_ROLE, []) for row in rows_of(material.counted)):
        for model in models:
            given = {name: value for name, value in (model["args"] | model["config"]).items() if value is not None}
            settings.append(model["model"] + (f" ({', '.join(f'{k}={v}' for k, v in given.items())})" if given else ""))
    judges = judges_of(material)
    if not judges and len(material.findings.runs):
        return "answered", "No judge was needed: every scored answer was an exact match or listed nothing.", "scores"
    if not judges:
        days = sorted({str(row["created"])[:10] for row in rows_of(material.counted)})
        defaults = distinct([default_judge(date.fromisoformat(day)) for day in days])
        return "partly", f"The headers name no judge; the default was {defaults}.", "log headers: model roles"
    configured = [name for name in dict.fromkeys(settings) if " (" in name]
    own = sorted(set(judges) & {str(model) for model in material.counted["model"]})
    sentences = (
        f"{distinct(judges)}, used without adaptation{f'; settings: {distinct(configured)}' if configured else ''}."
    )
    if JUDGE in judges:
        sentences += f" {JUDGE} is not a model but a rule that compares names of diagnoses."
    if own:
        sentences += f" {distinct(own)} was also a reader and may have judged its own answers."
    return "answered", sentences, "scores; log headers: model roles"


def judging(material: Material) -> Answer:
    """2(v-b)."""
    if not is_judged(material):
        return _not_judged()
    names = _rubrics(material)
    panel = any(len(row["model_roles"].get(JUDGE_ROLE, [])) > 1 for row in rows_of(material.counted))
    decided = [row["metrics"].get(f"{scorer}/decided_without_judge")
               for row in rows_of(material.counted) for scorer in JUDGED.values()]  # fmt: skip
    known = [int(count) for count in decided if count is not None]
    sentences = [
        f"The judge gets the rubric and rules (rubric {distinct(names)}, fingerprint {_instruction_fingerprints(names)}"
        f"{_other(material)}) and one JSON object with the final diagnosis, its accepted names and the list; "
        "it sees nothing else of the case.",
        f"It rates each diagnosis in JSON, which is validated; after {ATTEMPTS} invalid replies the case is unscored, "
        "not scored 0.",
        "A diagnosis that exactly matches the key or an accepted name needs no judge"
        + (f" ({plural(sum(known), 'score')} in these logs, empty lists included)." if known else "."),
    ]
    if panel:
        sentences.append(
            "A panel's score is the median; with an even number of judges, the lower of the two middle scores."
        )
    sentences.append(_judge_failures(material))
    status: Status = "partly" if _other(material) else "answered"
    return status, " ".join(sentences), "log headers: scorers, metrics; rubric files of this package; scores"


def judge_checked(material: Material) -> Answer:
    """2(v-c)."""
    if not is_judged(material):
        return _not_judged()
    alphas = [f"{row['reader']} {number(value, 2)}" for row in rows_of(material.counted) for scorer in JUDGED.values()
              if (value := row["metrics"].get(f"{scorer}/panel_alpha")) is not None]  # fmt: skip
    if alphas:
        return (
            "partly",
            f"Agreement within the panel (Krippendorff's ordinal alpha): {'; '.join(alphas)}. Agreement among "
            "judges is not agreement with physicians; compare a sample with ratings by physicians.",
            "log headers: metrics",
        )
    return (
        "open",
        "These logs do not compare the judge with people or with another judge. Have a sample rated by physicians, or "
        "judge the logs again with another model.",
        "",
    )


def _rubrics(material: Material) -> list[str]:
    options = (one["options"] for row in rows_of(material.counted) for one in row["scorers"])
    return list(dict.fromkeys(str(given["rubric"]) for given in options if "rubric" in given))


def _levels(material: Material) -> str:
    sentences = []
    for name in _rubrics(material):
        if name in rubrics():
            rubric = load_rubric(name)
            sentences.append(f"Rated {rubric.worst} to {rubric.best} (rubric {name}), covered from {rubric.threshold}.")
    return " ".join(sentences)


def _instruction_fingerprints(names: Sequence[str]) -> str:
    """Fingerprints of the judges' instructions as they are in the installed package."""
    prints = (
        hashlib.sha256(load_rubric(name).instructions().encode()).hexdigest()[:12]
        for name in names
        if name in rubrics()
    )
    return distinct(prints) or "unknown"


def _other(material: Material) -> str:
    """A warning if another version of the package wrote the logs."""
    wrote = sorted({str(version) for version in material.counted["package_version"]} - {package_version()})
    return f" in version {package_version()}, while logs are of {distinct(wrote)}" if wrote else ""


def _not_judged() -> Answer:
    return (
        "not applicable",
        "No answer was graded by a model: the chosen option is compared with the key.",
        "log headers: scorers",
    )


def _judge_failures(material: Material) -> str:
    if not material.findings.runs.empty:
        runs = material.findings.runs[material.findings.runs["question"].isin(list(JUDGED))]
        failed = int((runs["outcome"] == Outcome.JUDGE_FAILED.value).sum())
        return f"The judge failed on {failed} of {len(runs)} answers."
    rows = [row for row in rows_of(material.counted) if row["question"] in JUDGED]
    counts = [row["unscored"] for row in rows]
    if None in counts:
        return "The headers do not record how often the judge failed."
    presented = sum(len(row["sample_ids"] or []) for row in rows)
    return f"{sum(counts)} of {plural(presented, 'case')} remained unscored by the judge."
