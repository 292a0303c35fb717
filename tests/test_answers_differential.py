"""What `parse_differential` and `parse_commitment` make of answers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medsyn_inspect.answers.diagnoses import LONGEST
from medsyn_inspect.answers.differential import (
    parse_commitment,
    parse_differential,
    read_commitment,
    read_differential,
)
from medsyn_inspect.answers.reading import DROPPED
from medsyn_inspect.cases.names import plain

L, I, S = "Lupus nephritis", "IgA nephropathy", "Sarcoidosis"  # noqa: E741
THREE = (L, I, S)

LISTS = [
    # Two differentials, each from the most to the least likely.
    (
        f"Initial differential diagnosis, most likely to least likely:\n1. {I}\n2. {S}\n\n"
        f"Revised differential diagnosis, most likely to least likely:\n1. {L}\n2. {I}",
        (),
    ),
    (f"1. {L} | 80 % | high\n2. {I} | 20 % | low", (L, I)),
    (f"1. {L}<br>2. {I}<br/>3. {S}", (L, I, S)),
    (f"1. {L} (most likely)\n2. **{I} (less likely)**: IgA\n3. {S}", (f"{L} (most likely)", f"{I} (less likely)", S)),
    (f"Top 3:\n1. {L}\n2. {I}", (L, I)),
    (f"1. Still disease\n2. Open-angle glaucoma\n3. {L}", ("Still disease", "Open-angle glaucoma", L)),
    # Ranked from the end, grouped by cause, or to be ruled out.
    (f"Least likely to most likely:\n1. {S}\n2. {L}", ()),
    (f"In order of increasing likelihood:\n1. {S}\n2. {L}", ()),
    (f"按可能性从低到高：\n1. {S}\n2. {L}", ()),
    (f"1. **Infectious**\n   - Tuberculosis\n2. **Autoimmune**\n   - {L}", ()),
    (f"1. {L}\n2. Rule out {S}", ()),
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
    (f"Here is my differential diagnosis:\n\n1. {L}\n2. {I}\n3. {S}\n\nLet me know if I can help.", THREE),
    (f"1. {L}\n   - low complement\n   - proteinuria\n2. {I}\n   1. haematuria\n   2. IgA\n3. {S}", THREE),
    (f"1. {L}\n- low complement\n2. {I}\nBlood in the urine.\n3. {S}", THREE),
    (f"1. {L}\n(1) low complement\n(2) proteinuria\n2. {I}\n3. {S}", THREE),
    (f"Most likely:\n1. {L}\n\nLess likely:\n2. {I}\n3. {S}", THREE),
    (f"Most likely:\n1. {L}\n\nLess likely:\n1. {I}\n2. {S}", THREE),
    (f"Differential diagnosis:\n1. {L}\n2. {I}\n3. {S}\n\nRecommended tests:\n1. Biopsy\n2. ANA", THREE),
    (f"Key findings:\n1. Fever\n2. Rash\n\nDifferential diagnosis:\n1. {L}\n2. {I}\n3. {S}", THREE),
    # bulleted
    (f"- {L}\n- {I}\n- {S}", THREE),
    (f"* {L}\n* {I}\n* {S}", THREE),
    (f"• {L}\n•{I}\n• {S}", THREE),
    (f"- **{L}**: low complement\n- **{I}**: haematuria\n- **{S}**", THREE),
    (f"- {L}\n  - low complement\n- {I}\n- {S}", THREE),
    (f"**Differential:**\n- {L}\n- {I}\n- {S}\n\n**Next steps:**\n- Biopsy", THREE),
    # on one line
    (f"Differential diagnosis: {L}; {I}; {S}", THREE),
    ("鉴别诊断：狼疮性肾炎、IgA肾病和血管炎、结节病。", ("狼疮性肾炎", "IgA肾病和血管炎", "结节病")),
    ("１、狼疮性肾炎；２、IgA肾病；３、结节病", ("狼疮性肾炎", "IgA肾病", "结节病")),
    (f"Diagnosis: {L}", (L,)),
    # a diagnosis above the list, parts below it
    (f"**Most likely diagnosis:** {L}\n\n**Other considerations:**\n1. {I}\n2. {S}", THREE),
    (f"Most likely diagnosis: {L}\n\n1. {L}\n2. {I}\n3. {S}", THREE),
    (f"Most likely diagnosis: {S}\n\n1. {L}\n2. {I}", (S, L, I)),
    (f"High probability:\n- {L}\n\nModerate probability:\n- {I}\n\nLow probability:\n- {S}", THREE),
    ("最可能诊断：狼疮性肾炎\n其他可能：\n1. IgA肾病", ("狼疮性肾炎", "IgA肾病")),
    ("一、首先考虑\n1. 狼疮性肾炎\n二、其他可能\n1. IgA肾病", ("狼疮性肾炎", "IgA肾病")),
    (f"1. {L}\n2. {I}\n3. {S}\n\nFinal diagnosis: {L}", THREE),
    (f"1. {L}\nSupporting evidence:\n- low complement\n2. {I}\nSupporting evidence:\n- IgA\n3. {S}", THREE),
    (f"### 1. Most likely diagnoses\n- {L}\n### 2. Less likely diagnoses\n- {I}\n- {S}", THREE),
    (f"**Most likely diagnosis: {L}**\n\n**Other considerations:**\n1. {I}\n2. {S}", THREE),
    # other lists
    (f"1. {L}\n2. {I}\n3. {S}\n\nRuled out:\n1. TB\n2. Sepsis", THREE),
    (f"1. {L}\n2. {I}\n3. {S}\n\n**Considered and rejected**\n- TB", THREE),
    (f"1. {L}\n2. {I}\n3. {S}\n\nRuled out: TB, sepsis", THREE),
    (f"1. {L}\n2. {I}\n3. {S}\n\nTo confirm:\n1. Biopsy\n2. ANA", THREE),
    (f"1. {L}\n2. {I}\n3. {S}\n\nCaveats:\n1. No ESR", THREE),
    ("1. 狼疮性肾炎\n2. IgA肾病\n\n排除：\n1. 结节病", ("狼疮性肾炎", "IgA肾病")),
    ("1. 狼疮性肾炎\n2. IgA肾病\n\n诊断依据：\n1. 补体低\n\n进一步处理：\n1. 活检", ("狼疮性肾炎", "IgA肾病")),
    # entries
    (f"1. {L}\n2. Not {I}\n3. {S} (ruled out)", (L,)),
    (f"1. {L}\n2. Excluded: {I}\n3. {S} (not excluded)", (L, f"{S} (not excluded)")),
    (f"1. {L}: ruled out by the biopsy\n2. {I}: fits", (I,)),
    (f"1. {L}\n2. Unlikely: {I}", (L, I)),
    (f"1. ~~{L}~~ {I}\n2. {S}", (I, S)),
    (f"1. {L}\n2. {I}\n3. Consult a physician", (L, I)),
    (f"1. {L} / {I} / {S}", THREE),
    (f"1. {L} vs {I}\n2. {S}", (f"{L} vs {I}", S)),
    (f"1. 60% - {L}\n2. 20%: {I}", (L, I)),
    (f"Rank 1: {L}\nRank 2: {I}\nRank 3: {S}", THREE),
    (f"Diagnosis 1: {L}\nDiagnosis 2: {I}", (L, I)),
    ("第一位：狼疮性肾炎\n第二位：IgA肾病", ("狼疮性肾炎", "IgA肾病")),
    (f"First: {L}\nSecond: {I}\nThird: {S}", THREE),
    (f"#1 {L}\n#2 {I}\n#3 {S}", THREE),
    (f"1️⃣ {L}\n2️⃣ {I}\n3️⃣ {S}", THREE),
    (f"**1:** {L}\n**2:** {I}", (L, I)),
    (f"<answer>1. {L}\n2. {I}\n3. {S}</answer>", THREE),
    (f"<ol><li>{L}</li><li>{I}</li></ol>", (L, I)),
    # JSON
    (json.dumps(THREE), THREE),
    (json.dumps({"differential": THREE}), THREE),
    (json.dumps([{"diagnosis": name, "why": "x"} for name in THREE], indent=2), THREE),
    (json.dumps({"differential_diagnosis": [{"rank": 1, "name": name} for name in THREE]}), THREE),
    (json.dumps({"1": L, "2": I, "3": S}), THREE),
    (json.dumps({"ranked_diagnoses": THREE}), THREE),
    (json.dumps({"most_likely_diagnosis": L, "differential": [I, S]}), THREE),
    (json.dumps({"differential": THREE, "ruled_out": ["TB"], "tests": ["ANA"]}), THREE),
    (json.dumps({"diagnoses": [{"name": name, "tests": ["ANA"]} for name in THREE]}), THREE),
    ("My list: " + json.dumps(THREE), THREE),
    ("\n".join(json.dumps({"diagnosis": name, "p": 0.5}) for name in THREE), THREE),
    ("Here it is:\n```json\n" + json.dumps({"differential": THREE}, indent=1) + "\n```\nDone.", THREE),
    # names
    (
        "1. Non-Hodgkin lymphoma - weight loss\n2. Guillain–Barré syndrome – weakness",
        ("Non-Hodgkin lymphoma", "Guillain–Barré syndrome"),
    ),
    (f"1. {L} — low complement\n2. {I}: haematuria\n3. {S}：肺", THREE),
    (f"1. {L}—low complement\n2. {I}. There is blood in the urine.\n3. “{S}”", THREE),
    # What only one entry has may belong to its name.
    (
        "1. Acute myeloid leukaemia - M3\n2. SLE: class IV nephritis\n3. TB",
        ("Acute myeloid leukaemia - M3", "SLE: class IV nephritis", "TB"),
    ),
    (f"1. {L}: the complement is low\n2. TB", (L, "TB")),
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
    # not one list of a known kind
    (f"{L}\n{I}\n{S}", ()),
    (f"{L}, {I}, {S}", ()),
    (f"Differential diagnosis: {L}, {I}, {S}", ()),
    (f"1. {L}, {I}, {S}, gout, TB", ()),
    (f"| # | Diagnosis |\n|---|---|\n| 1. | {L} |\n| 2. | {I} |", ()),
    (f"1. TB\n2. Sepsis\n\nRevised list:\n1. {L}\n2. {I}", ()),
    (f"1. {L}\n2. {I}\n\n1. {S}\n2. TB", ()),
    (f"Things I saw:\n1. {L}\n2. {I}", ()),
    (f"**{L}**\n- low complement\n- proteinuria\n\n**{I}**\n- haematuria", ()),
    ("**Crohn's disease**\n- diarrhoea\n- skip lesions", ()),
    (f"1. {L}\n2. {I}\n\nAlso consider {S}.", ()),
    (f"1. {L}\n2. {I}\n\nLess likely: {S}", ()),
    (f"1. {L}\n2. {I}\n\nDiagnoses that do not fit:\n1. {S}", ()),
    (f"1. {L}\n2. {I}\n\nOther diagnoses that do not explain it:\n1. {S}", ()),
    (f"1. {L}\n2. {I}\n\n{L} was ruled out by the biopsy.", ()),
    (f"1. {L}\n2. {I}\n\nNote: {L} is excluded by the biopsy.", ()),
    (f"1. {L}\n2. {I}\n\nRuled out:\n1. {L}", ()),
    (f"1. {L}\n2. {I}\n\nRecommended tests:\n3. ANA", ()),
    (f"- {L}\n- {I}\nI would order tests\n- ANA", ()),
    (f"1. {L}\n2. {I}\n\nI recommend these tests\n1. Biopsy", ()),
    (f"Less likely:\n1. {S}", ()),
    ("1. Fever\n2. Rash\n\nMost likely diagnosis: TB", ()),
    ("1. The patient has fever.\n2. The CT shows cavities.", ()),
    ("Recommended tests:\n1. ANA\n2. Biopsy", ()),
    ("Ruled out:\n1. TB", ()),
    (json.dumps({"tests": ["ANA"]}), ()),
    (json.dumps({"findings": ["fever"], "something": ["TB"]}), ()),
    ("患者发热、咳嗽，建议进一步检查。", ()),
    ("1. ---\n2. ...", ()),
]


@pytest.mark.parametrize(("text", "diagnoses"), LISTS)
def test_lists(text: str, diagnoses: tuple[str, ...]) -> None:
    assert parse_differential(text) == diagnoses


def test_an_essay_is_no_entry() -> None:
    assert parse_differential(f"1. {'word ' * 1000}\n2. {L}") == ()


def test_two_hundred_diagnoses_are_read() -> None:
    names = tuple(f"Disease {chr(65 + n % 26)}{n}" for n in range(200))
    assert parse_differential("\n".join(f"{n}. {name}" for n, name in enumerate(names, 1))) == names


def test_why_a_differential_is_not_read() -> None:
    cut = read_differential(f"1. {L}\n2. {I}", stop_reason="max_tokens")
    assert (cut.value, cut.problem) == (None, "truncated")
    assert read_differential("I'm sorry, but I can't help with that.").problem == "refused"
    assert read_differential(f"1. {L}\n2. {I}\n\n1. {S}").problem == "several"
    assert read_differential("The patient has fever.").problem == "unparseable"
    assert read_differential(f"1. {L}\n2. Not {I}").notes == (DROPPED,)


COMMITMENTS = [
    (f"Final diagnosis: {L}", L),
    (f"final diagnosis: {L}.", L),
    (f"**Final diagnosis:** **{L}**", L),
    (f"**Final diagnosis: {L}**", L),
    (f'Final diagnosis: "{L}"', L),
    (f"Final diagnosis:\n\n{L}", L),
    (f"## Final diagnosis:\n1. {L}", L),
    (f"The final diagnosis is {L}.", L),
    (f"FINAL DIAGNOSIS\n{L}", L),
    (f"## Final Diagnosis\n\n{L}\n\n## Rationale\nThe complement is low.", L),
    (f"<answer>{L}</answer>", L),
    (f"<answer>Final diagnosis: {L}</answer>", L),
    (f"Final diagnosis: <|begin_of_box|>{L}<|end_of_box|>", L),
    (rf"Final diagnosis: \boxed{{\text{{{L}}}}}", L),
    (f"Final diagnosis → {L}", L),
    (f"I am not certain, but my final diagnosis is {L}.", L),
    (f"The final diagnosis is {L}, not {I}.", L),
    (f"The final diagnosis is {L} because the complement is low.", L),
    (f"Working diagnosis: {I}\nFinal diagnosis: {L}", L),
    (f"Final diagnosis: {I}\nWait, the complement is low.\nFinal diagnosis: {L}", L),
    (f"If the complement were normal, the final diagnosis would be {I}.\nFinal diagnosis: {L}", L),
    (f"Final diagnosis: {L}\n\nThe diagnosis is confirmed by biopsy.", L),
    (f"Final diagnosis: {L}\n\nUser: next\nFinal diagnosis: {I}", L),
    ("我的最终诊断是狼疮性肾炎。", "狼疮性肾炎"),
    ("最終診斷：狼瘡性腎炎", "狼瘡性腎炎"),
    ("最终诊断：不明原因发热", "不明原因发热"),
    ("Final diagnosis: Unknown primary carcinoma", "Unknown primary carcinoma"),
    (f"Final diagnosis: {L} - low complement", f"{L} - low complement"),
    (f"The urine decides.\n\nFinal diagnosis: {L}", L),
    (f"Final diagnosis: {L}\nFinal diagnosis: lupus NEPHRITIS", "lupus NEPHRITIS"),
    ("最终诊断：狼疮性肾炎", "狼疮性肾炎"),
    ("**最终诊断：**狼疮性肾炎。", "狼疮性肾炎"),
    ("最终诊断为狼疮性肾炎", "狼疮性肾炎"),
    (json.dumps({"final_diagnosis": L}), L),
    (L, L),
    (f"  **{L}**  \n", L),
    (f"1. {L}", L),
    (f"<think>Final diagnosis: {I}</think>Final diagnosis: {L}", L),
    (f"Final diagnosis: {L}, not otherwise specified", f"{L}, not otherwise specified"),
    (f"Final diagnosis: {L}, not {I}", L),
    ("Final diagnosis: Lymphoma, NOS", "Lymphoma, NOS"),
    (f"{L}, not otherwise specified", f"{L}, not otherwise specified"),
    ("Type I diabetes mellitus", "Type I diabetes mellitus"),
    ("Anemia due to iron deficiency", "Anemia due to iron deficiency"),
    ("WHO grade 4 astrocytoma", "WHO grade 4 astrocytoma"),
    ("ME/CFS", "ME/CFS"),
    (f"One might think of {L} at first, yet the crystals settle it", None),
    (f"Probably {L}", None),
    (f"{L} fits", None),
    (f"Let me think about {L}", None),
    (f"So, {L}", None),
    (f"{L}. The urine decides", None),
    (f"{L}?", None),
    ("考虑狼疮性肾炎", None),
    ("首先想到狼疮性肾炎，但是补体正常", None),
    (f"Final diagnosis: {L}\nFinal diagnosis: {I}", None),
    (f"Final diagnosis: {L} or {I}", None),
    (f"Final diagnosis: {L}; {I}", None),
    (f"Final diagnosis:\n1. {L}\n2. {I}", None),
    ("Final diagnosis: NAME", None),
    (f"Final diagnosis: {L} (ruled out)", None),
    (f"Final diagnosis: not {L}", None),
    (f"Final diagnosis: {L} vs {I}", None),
    (f"Final diagnosis: {L} / {I} / {S}", None),
    ("Final diagnosis: pending", None),
    (f"Differential diagnosis: {L}", None),
    (f"Provisional diagnosis: {L}", None),
    ("The diagnosis is confirmed by biopsy.", None),
    ("Yes", None),
    ("最终诊断：狼疮性肾炎或IgA肾病", None),
    ("Final diagnosis: unknown", None),
    ("最终诊断：无法确定", None),
    ("I cannot give a final diagnosis: too little is known", None),
    (f"{L}\n{I}", None),
    (f"I think the patient has {L}", None),
    (f"{L}, {I} or {S}", None),
    ("I'm sorry, but I can't help with that.", None),
    # What to do, and what was found, are no diagnoses.
    *((text, None) for text in ("Kidney biopsy", "CT abdomen", "Blood cultures", "Chemotherapy", "Normal", "肾活检")),
    *((f"Final diagnosis: {text}", None) for text in ("biopsy", "Kidney biopsy needed", "insufficient data")),
    ("Normal pressure hydrocephalus", "Normal pressure hydrocephalus"),
    *((f"Final diagnosis: {text}", text) for text in ("Still disease", "Open-angle glaucoma", "Confusional arousal")),
    *((f"Final diagnosis: {text}", None) for text in ("open", "still unclear", "difficult to say")),
    ("", None),
]


@pytest.mark.parametrize(("text", "diagnosis"), COMMITMENTS)
def test_commitments(text: str, diagnosis: str | None) -> None:
    assert parse_commitment(text) == diagnosis


def test_why_a_commitment_is_not_read() -> None:
    assert read_commitment(f"Final diagnosis: {L}", stop_reason="model_length").problem == "truncated"
    assert read_commitment(f"Final diagnosis: {L}\nFinal diagnosis: {I}").problem == "several"
    assert read_commitment("Final diagnosis: unknown").problem == "unparseable"
    assert read_commitment("I'm sorry, but I can't help with that.").problem == "refused"


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
    "Type I diabetes mellitus",
    "Thyroid cancer, not otherwise specified",
    "B-cell lymphoma",
    "Sjögren's disease",
]
MARKERS = ["{n}. ", "{n}) ", "({n}) ", "{n}、", "{n}．", "- ", "* ", "• ", "### {n}. "]


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
