"""RAPT without a model: sections of tokens, the arithmetic, the relation to sensitivity, files and figures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from medsyn_inspect.cases.load import CaseSet, load_cases
from medsyn_inspect.cli import main
from medsyn_inspect.interventions.attention.cases import random_ids
from medsyn_inspect.interventions.attention.figures import drawings
from medsyn_inspect.interventions.attention.files import COLUMNS, Results, read_attention, write_attention
from medsyn_inspect.interventions.attention.rapt import NotAttention, check_identity, relative_attention
from medsyn_inspect.interventions.attention.relation import (
    OVER_CASES,
    WITHIN_CASES,
    attention_by_type,
    join,
    of_readers,
    pooled,
    relate,
    relation_in_words,
)
from medsyn_inspect.interventions.attention.sections import (
    HEADING,
    QUESTION,
    SYSTEM,
    TEMPLATE,
    Expansion,
    NotAligned,
    Section,
    SectionedPrompt,
    image_sections,
    sectioned_prompt,
    stretches,
    token_sections,
)
from medsyn_inspect.records import VIEWS
from medsyn_inspect.report.figures.drawing import png

MARK, PART = "<image>", "<part>"
IMAGES = {"small": 2, "large": 5}
HISTORY, CT = Section("text", "history"), Section("image", "ct")


@pytest.fixture(scope="module")
def case_set() -> CaseSet:
    return load_cases()


def chat(sectioned: SectionedPrompt) -> str:
    """A prompt as a chat template writes it."""
    content = "".join(MARK if isinstance(piece, Path) else piece for _, piece in sectioned.pieces)
    return f"<|system|>{sectioned.prompt.system}<|end|><|user|>{content}<|end|><|assistant|>"


def tokens(text: str, parts: int, pattern: str = r"<[^>]*>|\w+|\s+|[^\w\s]") -> dict[str, Any]:
    """What a processor returns: offsets in the text in which each mark is replaced by a frame around `parts` parts."""
    replacement = "<frame>" + PART * parts + "<frame>"
    expansions = [Expansion(found.span(), len(replacement)) for found in re.finditer(re.escape(MARK), text)]
    whole = text.replace(MARK, replacement)
    found = list(re.finditer(pattern, whole))
    return {
        "expansions": expansions,
        "offsets": [one.span() for one in found],
        "is_image": [one[0] == PART for one in found],
        "words": [one[0] for one in found],
    }


def sections_of(sectioned: SectionedPrompt, text: str, given: dict[str, Any]) -> list[Section]:
    given = {name: value for name, value in given.items() if name != "words"}
    return token_sections(text, stretches(sectioned, text), image_sections(sectioned), **given)


@pytest.mark.parametrize("view", VIEWS)
def test_the_tokens_of_each_section_are_its_words(case_set: CaseSet, view: Any) -> None:
    for case in case_set.cases[::5]:
        sectioned = sectioned_prompt(case_set, case, view)
        text = chat(sectioned)
        made = tokens(text, parts=4)
        found = sections_of(sectioned, text, made)
        words: dict[Section, str] = {}
        for section, word in zip(found, made["words"], strict=True):
            words[section] = words.get(section, "") + word
        assert words[HISTORY] == case.history.strip()
        assert words[Section("text", "examination")] == case.examination.strip()
        assert words[SYSTEM] == sectioned.prompt.system
        assert words[QUESTION].startswith(("Which of these", "下列"))
        assert case.options is not None
        assert all(option in words[QUESTION] for option in case.options)
        for piece in case.evidence:
            if view == "finding":
                assert words[Section("finding", piece.type.value)] == (piece.finding or "").strip()
            else:
                assert words[Section("image", piece.type.value)] == PART * 4 * len(piece.images)
        assert "<frame>" not in "".join(word for section, word in words.items() if section != TEMPLATE)
        assert words[TEMPLATE].startswith("<|system|><|end|><|user|>")
        assert "##" in words[HEADING]


def test_a_template_that_changes_a_section_is_refused_by_name(case_set: CaseSet) -> None:
    case = case_set.cases[0]
    sectioned = sectioned_prompt(case_set, case, "finding")
    text = chat(sectioned)
    with pytest.raises(NotAligned, match=r"the chat template changes or omits history \(text\)"):
        stretches(sectioned, text.replace(case.history, case.history.upper()))
    with pytest.raises(NotAligned, match="the chat template changes or omits system"):
        stretches(sectioned, text.replace(sectioned.prompt.system, ""))


def test_tokens_across_sections_are_refused_by_name(case_set: CaseSet) -> None:
    sectioned = sectioned_prompt(case_set, case_set.cases[0], "image")
    text = chat(sectioned)
    with pytest.raises(NotAligned, match=r"one token covers parts of heading and history \(text\)"):
        sections_of(sectioned, text, tokens(text, 2, pattern=r"<[^>]*>|## [^#<]+|\w+|\s+|[^\w\s]"))
    missing = tokens(text, 2) | {"is_image": [False] * len(tokens(text, 2)["offsets"])}
    with pytest.raises(NotAligned, match=r"no token belongs to laboratory \(image\)|no token belongs to \w+ \(image\)"):
        sections_of(sectioned, text, missing)
    fewer = tokens(text, 2)
    fewer["expansions"] = fewer["expansions"][1:]
    with pytest.raises(NotAligned, match=r"image marks for the \d+ images of"):
        sections_of(sectioned, text, fewer)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_the_mean_of_rapt_is_1_for_every_division_into_sections(names: list[int], layers: int, seed: int) -> None:
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(names)), size=layers)
    sections = [Section("finding", f"type {name}") for name in names]
    found = relative_attention(weights, sections, range(layers))
    assert check_identity(found, "float64") < 1e-12
    assert len(found) == layers * len(set(names))


def test_rapt_by_hand() -> None:
    found = relative_attention(np.array([[0.5, 0.3, 0.1, 0.1]]), [HISTORY, CT, CT, TEMPLATE], [7])
    assert [(one.section, one.layer, one.tokens) for one in found] == [(HISTORY, 7, 1), (CT, 7, 2), (TEMPLATE, 7, 1)]
    assert [one.rapt for one in found] == pytest.approx([0.5 * 4, 0.4 * 4 / 2, 0.1 * 4])
    assert [one.attention for one in found] == pytest.approx([0.5, 0.4, 0.1])


def test_attention_that_does_not_add_up_to_1_is_refused() -> None:
    """As in models that give a part of the attention to no token."""
    leaking = relative_attention(np.array([[0.5, 0.5], [0.5, 0.43]]), [HISTORY, CT], [0, 1])
    with pytest.raises(NotAttention, match=r"is 0\.93 in layer 1, not 1"):
        check_identity(leaking, "bfloat16")
    with pytest.raises(NotAttention, match="is nan in layer 0"):
        check_identity(relative_attention(np.array([[np.nan, 0.5]]), [HISTORY, CT], [0]), "float32")


def test_random_text_replaces_history_and_examination_one_for_one() -> None:
    sections = [SYSTEM, HISTORY, HISTORY, Section("finding", "ct"), Section("text", "examination"), QUESTION]
    ids = list(range(100, 106))
    drawn = random_ids(ids, sections, [1, 2, 3], seed="case-1")
    assert len(drawn) == len(ids)
    assert [new == old for new, old in zip(drawn, ids, strict=True)] == [True, False, False, True, False, True]
    assert set(drawn[1:3]) | {drawn[4]} <= {1, 2, 3}
    assert drawn == random_ids(ids, sections, [1, 2, 3], seed="case-1")
    with pytest.raises(ValueError, match="no tokens other than marks"):
        random_ids(ids, sections, [], seed="case-1")


TYPES = ("ct", "laboratory", "microscopy", "xray")
READER = "hf-vlm/models/seed-0/base"


def world(cases: int, coupling: float, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Frames `attention` and `sensitivity` of a reader whose S depends on RAPT of the images to a known degree."""
    chance = np.random.default_rng(seed)
    attention, sensitivity = [], []
    for case in range(cases):
        for kind in TYPES:
            rapt = {view: chance.uniform(0.2, 2) for view in VIEWS}
            s = coupling * rapt["image"] + (1 - abs(coupling)) * chance.uniform(0, 2)
            row = {"reader": READER, "case_id": f"case-{case}", "evidence_type": kind}
            sensitivity.append(row | {"S_image": s + 1, "S_finding": chance.uniform(0, 1)})
            attention += [
                {
                    "reader": READER, "case_id": f"case-{case}", "view": view, "text": text, "layer": layer,
                    "kind": view, "section": kind, "tokens": 5, "prompt_tokens": 50, "query_position": 49,
                    "attention": rapt[view] * 5 / 50, "rapt": rapt[view] + 0.1 * (-1) ** layer,
                }
                for view in VIEWS for text in ("keep", "random") for layer in (0, 1)
            ]  # fmt: skip
    return pd.DataFrame(attention), pd.DataFrame(sensitivity)


