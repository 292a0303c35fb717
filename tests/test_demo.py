"""What is promised of the bundled set and of the example run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from inspect_ai.log import list_eval_logs, read_eval_log
from statsmodels.stats.proportion import proportion_confint

from medsyn_inspect.analysis.frames.gap import modality_gap
from medsyn_inspect.cases.case import Case, EvidenceType, SpecialtyGroup
from medsyn_inspect.cases.check import examine
from medsyn_inspect.cases.load import DEMO_FOLDER, CaseSet, load_cases
from medsyn_inspect.cases.names import plain
from medsyn_inspect.prompts.stages import option_order
from medsyn_inspect.records import TEXT_SECTIONS, Condition, TaskRecord
from medsyn_inspect.reference.belief import Gains, Shown, belief, weights_of, with_prior_noise
from medsyn_inspect.reference.closed_form import closed_form_sensitivity, gains_of, shown_in
from medsyn_inspect.reference.demo import READERS
from medsyn_inspect.reference.named import NAMED

ROOT = Path(__file__).parent.parent
LOGS = ROOT / "logs"


@pytest.fixture(scope="module")
def demo() -> CaseSet:
    return load_cases()


def shown(case: Case, *, visual: bool) -> dict[str, Shown]:
    text = {"history": Shown("text"), "examination": Shown("text")}
    return text | ({piece.type.value: Shown("image") for piece in case.evidence} if visual else {})


class TestBundledSet:
    def test_the_check_finds_nothing_not_even_a_warning(self) -> None:
        assert examine(DEMO_FOLDER).problems == []

    def test_seventeen_english_and_nine_chinese_cases(self, demo: CaseSet) -> None:
        languages = [case.language for case in demo.cases]
        assert (languages.count("en"), languages.count("zh")) == (17, 9)

    def test_every_specialty_group_and_at_least_ten_types_of_evidence(self, demo: CaseSet) -> None:
        assert {case.specialty_group for case in demo.cases} == {group.value for group in SpecialtyGroup}
        assert len({piece.type for case in demo.cases for piece in case.evidence}) >= 10

    def test_two_to_seven_types_a_case_about_four_on_average_and_at_most_ten_images(self, demo: CaseSet) -> None:
        types = [len(case.evidence) for case in demo.cases]
        images = [sum(len(piece.images) for piece in case.evidence) for case in demo.cases]
        assert (min(types), max(types)) == (2, 7)
        assert 3.5 <= sum(types) / len(types) <= 4.5
        assert max(images) == 10

    def test_some_evidence_has_two_time_points(self, demo: CaseSet) -> None:
        times = [{image.obtained for image in piece.images} for case in demo.cases for piece in case.evidence]
        assert sum(len(obtained) > 1 for obtained in times) >= 4

    def test_every_piece_of_evidence_has_images_and_a_finding(self, demo: CaseSet) -> None:
        assert all(piece.images and piece.finding for case in demo.cases for piece in case.evidence)

    def test_five_options_and_none_of_them_named_in_the_texts(self, demo: CaseSet) -> None:
        for case in demo.cases:
            assert case.options is not None
            assert len(case.options) == 5
            texts = [case.history, case.examination, *(piece.finding or "" for piece in case.evidence)]
            words = plain(" ".join(texts))
            assert [option for option in case.options if plain(option) in words] == [], case.case_id

    def test_the_diagnosis_is_not_always_at_the_same_place(self, demo: CaseSet) -> None:
        places = [option_order(case).index(case.final_diagnosis) for case in demo.cases]
        assert len(set(places)) == 5
        assert max(map(places.count, range(5))) <= 9

    def test_the_card_says_what_it_is_not_for(self, demo: CaseSet) -> None:
        assert demo.card.synthetic
        for words in ("fictional", "Not for clinical use", "not for claims about models"):
            assert words in demo.card.description
        assert any("retina" in credit.casefold() for credit in demo.card.attributions)

    def test_it_is_under_eight_megabytes(self) -> None:
        assert sum(path.stat().st_size for path in DEMO_FOLDER.rglob("*") if path.is_file()) < 8_000_000

    def test_it_says_what_the_case_files_say(self) -> None:
        rows = {
            row["case_id"]: row
            for row in map(json.loads, (DEMO_FOLDER / "cases.jsonl").read_text(encoding="utf-8").splitlines())
        }
        for path in sorted((ROOT / "authoring" / "cases").glob("*.yaml")):
            authored = yaml.safe_load(path.read_text(encoding="utf-8"))
            row = rows.pop(authored["case_id"])
            for field in ("language", "specialty", "final_diagnosis", "aliases", "options"):
                assert row[field] == authored[field], (path.name, field)
            assert row["history"] == authored["history"].strip()
            assert [piece["finding"] for piece in row["evidence"]] == [
                piece["finding"].strip() for piece in authored["evidence"]
            ]
            assert [len(piece["images"]) for piece in row["evidence"]] == [
                len(piece["images"]) for piece in authored["evidence"]
            ]
        assert rows == {}


def right(demo: CaseSet, name: str, *, listed: int = 1, **condition: Any) -> int:
    """In how many cases the diagnosis is among the options that a reader of the demo believes most."""
    arguments = dict(NAMED[name])
    hits = 0
    for case in demo.cases:
        options = option_order(case)
        weights = with_prior_noise(
            weights_of(demo)[case.case_id], options, arguments["prior_noise"], reader=name, case_id=case.case_id
        )
        believed = belief(options, weights, shown_in(case, Condition(**condition)), gains_of(arguments))
        best = sorted(zip(believed, options, strict=True), reverse=True)[:listed]
        hits += case.final_diagnosis in [option for _, option in best]
    return hits


class TestDemoReaders:
    """The demo's readers behave as their names say, and as readers can behave: none is perfect or worse than chance."""

    def test_the_demo_runs_readers_with_names_of_their_own(self) -> None:
        assert len(set(READERS)) == 4
        assert set(READERS) <= set(NAMED) - {"reader"}

    def test_a_blind_reader_is_at_chance_with_images_and_not_with_findings(self, demo: CaseSet) -> None:
        lower, upper = proportion_confint(right(demo, "blind"), len(demo.cases), method="wilson")
        assert lower < 1 / 5 < upper
        assert right(demo, "blind", view="finding") > 1.5 * right(demo, "blind")

    def test_the_even_reader_is_best_and_the_blind_one_worst(self, demo: CaseSet) -> None:
        counts = {name: right(demo, name) for name in READERS}
        assert max(counts, key=counts.__getitem__) == "even"
        assert min(counts, key=counts.__getitem__) == "blind"
        assert counts["even"] == right(demo, "even", view="finding")

    def test_the_text_helps_a_little(self, demo: CaseSet) -> None:
        gained = [right(demo, name) - right(demo, name, withheld=TEXT_SECTIONS) for name in READERS]
        assert 0 <= min(gained) <= max(gained) <= 5
        assert sum(gained) > 0

    @pytest.mark.parametrize("name", READERS)
    def test_no_reader_is_always_right_with_or_without_the_text(self, name: str, demo: CaseSet) -> None:
        assert max(right(demo, name), right(demo, name, withheld=TEXT_SECTIONS)) < len(demo.cases)

    @pytest.mark.parametrize("name", READERS)
    def test_a_differential_is_right_more_often_than_options_listed_at_random(self, name: str, demo: CaseSet) -> None:
        listed = NAMED[name]["listed"]
        assert right(demo, name, listed=listed) > len(demo.cases) * listed / 5


