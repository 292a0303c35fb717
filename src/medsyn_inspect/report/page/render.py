"""Write blocks as a web page and as Markdown."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from medsyn_inspect.report.page.blocks import Block, Picture, Scatter, Section
from medsyn_inspect.report.page.glossary import TERMS, terms_of
from medsyn_inspect.wording import visible

STYLES = ("style.css", "explorer/explorer.css")
"""Style sheets of the page, in order."""

SCRIPTS = ("packed.js", "page.js", "scatter.js", "explorer/explorer.js")
"""Scripts of the page, in order; `packed.js` has the data for the others, each of which is a function of its own."""

MARKUP = re.compile(
    r"""[\\`*|$~]                      # anywhere
    | (?<![^\W_])_ | _(?![^\W_])       # at the edge of a word
    | \](?=[(\[:])                     # the end of the text of a link
    | <(?=[A-Za-z/!?])                 # HTML, or an address in angle brackets
    | &(?=\#|[A-Za-z][A-Za-z0-9]*;)    # an entity
    | (?<=\bwww)\.                     # an address
    """,
    re.VERBOSE,
)
"""Characters that Markdown reads as markup within a line."""

AT_THE_START = re.compile(r"(#{1,6}|[+-]|\d{1,9}[.)])(?=\s|$)|>|(?:[=-]+\s*)+$")
"""What makes a heading, a quotation, a list or a rule at the start of a line."""


STYLE = re.compile(r'(?<= )style="([^"<>{}]*)"')
"""A style attribute in the SVG of a figure."""


@dataclass(frozen=True)
class Report:
    """The content of a report."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]

    @property
    def tips(self) -> list[tuple[str, str, str]]:
        """Key, term and definition of the terms in the heads of tables."""
        return [(name, *TERMS[name]) for name in terms_of(self.sections)]


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
    made.filters |= {"md": markdown, "cell": in_a_line, "code": code, "fence": fence, "prose": prose}
    return made


def as_html(report: Report, data: dict[str, Any]) -> str:
    """The report as one self-contained page.

    Args:
        report: Its content.
        data: The lists of cases for its script, see `drilldown`.
    """
    plots = (block.data for section in report.sections for block in section.blocks if isinstance(block, Scatter))
    report, drawn = styled_by_classes(report)
    script, style = f'"use strict";\n{joined(SCRIPTS)}', f"{joined(STYLES)}{drawn}"
    page = environment(True).get_template("page.html")
    return page.render(
        report=report,
        data=embedded(data | {"scatter": next(map(dict, plots), None)}),
        style=Markup(style),
        style_hash=sha256(style),
        script=Markup(script),
        script_hash=sha256(script),
    )


def sha256(text: str) -> str:
    """The source of a style sheet or script in the policy of the page; its element begins with a line feed."""
    digest = hashlib.sha256(f"\n{text}".encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def styled_by_classes(report: Report) -> tuple[Report, str]:
    """The report with a class instead of each style attribute of its figures, and the rules of these classes.

    The same few styles are repeated at each element, and the policy of the page allows no style attributes.
    """
    rules: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        return f'class="{rules.setdefault(found.group(1), f"s{len(rules)}")}"'

    def styled(block: Block) -> Block:
        if not isinstance(block, Picture):
            return block
        return replace(block, svg=STYLE.sub(named, block.svg), narrow=STYLE.sub(named, block.narrow))

    sections = tuple(replace(one, blocks=tuple(map(styled, one.blocks))) for one in report.sections)
    return replace(report, sections=sections), "".join(f".{name} {{ {rule} }}\n" for rule, name in rules.items())


@cache
def joined(names: tuple[str, ...]) -> str:
    """Files of this package, one after the other."""
    return "".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in names)


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


def prose(text: str) -> Markup:
    """Plain text as HTML, with what is between two backticks as code, and no line break between a number and `%`."""
    whole = re.sub(r"(?<=\d) %", "\u00a0%", str(escape(visible(text))))
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", whole))


def markdown(text: str) -> str:
    """Plain text as a line of Markdown; what Markdown would read as markup is escaped."""
    line = in_a_line(text)
    found = AT_THE_START.match(line)
    if not found:
        return line
    # The sign after a number is escaped, otherwise the first sign.
    place = found.end() - 1 if line[0].isdigit() else 0
    return f"{line[:place]}\\{line[place:]}"


def in_a_line(text: str) -> str:
    """Plain text as a part of a line of Markdown that is not its start, such as a cell of a table."""
    plain = visible(" ".join(str(text).split()))
    return re.sub(r"(?i)(https?|ftp)(:)", r"\1\\\2", MARKUP.sub(lambda found: f"\\{found.group(0)}", plain))


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
