"""What a report is made of."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from medsyn_inspect.analysis.findings import Findings


@dataclass(frozen=True)
class Material:
    """Findings, and what the headers of their logs say."""

    findings: Findings
    """All that the answers say."""

    logs: pd.DataFrame
    """One row for each log that was used, from its header."""
