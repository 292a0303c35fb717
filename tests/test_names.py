"""When two names of diagnoses are the same, and when they are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medsyn_inspect.cases.names import SIGNS, plain, squeezed

# Each rule in both directions: what it makes the same, and the nearest that stays different.
SAME = [
    ("Lupus  Nephritis", "lupus nephritis"),
    ("Non-Hodgkin lymphoma", "non Hodgkin lymphoma"),
    ("Guillain–Barré syndrome", "Guillain-Barre syndrome"),
    ("Neuro-Behçet disease", "neuro-Behcet disease"),
    ("Crohn's disease", "Crohn disease"),
    ("Crohn’s disease", "Crohn disease"),
    ("haemophilia A", "hemophilia A"),
    ("oesophageal tumour", "esophageal tumor"),
    ("HER2- breast cancer", "HER2− breast cancer"),
    ("HER2⁺ breast cancer", "HER2+ breast cancer"),
    ("ER(-) cancer", "ER(−) cancer"),
    ("IgA肾病（原发）", "IgA肾病(原发)"),
    ("5' deletion", "5′ deletion"),
    ("β-Thalassaemia", "β thalassemia"),
    ("intra- aortic balloon", "intra aortic balloon"),
]
DIFFERENT = [
    ("Lupus nephritis", "lupus nephropathy"),
    ("Hodgkin lymphoma", "non-Hodgkin lymphoma"),
    ("Crohn's disease", "Crohns disease"),
    ("HER2+ breast cancer", "HER2− breast cancer"),
    ("HER2+ breast cancer", "HER2- breast cancer"),
    ("HER2+ breast cancer", "HER2 breast cancer"),
    ("HER2-positive cancer", "HER2-negative cancer"),
    ("Rh- haemolysis", "Rh+ haemolysis"),
    ("Grade <3", "Grade >3"),
    ("Grade ≤3", "Grade <3"),
    ("Potassium ↑", "Potassium ↓"),
    ("5′ deletion", "3′ deletion"),
    ("5′ deletion", "5 deletion"),
    ("α-thalassaemia", "β-thalassaemia"),
    ("Type 1 diabetes", "Type 10 diabetes"),
    ("Stage 1 2", "Stage 12"),
    ("TAE", "TE"),
    ("が", "か"),
    ("狼疮性肾炎", "狼疮肾炎"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_makes_no_difference(one: str, other: str) -> None:
    assert plain(one) == plain(other)
    assert squeezed(one) == squeezed(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_makes_a_difference(one: str, other: str) -> None:
    assert plain(one) != plain(other)
    assert squeezed(one) != squeezed(other)


def test_squeezed_ignores_spaces_except_between_digits() -> None:
    assert squeezed("IgA 肾病") == squeezed("IgA肾病")
    assert squeezed("pre-eclampsia") == squeezed("preeclampsia")
    assert squeezed("CD 4 2") != squeezed("CD 42")


@given(st.text())
def test_a_plain_name_is_in_one_form(text: str) -> None:
    name = plain(text)
    assert name == " ".join(name.split())
    assert all(
        character.isalnum() or character in SIGNS or not character.isascii() for character in name if character != " "
    )


@given(
    st.text(alphabet=st.sampled_from("abc ABCäß'-+<1肾病"), max_size=12),
    st.sampled_from(["  {} ", "({})", "“{}”", "{}.", "*{}*"]),
)
def test_what_is_around_a_name_makes_no_difference(text: str, around: str) -> None:
    # A hyphen at an edge would be a minus sign.
    name = text.strip("-' ")
    assert plain(around.format(name)) == plain(name)