def within(attention: pd.DataFrame, sensitivity: pd.DataFrame, view: str = "image") -> pd.Series:
    found = relate(join(attention, sensitivity))
    return found[(found["scope"] == WITHIN_CASES) & (found["view"] == view)].iloc[0]


@pytest.mark.parametrize(("coupling", "tau", "words"), [(1.0, 1.0, "the answer less"), (-1.0, -1.0, "the answer more")])
def test_a_reader_that_is_moved_by_what_it_attends_to(coupling: float, tau: float, words: str) -> None:
    attention, sensitivity = world(30, coupling)
    row = within(attention, sensitivity)
    assert row["value"] == pytest.approx(tau)
    assert row["p"] == pytest.approx(1e-4)
    assert (row["cases"], row["types"]) == (30, 4)
    found = relate(join(attention, sensitivity))
    over = found[(found["scope"] == OVER_CASES) & (found["view"] == "image")]
    assert over["value"].to_list() == pytest.approx([tau] * 4)
    assert (over["p_holm"] < 0.001).all()
    said = relation_in_words(found)
    assert words in said[0]
    assert "p < 0.001, over 30 cases with 4 types" in said[0]
    assert "no interval: the same value in every case" in said[0]


def test_without_a_relation_p_is_small_as_rarely_as_it_should_be() -> None:
    small = 0
    for seed in range(30):
        attention, sensitivity = world(8, 0.0, seed=seed)
        small += within(attention[attention["view"] == "finding"], sensitivity, "finding")["p"] < 0.05
    assert small <= 5, "expected: 1.5 of 30"


