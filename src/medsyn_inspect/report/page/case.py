"""A case as a page: what a reader would be shown, and, folded away, what it is not shown."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from mimetypes import guess_type
from pathlib import Path
from typing import cast

from jinja2 import Environment, PackageLoader, StrictUndefined

from medsyn_inspect.cases.load import known_evidence_type, load_cases
from medsyn_inspect.prompts.arms import Staging, TextPolicy, View, as_arm, one_of
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import Picture, Turn, ask, option_order, stage_prompt

ENVIRONMENT = Environment(
    loader=PackageLoader("medsyn_inspect", "report/page"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def case_page(
    cases: str,
    case_id: str,
    question: str | None = None,
    view: str = "image",
    text: str = "keep",
    withhold: str | None = None,
    emphasis: str | None = None,
    staging: str = "single",
) -> str:
    """The page of one case in one arm, as self-contained HTML.

    Args:
        cases: A case set, as for the tasks.
        case_id: The case.
        question: `ddx` or `fdx`; by default `fdx` where the case has options.
        view: As for the tasks.
        text: As for the tasks.
        withhold: As for the tasks.
        emphasis: As for the tasks.
        staging: As for the tasks.

    Raises:
        ValueError: If there is no such case, or it cannot be shown so.
    """
    case_set = load_cases(cases)
    case = next((case for case in case_set.cases if case.case_id == case_id), None)
    if case is None:
        known = ", ".join(case.case_id for case in case_set.cases[:30])
        raise ValueError(f"no case {case_id!r} in {cases}; there are {known}{' ...' if case_set.size > 30 else ''}")
    question = question or ("fdx" if case.options else "ddx")
    arm = as_arm(cast(View, view), withhold)
    templates = load_templates(case.language)
    options = option_order(case) if question == "fdx" else ()
    prompt = stage_prompt(
        case,
        arm,
        ask(question, templates, limit=10, options=options),
        case_set.folder,
        text=cast(TextPolicy, one_of("text", text, TextPolicy)),
        emphasis=known_evidence_type(emphasis) if emphasis else None,
        staging=cast(Staging, one_of("staging", staging, Staging)),
        templates=templates,
    )
    return ENVIRONMENT.get_template("case.html").render(
        case=case,
        card=case_set.card,
        question=question,
        arm=arm.label,
        system=prompt.system,
        turns=[{"stage": turn.stage, "parts": list(_parts(turn))} for turn in prompt.turns],
    )


def _parts(turn: Turn) -> Iterator[dict[str, str]]:
    for part in turn.parts:
        if isinstance(part, Picture):
            yield {"image": _data_uri(part.path), "text": ""}
        else:
            yield {"image": "", "text": part.text}


def _data_uri(path: Path) -> str:
    content = base64.b64encode(path.read_bytes()).decode()
    return f"data:{guess_type(path.name)[0] or 'application/octet-stream'};base64,{content}"
