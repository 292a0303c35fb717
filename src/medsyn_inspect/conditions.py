"""Conditions, questions, settings and measures in words, for the terminal, the page, the figures and the notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from medsyn_inspect.prompts.language import language_name
from medsyn_inspect.records import PLACEBO, SECTIONS, Condition
from medsyn_inspect.wording import number, spoken

QUESTIONS = {
    "fdx": "final diagnosis",
    "ddx": "differential",
    "open_fdx": "final diagnosis, no options",
    "sensitivity": "final diagnosis (arms)",
}
"""The questions in words."""

WORDS = {
    "view=finding": "findings instead of images",
    "text=remove": "without history and examination",
    "text=random": "random words for history and examination",
    "staging=turns": "evidence in turns",
    "emphasis=none": "no emphasis",
    "withhold=all visual evidence": "without any visual evidence",
    "withhold=all": "the question alone",
    "rubric=core_diagnosis": "graded by the core diagnosis",
}
"""Conditions in words, by their label; `in_words` also knows those that name evidence, cases or a number."""

SETTINGS = {
    "logprobs=false": "no token probabilities",
    "logprobs=true": "token probabilities",
    "only_one=true": "each evidence type also shown alone",
    "orders=cyclic": "options in all cyclic orders",
    "posterior=logprobs": "posterior from token probabilities",
    "posterior=samples": "posterior from repeated answers",
    "posterior=verbalized": "posterior as stated in words",
    "text_evidence=true": "history and examination withheld as well",
}
"""Settings in words, by name and value in lower case; `setting_in_words` also knows those that name evidence."""

SOURCES = {
    "logprobs": "token probabilities",
    "samples": "repeated answers",
    "verbalized": "probabilities stated by the model",
    "after reasoning": "token probabilities after reasoning",
}
"""Sources of posteriors in words."""

MEASURED = {
    "kendall": "Kendall's tau",
    "spearman": "Spearman's rho",
    "log odds per bit": "log odds per bit",
    "mean_nmse": "the mean NMSE",
    "accuracy": "the share of right final diagnoses",
    "accuracy_image": "the share of right final diagnoses from images",
    "correct (image)": "a right answer from images",
    "S_finding": "S with findings",
    "|S_image - S_finding|": "the difference of S between images and findings",
}
"""Measures and quantities of associations in words."""


def in_words(condition: str) -> str:
    """A condition as it is passed to `-T`, in words; one that is not known is returned as it is."""
    name, _, value = condition.partition("=")
    if condition in WORDS:
        return WORDS[condition]
    if name == "withhold" and set(value.split(",")) <= set(SECTIONS):
        return f"without {_evidence(value.split(','))}"
    kinds = value.removeprefix(PLACEBO).split(",")
    if name == "emphasis" and set(kinds) <= set(SECTIONS):
        called = f"attention called to {_evidence(kinds)}"
        return f"placebo for {called}" if value.startswith(PLACEBO) else called
    if name == "language":
        return f"only {', '.join(map(language_name, value.split(',')))} cases"
    if name == "specialty":
        return f"only {value}"
    if name == "max_diagnoses":
        return f"at most {value} diagnoses"
    return condition


def change_words(row: Mapping[str, Any]) -> str:
    """What a row of `comparisons` compares with the plain condition: `without CT, with images`."""
    shown = {"image": ", with images", "finding": ", with findings"}.get(str(row["view"]), "")
    return f"{in_words(row['condition'])}{shown}"


def condition_words(condition: Condition) -> str:
    """A condition in words; the plain one is `images and text`."""
    return ", ".join(map(in_words, parts(condition.label))) or condition.words


def run_in_words(run: Mapping[str, Any]) -> str:
    """Description of a run: `a/reader, final diagnosis (findings instead of images)`."""
    condition = Condition.of(run)
    condition = condition.replace(view="image") if condition.view == "both" else condition
    shown = f" ({condition_words(condition)})" if condition.label else ""
    return f"{run['reader']}, {QUESTIONS[run.get('question') or 'sensitivity']}{shown}"


def settings_in_words(settings: str) -> str:
    """Settings such as `temperature=0, order_audit=1.0` in words: `temperature 0, order of options tested in ...`."""
    return ", ".join(map(setting_in_words, parts(settings)))


def setting_in_words(setting: str) -> str:
    """A setting of a model or of `sensitivity`, written `name=value`, in words."""
    name, equals, value = setting.partition("=")
    if not equals:
        return setting
    if words := SETTINGS.get(f"{name}={value.lower()}"):
        return words
    if name == "order_audit":
        return f"order of options tested in {number(100 * float(value), 0)} % of cases"
    if name == "types":
        return f"only {_evidence(value.split(','))} withheld"
    if name == "samples":
        return f"{value} answers per arm"
    if name == "top_logprobs":
        return f"{value} candidate tokens"
    return f"{spoken(name)} {value}"


def quantity_in_words(name: object) -> str:
    """A measure or quantity of an association in words."""
    return MEASURED.get(str(name), spoken(name))


def source_in_words(source: object) -> str:
    """A source of posteriors in words; one that is not known is returned as it is."""
    return SOURCES.get(str(source), str(source))


def parts(label: str) -> list[str]:
    """The parts of settings, or of a condition's label, between commas with a space; names of evidence have none."""
    return label.split(", ") if label else []


def _evidence(kinds: Iterable[str]) -> str:
    return ", ".join("other evidence" if kind == "other" else spoken(kind) for kind in kinds)
