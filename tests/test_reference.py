"""The reference reader and judge: every answer follows from a closed form and from what is in the messages."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    ModelOutput,
    get_model,
)
from scipy.stats import chisquare

from case_sets import a_case
from medsyn_inspect.answers.choice import parse_choice
from medsyn_inspect.answers.differential import parse_commitment, parse_differential
from medsyn_inspect.answers.refusal import is_refusal
from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.cases.load import DEMO_FOLDER, CaseSet, load_cases
from medsyn_inspect.judging.rubric import load_rubric, quoted, read_verdict
from medsyn_inspect.prompts.language import load_templates
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.records import Condition
from medsyn_inspect.reference.belief import Gains, Shown, belief, candidates_of, uniform, weights_of, with_prior_noise
from medsyn_inspect.reference.models import GARBAGE, READER_NOTICE, ReferenceAPI, ReferenceFailure
from medsyn_inspect.reference.recognition import Recogniser, lettered_options
from medsyn_inspect.tasks import fdx
from running import (
    BRAIN,
    HEART,
    LUNG,
    WHOLE,
    case_of,
    evidence,
    expected_belief,
    known_cases,
    prompt_of,
    run,
    samples_of,
    waited,
    write_known,
)

LOGPROBS = GenerateConfig(logprobs=True, top_logprobs=20)
LN3 = math.log(3)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> CaseSet:
    return load_cases(write_known(tmp_path_factory.mktemp("known")))


def reader(known: CaseSet, **arguments: Any) -> ReferenceAPI:
    return ReferenceAPI("reader", cases=str(known.folder), **arguments)


def ask(api: ReferenceAPI, messages: list[Any], config: GenerateConfig = LOGPROBS) -> ModelOutput:
    return waited(api.generate(messages, [], "auto", config))


def posterior(output: ModelOutput, letters: str = "ABCDE") -> tuple[float, ...]:
    """The token probabilities of the answer's letter, in order; exactly as given."""
    assert output.choices[0].logprobs is not None
    top = output.choices[0].logprobs.content[-1].top_logprobs or []
    given = {candidate.token.strip(): math.exp(candidate.logprob) for candidate in top}
    return tuple(given[letter] for letter in letters)


def near(expected: tuple[float, ...]) -> Any:
    return pytest.approx(expected, abs=1e-12, rel=0)


