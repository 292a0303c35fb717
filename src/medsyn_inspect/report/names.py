"""One name for each reader: short, different for each, and without the provider, which is a tag of its own.

The name comes from the file that the user gives (`--names`), or from the paper if it has the model, or is the last part
of the model's name in Inspect. Settings are added where readers of the same model differ in them.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cached_property
from io import StringIO
from pathlib import Path

import pandas as pd
import yaml

from medsyn_inspect.analysis.files import as_csv
from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.providers import is_physician, is_simulated
from medsyn_inspect.providers.facts import ModelName
from medsyn_inspect.published.readers import paper_name
from medsyn_inspect.report.material import Material
from medsyn_inspect.wording import listed, visible

_SETTINGS = re.compile(r"(?: \((?P<settings>.*)\))?(?P<rest>, run of .*)?", re.DOTALL)
"""What follows the model in a reader's name in the logs: its settings, and the time of an older run."""

_CONTINUES = r"[\w@/+-]|[.:]\w"
"""What can follow a model's name only if it is part of a longer name."""


@dataclass(frozen=True)
class ReaderName:
    """The name of a reader in reports and on screen."""

    reader: str
    """The reader as in the findings: the model with its settings."""

    model: str
    """The model's name in Inspect."""

    provider: str
    """The provider, to be shown as a tag: `vllm`."""

    name: str
    """Short name; different for each reader."""


@dataclass(frozen=True)
class Names:
    """The names of the readers of some logs."""

    readers: tuple[ReaderName, ...] = ()

    common: str = ""
    """Settings that all readers of a model share, which their names leave out."""

    def of(self, material: Material) -> Material:
        """The material with short names."""
        return Material(self.of_frame(material.logs), self.of_findings(material.findings))

    def of_findings(self, findings: Findings) -> Findings:
        """The findings with short names."""
        frames = {
            part.name: self.of_frame(value)
            for part in fields(Findings)
            if isinstance(value := getattr(findings, part.name), pd.DataFrame)
        }
        notes = [self.of_text(note) for note in findings.notes]
        return replace(findings, notes=notes, **frames)  # type: ignore[arg-type]

    def of_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with short names in the columns `reader` and `other`; `model` is kept."""
        there = [column for column in ("reader", "other", "consensus_of") if column in frame]
        changed = {}
        for column in there:
            short = {value: self.of_text(str(value)) for value in frame[column].dropna().unique()}
            changed[column] = frame[column].map(lambda value, short=short: short.get(value, value)).astype(object)
        return frame.assign(**changed)

    def of_text(self, text: str) -> str:
        """The text with short names."""
        return self._pattern.sub(lambda match: self._short[match[0]], text) if self._short else text

    def provider_of(self, name: str) -> str:
        """The provider of a reader, given its short name, with or without `[language=zh]`; empty if unknown."""
        return self._provider.get(name) or self._provider.get(name.rpartition(" [")[0], "")

    @cached_property
    def _short(self) -> dict[str, str]:
        return {one.reader: one.name for one in self.readers if one.name != one.reader}

    @cached_property
    def _provider(self) -> dict[str, str]:
        return {one.name: one.provider for one in self.readers}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # The longest first, because one name can be the beginning of another.
        names = sorted(map(re.escape, self._short), key=len, reverse=True)
        return re.compile(rf"(?<![\w@/+.-])(?:{'|'.join(names)})(?!{_CONTINUES})")


@dataclass(frozen=True)
class GivenNames:
    """The names in a file of the user."""

    file: Path | None = None

    names: Mapping[str, str] = field(default_factory=dict)
    """Name by model, as in Inspect."""

    lines: Mapping[str, int] = field(default_factory=dict)
    """Line in the file by model."""

    def check(self, models: Iterable[str]) -> None:
        """Check that every model in the file is in the logs.

        Args:
            models: The models in the logs.

        Raises:
            ValueError: If one is not; the message names the file, the line and the nearest model.
        """
        known = list(dict.fromkeys(models))
        for model, line in self.lines.items():
            if model not in known:
                near = get_close_matches(model, known, 1, 0.5)
                advice = f"did you mean {near[0]}?" if near else f"the models are {listed(sorted(known), 6)}"
                raise ValueError(f"{self.file}, line {line}: no log is of model {model!r}; {advice}")


def read_names(file: Path) -> GivenNames:
    """Read names of models from YAML (`model: name`), or from CSV with a model and a name in each row.

    Raises:
        ValueError: If the file cannot be read, or names a model twice or two models alike; with file and line.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    rows = _csv_rows(file, text) if file.suffix.lower() == ".csv" else _yaml_rows(file, text)
    names: dict[str, str] = {}
    lines: dict[str, int] = {}
    for line, model, name in rows:
        if not model or not name:
            raise ValueError(f"{file}, line {line}: give a model and its name")
        if model in names:
            raise ValueError(f"{file}, line {line}: {model} has a name in line {lines[model]} already")
        if same := next((other for other, its in names.items() if its == name), None):
            raise ValueError(f"{file}, line {line}: {name!r} is the name of {same} already; give each model its own")
        names[model], lines[model] = name, line
    if not names:
        raise ValueError(f"{file}: contains no names; write one `model: name` in each line")
    return GivenNames(file, names, lines)