def test_only_the_cases_own_text_counts_and_layers_are_averaged() -> None:
    attention, _ = world(3, 1.0)
    attention.loc[attention["text"] == "random", "rapt"] = 99.0
    found = attention_by_type(attention)
    assert len(found) == 3 * 4 * 2
    assert found["rapt"].max() < 2.1
    one = attention[(attention["text"] == "keep") & (attention["layer"] == 0)]
    assert found["rapt"].to_numpy() == pytest.approx(one["rapt"].to_numpy() - 0.1)


def test_sections_are_pooled_by_their_sizes() -> None:
    attention, _ = world(1, 0.0)
    own = attention[(attention["view"] == "image") & (attention["text"] == "keep") & (attention["layer"] == 0)]
    found = pooled(own)
    assert found["rapt"].item() == pytest.approx(own["attention"].sum() * 50 / 20)


def test_sensitivities_of_other_readers_or_cases_are_refused() -> None:
    _, sensitivity = world(3, 0.0)
    ids = ["case-0", "case-1"]
    assert set(of_readers(sensitivity, [READER], ids)["case_id"]) == set(ids)
    short = sensitivity.assign(reader="seed-0/base")
    assert set(of_readers(short, [READER], ids)["reader"]) == {READER}, "a report leaves out the first parts of names"
    with pytest.raises(ValueError, match="has no sensitivities of hf-vlm/other, only of hf-vlm/models/seed-0/base"):
        of_readers(sensitivity, ["hf-vlm/other"], ids)
    with pytest.raises(ValueError, match="are of other cases"):
        of_readers(sensitivity, [READER], ["somewhere-1"])


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    attention, sensitivity = world(3, 1.0)
    joined = join(attention, sensitivity)
    relation = relate(joined)
    results = Results(attention, joined, relation, ("A statement.",), ("A limit.",), {"case_set": "a set 1"})
    write_attention(tmp_path / "out", results, [("figure", b"png", b"<svg/>")])
    found = read_attention(tmp_path / "out")
    pd.testing.assert_frame_equal(found.frame, attention[list(COLUMNS)])
    pd.testing.assert_frame_equal(found.joined, joined)
    pd.testing.assert_frame_equal(found.relation, relation)
    assert (found.statements, found.limits) == (results.statements, results.limits)
    assert found.record["case_set"] == "a set 1"
    assert [path.name for path in found.figures] == ["figure.png"]
    with pytest.raises(ValueError, match="has no results of `medsyn attention`"):
        read_attention(tmp_path)


def test_the_figures_show_the_means_over_cases() -> None:
    attention, sensitivity = world(30, 0.5)
    made = {one.name: one for one in drawings(attention, join(attention, sensitivity))}
    assert list(made) == [
        "attention-by-layer", "attention-by-type-images", "attention-by-type-findings", "attention-and-sensitivity",
    ]  # fmt: skip
    own = attention[(attention["view"] == "image") & (attention["text"] == "keep") & (attention["section"] == "ct")]
    shown = made["attention-by-type-images"].data
    at = shown[(shown["section"] == "ct") & (shown["layer"] == 1)].iloc[0]
    assert at["rapt"] == pytest.approx(own.loc[own["layer"] == 1, "rapt"].mean())
    assert at["rapt_lower"] < at["rapt"] < at["rapt_upper"]
    assert len(made["attention-and-sensitivity"].data) == 2 * 4
    assert all(png(one).startswith(b"\x89PNG") for one in made.values())


def test_only_local_checkpoints_can_be_read(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["attention", "--model", "openai/gpt-5", "-o", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert done.output.startswith("Error: openai/gpt-5: only the attention of local checkpoints can be read")
    assert not (tmp_path / "out").exists()
