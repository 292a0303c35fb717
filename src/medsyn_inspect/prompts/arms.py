"""Which evidence a reader is shown, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from medsyn_inspect.cases.case import EvidenceType

View = Literal["image", "finding"]
"""How visual evidence is shown: as its images, or as the expert's finding in words. Never both."""

TextPolicy = Literal["keep", "remove", "random"]
"""What becomes of history and examination: kept, left out (Remove-Text), or replaced by random words (Random-Text)."""

Staging = Literal["single", "turns"]
"""All evidence in one turn, or stage by stage with an answer after each."""

TEXT_SECTIONS = ("history", "examination")
SECTIONS: tuple[str, ...] = (*TEXT_SECTIONS, *(evidence_type.value for evidence_type in EvidenceType))
"""Everything that can be withheld, in clinical order."""

ALL = "all"


@dataclass(frozen=True)
class Arm:
    """A view and what is withheld from it. The same case in two arms differs in nothing else."""

    view: View = "image"
    """How visual evidence is shown."""

    withheld: frozenset[str] = frozenset()
    """Names from `SECTIONS` that the reader is not shown."""

    def __post_init__(self) -> None:
        one_of("view", self.view, View)
        unknown = sorted(self.withheld - set(SECTIONS))
        if unknown:
            raise ValueError(
                f"withhold={','.join(unknown)}: choose from {', '.join(SECTIONS)}, or `{ALL}` for the question alone"
            )

    def shows(self, section: str) -> bool:
        """Whether a section of the case (an evidence type, `history`, `examination`) is shown."""
        return section not in self.withheld

    @property
    def label(self) -> str:
        """`image`, `finding-ct`, `image-all`: short and unique, for spans and keys."""
        if self.withheld == frozenset(SECTIONS):
            return f"{self.view}-{ALL}"
        return "-".join([self.view, *(section for section in SECTIONS if section in self.withheld)])


def as_names(value: str | list[str] | None) -> tuple[str, ...]:
    """The names in a `-T` parameter, which Inspect hands over as one string or as a list.

    Raises:
        ValueError: If it is neither, such as `no`, which Inspect reads as `False`.
    """
    if value is None:
        return ()
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"{value!r} is not a name or a comma-separated list of names")
    return tuple(name.strip() for name in value if name.strip())


def as_arm(view: View = "image", withhold: str | list[str] | None = None) -> Arm:
    """The arm that a task's `view` and `withhold` parameters describe.

    Args:
        view: `image` or `finding`.
        withhold: Evidence types, `history`, `examination`, or `all` for the question alone.

    Raises:
        ValueError: If a name is unknown.
    """
    names = as_names(withhold)
    withheld = frozenset(name for name in names if name != ALL)
    return Arm(view, withheld | frozenset(SECTIONS) if ALL in names else withheld)


def one_of(parameter: str, value: str, choices: object) -> Any:
    """A `-T` value, if it is one of the values of a `Literal`.

    Raises:
        ValueError: If it is not; it lists the values.
    """
    if value not in get_args(choices):
        raise ValueError(f"{parameter}={value!r}: choose one of {', '.join(get_args(choices))}")
    return value