class TestBelief:
    """p(option) = softmax((prior + sum of gain x share x weight) / temperature)."""

    WEIGHTS = {"ct": {"a": LN3}, "history": {"b": LN3}, "prior": {"b": math.log(2)}}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("shown", "gains", "how", "expected"),
        [
            ({}, Gains(), {}, (1 / 3, 2 / 3)),
            ({"ct": Shown("image")}, Gains(), {}, (3 / 5, 2 / 5)),
            ({"ct": Shown("finding")}, Gains(), {}, (3 / 5, 2 / 5)),
            ({"ct": Shown("image")}, Gains(image=2), {}, (9 / 11, 2 / 11)),
            ({"ct": Shown("image")}, Gains(finding=2), {}, (3 / 5, 2 / 5)),
            ({"ct": Shown("image", 0.5)}, Gains(image=2), {}, (3 / 5, 2 / 5)),
            ({"ct": Shown("image")}, Gains(by_type={("image", "ct"): 0}), {}, (1 / 3, 2 / 3)),
            ({"ct": Shown("finding")}, Gains(by_type={("image", "ct"): 0}), {}, (3 / 5, 2 / 5)),
            ({"ct": Shown("image"), "history": Shown("text")}, Gains(), {}, (3 / 9, 6 / 9)),
            ({"ct": Shown("image"), "history": Shown("text")}, Gains(text=0), {}, (3 / 5, 2 / 5)),
            ({"mri": Shown("image")}, Gains(), {}, (1 / 3, 2 / 3)),
            ({"ct": Shown("image", emphasised=True)}, Gains(), {}, (3 / 5, 2 / 5)),
            ({"ct": Shown("image", emphasised=True)}, Gains(emphasis=2), {}, (9 / 11, 2 / 11)),
            ({"ct": Shown("image")}, Gains(emphasis=2), {}, (3 / 5, 2 / 5)),
            ({"ct": Shown("finding", emphasised=True)}, Gains(emphasis=2), {}, (3 / 5, 2 / 5)),
            (
                {"ct": Shown("image", emphasised=True)},
                Gains(by_type={("image", "ct"): 2}, emphasis=0.5),
                {},
                (0.6, 0.4),
            ),
            ({}, Gains(), {"position_bias": math.log(2)}, (1 / 2, 1 / 2)),
            (
                {"ct": Shown("image", 1)},
                Gains(image=2),
                {"temperature": 2.0},
                (3 / (3 + 2**0.5), 2**0.5 / (3 + 2**0.5)),
            ),
        ],
    )
    def test_by_hand(self, shown: Any, gains: Gains, how: dict[str, float], expected: tuple[float, ...]) -> None:
        assert belief(("a", "b"), self.WEIGHTS, shown, gains, **how) == near(expected)

    sections = st.sampled_from(["history", "ct", "mri", "laboratory"])
    weights = st.dictionaries(
        st.sampled_from(["prior", "history", "ct", "mri", "laboratory"]),
        st.dictionaries(st.sampled_from("abcd"), st.floats(-8, 8)),
    )
    seen = st.dictionaries(sections, st.floats(0, 1))

    @staticmethod
    def as_view(seen: dict[str, float], view: Any) -> dict[str, Shown]:
        return {name: Shown("text" if name == "history" else view, share) for name, share in seen.items()}

    @given(weights, seen, st.floats(0, 3), st.floats(0.1, 5), st.floats(-3, 3))
    def test_it_is_a_distribution(self, weights: Any, seen: Any, gain: float, temperature: float, bias: float) -> None:
        p = belief(
            tuple("abcd"),
            weights,
            self.as_view(seen, "image"),
            Gains(gain, gain, gain),
            temperature=temperature,
            position_bias=bias,
        )
        assert math.fsum(p) == pytest.approx(1, abs=1e-12)
        assert all(0 <= value <= 1 for value in p)

    @given(weights, seen)
    def test_without_gains_only_the_prior_is_left(self, weights: Any, seen: Any) -> None:
        shown = self.as_view(seen, "image")
        assert belief(tuple("abcd"), weights, shown, Gains(0, 0, 0)) == near(
            belief(tuple("abcd"), weights, {}, Gains())
        )

    @given(weights, seen, st.floats(0, 3))
    def test_equal_gains_mean_no_modality_gap(self, weights: Any, seen: Any, gain: float) -> None:
        as_image, as_finding = (self.as_view(seen, view) for view in ("image", "finding"))
        gains = Gains(image=gain, finding=gain)
        assert belief(tuple("abcd"), weights, as_image, gains) == belief(tuple("abcd"), weights, as_finding, gains)

    @given(weights, seen, st.floats(0, 1))
    def test_a_share_of_the_images_is_that_share_of_the_gain(self, weights: Any, seen: Any, share: float) -> None:
        part = {name: replace(how, share=share) for name, how in self.as_view(seen, "image").items()}
        whole = {name: replace(how, share=1) for name, how in part.items()}
        assert belief(tuple("abcd"), weights, part, Gains()) == near(
            belief(tuple("abcd"), weights, whole, Gains(share, share, share))
        )

    @given(weights, seen, st.permutations("abcd"))
    def test_the_order_of_the_options_means_nothing(self, weights: Any, seen: Any, order: list[str]) -> None:
        shown = self.as_view(seen, "finding")
        p = dict(zip("abcd", belief(tuple("abcd"), weights, shown, Gains()), strict=True))
        assert belief(tuple(order), weights, shown, Gains()) == near(tuple(p[name] for name in order))


