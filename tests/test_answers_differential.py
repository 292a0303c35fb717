"""What `parse_differential` and `parse_commitment` make of answers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medsyn_inspect.answers.differential import parse_commitment, parse_differential
from medsyn_inspect.answers.items import LONGEST
from medsyn_inspect.cases.names import plain

L, I, S = "Lupus nephritis", "IgA nephropathy", "Sarcoidosis"  # noqa: E741
THREE = (L, I, S)

LISTS = [
    # numbered
    (f"1. {L}\n2. {I}\n3. {S}", THREE),
    (f"1) {L}\n2) {I}\n3) {S}", THREE),
    (f"(1) {L}\n(2) {I}\n(3) {S}", THREE),
    (f"（1）{L}\n（2）{I}\n（3）{S}", THREE),
    (f"1、{L}\n2、{I}\n3、{S}", THREE),
    (f"１．{L}\n２．{I}\n３．{S}", THREE),
    (f"①{L}\n②{I}\n③ {S}", THREE),
    (f"一、{L}\n二、{I}\n三、{S}", THREE),
    (f"1. **{L}**\n2. **{I}**\n3. *{S}*", THREE),
    (f"**1. {L}**\n**2. {I}**\n**3. {S}**", THREE),
    (f"### 1. {L}\nProteinuria.\n### 2. {I}\nHaematuria.\n### 3. {S}", THREE),
    (f"1\\. {L}\n2\\. {I}\n3\\. {S}", THREE),
    (f"  1. {L}\n  2. {I}\n  3. {S}", THREE),
    (f"1. {L}\r\n2. {I}\r\n3. {S}\r\n", THREE),
    (f"1. {L}\n\n2. {I}\n\n3. {S}", THREE),
    (f"1. {L}\n1. {I}\n1. {S}", THREE),
    (f"1. {L} 2. {I} 3. {S}", THREE),
    (f"①{L} ②{I} ③{S}", THREE),
    (f"| # | Diagnosis | Why |\n|---|---|---|\n| 1 | {L} | x |\n| 2 | {I} | y |\n| 3 | {S} | z |", THREE),
    (f"Here is my differential diagnosis:\n\n1. {L}\n2. {I}\n3. {S}\n\nLet me know if I can help.", THREE),
    (f"1. {L}\n   - low complement\n   - proteinuria\n2. {I}\n   1. haematuria\n   2. IgA\n3. {S}", THREE),
    (f"1. {L}\n- low complement\n2. {I}\nBlood in the urine.\n3. {S}", THREE),
    (f"1. {L}\n(1) low complement\n(2) proteinuria\n2. {I}\n3. {S}", THREE),
    (f"Most likely:\n1. {L}\n\nLess likely:\n2. {I}\n3. {S}", THREE),
    (f"Most likely:\n1. {L}\n\nLess likely:\n1. {I}\n2. {S}", THREE),
    ("1. TB\n2. Sepsis\n\nRevised list:\n" + f"1. {L}\n2. {I}\n3. {S}", THREE),
    (f"Differential diagnosis:\n1. {L}\n2. {I}\n3. {S}\n\nRecommended tests:\n1. Biopsy\n2. ANA", THREE),
    (f"Key findings:\n1. Fever\n2. Rash\n\nDifferential diagnosis:\n1. {L}\n2. {I}\n3. {S}", THREE),
    # bulleted
    (f"- {L}\n- {I}\n- {S}", THREE),
    (f"* {L}\n* {I}\n* {S}", THREE),
    (f"• {L}\n•{I}\n• {S}", THREE),
    (f"- **{L}**: low complement\n- **{I}**: haematuria\n- **{S}**", THREE),
    (f"- {L}\n  - low complement\n- {I}\n- {S}", THREE),
    (f"**Differential:**\n- {L}\n- {I}\n- {S}\n\n**Next steps:**\n- Biopsy", THREE),
    # without markers
    (f"{L}\n{I}\n{S}", THREE),
    (f"Differential diagnosis\n\n{L}\n{I}\n{S}\n\nPlease correlate with the biopsy.", THREE),
    (f"{L}, {I}, {S}", THREE),
    (f"{L}, {I}, and {S}.", THREE),
    (f"{L}; {I}; {S}", THREE),
    (f"Differential diagnosis: {L}, {I}, {S}", THREE),
    ("狼疮性肾炎、IgA肾病、结节病", ("狼疮性肾炎", "IgA肾病", "结节病")),
    ("鉴别诊断：狼疮性肾炎、IgA肾病和血管炎、结节病。", ("狼疮性肾炎", "IgA肾病和血管炎", "结节病")),
    (
        "鉴别诊断：\n1. 狼疮性肾炎\n2. IgA肾病：血尿\n3. 结节病（可能性小）",
        ("狼疮性肾炎", "IgA肾病", "结节病（可能性小）"),
    ),
    ("一、鉴别诊断\n1. 狼疮性肾炎\n2. IgA肾病", ("狼疮性肾炎", "IgA肾病")),
    (L, (L,)),
    (f"**{L}**.", (L,)),
    # JSON
    (json.dumps(THREE), THREE),
    (json.dumps({"differential": THREE}), THREE),
    (json.dumps([{"diagnosis": name, "why": "x"} for name in THREE], indent=2), THREE),
    (json.dumps({"differential_diagnosis": [{"rank": 1, "name": name} for name in THREE]}), THREE),
    (json.dumps({"1": L, "2": I, "3": S}), THREE),
    ("Here it is:\n```json\n" + json.dumps({"differential": THREE}, indent=1) + "\n```\nDone.", THREE),
    # names
    (
        "1. Non-Hodgkin lymphoma - weight loss\n2. Guillain–Barré syndrome – weakness",
        ("Non-Hodgkin lymphoma", "Guillain–Barré syndrome"),
    ),
    (f"1. {L} — low complement\n2. {I}: haematuria\n3. {S}：肺", THREE),
    (f"1. {L}—low complement\n2. {I}. There is blood in the urine.\n3. “{S}”", THREE),
    ("1. Chronic lymphocytic leukaemia - small lymphocytic\n2. TB", ("Chronic lymphocytic leukaemia", "TB")),
    (
        "1. Nephritis (lupus - class IV: diffuse), active\n2. Cancer, metastatic",
        ("Nephritis (lupus - class IV: diffuse), active", "Cancer, metastatic"),
    ),
    ("1. Most likely: Lupus nephritis\n2. IgA nephropathy", (L, I)),
    ("1. E. coli sepsis\n2. St. Louis encephalitis", ("E. coli sepsis", "St. Louis encephalitis")),
    (
        "1. 2,8-dihydroxyadenine stones\n2. 17-alpha-hydroxylase deficiency",
        ("2,8-dihydroxyadenine stones", "17-alpha-hydroxylase deficiency"),
    ),
    (f"1. {L}\n2. lupus  NEPHRITIS\n3. {I}", (L, I)),
    (f"<think>1. TB\n2. Sepsis</think>1. {L}\n2. {I}", (L, I)),
    # nothing
    ("", ()),
    (" \n", ()),
    ("<think>1. TB\n2. Sepsis", ()),
    ("I'm sorry, but I can't help with that.", ()),
    ("抱歉，我无法提供诊断。", ()),
    ("The patient has fever, cough, and chills.", ()),
    ("Here is my differential diagnosis:", ()),
    ("患者发热、咳嗽，建议进一步检查。", ()),
    ("1. ---\n2. ...", ()),
]


@pytest.mark.parametrize(("text", "diagnoses"), LISTS)
def test_lists(text: str, diagnoses: tuple[str, ...]) -> None:
    assert parse_differential(text) == diagnoses


def test_an_entry_is_no_essay() -> None:
    found = parse_differential(f"1. {'word ' * 1000}\n2. {L}")
    assert len(found[0]) <= LONGEST
    assert found[1] == L


COMMITMENTS = [
    (f"Final diagnosis: {L}", L),
    (f"final diagnosis: {L}.", L),
    (f"**Final diagnosis:** **{L}**", L),
    (f"**Final diagnosis: {L}**", L),
    (f'Final diagnosis: "{L}"', L),
    (f"Final diagnosis:\n\n{L}", L),
    (f"## Final diagnosis:\n1. {L}", L),
    (f"The final diagnosis is {L}.", L),
    (f"Final diagnosis: {L} - low complement", L),
    (f"The urine decides.\n\nFinal diagnosis: {L}", L),
    (f"Final diagnosis: {L}\nFinal diagnosis: lupus NEPHRITIS", L),
    ("最终诊断：狼疮性肾炎", "狼疮性肾炎"),
    ("**最终诊断：**狼疮性肾炎。", "狼疮性肾炎"),
    ("最终诊断为狼疮性肾炎", "狼疮性肾炎"),
    (json.dumps({"final_diagnosis": L}), L),
    (L, L),
    (f"  **{L}**  \n", L),
    (f"1. {L}", L),
    (f"<think>Final diagnosis: {I}</think>Final diagnosis: {L}", L),
    (f"Final diagnosis: {L}\nFinal diagnosis: {I}", None),
    (f"Final diagnosis: {L} or {I}", None),
    (f"Final diagnosis: {L}; {I}", None),
    (f"Final diagnosis:\n1. {L}\n2. {I}", None),
    ("Final diagnosis: NAME", None),
    ("Final diagnosis: unknown", None),
    ("最终诊断：无法确定", None),
    ("I cannot give a final diagnosis: too little is known", None),
    (f"{L}\n{I}", None),
    (f"I think the patient has {L}", None),
    (f"{L}, {I} or {S}", None),
    ("I'm sorry, but I can't help with that.", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "diagnosis"), COMMITMENTS)
def test_commitments(text: str, diagnosis: str | None) -> None:
    assert parse_commitment(text) == diagnosis


NAMES = [
    L,
    I,
    S,
    "Non-Hodgkin lymphoma",
    "Guillain–Barré syndrome",
    "ANCA vasculitis (GPA)",
    "E. coli sepsis",
    "Factor V deficiency",
    "狼疮性肾炎",
    "IgA肾病",
    "Type 2 diabetes mellitus",
    "B-cell lymphoma",
    "Sjögren's disease",
]
MARKERS = ["{n}. ", "{n}) ", "({n}) ", "{n}、", "{n}．", "- ", "* ", "• ", "### {n}. ", ""]


@given(
    st.lists(st.sampled_from(NAMES), min_size=2, max_size=10, unique=True),
    st.sampled_from(MARKERS),
    st.sampled_from(["{0}", "**{0}**", "__{0}__", '"{0}"']),
    st.sampled_from(["", "Here is my differential diagnosis:\n\n", "**Differential diagnosis**\n\n", "鉴别诊断：\n"]),
    st.sampled_from(["\n", "\n\n", "\r\n"]),
)
def test_a_rendered_list_is_read_back(names: list[str], marker: str, style: str, before: str, between: str) -> None:
    text = before + between.join(marker.format(n=n) + style.format(name) for n, name in enumerate(names, start=1))
    assert parse_differential(text) == tuple(names)
    assert parse_differential(f"\n\n{text}\n \n") == tuple(names)


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=10, unique=True), st.booleans())
def test_json_is_read_back(names: list[str], fenced: bool) -> None:
    text = json.dumps({"differential": names}, ensure_ascii=False)
    assert parse_differential(f"```json\n{text}\n```" if fenced else text) == tuple(names)


@given(st.sampled_from(NAMES), st.sampled_from(["{0}", "Final diagnosis: {0}", "最终诊断：{0}"]), st.booleans())
def test_a_rendered_commitment_is_read_back(name: str, form: str, bold: bool) -> None:
    text = form.format(name)
    assert parse_commitment(f"\n**{text}**\n" if bold else text) == name


PIECES = [
    "1.",
    "2)",
    "①",
    "- ",
    " ",
    "\n",
    "**",
    "<think>",
    "</think>",
    "Lupus",
    "TB",
    ",",
    "、",
    ":",
    "[",
    "]",
    "{",
    "}",
    '"',
    "(",
    ")",
    "Final diagnosis",
    "鉴别诊断",
    "```",
    "|",
    "#",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_any_text_is_read_without_error(text: str) -> None:
    found = parse_differential(text)
    assert len({plain(name) for name in found}) == len(found)
    assert all(plain(name) and len(name) <= LONGEST and name == name.strip() for name in found)
    assert parse_differential(f"\n{text}\n") == found
    commitment = parse_commitment(text)
    assert commitment is None or plain(commitment)


@pytest.mark.parametrize(
    "piece",
    [
        "A",
        " ",
        "\n",
        "1. A\n",
        "1. ",
        "- ",
        "(",
        "[",
        "[\n",
        '{"a":',
        "*",
        ", a",
        "a - b (",
        "Final diagnosis: ",
        "the ",
        "| ",
    ],
)
def test_long_texts_are_read(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    assert isinstance(parse_differential(text), tuple)
    parse_commitment(text)
