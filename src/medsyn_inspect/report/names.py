"""Short names of simulated readers: what all of them have in common is said once."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import pandas as pd

from medsyn_inspect.analysis.findings import Findings
from medsyn_inspect.report.material import Material

SIMULATED = re.compile(r"(reference/reader) \((.+?)\)(.*)", re.DOTALL)


def shortly_named(material: Material) -> tuple[Material, str]:
    """The same material with readers under their shortest unambiguous names, and what was left out of these.

    Only the reference reader has its arguments in its name. Those that are equal in all of them are left out.
    """
    names = sorted(set(material.logs["reader"]))
    found = {name: match for name in names if (match := SIMULATED.fullmatch(name))}
    arguments = {name: set(match[2].split(", ")) for name, match in found.items()}
    common = set.intersection(*arguments.values()) if len(arguments) > 1 else set()
    if not common or "reference/reader" in names:
        return material, ""
    short = {}
    for name, match in found.items():
        kept = ", ".join(sorted(arguments[name] - common))
        short[name] = f"{match[1]}{f' ({kept})' if kept else ''}{match[3]}"
    if len(set(short.values())) < len(short):
        return material, ""

    def renamed(frame: pd.DataFrame) -> pd.DataFrame:
        return (
            frame.assign(reader=frame["reader"].map(lambda name: longest(name, short))) if "reader" in frame else frame
        )

    findings = material.findings
    frames = {
        field.name: renamed(value)
        for field in fields(Findings)
        if isinstance(value := getattr(findings, field.name), pd.DataFrame)
    }
    told = [longest(note, short) for note in findings.notes]
    return Material(renamed(material.logs), replace(findings, **frames, notes=told)), ", ".join(sorted(common))


def longest(text: str, short: dict[str, str]) -> str:
    """The text with every long name replaced."""
    for name, instead in short.items():
        text = text.replace(name, instead)
    return text