class TestWeights:
    def test_drawn_weights_are_the_same_wherever_the_set_lies(self, known: CaseSet, tmp_path: Path) -> None:
        assert weights_of(load_cases(write_known(tmp_path / "copy"))) == weights_of(known)

    def test_drawn_weights_favour_the_diagnosis_where_the_evidence_is_visual(self, known: CaseSet) -> None:
        for case in known.cases:
            weights = weights_of(known)[case.case_id]
            assert set(weights) == {"history", "examination", *(piece.type for piece in case.evidence)}
            for section, by_option in weights.items():
                lift = 0.5 if section not in ("history", "examination") else 0.0
                for option, weight in by_option.items():
                    drawn = 2 * uniform(case.case_id, section, option) - 1
                    assert weight == drawn + (lift if option == case.final_diagnosis else 0.0)

    @given(st.lists(st.text(), min_size=1, max_size=3))
    def test_what_is_drawn_lies_between_0_and_1_and_is_drawn_once(self, parts: list[str]) -> None:
        assert 0 <= uniform(*parts) < 1
        assert uniform(*parts) == uniform(*parts)
        assert uniform(*parts) != uniform(*parts, "another")

    def test_drawn_weights_of_a_case_do_not_depend_on_the_rest_of_the_set(self, known: CaseSet, tmp_path: Path) -> None:
        alone = load_cases(write_known(tmp_path, [case for case in known_cases() if case["case_id"] == LUNG]))
        assert weights_of(alone)[LUNG] == weights_of(known)[LUNG]

    @pytest.mark.skipif(not (DEMO_FOLDER / "reference.json").is_file(), reason="the bundled set is not built yet")
    def test_authored_weights_know_every_section_and_option_of_the_bundled_cases(self) -> None:
        demo = load_cases()
        weights = weights_of(demo)
        for case in demo.cases:
            sections = {"history", "examination", *(piece.type.value for piece in case.evidence)}
            assert set(weights[case.case_id]) <= sections | {"prior"}
            assert {piece.type.value for piece in case.evidence} <= set(weights[case.case_id])
            named = {option for by_option in weights[case.case_id].values() for option in by_option}
            assert named <= set(case.options or ())

    def test_without_options_the_reader_considers_other_cases_diagnoses(self, tmp_path: Path) -> None:
        cases = [a_case(case_id=f"c{n}", history=f"Text {n}.", final_diagnosis=f"Disease {n}") for n in range(7)]
        bare = load_cases(write_known(tmp_path, cases))
        for case in bare.cases:
            considered = candidates_of(case, bare)
            assert len(set(considered)) == 5
            assert case.final_diagnosis in considered
            assert considered == candidates_of(case, bare)


