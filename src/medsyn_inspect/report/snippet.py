"""A short piece of text for a model card: the headline table, one figure, three sentences and the citation."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.analysis.frames.plain import own_rows
from medsyn_inspect.analysis.schema import with_ends
from medsyn_inspect.report import SnippetKind
from medsyn_inspect.report.answer import answer
from medsyn_inspect.report.material import Material, rows_of
from medsyn_inspect.report.names import Names
from medsyn_inspect.version import package_version
from medsyn_inspect.wording import MEASURES, Format, distinct, known, spread, visible

FILES: dict[SnippetKind, str] = {"md": "snippet.md", "latex": "snippet.tex", "html": "snippet.html"}
"""Name of the file by kind."""

FIGURES = ("coverage_and_accuracy", "nmse_by_type")
"""Figures in the order of preference; the first one of the report is shown."""

COLUMNS = ("coverage", "accuracy", "ddx_fdx_gap", "open_coverage")
"""Results in the table, if any reader has them."""

MOST_SENTENCES = 3

CITATION = (
    "Boqi Chen et al. MEDSYN: Benchmarking Multi-EviDence SYNthesis in Complex Clinical Cases for Multimodal Large "
    "Language Models. Findings of ACL 2026, pp. 23631-23655. arXiv:2602.21950."
)


@dataclass(frozen=True)
class _Content:
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    figure: str
    caption: str
    sentences: Sequence[str]
    citation: str


def snippet(kind: SnippetKind, material: Material, names: Names, figures: Sequence[str]) -> str:
    """The text for a model card.

    Args:
        kind: Markdown, LaTeX (with `booktabs` and `graphicx`) or HTML.
        material: The data of the report, with short names.
        names: The names of the readers.
        figures: Names of the report's figures, whose files are in `figures/`.
    """
    content = _content(material, names, figures)
    return {"md": _markdown, "latex": _latex, "html": _html}[kind](content)


def _content(material: Material, names: Names, figures: Sequence[str]) -> _Content:
    findings = material.findings
    head, rows = _table(findings, names)
    sets = distinct(findings.logs["case_set"])
    kind = "fictional cases" if len(findings.logs) and findings.logs["synthetic"].astype(bool).all() else "cases"
    return _Content(
        head=head,
        rows=rows,
        figure=next((name for name in FIGURES if name in figures), ""),
        caption=f"{sets} ({kind}), 95 % intervals in brackets.",
        sentences=[str(sentence) for sentence in answer(findings)[:MOST_SENTENCES]],
        citation=f"{CITATION} Measured with medsyn_inspect {package_version()}.",
    )


def _table(findings: Findings, names: Names) -> tuple[list[str], list[list[str]]]:
    """The head and the rows of the table; without runs of the questions, the accuracies of `sensitivity`."""
    titles: dict[str, tuple[str, Format]] = {name: MEASURES[name] for name in COLUMNS}
    accuracy = MEASURES["accuracy"][1]
    arms = {"accuracy_image": ("FDx accuracy, images", accuracy), "accuracy_finding": ("findings", accuracy)}
    readers = own_rows(findings.readers)
    shown = [name for name in titles if readers[name].notna().any()]
    if not shown:
        titles, shown = arms, [name for name in arms if readers[name].notna().any()]
    head = ["Reader", "Provider", *(f"{titles[name][0]}, {titles[name][1].unit}" for name in shown), "n"]
    rows = []
    for row in rows_of(readers):
        name = str(row["reader"])
        cells = []
        for measure in shown:
            how = titles[measure][1]
            value, lower, upper = (row[end] for end in with_ends(measure))
            how = how.for_cases(row[f"{measure}_n"])
            cells.append(spread(value, lower, upper, how, between=" ", nothing="no estimate"))
        counts = distinct(int(row[f"{measure}_n"]) for measure in shown if known(row[f"{measure}_n"]))
        rows.append([name, names.provider_of(name), *cells, counts.replace(", ", "/")])
    return head, rows


def _markdown(content: _Content) -> str:
    cells = [_escaped(_markdown_sign, row) for row in (content.head, *content.rows)]
    align = ["---", "---", *(["---:"] * (len(content.head) - 2))]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (cells[0], align, *cells[1:]))
    figure = f"![Results of each reader](figures/{content.figure}.png)" if content.figure else ""
    texts = _escaped(_markdown_sign, [content.caption, " ".join(content.sentences), content.citation])
    return "\n\n".join(filter(None, (table, texts[0], figure, *texts[1:]))) + "\n"


def _latex(content: _Content) -> str:
    cells = [" & ".join(_escaped(_latex_sign, row)) + r" \\" for row in (content.head, *content.rows)]
    table = [r"\begin{table}", r"\centering", rf"\begin{{tabular}}{{ll{'r' * (len(content.head) - 2)}}}", r"\toprule"]
    table += [cells[0], r"\midrule", *cells[1:], r"\bottomrule", r"\end{tabular}"]
    table += [rf"\caption{{{_latex_text(content.caption)}}}", r"\end{table}"]
    figure = [r"\begin{figure}", r"\centering", rf"\includegraphics[width=\linewidth]{{figures/{content.figure}.png}}"]
    figure += [r"\caption{Results of each reader.}", r"\end{figure}"]
    texts = [_latex_text(text) for text in (" ".join(content.sentences), content.citation) if text]
    return "\n".join([*table, "", *([*figure, ""] if content.figure else []), "\n\n".join(texts)]) + "\n"


def _html(content: _Content) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        return f"<tr>{''.join(f'<{tag}>{html.escape(visible(cell))}</{tag}>' for cell in cells)}</tr>"

    body = "\n".join(row(cells, "td") for cells in content.rows)
    caption, text, citation = (
        html.escape(visible(one)) for one in (content.caption, " ".join(content.sentences), content.citation)
    )
    parts = [f"<table>\n<caption>{caption}</caption>\n<thead>{row(content.head, 'th')}</thead>"]
    parts += [f"<tbody>\n{body}\n</tbody>\n</table>"]
    if content.figure:
        parts.append(f'<p><img src="figures/{content.figure}.svg" alt="Results of each reader"></p>')
    return "\n".join([*parts, *(f"<p>{one}</p>" for one in (text, citation) if one)]) + "\n"


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "∞": r"$\infty$",
    "<": "$<$",
    ">": "$>$",
}


def _latex_sign(sign: str) -> str:
    return _LATEX.get(sign, f"\\{sign}" if sign in "&%$#_{}" else sign)


def _latex_text(text: str) -> str:
    return _escaped(_latex_sign, [text])[0]


def _markdown_sign(sign: str) -> str:
    return f"\\{sign}" if sign in "\\|*_`<>" else sign


def _escaped(sign: Callable[[str], str], texts: Sequence[str]) -> list[str]:
    """The texts on one line each, with every character as it must be written."""
    return ["".join(map(sign, re.sub(r"\s+", " ", visible(text)))) for text in texts]