def names_of(logs: pd.DataFrame, given: GivenNames | None = None) -> Names:
    """The names of the readers of some logs.

    Args:
        logs: With the columns `reader` and `model`, such as the frame `logs`.
        given: Names of models from the user, which take precedence.
    """
    pairs = zip(logs["reader"].astype(str), logs["model"].astype(str), strict=True)
    models = {reader: model if reader.startswith(model) else reader for reader, model in pairs}
    bases = _bases(list(dict.fromkeys(models.values())), given.names if given else {})
    settings, common = _settings(models)
    wanted = {reader: f"{bases[model]}{settings[reader]}" for reader, model in models.items()}
    uses = Counter(wanted.values())
    found = []
    for reader, model in models.items():
        name = wanted[reader] if uses[wanted[reader]] == 1 else reader
        found.append(ReaderName(reader, model, ModelName.of(model).provider, name))
    return Names(tuple(found), common)


def names_table(names: Names) -> str:
    """The names as CSV: reader as in the findings, model, provider, name."""
    return as_csv(
        pd.DataFrame([vars(one) for one in names.readers], columns=[part.name for part in fields(ReaderName)])
    )


def _bases(models: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """A name for each model, different for each: the first of its possible names that no other model has."""
    possible = {model: [given[model]] if model in given else _possible(model) for model in models}
    level = dict.fromkeys(models, 0)
    while True:
        names = {model: possible[model][level[model]] for model in models}
        uses = Counter(name.casefold() for name in names.values())
        longer = [
            model
            for model, name in names.items()
            if uses[name.casefold()] > 1 and level[model] + 1 < len(possible[model])
        ]
        if not longer:
            return names
        for model in longer:
            level[model] += 1


def _possible(model: str) -> list[str]:
    """The possible names of a model, the shortest first, the last one with the provider."""
    parts = ModelName.of(model)
    last = model.rpartition("/")[2]
    own = last.replace("-", " ") if is_simulated(model) else last
    if is_physician(model) and "physician" not in last.casefold():
        own = f"{last} (physician)"
    known = paper_name(model)
    path = model.partition("/")[2].split("/")
    names = [known or own, own, *("/".join(path[start:]) for start in range(len(path) - 2, -1, -1))]
    names += [*([f"{known} ({parts.provider})"] if known else []), model]
    return [_line(name) for name in dict.fromkeys(names)]


def _settings(models: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """What follows the model in the name of each reader, and the settings that were left out.

    Args:
        models: Model by reader.
    """
    groups: dict[str, dict[str, tuple[list[str], str]]] = defaultdict(dict)
    for reader, model in models.items():
        match = _SETTINGS.fullmatch(reader.removeprefix(model))
        given = match["settings"].split(", ") if match and match["settings"] else []
        rest = (match["rest"] or "") if match else reader.removeprefix(model)
        groups[model][reader] = given, rest
    suffixes: dict[str, str] = {}
    left_out: dict[str, None] = {}
    for readers in groups.values():
        common = set.intersection(*(set(given) for given, _ in readers.values()))
        for reader, (given, rest) in readers.items():
            kept = ", ".join(one for one in given if one not in common)
            left_out |= dict.fromkeys(one for one in given if one in common)
            suffixes[reader] = _line(f" ({kept}){rest}" if kept else rest, strip=False)
    return suffixes, ", ".join(left_out)


def _line(text: str, *, strip: bool = True) -> str:
    """Text on one line, without hidden characters."""
    shown = re.sub(r"\s+", " ", visible(text))
    return shown.strip() if strip else shown


def _csv_rows(file: Path, text: str) -> Iterable[tuple[int, str, str]]:
    rows = csv.reader(StringIO(text))
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells) or (rows.line_num == 1 and [cell.lower() for cell in cells] == ["model", "name"]):
                continue
            if len(cells) != 2:
                raise ValueError(f"{file}, line {rows.line_num}: {len(cells)} columns; give a model and its name")
            yield rows.line_num, cells[0], _line(cells[1])
    except csv.Error as error:
        raise ValueError(f"{file}, line {rows.line_num}: is not CSV ({error})") from error


def _yaml_rows(file: Path, text: str) -> Iterable[tuple[int, str, str]]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ValueError(f"{file}{where}: is not YAML ({getattr(error, 'problem', None) or error})") from error
    if root is not None and not isinstance(root, yaml.MappingNode):
        raise ValueError(f"{file}, line {root.start_mark.line + 1}: write one `model: name` in each line")
    for key, value in root.value if root is not None else ():
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
            raise ValueError(f"{file}, line {line}: give a model and its name")
        yield line, key.value.strip(), _line(value.value)