class TestRecognition:
    """The reader knows what the messages hold, and nothing else."""

    @pytest.mark.parametrize("view", ["image", "finding"])
    def test_all_that_is_shown_is_recognised(self, known: CaseSet, view: Any) -> None:
        for case in known.cases:
            seen = Recogniser(known).recognise(prompt_of(known, case.case_id, arm=Condition(view=view)))
            assert seen.case == case
            assert seen.options == option_order(case)
            text = {section: Shown("text") for section in ("history", "examination")}
            assert seen.shown == text | {piece.type.value: Shown(view) for piece in case.evidence}

    @pytest.mark.parametrize("view", ["image", "finding"])
    @pytest.mark.parametrize("withheld", [None, "history", "examination", *EvidenceType])
    def test_what_is_withheld_changes_nothing_but_itself(self, known: CaseSet, view: Any, withheld: str | None) -> None:
        arm = Condition(view=view, withheld=frozenset([withheld] if withheld else []))
        answer = posterior(ask(reader(known), prompt_of(known, WHOLE, arm=arm)))
        assert answer == near(expected_belief(known, WHOLE, arm))

    @pytest.mark.parametrize("view", ["image", "finding"])
    def test_each_gain_acts_on_its_own_type_and_view(self, known: CaseSet, view: Any) -> None:
        arguments = {"image_gain": 0.25, "finding_gain": 2, "text_gain": 0.5, "image_gain_ct": 3, "finding_gain_mri": 0}
        gains = Gains(0.25, 2, 0.5, {("image", "ct"): 3, ("finding", "mri"): 0})
        answer = ask(
            reader(known, temperature=1.5, position_bias=0.7, **arguments),
            prompt_of(known, WHOLE, arm=Condition(view=view)),
        )
        expected = expected_belief(known, WHOLE, Condition(view=view), gains, temperature=1.5, position_bias=0.7)
        assert posterior(answer) == near(expected)

    @pytest.mark.parametrize(
        ("emphasis", "view", "moved"),
        [
            ("ct,microscopy", "image", ("ct", "microscopy")),
            ("ct,microscopy", "finding", ()),
            ("placebo:ct,microscopy", "image", ()),
            ("", "image", ()),
        ],
    )
    @pytest.mark.parametrize("case_id", [WHOLE, BRAIN])
    def test_emphasis_multiplies_the_gain_of_images_of_its_types_and_the_placebo_does_not(
        self, known: CaseSet, case_id: str, emphasis: str, view: Any, moved: tuple[str, ...]
    ) -> None:
        arm = Condition(view=view, emphasis=emphasis)
        answer = posterior(ask(reader(known, image_gain=0.25, emphasis_gain=3), prompt_of(known, case_id, arm=arm)))
        changed = Gains(image=0.25, by_type={("image", name): 0.75 for name in moved})
        assert answer == near(expected_belief(known, case_id, Condition(view=view), changed))

    def test_of_three_images_two_are_two_thirds(self, known: CaseSet) -> None:
        messages = prompt_of(known, WHOLE)
        parts = messages[1].content
        third = next(
            number for number, part in enumerate(parts) if part.type == "text" and "CT, image 3 of 3" in part.text
        )
        messages[1].content = [part for number, part in enumerate(parts) if number != third + 1]
        assert Recogniser(known).recognise(messages).shown["ct"] == Shown("image", 2 / 3)

    def test_removed_or_random_text_is_not_recognised(self, known: CaseSet) -> None:
        for text in ("remove", "random"):
            answer = posterior(ask(reader(known), prompt_of(known, HEART, text=text)))
            assert answer == near(expected_belief(known, HEART, Condition(), text=False))

    def test_the_question_alone_leaves_the_prior(self, known: CaseSet) -> None:
        from medsyn_inspect.parameters import condition_of

        answer = ask(reader(known), prompt_of(known, HEART, arm=condition_of(view="image", withhold="all")))
        assert posterior(answer) == near((0.2,) * 5)
        nothing = ask(reader(known), prompt_of(known, HEART, "ddx", arm=condition_of(view="image", withhold="all")))
        assert parse_differential(nothing.completion) == ("Unknown disease",)

    def test_stage_by_stage_it_knows_what_was_shown_so_far(self, known: CaseSet) -> None:
        messages = prompt_of(known, LUNG, staging="turns")
        first = ask(reader(known), messages[:2])
        assert posterior(first) == near(
            expected_belief(known, LUNG, Condition(view="image", withheld=frozenset(["xray", "ct"])))
        )
        assert posterior(ask(reader(known), messages)) == near(expected_belief(known, LUNG, Condition()))

    def test_a_finding_that_is_part_of_another_is_not_taken_for_it(self, tmp_path: Path) -> None:
        case = a_case(
            case_id="short",
            history="The chest film was taken elsewhere. Normal.",
            evidence=[
                evidence("short", "xray", "Normal."),
                evidence("short", "ct", "Normal. No nodes."),
                evidence("short", "mri", "Seen before:\nNormal. No nodes. No fluid."),
            ],
            options=["Gout", "Pseudogout"],
        )
        few = load_cases(write_known(tmp_path, [case]))
        arm = Condition(view="finding", withheld=frozenset(["xray", "ct"]))
        seen = Recogniser(few).recognise(prompt_of(few, "short", arm=arm))
        assert set(seen.shown) == {"history", "mri"}

    def test_two_types_with_the_same_finding_are_told_apart(self, tmp_path: Path) -> None:
        pieces = [evidence("same", type, "正常。") for type in ("xray", "ct", "laboratory")]
        case = a_case(case_id="same", language="zh", history="咳嗽。", evidence=pieces, options=["Gout", "感冒"])
        few = load_cases(write_known(tmp_path, [case]))
        seen = Recogniser(few).recognise(
            prompt_of(few, "same", arm=Condition(view="finding", withheld=frozenset(["ct"])))
        )
        assert set(seen.shown) == {"history", "xray", "laboratory"}

    def test_metadata_id_and_target_of_the_sample_are_never_consulted(self, known: CaseSet, tmp_path: Path) -> None:
        honest, scrambled = fdx(cases=str(known.folder)), fdx(cases=str(known.folder))
        records = [sample.metadata for sample in scrambled.dataset]
        for number, sample in enumerate(scrambled.dataset):
            sample.id = f"another-{number}"
            sample.target = "ABCDE"[number]
            sample.metadata = records[number - 1]
        model = get_model("reference/reader", cases=str(known.folder))
        logs = [samples_of(run(task, model, tmp_path)) for task in (honest, scrambled)]
        for number, case in enumerate(known.cases):
            outputs = [logs[0][case.case_id].output, logs[1][f"another-{number}"].output]
            assert posterior(outputs[0]) == posterior(outputs[1])
            assert outputs[0].completion == outputs[1].completion

    @given(st.lists(st.text("xyz", min_size=1), min_size=1, max_size=26, unique=True), st.text("ABZ. \n", max_size=40))
    def test_options_are_the_last_run_of_lettered_lines(self, options: list[str], before: str) -> None:
        lines = "\n".join(
            f"{letter}. {option}" for letter, option in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", options, strict=False)
        )
        assert lettered_options(f"{before}\n\n{lines}\n\nAnswer.") == tuple(options)
        lettered_options(f"{lines}\nB. too many\n{before}")