class TestAuthoredWeights:
    """Visual evidence settles the diagnosis; the text only helps a little."""

    def test_every_section_of_every_case_has_a_weight_for_every_option(self, demo: CaseSet) -> None:
        weights = weights_of(demo)
        for case in demo.cases:
            assert set(weights[case.case_id]) == {"history", "examination", *(piece.type for piece in case.evidence)}
            assert all(set(table) == set(case.options or ()) for table in weights[case.case_id].values())

    def test_with_all_evidence_the_diagnosis_is_believed_and_with_the_text_alone_it_is_not(self, demo: CaseSet) -> None:
        weights = weights_of(demo)
        for case in demo.cases:
            options = case.options or ()
            right = options.index(case.final_diagnosis)
            whole = belief(options, weights[case.case_id], shown(case, visual=True), Gains())
            text = belief(options, weights[case.case_id], shown(case, visual=False), Gains())
            assert max(whole) == whole[right] > 0.75, case.case_id
            assert text[right] < 0.5, case.case_id

    def test_the_text_alone_favours_the_diagnosis_by_a_little_on_average(self, demo: CaseSet) -> None:
        weights = weights_of(demo)
        alone = [
            belief(case.options or (), weights[case.case_id], shown(case, visual=False), Gains())[
                (case.options or ()).index(case.final_diagnosis)
            ]
            for case in demo.cases
        ]
        assert 0.2 < sum(alone) / len(alone) < 0.3

    def test_every_distractor_loses_by_some_visual_evidence(self, demo: CaseSet) -> None:
        weights = weights_of(demo)
        for case in demo.cases:
            tables = [weights[case.case_id][piece.type] for piece in case.evidence]
            for option in set(case.options or ()) - {case.final_diagnosis}:
                assert any(table[case.final_diagnosis] - table[option] >= 0.5 for table in tables), (
                    case.case_id,
                    option,
                )


