"""The results of logs in a notebook: `from medsyn_inspect import analyze`, then `results = analyze("logs")`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from medsyn_inspect.analysis.findings import Findings, analyze_logs
from medsyn_inspect.analysis.frames.plain import own_rows
from medsyn_inspect.analysis.read.places import Places
from medsyn_inspect.wording import LEVELS, PERCENT, estimated, plural

if TYPE_CHECKING:
    from medsyn_inspect.report.figures.drawing import Drawing
    from medsyn_inspect.report.material import Material

COLUMNS = {
    "accuracy": ("accuracy, %", PERCENT),
    "coverage": ("coverage, %", PERCENT),
    "open_coverage": ("final diagnosis without options, %", PERCENT),
    "accuracy_image": ("accuracy from images, %", PERCENT),
    "accuracy_finding": ("accuracy from findings, %", PERCENT),
    "mean_nmse": ("mean NMSE", LEVELS),
}
"""The measures of the short table of readers: the column of `Findings.readers`, its heading, and how it is written."""

PLOTS = {
    "accuracy": "coverage_and_accuracy",
    "conditions": "ablations",
    "deficit": "nmse_by_type",
    "views": "cross_modal",
    "deficit_and_accuracy": "nmse_accuracy",
    "position": "position_bias",
    "calibration": "calibration",
    "stages": "stages",
    "specialties": "specialties",
    "languages": "languages",
    "scores": "score_distribution",
    "judges": "panel_agreement",
    "construction": "construction",
}
"""The module in `report.figures` that draws each plot."""


@dataclass(frozen=True)
class Plot:
    """A figure of the report. A notebook shows it; `save` writes it, and `data` are its numbers."""

    drawing: Drawing

    @property
    def data(self) -> pd.DataFrame:
        """The numbers of the figure."""
        return self.drawing.data

    @property
    def figure(self) -> Any:
        """The figure of matplotlib."""
        return self.drawing.figure

    def save(self, file: str) -> None:
        """Write the figure.

        Args:
            file: Ends in `.svg`, otherwise PNG is written.

        Raises:
            NotWritten: If it cannot be written.
        """
        from pathlib import Path

        from medsyn_inspect.report.figures.drawing import png, svg
        from medsyn_inspect.writing import write_file

        write_file(Path(file), svg(self.drawing) if file.endswith(".svg") else png(self.drawing))

    def _repr_html_(self) -> str:
        from base64 import b64encode

        from medsyn_inspect.report.figures.drawing import png

        image = b64encode(png(self.drawing)).decode()
        reading, alt = escape(self.drawing.reading), escape(self.drawing.alt, quote=True)
        return (
            f'<figure><img src="data:image/png;base64,{image}" alt="{alt}"><figcaption>{reading}</figcaption></figure>'
        )


@dataclass(frozen=True)
class Results:
    """The results of some logs, in short. `findings` holds everything, with all columns.

    The frames of `findings` are also attributes of the results, such as `results.comparisons`, with the short names
    that readers have in `readers`, plots and reports; only `readers` is the short table here.
    """

    findings: Findings
    """All results, with the names of readers as in the logs; `findings.readers` has every column."""

    @property
    def readers(self) -> pd.DataFrame:
        """One row for each reader: each measure with its 95 % interval and the number of cases, as text."""
        readers = own_rows(self._named.readers)
        table = pd.DataFrame(index=pd.Index(readers["reader"], name="reader"))
        for name, (title, how) in COLUMNS.items():
            if readers[name].notna().any():
                rows = readers.to_dict("records")
                table[title] = [estimated(row, name, how).replace("\n", " ") for row in rows]
        return table

    @property
    def plots(self) -> tuple[str, ...]:
        """The names that `plot` takes for these results."""
        return tuple(name for name in PLOTS if self._drawn(name))

    def plot(self, name: str) -> Plot:
        """A figure, such as `plot("deficit")`, the gap between findings and images by evidence type.

        Args:
            name: One of `plots`.

        Raises:
            ValueError: If there is no such plot, or these results have no data for it; the message lists the plots.
        """
        if name not in PLOTS:
            close = get_close_matches(name, PLOTS, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise ValueError(f"no plot {name!r}: {hint}these results have {', '.join(self.plots)}")
        drawn = self._drawn(name)
        if not drawn:
            raise ValueError(f"plot {name!r}: these results have no data for it, but for {', '.join(self.plots)}")
        return Plot(drawn[0])

    def _drawn(self, name: str) -> list[Drawing]:
        from medsyn_inspect.report.figures import figure_modules

        [module] = [one for one in figure_modules() if one.__name__.endswith(f".{PLOTS[name]}")]
        drawn = module.draw(self._material)
        return drawn if isinstance(drawn, list) else [drawn] if drawn is not None else []

    @cached_property
    def _named(self) -> Findings:
        """The findings with the short names of readers."""
        from medsyn_inspect.report.names import names_of

        return names_of(self.findings.logs).of_findings(self.findings)

    @cached_property
    def _material(self) -> Material:
        from medsyn_inspect.report.material import read_material
        from medsyn_inspect.report.names import names_of

        material = read_material([header.file for header in self.findings.headers], self.findings)
        return names_of(material.logs).of(material)

    def __getattr__(self, name: str) -> Any:
        if name in _FRAMES:
            return getattr(self._named, name)
        raise AttributeError(f"Results has no attribute {name!r}; it has {', '.join(self.__dir__())}")

    def __dir__(self) -> list[str]:
        # Tab offers what there is to look at.
        return sorted({"findings", "plot", "plots", "readers", *_FRAMES})

    def __repr__(self) -> str:
        return f"{self._head()}\n{self.readers.to_string()}"

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{escape(note)}</li>" for note in self._named.notes)
        listed = f"<details><summary>{plural(len(self.findings.notes), 'note')}</summary><ul>{notes}</ul></details>"
        return f"<p>{escape(self._head())}</p>{self.readers.to_html()}{listed if notes else ''}"

    def _head(self) -> str:
        logs = self.findings.logs
        counted = logs[logs["counted"].astype(bool)]
        sets = ", ".join(dict.fromkeys(counted["case_set"]))
        return f"{plural(len(self.findings.readers), 'reader')}, {plural(len(counted), 'log')} on {sets}"


_FRAMES = tuple(part.name for part in fields(Findings) if part.name not in ("readers", "headers"))


def analyze(
    logs: Places, *, keep_all: bool = False, case_set: str | None = None, after_reasoning: bool = False
) -> Results:
    """The results of some logs, for a notebook; `medsyn_inspect.analysis.analyze_logs` with tables and figures.

    Args:
        logs: Log files or folders (searched to any depth), local or remote.
        keep_all: As for `analyze_logs`.
        case_set: As for `analyze_logs`.
        after_reasoning: As for `analyze_logs`.

    Raises:
        NoRuns: If there is no log of this suite.
        ValueError: If no log can be read, or the logs are of different case sets.
    """
    return Results(analyze_logs(logs, keep_all=keep_all, case_set=case_set, after_reasoning=after_reasoning))