class TestAnswers:
    def test_it_says_that_it_is_no_medical_model(self, known: CaseSet) -> None:
        for question in ("ddx", "fdx"):
            assert ask(reader(known), prompt_of(known, HEART, question)).completion.startswith(READER_NOTICE)

    def test_the_most_probable_option_is_chosen(self, known: CaseSet) -> None:
        for case in known.cases:
            p = expected_belief(known, case.case_id, Condition())
            chosen = parse_choice(ask(reader(known), prompt_of(known, case.case_id)).completion, option_order(case))
            assert chosen.letter == "ABCDE"[p.index(max(p))]

    def test_token_probabilities_come_only_on_request(self, known: CaseSet) -> None:
        assert ask(reader(known), prompt_of(known, HEART), GenerateConfig()).choices[0].logprobs is None

    @pytest.mark.parametrize("wanted", [1, 3, 5, None])
    def test_and_only_as_many_as_asked_for(self, known: CaseSet, wanted: int | None) -> None:
        output = ask(reader(known), prompt_of(known, HEART), GenerateConfig(logprobs=True, top_logprobs=wanted))
        assert output.choices[0].logprobs is not None
        top = output.choices[0].logprobs.content[-1].top_logprobs or []
        best = sorted(expected_belief(known, HEART, Condition()), reverse=True)[: wanted or 1]
        assert [math.exp(candidate.logprob) for candidate in top] == pytest.approx(best)

    def test_tokens_join_to_the_completion(self, known: CaseSet) -> None:
        output = ask(reader(known), prompt_of(known, HEART))
        assert output.choices[0].logprobs is not None
        assert "".join(token.token for token in output.choices[0].logprobs.content) == output.completion

    def test_usage_is_returned(self, known: CaseSet) -> None:
        usage = ask(reader(known), prompt_of(known, HEART)).usage
        assert usage is not None
        assert 0 < usage.output_tokens < usage.input_tokens
        assert usage.total_tokens == usage.input_tokens + usage.output_tokens

    @pytest.mark.parametrize("listed", [1, 2, 5])
    def test_a_differential_lists_the_most_probable(self, known: CaseSet, listed: int) -> None:
        p = expected_belief(known, HEART, Condition())
        options = option_order(case_of(known, HEART))
        ranked = [name for _, name in sorted(zip(p, options, strict=True), reverse=True)]
        answer = ask(reader(known, listed=listed), prompt_of(known, HEART, "ddx")).completion
        assert parse_differential(answer) == tuple(ranked[:listed])
        loose = ask(reader(known, listed=listed, wording="loose"), prompt_of(known, HEART, "ddx")).completion
        assert parse_differential(loose) == tuple(f"Suspected {name}" for name in ranked[:listed])

    @pytest.mark.parametrize("case_id", [HEART, BRAIN])
    def test_asked_to_commit_it_names_the_most_probable(self, known: CaseSet, case_id: str) -> None:
        case = case_of(known, case_id)
        conversation = [
            *prompt_of(known, case_id, "open_fdx"),
            ChatMessageAssistant(content="1. Something"),
            ChatMessageUser(content=load_templates(case.language).question("commit")),
        ]
        p = expected_belief(known, case_id, Condition())
        best = option_order(case)[p.index(max(p))]
        assert parse_commitment(ask(reader(known), conversation).completion) == best


