"""The sections of the report, in order, made from the material."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from medsyn_inspect.interventions.circle import Circle
from medsyn_inspect.report.against import Comparison
from medsyn_inspect.report.answer import answer
from medsyn_inspect.report.material import Material, chance_level
from medsyn_inspect.report.page.ablations import ablations
from medsyn_inspect.report.page.accuracy import accuracy
from medsyn_inspect.report.page.blocks import Block, Picture, Section
from medsyn_inspect.report.page.closing import cases, confidence, construction, judging, remarks
from medsyn_inspect.report.page.drilldown import CaseListing
from medsyn_inspect.report.page.evidence import evidence
from medsyn_inspect.report.page.from_gap_to_fix import from_gap_to_fix
from medsyn_inspect.report.page.glossary import glossary
from medsyn_inspect.report.page.leaderboard import leaderboard
from medsyn_inspect.report.page.other_results import comparison
from medsyn_inspect.report.page.physicians import physicians
from medsyn_inspect.report.page.reader_matrix import reader_matrix
from medsyn_inspect.report.page.reproduce import criteria, reproduction
from medsyn_inspect.report.page.summary import summary
from medsyn_inspect.report.page.viewing import Viewing
from medsyn_inspect.report.rerun.reproducibility import Reproducibility
from medsyn_inspect.report.stream.criteria import Criterion


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the sections are made from."""

    material: Material
    pictures: Sequence[Picture]
    listing: CaseListing
    viewer: Viewing
    stream: Sequence[Criterion]
    reproduction: Reproducibility
    against: Comparison | None = None
    circle: Circle | None = None
    common: str = ""
    """Arguments that all simulated readers share; their names in the report leave these out."""


def sections(parts: Parts) -> tuple[Section, ...]:
    """The sections that are not empty, with the glossary of the terms that they use."""
    material, pictures, listing = parts.material, parts.pictures, parts.listing
    findings = material.findings
    chance = chance_level(material)
    made: dict[tuple[str, str], Iterator[Block]] = {
        ("summary", "Answer"): summary(material, [(one.claim, one.rest) for one in answer(findings)]),
        ("leaderboard", "Leaderboard"): leaderboard(findings, listing, chance),
        ("readers", "Readers compared"): reader_matrix(findings),
        ("physicians", "Physicians"): physicians(findings),
        ("sensitivity", "Evidence"): evidence(findings, pictures, listing),
        ("accuracy", "Accuracy"): accuracy(findings, pictures, listing),
        ("ablations", "Ablations"): ablations(findings, pictures, listing),
        ("circle", "From gap to fix"): from_gap_to_fix(findings, parts.circle),
        ("belief", "Confidence"): confidence(pictures),
        ("judging", "Judge"): judging(findings, pictures),
        ("against", "Other results"): comparison(parts.against) if parts.against is not None else iter(()),
        ("cases", "Cases"): cases(parts.viewer, listing.grid_count),
        ("remarks", "Remarks"): remarks(findings, parts.common),
        ("construction", "How the cases were made"): construction(pictures),
        ("stream", "Reporting standard"): criteria(parts.stream),
        ("again", "Reproduce"): reproduction(parts.reproduction),
    }
    found = _filled(made)
    return (*found, *_filled({("glossary", "Glossary"): glossary(found, used_terms(material))}))


def _filled(made: Mapping[tuple[str, str], Iterator[Block]]) -> tuple[Section, ...]:
    sections = (Section(anchor, title, tuple(blocks)) for (anchor, title), blocks in made.items())
    return tuple(section for section in sections if section.blocks)


def used_terms(material: Material) -> Collection[str]:
    """Terms that the report uses outside the heads of tables with definitions."""
    findings = material.findings
    uses = {
        "sensitivity": len(findings.types), "uptake": len(findings.types), "deficit": len(findings.types),
        "nmse": len(findings.types), "posterior": findings.readers["source"].notna().any(),
        "confidence": len(findings.calibration), "position": len(findings.orders), "p": len(findings.reader_pairs),
        "detectable": len(findings.comparisons), "view": len(findings.types), "unread": len(findings.runs),
    }  # fmt: skip
    return [name for name, count in uses.items() if count]
