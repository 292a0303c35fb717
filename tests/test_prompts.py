"""What a reader is shown: word for word (golden files), and what holds for every case (properties)."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import pairwise, product
from pathlib import Path
from string import ascii_uppercase
from typing import Any, get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from golden_files import GOLDEN, assert_golden
from medsyn_inspect.cases.case import Case, EvidenceImage, EvidenceType, VisualEvidence
from medsyn_inspect.cases.load import known_evidence_type, load_cases
from medsyn_inspect.parameters import as_names, condition_of, one_of
from medsyn_inspect.prompts.language import FOLDER, QUESTIONS, languages, load_templates
from medsyn_inspect.prompts.stages import (
    CLINICAL_STAGE,
    Picture,
    Prompt,
    Turn,
    Words,
    ask,
    option_order,
    random_text,
    stage_prompt,
)
from medsyn_inspect.records import PLACEBO, SECTIONS, TEXT_SECTIONS, Condition, Staging, TextPolicy, View

properties = settings(max_examples=25, deadline=None, derandomize=True)

SET = Path("/nowhere/set")
"""Image paths are resolved against a folder that does not exist: prompts open no file."""

QUESTION = "WHAT IS IT?"
"""A question that is in no template, so that it can be told from the rest."""


# Renderings.


def words_of(prompt: Prompt) -> str:
    """All text that a reader is shown, the system message first."""
    shown = [part.text for turn in prompt.turns for part in turn.parts if isinstance(part, Words)]
    return "\n\n".join([prompt.system, *shown])


def body(turn: Turn) -> str:
    """A turn as text, each picture as a mark between blank lines."""
    return "\n\n".join(part.text if isinstance(part, Words) else f"[{part.path}]" for part in turn.parts)


def evidence_in(prompt: Prompt, question: str = QUESTION) -> str:
    """A prompt's only turn without the question."""
    [turn] = prompt.turns
    text = body(turn)
    assert text.endswith(question)
    return text.removesuffix(question).removesuffix("\n\n")


def pictures_of(prompt: Prompt) -> list[Path]:
    return [part.path for turn in prompt.turns for part in turn.parts if isinstance(part, Picture)]


def rendering(prompt: Prompt) -> str:
    """A prompt as a golden file: system message, then turn by turn, with a line for each picture."""
    blocks = [f"=== system ===\n{prompt.system}"]
    for number, turn in enumerate(prompt.turns, 1):
        parts = [
            part.text if isinstance(part, Words) else f"[image {part.path.relative_to(SET).as_posix()}]"
            for part in turn.parts
        ]
        blocks.append("\n".join([f"=== turn {number}: {turn.stage} ===", *parts]))
    return "\n\n".join(blocks) + "\n"


# Golden files.


def golden_case(language: str) -> Case:
    return Case.model_validate_json((GOLDEN / f"case-{language}.json").read_text(encoding="utf-8"))


PINNED: dict[str, dict[str, Any]] = {
    # Question and view.
    "ddx-image": {},
    "ddx-finding": {"view": "finding"},
    "fdx-image": {"question": "fdx"},
    "fdx-finding": {"question": "fdx", "view": "finding"},
    # Text.
    "ddx-image-text-remove": {"text": "remove"},
    "ddx-image-text-random": {"text": "random"},
    "fdx-finding-text-remove": {"question": "fdx", "view": "finding", "text": "remove"},
    "fdx-finding-text-random": {"question": "fdx", "view": "finding", "text": "random"},
    # Withheld.
    "ddx-image-without-laboratory": {"withhold": "laboratory"},
    "ddx-finding-without-laboratory": {"view": "finding", "withhold": "laboratory"},
    "ddx-image-without-history": {"withhold": "history"},
    "fdx-image-without-text": {"question": "fdx", "withhold": "history,examination"},
    "ddx-image-without-all": {"withhold": "all"},
    "fdx-finding-without-all": {"question": "fdx", "view": "finding", "withhold": "all"},
    # Emphasis.
    "ddx-image-emphasis": {"emphasis": "laboratory"},
    "fdx-finding-emphasis": {"question": "fdx", "view": "finding", "emphasis": "laboratory"},
    "fdx-image-emphasis-several": {"question": "fdx", "emphasis": "laboratory,ct,ultrasound"},
    "ddx-image-placebo": {"emphasis": "placebo:laboratory"},
    "fdx-finding-placebo": {"question": "fdx", "view": "finding", "emphasis": "placebo:laboratory"},
    "fdx-image-placebo-several": {"question": "fdx", "emphasis": ["placebo:laboratory", "ct", "ultrasound"]},
    # Turn by turn.
    "ddx-image-turns": {"staging": "turns"},
    "ddx-finding-turns": {"view": "finding", "staging": "turns"},
    "fdx-image-turns": {"question": "fdx", "staging": "turns"},
    "fdx-finding-turns-text-random": {"question": "fdx", "view": "finding", "staging": "turns", "text": "random"},
    "ddx-image-turns-text-remove": {"staging": "turns", "text": "remove"},
    "ddx-image-turns-without-laboratory": {"staging": "turns", "withhold": "laboratory"},
    "ddx-image-turns-without-all": {"staging": "turns", "withhold": "all"},
    "ddx-image-turns-emphasis": {"staging": "turns", "emphasis": "laboratory"},
}
"""Each factor alone with both questions and views, and turn by turn with each. All combinations obey the properties."""