class TestConduct:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            ({"imagegain": 1}, "unknown -M imagegain; known: refusal_rate"),
            ({"image_gain_scan": 1}, "unknown -M image_gain_scan"),
            ({"wording": "vague"}, "wording"),
            ({"image_gain": "high"}, "image_gain"),
            ({"listed": "many"}, "listed"),
        ],
    )
    def test_a_wrong_argument_is_named(self, known: CaseSet, arguments: dict[str, Any], says: str) -> None:
        with pytest.raises(ValueError, match=says):
            reader(known, **arguments)

    def test_the_judge_knows_no_gains(self) -> None:
        with pytest.raises(ValueError, match="unknown -M image_gain; known: refusal_rate, garbage_rate, failure_rate"):
            ReferenceAPI("judge", image_gain=1)

    def test_a_named_reader_is_the_reader_with_other_defaults(self, known: CaseSet) -> None:
        where = str(known.folder)
        weak = ReferenceAPI("weak-eye", cases=where)
        assert weak.gains == Gains(image=0.2, finding=0.4)
        assert ReferenceAPI("weak-eye", cases=where, image_gain=0.3).gains == Gains(image=0.3, finding=0.4)
        without = ReferenceAPI("weak-eye", cases=where, prior_noise=0.0)
        same = reader(known, image_gain=0.2, finding_gain=0.4)
        messages = prompt_of(known, WHOLE)
        assert posterior(ask(without, messages)) == posterior(ask(same, messages))

    def test_opinions_before_any_evidence_depend_on_the_name_and_stay_within_the_noise(self, known: CaseSet) -> None:
        case = case_of(known, WHOLE)
        options = option_order(case)
        own = {
            name: with_prior_noise({}, options, 0.5, reader=name, case_id=WHOLE)["prior"] for name in ("even", "blind")
        }
        assert own["even"] != own["blind"]
        assert all(set(prior) == set(options) for prior in own.values())
        assert all(0 < abs(odds) <= 0.5 for prior in own.values() for odds in prior.values())
        noisy = posterior(ask(reader(known, prior_noise=0.5, image_gain=0.0, text_gain=0.0), prompt_of(known, WHOLE)))
        mine = with_prior_noise({}, options, 0.5, reader="reader", case_id=WHOLE)
        assert noisy == near(belief(options, mine, {}, Gains()))

    def test_another_name_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"choose a reader \(reference/reader, .*\) or reference/judge"):
            get_model("reference/physician")

    def prompts(self, known: CaseSet) -> list[list[Any]]:
        arms = [Condition(view="finding", withheld=frozenset([type])) for type in EvidenceType]
        return [prompt_of(known, WHOLE, arm=arm) for arm in arms]

    def answers(self, known: CaseSet, **arguments: Any) -> list[str]:
        return [ask(reader(known, **arguments), prompt).completion for prompt in self.prompts(known)]

    def test_a_rate_of_one_is_always_and_of_zero_never(self, known: CaseSet) -> None:
        assert all(is_refusal(answer) for answer in self.answers(known, refusal_rate=1))
        assert set(self.answers(known, garbage_rate=1)) == {GARBAGE}
        plain = self.answers(known, refusal_rate=0, garbage_rate=0, failure_rate=0)
        assert all("Answer: " in answer for answer in plain)
        with pytest.raises(ReferenceFailure, match="simulated failure"):
            self.answers(known, failure_rate=1)

    def test_in_between_the_prompt_decides(self, known: CaseSet) -> None:
        first = self.answers(known, refusal_rate=0.4, garbage_rate=0.3)
        assert first == self.answers(known, refusal_rate=0.4, garbage_rate=0.3)
        kinds = Counter("refusal" if is_refusal(a) else "garbage" if a == GARBAGE else "answer" for a in first)
        assert set(kinds) == {"refusal", "garbage", "answer"}
        more = self.answers(known, refusal_rate=0.7)
        assert all(is_refusal(more[number]) for number, answer in enumerate(first) if is_refusal(answer))

    def test_failures_are_drawn_anew_at_every_call(self, known: CaseSet) -> None:
        api, prompt = reader(known, failure_rate=0.5), prompt_of(known, HEART)
        outcomes = set()
        for _ in range(200):
            try:
                outcomes.add(bool(ask(api, prompt)))
            except ReferenceFailure:
                outcomes.add(False)
        assert outcomes == {True, False}

    def test_latency_is_waited(self, known: CaseSet) -> None:
        start = time.monotonic()
        ask(reader(known, latency=0.05), prompt_of(known, HEART))
        assert time.monotonic() - start >= 0.05


