"""Write the same blocks as a web page and as Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from medsyn_inspect.report.page.blocks import Section

CONTROLS = re.compile(
    r"[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Characters that could hide, break or reorder what follows them: control characters, marks of writing direction, and
halves of characters, which no file can hold."""

MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&-])")


@dataclass(frozen=True)
class Report:
    """All that a report says."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]


def environment(autoescape: bool) -> Environment:
    """Templates of this package."""
    made = Environment(
        loader=PackageLoader("medsyn_inspect", "report/page"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: value if isinstance(value, Markup) else CONTROLS.sub("\ufffd", str(value)),
    )
    made.filters |= {"md": markdown, "code": code, "fence": fence}
    return made


def as_html(report: Report, data: dict[str, Any]) -> str:
    """One page that needs nothing else.

    Args:
        report: What it says.
        data: What its script lists: see `drilldown`.
    """
    return environment(True).get_template("page.html").render(report=report, data=embedded(data))


def as_markdown(report: Report) -> str:
    """The same as text; figures are links to `figures/`."""
    text = environment(False).get_template("report.md.j2").render(report=report)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def embedded(data: Any) -> Markup:
    """JSON that can stand in a script element: nothing in it ends the element or starts a comment."""
    text = json.dumps(visible(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def markdown(text: str) -> str:
    """Plain text that Markdown leaves as it is: on one line, every sign of its own escaped."""
    plain = CONTROLS.sub("\ufffd", " ".join(str(text).split()))
    return re.sub(r"(?i)(https?|ftp)(:)", r"\1\\\2", MARKDOWN.sub(r"\\\1", plain))


def code(text: str) -> str:
    """A line within a fence."""
    return CONTROLS.sub("\ufffd", str(text).replace("\n", " "))


def fence(lines: Iterable[str]) -> str:
    """Backticks around lines: more of them than stand in any line, so that none can close it."""
    return "`" * max([3, *(len(run) + 1 for line in lines for run in re.findall("`+", line))])


def visible(data: Any) -> Any:
    """The same data without characters that hide or reorder others."""
    if isinstance(data, str):
        return CONTROLS.sub("\ufffd", data)
    if isinstance(data, dict):
        return {visible(key): visible(value) for key, value in data.items()}
    return [visible(one) for one in data] if isinstance(data, (list, tuple)) else data
