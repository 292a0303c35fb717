"""Write blocks as a web page and as Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from medsyn_inspect.report.page.blocks import Section
from medsyn_inspect.wording import visible

MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&-])")


@dataclass(frozen=True)
class Report:
    """The content of a report."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]


def environment(autoescape: bool) -> Environment:
    """The template environment of this package."""
    made = Environment(
        loader=PackageLoader("medsyn_inspect", "report/page"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: value if isinstance(value, Markup) else visible(value),
    )
    made.filters |= {"md": markdown, "code": code, "fence": fence}
    return made


def as_html(report: Report, data: dict[str, Any]) -> str:
    """The report as one self-contained page.

    Args:
        report: Its content.
        data: The lists of cases for its script, see `drilldown`.
    """
    return environment(True).get_template("page.html").render(report=report, data=embedded(data))


def as_markdown(report: Report) -> str:
    """The report as Markdown, with links to the figures in `figures/`."""
    text = environment(False).get_template("report.md.j2").render(report=report)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def embedded(data: Any) -> Markup:
    """JSON that is safe in a script element: it cannot end the element or start a comment."""
    text = json.dumps(_all_visible(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def markdown(text: str) -> str:
    """Plain text on one line, with all Markdown syntax escaped."""
    plain = visible(" ".join(str(text).split()))
    return re.sub(r"(?i)(https?|ftp)(:)", r"\1\\\2", MARKDOWN.sub(r"\\\1", plain))


def code(text: str) -> str:
    """A line of a fenced code block."""
    return visible(str(text).replace("\n", " "))


def fence(lines: Iterable[str]) -> str:
    """The fence of a code block: more backticks than any line contains, so that no line can close it."""
    return "`" * max([3, *(len(run) + 1 for line in lines for run in re.findall("`+", line))])


def _all_visible(data: Any) -> Any:
    """The same data with `visible` texts."""
    if isinstance(data, str):
        return visible(data)
    if isinstance(data, dict):
        return {_all_visible(key): _all_visible(value) for key, value in data.items()}
    return [_all_visible(one) for one in data] if isinstance(data, (list, tuple)) else data