def prompt_of(case: Case, pinned: dict[str, Any]) -> str:
    """The prompt of a case with the choices that are pinned, as a golden file."""
    templates = load_templates(case.language)
    choices: dict[str, Any] = {"question": "ddx", "view": "image", "withhold": None, "emphasis": None, **pinned}
    options = option_order(case) if choices["question"] == "fdx" else ()
    prompt = stage_prompt(
        case,
        condition_of(**{name: value for name, value in choices.items() if name != "question"}),
        ask(choices["question"], templates, limit=5, options=options),
        SET,
    )
    return rendering(prompt)


@pytest.mark.parametrize("name", PINNED)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_golden_prompt(language: str, name: str) -> None:
    assert_golden(f"{language}-{name}.txt", prompt_of(golden_case(language), PINNED[name]))


GENETIC = {"en": "en-0017", "zh": "zh-0009"}
"""A case of the bundled set in each language whose genetic evidence decides."""

PINNED_GENETIC: dict[str, dict[str, Any]] = {
    "genetic-fdx-image": {"question": "fdx"},
    "genetic-fdx-finding": {"question": "fdx", "view": "finding"},
    "genetic-fdx-finding-without-omics": {"question": "fdx", "view": "finding", "withhold": "omics"},
    "genetic-fdx-image-emphasis": {"question": "fdx", "emphasis": "omics"},
}


@pytest.mark.parametrize("name", PINNED_GENETIC)
@pytest.mark.parametrize("language", GENETIC)
def test_golden_prompt_of_a_bundled_case_with_genetic_evidence(language: str, name: str) -> None:
    [case] = [case for case in load_cases().cases if case.case_id == GENETIC[language]]
    assert_golden(f"{language}-{name}.txt", prompt_of(case, PINNED_GENETIC[name]))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_golden_commitment(language: str) -> None:
    assert_golden(f"{language}-commit.txt", load_templates(language).question("commit") + "\n")


def test_no_golden_file_is_left_over() -> None:
    expected = {f"{language}-{name}.txt" for language in ("en", "zh") for name in [*PINNED, *PINNED_GENETIC, "commit"]}
    assert {path.name for path in GOLDEN.glob("*.txt")} == expected


