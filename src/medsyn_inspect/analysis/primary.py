"""The primary contrast of each question that findings answer; every other test is exploratory.

The primary contrasts are declared here, before any result is known. The p values of each are adjusted as a family of
their own, so that the number of exploratory tests has no influence on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Primary:
    """A primary contrast."""

    question: str
    contrast: str
    frame: str
    """The frame that contains it."""

    p: str
    """The column with its adjusted p."""

    rows: Mapping[str, str]
    """Values of the columns by which its rows are known; empty if they are all rows of the frame."""

    def among(self, frame: pd.DataFrame) -> pd.Series:
        """Mask of its rows.

        Args:
            frame: The rows of its frame.
        """
        same = frame[list(self.rows)] == pd.Series(self.rows, dtype=object)
        return same.all(axis=1).astype(bool)


READERS = Primary(
    "which reader is better",
    "FDx accuracy of each pair of readers",
    "reader_pairs",
    "p_holm",
    {"measure": "accuracy"},
)
EVIDENCE = Primary(
    "whether images change answers as findings do",
    "matched deficit of each reader and evidence type",
    "types",
    "matched_p_holm",
    {},
)
TEXT = Primary(
    "whether answers depend on the text",
    "FDx accuracy with images, with and without history and examination",
    "comparisons",
    "mcnemar_p_holm",
    {"question": "fdx", "family": "text", "view": "image", "condition": "text=remove"},
)
CONFIDENCE = Primary(
    "whether confidence matches accuracy",
    "excess calibration error of each reader and view",
    "calibration",
    "ece_p_holm",
    {},
)
PRIMARY = (READERS, EVIDENCE, TEXT, CONFIDENCE)


def about_tests(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """A note on which of the tests that were made are primary; none if no primary contrast was tested.

    Args:
        frames: The frames of the findings that contain tests, by name.
    """
    made = [one for one in PRIMARY if frames[one.frame].loc[one.among(frames[one.frame]), one.p].notna().any()]
    if not made:
        return []
    named = "; ".join(f"{one.question} ({one.contrast})" for one in made)
    return [f"Primary tests, one for each question: {named}. All other tests are exploratory."]