GENETIC = {"en-0017": "en", "zh-0009": "zh"}
"""Cases in which genetic evidence alone decides, and their languages."""


class TestGeneticEvidence:
    """Two cases, one in each language, in which nothing but genetic evidence separates the options."""

    @pytest.fixture(params=GENETIC)
    def case(self, request: pytest.FixtureRequest, demo: CaseSet) -> Case:
        [case] = [case for case in demo.cases if case.case_id == request.param]
        return case

    def test_each_language_has_one_with_two_images_and_a_finding(self, case: Case) -> None:
        assert case.language == GENETIC[case.case_id]
        [genetic] = [piece for piece in case.evidence if piece.type is EvidenceType.OMICS]
        assert len(genetic.images) == 2
        assert genetic.finding

    def test_its_author_rules_every_distractor_out_by_genetic_evidence_and_by_nothing_else(self, case: Case) -> None:
        authored = yaml.safe_load((ROOT / "authoring" / "cases" / f"{case.case_id}.yaml").read_text(encoding="utf-8"))
        ruled_out_by = authored["ruled_out_by"]
        assert set(ruled_out_by) == set(authored["options"]) - {authored["final_diagnosis"]}
        assert {tuple(reasons) for reasons in ruled_out_by.values()} == {("omics",)}

    def test_without_it_another_option_is_believed_and_with_it_the_diagnosis(self, case: Case, demo: CaseSet) -> None:
        options = case.options or ()
        place, weights = options.index(case.final_diagnosis), weights_of(demo)[case.case_id]
        sections = shown(case, visual=True)
        whole = belief(options, weights, sections, Gains())
        without = belief(options, weights, {name: how for name, how in sections.items() if name != "omics"}, Gains())
        assert whole[place] > 0.75
        assert without[place] < max(without) < 0.5

    def test_no_other_type_turns_the_answer(self, case: Case, demo: CaseSet) -> None:
        options = case.options or ()
        weights, sections = weights_of(demo)[case.case_id], shown(case, visual=True)
        for withheld in {piece.type.value for piece in case.evidence} - {"omics"}:
            rest = {name: how for name, how in sections.items() if name != withheld}
            believed = belief(options, weights, rest, Gains())
            assert options[believed.index(max(believed))] == case.final_diagnosis, withheld

    def test_two_cases_give_genetic_evidence_a_row_with_the_reason_why_it_has_no_interval(self, demo: CaseSet) -> None:
        both = replace(demo, cases=tuple(case for case in demo.cases if case.case_id in GENETIC))
        types = modality_gap(closed_form_sensitivity(both, Gains(image=0.5))).set_index("evidence_type")
        row = types.loc["omics"]
        assert row["n"] == 2
        assert row["uptake_ratio"] == pytest.approx(0.5)
        assert row["deficit_note"] == "no interval: fewer than 24 cases"
        assert row["mean_deficit"] == types["mean_deficit"].max()


class TestExampleRun:
    def test_it_is_small_and_holds_every_task(self) -> None:
        logs = list_eval_logs(str(LOGS))
        assert sum((LOGS / Path(info.name).name).stat().st_size for info in logs) < 3_200_000
        records = [TaskRecord.model_validate(read_eval_log(info, header_only=True).eval.metadata) for info in logs]
        assert {record.question for record in records} == {"ddx", "fdx", "open_fdx", "sensitivity"}
        assert {record.condition.staging for record in records} == {"single", "turns"}

    def test_it_was_run_on_the_bundled_set_as_it_is(self, demo: CaseSet) -> None:
        for info in list_eval_logs(str(LOGS)):
            metadata = read_eval_log(info, header_only=True).eval.metadata or {}
            assert metadata["case_set_fingerprint"] == demo.fingerprint

    def test_it_names_no_machine(self) -> None:
        for info in list_eval_logs(str(LOGS)):
            log = read_eval_log(info)
            assert log.eval.revision is None
            text = log.model_dump_json()
            assert [place for place in ("/home/", "/root/", "/tmp/", "/Users/") if place in text] == []