class TestSampling:
    def draws(self, known: CaseSet, count: int, seed: int | None = 1, api: ReferenceAPI | None = None) -> list[str]:
        config = GenerateConfig(num_choices=count, seed=seed, logprobs=True, top_logprobs=20)
        prompt = prompt_of(known, HEART, arm=Condition(view="finding"))
        output = ask(api or reader(known, sample=True, temperature=2), prompt, config)
        assert all(choice.logprobs is None for choice in output.choices)
        return [choice.message.text[-1] for choice in output.choices]

    def test_draws_follow_the_belief(self, known: CaseSet) -> None:
        counts = Counter(self.draws(known, 2000))
        expected = expected_belief(known, HEART, Condition(view="finding"), temperature=2)
        test = chisquare([counts[letter] for letter in "ABCDE"], [2000 * p for p in expected])
        assert 0.001 < test.pvalue < 0.999

    def test_the_choices_of_one_call_differ_and_repeat_from_run_to_run(self, known: CaseSet) -> None:
        first = self.draws(known, 20)
        assert len(set(first)) > 1
        assert self.draws(known, 20) == first
        assert self.draws(known, 20, seed=2) != first

    def test_calls_continue_where_the_last_one_ended(self, known: CaseSet) -> None:
        api = reader(known, sample=True, temperature=2)
        singly = [self.draws(known, 1, api=api)[0] for _ in range(20)]
        assert singly == self.draws(known, 20)


class TestReferenceJudge:
    LISTED: dict[str, int] = {  # noqa: RUF012
        "systemic LUPUS erythematosus": 5,
        "S.L.E.": 0,
        "SLE": 5,
        "Systemic lupus erythematosus with nephritis": 4,
        "Lupus erythematosus": 4,
        "Cutaneous lupus": 2,
        "Lymphoma": 0,
        "": 0,
    }

    def question(self) -> str:
        return quoted("Systemic lupus erythematosus", ["SLE"], list(self.LISTED))

    def levels(self, *conversation: Any) -> list[int]:
        rubric = load_rubric("bond")
        reply = ask(ReferenceAPI("judge"), [ChatMessageSystem(content=rubric.instructions()), *conversation]).completion
        assert "not a medical model" in reply
        return [judgement.level for judgement in read_verdict(reply, rubric, len(self.LISTED))]

    def test_levels_follow_from_the_names(self) -> None:
        assert self.levels(ChatMessageUser(content=self.question())) == list(self.LISTED.values())

    def test_asked_again_it_still_judges_the_first_question(self) -> None:
        again = [
            ChatMessageUser(content=self.question()),
            ChatMessageAssistant(content="{"),
            ChatMessageUser(content="That was not a valid verdict. Answer again, with JSON only, as specified."),
        ]
        assert self.levels(*again) == list(self.LISTED.values())

    def test_it_can_refuse_and_babble(self) -> None:
        for arguments in ({"refusal_rate": 1}, {"garbage_rate": 1}):
            reply = ask(ReferenceAPI("judge", **arguments), [ChatMessageUser(content=self.question())]).completion
            with pytest.raises(json.JSONDecodeError):
                json.loads(reply)