class TestGoldenComparison:
    def test_a_change_is_shown_as_a_diff(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("MEDSYN_UPDATE_GOLDEN", raising=False)
        (tmp_path / "x.txt").write_text("one\ntwo\nthree\n")
        assert_golden("x.txt", "one\ntwo\nthree\n", tmp_path)
        with pytest.raises(pytest.fail.Exception) as caught:
            assert_golden("x.txt", "one\n2\nthree\n", tmp_path)
        assert "-two\n+2\n" in str(caught.value)
        assert "python -m tests.update_golden" in str(caught.value)
        with pytest.raises(pytest.fail.Exception, match=r"no golden file y\.txt"):
            assert_golden("y.txt", "", tmp_path)

    def test_it_is_accepted_only_on_demand(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MEDSYN_UPDATE_GOLDEN", "1")
        assert_golden("x.txt", "one\n", tmp_path)
        assert (tmp_path / "x.txt").read_text() == "one\n"


# Generated cases.

TEXTS = st.text("abcDEF 医学，。$#{}\n123", min_size=1, max_size=40).map(str.strip).filter(bool)
"""Texts with what could upset a template: placeholders, headings, blank lines."""


@st.composite
def visual_evidence(draw: st.DrawFn, kind: EvidenceType) -> VisualEvidence:
    times = draw(st.lists(st.none() | TEXTS, min_size=1, max_size=3))
    return VisualEvidence(
        type=kind,
        images=tuple(
            EvidenceImage(path=f"images/{kind}-{number}.png", obtained=time) for number, time in enumerate(times)
        ),
        finding=f"«finding of {kind}» {draw(TEXTS)}",
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any case whose evidence can be shown in both views, its evidence in any order."""
    kinds = draw(st.lists(st.sampled_from(EvidenceType), unique=True, max_size=5))
    options = draw(st.lists(st.text("abcdefgh", min_size=3, max_size=8), unique=True, min_size=2, max_size=26))
    return Case(
        case_id=draw(st.from_regex(r"[A-Za-z0-9]{1,12}", fullmatch=True)),
        language=draw(st.sampled_from(["en", "zh", "zh-Hant"])),
        history=draw(st.just("") | TEXTS),
        examination=draw(st.just(" ") | TEXTS),
        evidence=tuple(draw(visual_evidence(kind)) for kind in kinds),
        final_diagnosis=draw(st.sampled_from(options)),
        options=tuple(options),
        source="x",
        licence="x",
    )


VIEWS: tuple[View, ...] = get_args(View)
POLICIES: tuple[TextPolicy, ...] = get_args(TextPolicy)
STAGINGS: tuple[Staging, ...] = get_args(Staging)

arms = st.builds(Condition, view=st.sampled_from(VIEWS), withheld=st.frozensets(st.sampled_from(SECTIONS), max_size=6))
views, policies, stagings = st.sampled_from(VIEWS), st.sampled_from(POLICIES), st.sampled_from(STAGINGS)


def shown(case: Case, arm: Condition, question: str = QUESTION, **choices: Any) -> Prompt:
    return stage_prompt(case, arm.replace(**choices), question, SET)


def only(section: str, view: View) -> Condition:
    return Condition(view=view, withheld=frozenset(SECTIONS) - {section})


class TestParts:
    """What every prompt is made of."""

    @properties
    @given(cases(), arms, policies, stagings)
    def test_two_texts_never_follow_each_other_and_the_question_ends_every_turn(
        self, case: Case, arm: Condition, text: TextPolicy, staging: Staging
    ) -> None:
        for turn in shown(case, arm, text=text, staging=staging).turns:
            assert not any(isinstance(a, Words) and isinstance(b, Words) for a, b in pairwise(turn.parts))
            assert isinstance(turn.parts[-1], Words)
            assert turn.parts[-1].text.endswith(QUESTION)
            assert all(part.text.strip() == part.text != "" for part in turn.parts if isinstance(part, Words))

    @properties
    @given(cases(), arms, policies, stagings)
    def test_each_image_comes_directly_after_the_words_that_name_its_evidence_and_time(
        self, case: Case, arm: Condition, text: TextPolicy, staging: Staging
    ) -> None:
        label = load_templates(case.language).label
        of = {SET / image.path: (piece, image) for piece in case.evidence for image in piece.images}
        for turn in shown(case, arm, text=text, staging=staging).turns:
            for before, part in pairwise((Words(""), *turn.parts)):
                if not isinstance(part, Picture):
                    continue
                piece, image = of[part.path]
                assert isinstance(before, Words), "two pictures without words between them"
                line = before.text[before.text.rindex(label(piece.type.value)) :]
                assert f"{piece.images.index(image) + 1}" in line
                assert image.obtained is None or image.obtained in line
                assert line.endswith((":", "："))

    @properties
    @given(cases(), policies, stagings)
    def test_every_image_is_shown_once_in_its_order_and_by_its_place_in_the_set(
        self, case: Case, text: TextPolicy, staging: Staging
    ) -> None:
        expected = [SET / image.path for piece in case.evidence_in_clinical_order for image in piece.images]
        assert pictures_of(shown(case, Condition(view="image"), text=text, staging=staging)) == expected

    @properties
    @given(cases(), arms, policies, stagings)
    def test_evidence_is_shown_as_images_or_as_finding_but_never_as_both(
        self, case: Case, arm: Condition, text: TextPolicy, staging: Staging
    ) -> None:
        prompt = shown(case, arm, text=text, staging=staging)
        said = {piece.type for piece in case.evidence if f"«finding of {piece.type}»" in words_of(prompt)}
        seen = {
            piece.type for piece in case.evidence for image in piece.images if SET / image.path in pictures_of(prompt)
        }
        expected = {piece.type for piece in case.evidence if arm.shows(piece.type)}
        assert (said, seen) == ((expected, set()) if arm.view == "finding" else (set(), expected))

    @properties
    @given(cases(), views)
    def test_findings_and_texts_are_shown_as_they_are(self, case: Case, view: View) -> None:
        evidence = evidence_in(shown(case, Condition(view=view)))
        for content in (case.history, case.examination):
            assert content.strip() in evidence
        if view == "finding":
            assert all(piece.finding and piece.finding in evidence for piece in case.evidence)

    @properties
    @given(cases(), arms, policies, stagings, st.randoms(use_true_random=False))
    def test_clinical_order_whatever_the_order_in_the_file(
        self, case: Case, arm: Condition, text: TextPolicy, staging: Staging, shuffle: random.Random
    ) -> None:
        evidence = list(case.evidence)
        shuffle.shuffle(evidence)
        again = case.model_copy(update={"evidence": tuple(evidence)})
        prompt = shown(case, arm, text=text, staging=staging)
        assert shown(again, arm, text=text, staging=staging) == prompt
        # Findings and file names tell which evidence is where.
        mark = r"«finding of (\w+)»|/images/(\w+)-\d\.png\]"
        places = [a or b for turn in prompt.turns for a, b in re.findall(mark, body(turn))]
        order = [kind.value for kind in EvidenceType]
        assert places == sorted(places, key=order.index)

    def test_the_clinical_order_is_the_one_that_was_decided(self) -> None:
        assert " ".join(SECTIONS) == (
            "history examination clinical_photography electrophysiology laboratory xray ultrasound ct mri "
            "nuclear_medicine angiography ophthalmic_imaging endoscopy microscopy omics other"
        )

    @properties
    @given(cases(), arms, st.sampled_from(EvidenceType), stagings)
    def test_emphasis_adds_a_sentence_to_the_system_message_where_the_evidence_is_shown_and_changes_nothing_else(
        self, case: Case, arm: Condition, kind: EvidenceType, staging: Staging
    ) -> None:
        templates = load_templates(case.language)
        plain, emphatic = (shown(case, arm, staging=staging, emphasis=emphasis) for emphasis in ("", kind))
        assert emphatic.turns == plain.turns
        assert plain.system == templates.system
        if arm.shows(kind) and kind in {piece.type for piece in case.evidence}:
            assert emphatic.system.startswith(templates.system + "\n\n")
            assert templates.label(kind.value) in emphatic.system.removeprefix(templates.system)
        else:
            assert emphatic.system == templates.system

    @properties
    @given(cases(), arms, st.sets(st.sampled_from(EvidenceType), min_size=1, max_size=3))
    def test_the_placebo_is_where_the_emphasis_is_as_long_as_it_and_names_no_evidence(
        self, case: Case, arm: Condition, kinds: set[EvidenceType]
    ) -> None:
        templates = load_templates(case.language)
        emphasis = condition_of(emphasis=",".join(kinds)).emphasis
        emphatic, placebo = (shown(case, arm, emphasis=text) for text in (emphasis, PLACEBO + emphasis))
        assert placebo.turns == emphatic.turns
        added = [prompt.system.removeprefix(templates.system).strip() for prompt in (emphatic, placebo)]
        assert (
            bool(added[0])
            == bool(added[1])
            == bool({piece.type for piece in case.evidence if arm.shows(piece.type)} & kinds)
        )
        if case.language == "zh":
            assert len(added[0]) == len(added[1])
        else:
            assert len(added[0].split()) == len(added[1].split())
        assert not any(templates.label(section) in added[1] for section in SECTIONS)

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_around_the_words_the_placebo_has_as_many_characters_as_the_emphasis(self, language: str) -> None:
        labels = load_templates(language).labels
        lengths = [[len(part) for part in re.split(r"\$\w+", labels[name])] for name in ("emphasis", "placebo")]
        assert lengths[0] == lengths[1]


class TestWithholding:
    """An arm differs from the full prompt in nothing but what is withheld."""

    @properties
    @given(cases(), arms, policies)
    def test_it_cuts_its_own_parts_out_and_changes_nothing_else(
        self, case: Case, arm: Condition, text: TextPolicy
    ) -> None:
        alone = {section: evidence_in(shown(case, only(section, arm.view), text=text)) for section in SECTIONS}
        full = "\n\n".join(alone[section] for section in SECTIONS if alone[section])
        assert evidence_in(shown(case, Condition(view=arm.view), text=text)) == full
        kept = "\n\n".join(alone[section] for section in SECTIONS if alone[section] and section not in arm.withheld)
        assert evidence_in(shown(case, arm, text=text)) == kept
        assert shown(case, arm, text=text).system == shown(case, Condition(view=arm.view), text=text).system

    @properties
    @given(cases(), arms, policies, stagings, st.data())
    def test_withholding_what_a_case_does_not_have_changes_nothing(
        self, case: Case, arm: Condition, text: TextPolicy, staging: Staging, data: st.DataObject
    ) -> None:
        present = {piece.type.value for piece in case.evidence} | {
            name for name in TEXT_SECTIONS if getattr(case, name).strip()
        }
        absent = data.draw(st.sampled_from([name for name in SECTIONS if name not in present] or [None]))
        assume(absent is not None)
        more = arm.replace(withheld={*arm.withheld, absent})
        assert shown(case, more, text=text, staging=staging) == shown(case, arm, text=text, staging=staging)

    @properties
    @given(cases(), views, policies)
    def test_all_leaves_the_question_alone(self, case: Case, view: View, text: TextPolicy) -> None:
        prompt = shown(case, condition_of(view=view, withhold="all"), text=text)
        assert prompt.turns == (Turn("single", (Words(QUESTION),)),)

    @properties
    @given(cases(), views, stagings)
    def test_removing_the_text_is_withholding_history_and_examination(
        self, case: Case, view: View, staging: Staging
    ) -> None:
        removed = shown(case, Condition(view=view), text="remove", staging=staging)
        assert removed == shown(case, Condition(view=view, withheld=frozenset(TEXT_SECTIONS)), staging=staging)

    @properties
    @given(cases())
    def test_the_two_views_differ_only_in_visual_evidence(self, case: Case) -> None:
        without = frozenset(kind.value for kind in EvidenceType)
        assert shown(case, Condition(view="image", withheld=without)) == shown(
            case, Condition(view="finding", withheld=without)
        )


class TestTurns:
    """Stage by stage the same evidence arrives, and each turn asks the same question."""

    @properties
    @given(cases(), arms, policies)
    def test_together_they_show_what_the_single_turn_shows(self, case: Case, arm: Condition, text: TextPolicy) -> None:
        templates = load_templates(case.language)
        turns = shown(case, arm, text=text, staging="turns").turns
        leads = [templates.label("turn_interim")] * (len(turns) - 1) + [templates.label("turn_final")]
        evidence = []
        for turn, lead in zip(turns, leads, strict=True):
            assert body(turn).endswith(f"{lead}\n\n{QUESTION}")
            evidence.append(body(turn).removesuffix(f"{lead}\n\n{QUESTION}").removesuffix("\n\n"))
        assert "\n\n".join(filter(None, evidence)) == evidence_in(shown(case, arm, text=text))

    @properties
    @given(cases(), arms, policies)
    def test_one_turn_a_clinical_stage_beginning_with_the_presentation(
        self, case: Case, arm: Condition, text: TextPolicy
    ) -> None:
        stages = [turn.stage for turn in shown(case, arm, text=text, staging="turns").turns]
        pieces = [piece.type for piece in case.evidence_in_clinical_order if arm.shows(piece.type)]
        assert stages == ["presentation", *dict.fromkeys(CLINICAL_STAGE[kind] for kind in pieces)]

    def test_every_evidence_type_has_a_stage_and_stages_do_not_come_twice(self) -> None:
        assert CLINICAL_STAGE.keys() == set(EvidenceType)
        stages = [CLINICAL_STAGE[kind] for kind in EvidenceType]
        assert sum(a != b for a, b in pairwise(stages)) == len(set(stages)) - 1


class TestOptions:
    """Every reader sees the options in the same order in every arm, and the order tells nothing."""

    @properties
    @given(cases(), st.randoms(use_true_random=False))
    def test_a_permutation_that_does_not_depend_on_the_order_in_the_file(
        self, case: Case, shuffle: random.Random
    ) -> None:
        assert case.options is not None
        options = list(case.options)
        shuffle.shuffle(options)
        order = option_order(case)
        assert sorted(order) == sorted(case.options)
        assert option_order(case.model_copy(update={"options": tuple(options)})) == order

    @properties
    @given(cases(), arms, policies, stagings)
    def test_the_same_in_every_arm_and_turn(
        self, case: Case, arm: Condition, text: TextPolicy, staging: Staging
    ) -> None:
        order = option_order(case)
        question = ask("fdx", load_templates(case.language), limit=0, options=order)
        lettered = "\n".join(f"{letter}. {option}" for letter, option in zip(ascii_uppercase, order, strict=False))
        assert f"\n\n{lettered}\n\n" in question
        assert ", ".join(ascii_uppercase[: len(order)]) in question
        for turn in shown(case, arm, question, text=text, staging=staging).turns:
            assert body(turn).endswith(question)

    def test_the_diagnosis_is_at_every_letter_equally_often(self) -> None:
        case = golden_case("en")
        places = Counter(
            option_order(case.model_copy(update={"case_id": f"case-{number}"})).index(case.final_diagnosis)
            for number in range(1200)
        )
        # 300 expected at each of 4 places; the standard deviation is 15.
        assert all(240 < places[place] < 360 for place in range(4))

    def test_another_seed_draws_another_order(self) -> None:
        assert len({option_order(golden_case("en"), seed) for seed in range(50)}) > 10

    def test_a_case_without_options_is_named(self) -> None:
        case = golden_case("en").model_copy(update={"options": None})
        with pytest.raises(ValueError, match="case golden-en-7731 has no options"):
            option_order(case)


class TestRandomText:
    """As long as the text, and the same for every reader."""

    @properties
    @given(st.text("ab 医\n", max_size=60), st.sampled_from(["en", "zh"]), st.text(max_size=5))
    def test_length_in_the_unit_of_the_language(self, text: str, language: str, seed: str) -> None:
        templates = load_templates(language)
        drawn = random_text(text, templates, seed)
        if language == "zh":
            assert len(drawn) == len("".join(text.split()))
            assert set(drawn) <= set(templates.vocabulary)
        else:
            assert len(drawn.split()) == len(text.split())
            assert set(drawn.split()) <= set(templates.vocabulary)

    @properties
    @given(cases(), arms, arms, stagings, st.integers())
    def test_the_same_words_whatever_the_arm_and_the_state_of_the_generator(
        self, case: Case, arm: Condition, other: Condition, staging: Staging, seed: int
    ) -> None:
        assume(case.history and arm.shows("history") and other.shows("history"))
        random.seed(seed)
        before = random.getstate()
        first = body(shown(case, arm, text="random", staging=staging).turns[0])
        assert random.getstate() == before
        random.seed(seed + 1)
        second = body(shown(case, other, text="random").turns[0])
        history = evidence_in(shown(case, only("history", "image"), text="random"))
        assert first.startswith(history)
        assert second.startswith(history)

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_other_words_in_another_case_and_another_section(self, language: str) -> None:
        case = golden_case(language)
        case = case.model_copy(update={"examination": case.history})
        other = case.model_copy(update={"case_id": "other"})
        labels = load_templates(language).labels
        drawn = [
            evidence_in(shown(one, only(section, "image"), text="random")).removeprefix(f"## {labels[section]}\n")
            for one in (case, other)
            for section in TEXT_SECTIONS
        ]
        assert len(set(drawn)) == 4
        assert len({len(text.split()) for text in drawn}) == 1

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_nothing_of_the_real_text_is_left(self, language: str) -> None:
        case = golden_case(language)
        text = words_of(shown(case, Condition(view="image"), text="random"))
        for sentence in re.split(r"[.。，\n]", case.history + case.examination):
            assert not sentence.strip() or sentence.strip() not in text

    def test_no_text_stays_no_text(self) -> None:
        case = golden_case("en").model_copy(update={"history": "  ", "examination": ""})
        assert shown(case, Condition(view="image"), text="random") == shown(
            case, Condition(view="image"), text="remove"
        )


class TestNothingLeaks:
    """Neither the diagnosis nor any name that could hint at it is shown."""

    SECRETS: tuple[str, ...] = (
        "zqcase",
        "Zqdiagnosis",
        "Zqalias",
        "zqsource",
        "zqlicence",
        "zqflag",
        "zqfile",
        "zqfolder",
    )

    @pytest.fixture
    def case(self) -> Case:
        return golden_case("en").model_copy(
            update={
                "case_id": "zqcase-1",
                "final_diagnosis": "Zqdiagnosis",
                "aliases": ("Zqalias",),
                "options": ("Hodgkin lymphoma", "Zqdiagnosis"),
                "source": "zqsource",
                "licence": "zqlicence",
                "flags": ("zqflag",),
                "evidence": tuple(
                    piece.model_copy(
                        update={
                            "images": tuple(image.model_copy(update={"path": "zqfile.png"}) for image in piece.images)
                        }
                    )
                    for piece in golden_case("en").evidence
                ),
            }
        )

    @staticmethod
    def prompts(case: Case, question: str) -> Iterator[Prompt]:
        withheld: list[frozenset[str]] = [frozenset(), frozenset({"ct"}), frozenset(SECTIONS)]
        for view, hidden, text, emphasis, staging in product(
            VIEWS, withheld, POLICIES, ["", EvidenceType.CT], STAGINGS
        ):
            condition = Condition(view=view, withheld=hidden, text=text, emphasis=emphasis, staging=staging)
            yield stage_prompt(case, condition, question, Path("/zqfolder"))

    def test_in_no_combination_of_all_that_can_be_chosen(self, case: Case) -> None:
        prompts = list(self.prompts(case, ask("ddx", load_templates("en"), limit=5)))
        assert len(prompts) == 72
        for prompt in prompts:
            text = words_of(prompt).casefold()
            assert [secret for secret in self.SECRETS if secret.casefold() in text] == []
            assert ".png" not in text
            assert not re.search(r"\$\w*[a-z]", text), "a placeholder was left"

    def test_the_diagnosis_stands_among_the_options_and_nowhere_else(self, case: Case) -> None:
        question = ask("fdx", load_templates("en"), limit=0, options=option_order(case))
        for prompt in self.prompts(case, question):
            text = words_of(prompt)
            assert text.count("Zqdiagnosis") == len(prompt.turns)
            assert len(re.findall(r"^[A-B]\. Zqdiagnosis$", text, re.MULTILINE)) == len(prompt.turns)
            assert [secret for secret in self.SECRETS if secret in text] == ["Zqdiagnosis"]

    @properties
    @given(cases(), arms, policies, stagings)
    def test_a_prompt_depends_on_nothing_that_is_not_shown(
        self, case: Case, arm: Condition, text: TextPolicy, staging: Staging
    ) -> None:
        assert case.options is not None
        other = case.model_copy(
            update={
                "final_diagnosis": "x",
                "aliases": ("y",),
                "options": None,
                "source": "z",
                "licence": "w",
                "flags": ("v",),
            }
        )
        assert shown(other, arm, text=text, staging=staging) == shown(case, arm, text=text, staging=staging)


class TestTemplates:
    """The languages of the package. What each folder must hold is checked when it is read (test_languages.py)."""

    def test_languages(self) -> None:
        assert set(languages()) >= {"en", "zh"}
        assert set(languages()) == {path.name for path in FOLDER.iterdir()}, "a folder without labels.yaml"

    @pytest.mark.parametrize("language", languages())
    def test_same_files(self, language: str) -> None:
        expected = {"system.md", "labels.yaml", "words.txt", "phrases.yaml", "construction.yaml"} | {
            f"{name}.md" for name in QUESTIONS
        }
        assert {path.name for path in (FOLDER / language).iterdir()} == expected

    @pytest.mark.parametrize("language", languages())
    def test_the_form_of_the_final_diagnosis_is_the_one_that_is_requested(self, language: str) -> None:
        templates = load_templates(language)
        assert templates.final_diagnosis.template.removesuffix("$diagnosis").strip() in templates.question("commit")

    @pytest.mark.parametrize("language", languages())
    def test_names_of_evidence_differ(self, language: str) -> None:
        labels = load_templates(language).labels
        assert len({labels[section] for section in SECTIONS}) == len(SECTIONS)

    @pytest.mark.parametrize("language", languages())
    def test_random_words_are_many_and_come_once(self, language: str) -> None:
        vocabulary = load_templates(language).vocabulary
        assert len(vocabulary) == len(set(vocabulary)) > 150
        clinical = {
            "pain",
            "fever",
            "blood",
            "cough",
            "skin",
            "heart",
            "cell",
            "病",
            "痛",
            "热",
            "血",
            "咳",
            "皮",
            "心",
        }
        assert not clinical & set(vocabulary)

    def test_a_regional_language_falls_back_to_its_language(self) -> None:
        assert load_templates("zh-Hant").language == "zh"
        assert (
            load_templates("en-GB").fingerprint == load_templates("en").fingerprint != load_templates("zh").fingerprint
        )

    def test_a_forgotten_value_is_an_error(self) -> None:
        with pytest.raises(KeyError):
            load_templates("en").label("emphasis")
        with pytest.raises(KeyError):
            load_templates("en").label("no such label")


class TestErrors:
    """A choice that cannot be met is refused, with what there is to choose from."""

    def test_unknown_language(self) -> None:
        with pytest.raises(
            ValueError,
            match=r"no prompts in language 'de', only in en, zh; add a folder .* card\.yaml \(`prompts: {de: ",
        ):
            load_templates("de")
        with pytest.raises(ValueError, match="no prompts in language 'de'"):
            shown(golden_case("en").model_copy(update={"language": "de"}), Condition())

    @pytest.mark.parametrize("language", ["", ".", "..", "../languages/en", "EN", "english"])
    def test_no_language(self, language: str) -> None:
        with pytest.raises(ValueError, match="no prompts in language"):
            load_templates(language)

    @pytest.mark.parametrize("withhold", ["xray,ctt", ["xray", "ctt"], "all,ctt", "CTT,all"])
    def test_unknown_evidence_to_withhold(self, withhold: str | list[str]) -> None:
        with pytest.raises(
            ValueError, match=r"(?i)withhold=ctt: choose from history, examination, .*ct, .*other, or `all`"
        ):
            condition_of(view="image", withhold=withhold)

    @pytest.mark.parametrize("view", ["both", "", "Image", "findings"])
    def test_unknown_view(self, view: Any) -> None:
        with pytest.raises(ValueError, match=f"view='{view}': choose one of image, finding"):
            condition_of(view=view)

    def test_unknown_text_policy_staging_and_emphasis(self) -> None:
        with pytest.raises(ValueError, match="text='drop': choose one of keep, remove, random"):
            one_of("text", "drop", TextPolicy)
        with pytest.raises(ValueError, match="staging='three': choose one of single, turns"):
            one_of("staging", "three", Staging)
        with pytest.raises(
            ValueError, match=r"unknown evidence type 'x-ray': choose from clinical_photography, .*other"
        ):
            known_evidence_type("x-ray")

    def test_a_choice_that_inspect_read_as_something_else_than_names(self) -> None:
        with pytest.raises(ValueError, match="False is not a name or a comma-separated list of names"):
            as_names(False)  # type: ignore[arg-type]

    def test_evidence_that_cannot_be_shown_as_asked_and_what_helps(self) -> None:
        case = golden_case("en")
        blind = case.model_copy(
            update={"evidence": (VisualEvidence(type=EvidenceType.CT, finding="A mass."),)},
        )
        mute = case.model_copy(
            update={"evidence": (VisualEvidence(type=EvidenceType.CT, images=(EvidenceImage(path="a.png"),)),)}
        )
        place = "case golden-en-7731: ct has no"
        with pytest.raises(ValueError, match=f"{place} image to show; use view=finding or withhold=ct"):
            shown(blind, Condition(view="image"))
        with pytest.raises(ValueError, match=f"{place} finding to show; use view=image or withhold=ct"):
            shown(mute, Condition(view="finding"))
        for one, view in product((blind, mute), VIEWS):
            assert pictures_of(shown(one, condition_of(view=view, withhold="ct"))) == []
        assert "A mass." in words_of(shown(blind, Condition(view="finding")))
        assert len(pictures_of(shown(mute, Condition(view="image")))) == 1


class TestArms:
    @pytest.mark.parametrize(
        "withhold", ["ct,history", " history , ct ", ["ct", "history"], ("history", "ct", "ct"), "ct,,history,"]
    )
    def test_what_is_withheld_may_be_a_list_or_a_text(self, withhold: Any) -> None:
        assert condition_of(view="finding", withhold=withhold) == Condition(
            view="finding", withheld=frozenset({"ct", "history"})
        )

    @pytest.mark.parametrize("withhold", [None, "", []])
    def test_nothing_is_withheld(self, withhold: Any) -> None:
        assert condition_of(view="image", withhold=withhold) == Condition(view="image")

    @pytest.mark.parametrize("withhold", ["all", ["all"], "all,ct", ",".join(SECTIONS)])
    def test_all_is_every_section(self, withhold: Any) -> None:
        assert condition_of(view="image", withhold=withhold) == Condition(view="image", withheld=frozenset(SECTIONS))

    def test_labels(self) -> None:
        assert Condition().label == ""
        assert Condition().words == "images and text"
        assert condition_of(view="finding", withhold="ct").label == "view=finding, withhold=ct"
        assert condition_of(withhold="ct,history").label == "withhold=history,ct"
        assert condition_of(view="finding", withhold="all", text="remove").words == (
            "view=finding, withhold=all, text=remove"
        )
        selected = condition_of(selection={"language": "en,zh", "specialty": None}, grading={"max_diagnoses": 5})
        assert selected.label == "language=en,zh, max_diagnoses=5"

    @properties
    @given(arms, policies, stagings, st.sampled_from(["", *EvidenceType]), st.booleans())
    def test_a_label_is_read_back(
        self, arm: Condition, text: TextPolicy, staging: Staging, emphasis: str, selected: bool
    ) -> None:
        part = {"selection": "language=en, specialty=Neurology", "grading": "rubric=core_diagnosis"} if selected else {}
        condition = arm.replace(text=text, staging=staging, emphasis=str(emphasis), **part)
        assert Condition.parse(condition.label) == condition
        assert Condition.of(condition.columns()) == condition
        assert Condition.model_validate_json(condition.model_dump_json()) == condition

    @pytest.mark.parametrize("label", ["ct", "view", "view=both=x", "withhold=ctt", "text=drop"])
    def test_a_label_that_is_none(self, label: str) -> None:
        with pytest.raises(ValueError, match=r"ct|view|withhold|text"):
            Condition.parse(label)

    @properties
    @given(arms, arms)
    def test_two_arms_have_the_same_label_only_if_they_are_the_same(self, one: Condition, other: Condition) -> None:
        assert (one.label == other.label) == (one == other)


def test_a_prompt_is_the_same_each_time() -> None:
    prompt = partial(
        shown, golden_case("zh"), condition_of(view="image", withhold="ultrasound"), text="random", staging="turns"
    )
    assert prompt() == prompt()
