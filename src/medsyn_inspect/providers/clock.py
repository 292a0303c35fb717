"""The date on which this runs. Everything that depends on it calls `today`, so that it can be replaced in one place."""

from __future__ import annotations

from datetime import date


def today() -> date:
    """The current date."""
    return date.today()
