"""A case as a page: the prompt that a reader gets and, collapsed, what the reader does not see."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from medsyn_inspect.cases.images import media_type
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.conditions import condition_words
from medsyn_inspect.prompts.stages import Picture, Turn, case_prompt
from medsyn_inspect.providers.sent_images import image_of_file
from medsyn_inspect.records import PLAIN, Condition

ENVIRONMENT = Environment(
    loader=PackageLoader("medsyn_inspect", "report/page"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def case_page(cases: str, case_id: str, question: str | None = None, condition: Condition = PLAIN) -> str:
    """The page of one case in one condition, as self-contained HTML.

    Args:
        cases: A case set, as for the tasks.
        case_id: The case.
        question: `ddx` or `fdx`; by default `fdx` where the case has options.
        condition: What is shown; one view.

    Raises:
        ValueError: If there is no such case, or it cannot be shown in this condition.
    """
    case_set = load_cases(cases)
    case = next((case for case in case_set.cases if case.case_id == case_id), None)
    if case is None:
        known = ", ".join(case_set.case_ids[:30])
        raise ValueError(f"no case {case_id!r} in {cases}; there are {known}{' ...' if case_set.size > 30 else ''}")
    question = question or ("fdx" if case.options else "ddx")
    prompt = case_prompt(case_set, case, question, condition)
    return ENVIRONMENT.get_template("case.html").render(
        case=case,
        card=case_set.card,
        question=question,
        condition=condition_words(condition),
        system=prompt.system,
        turns=[{"stage": turn.stage, "parts": list(_parts(turn))} for turn in prompt.turns],
    )


def case_pages(cases: str) -> dict[str, str]:
    """The pages of all cases of a set, and `index.html`, which lists them without their diagnoses, by file name.

    Args:
        cases: A case set, as for the tasks.
    """
    case_set = load_cases(cases)
    index = ENVIRONMENT.get_template("cases_index.html").render(card=case_set.card, cases=case_set.cases)
    return {"index.html": index} | {f"{case_id}.html": case_page(cases, case_id) for case_id in case_set.case_ids}


def _parts(turn: Turn) -> Iterator[dict[str, str]]:
    for part in turn.parts:
        if isinstance(part, Picture):
            yield {"image": _data_uri(part.path), "text": ""}
        else:
            yield {"image": "", "text": part.text}


def _data_uri(path: Path) -> str:
    content = base64.b64encode(path.read_bytes()).decode()
    return f"data:{media_type(image_of_file(path).format)};base64,{content}"
