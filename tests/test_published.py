"""The paper's figures as data: what is printed, what is wrong with it (recomputed here), and ours beside it."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from medsyn_inspect.cases.case import EvidenceType, Specialty, SpecialtyGroup
from medsyn_inspect.published import against_published, paper_name, paper_readers, published_figures
from medsyn_inspect.published.comparison import QUESTION, RESULT
from medsyn_inspect.published.figures import DESCRIPTION, paper_languages, selected, table_titles, warnings

FIGURES = published_figures()
PHYSICIANS = "Senior Physician"
MODELS = [reader.name for reader in paper_readers() if reader.access != "people"]
ENGLISH, CHINESE = 398, 54
HALF_A_DIGIT = 0.00501
"""Of a percentage with two decimals."""

SPECIALTIES: dict[str, int] = {
    Specialty.CARDIOLOGY: 7,
    Specialty.CLINICAL_GENETICS: 9,
    Specialty.EMERGENCY_MEDICINE: 4,
    Specialty.ENDOCRINOLOGY: 22,
    Specialty.GASTROENTEROLOGY: 13,
    Specialty.GENERAL_MEDICINE: 132,
    Specialty.GENERAL_PSYCHIATRY: 7,
    Specialty.HAEMATOLOGY: 37,
    Specialty.INFECTIOUS_DISEASES: 85,
    Specialty.MEDICAL_ONCOLOGY: 23,
    Specialty.NEUROLOGY: 19,
    Specialty.OBSTETRICS_GYNAECOLOGY: 3,
    Specialty.PAEDIATRICS: 3,
    Specialty.RENAL_MEDICINE: 4,
    Specialty.RESPIRATORY_MEDICINE: 6,
    Specialty.RHEUMATOLOGY: 21,
    Specialty.TROPICAL_MEDICINE: 3,
}
"""English cases by specialty. Not printed: the numbers of which all readers' percentages are shares."""

GROUPS: dict[str, int] = {
    group: sum(n for specialty, n in SPECIALTIES.items() if Specialty(specialty).group == group)
    for group in SpecialtyGroup
}


def printed(table: int, measure: str, **where: Any) -> pd.Series:
    """Figures of a table by reader, as printed: shares in percent."""
    rows = FIGURES[(FIGURES["table"] == table) & (FIGURES["measure"] == measure)]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    scale = 100 if (rows["unit"] == "share").all() else 1
    return (rows.set_index("reader")["value"] * scale).round(4)


def is_share_of(percent: float, n: int) -> bool:
    """Whether some whole number of n cases is printed as this percentage."""
    return abs(round(percent * n / 100) / n * 100 - percent) <= HALF_A_DIGIT


def warned(says: str) -> pd.DataFrame:
    """The figures that carry a warning, found by words of it."""
    [warning] = [warning for warning in warnings() if says in warning["says"]]
    figures = FIGURES[selected(FIGURES, warning)]
    assert figures["warning"].str.contains(warning["says"], regex=False).all()
    return figures


def readers_warned(says: str) -> set[str]:
    return set(warned(says)["reader"])


def pooled(reader: str) -> float:
    """Right answers over all specialties."""
    shares = FIGURES[(FIGURES["table"] == 10) & (FIGURES["reader"] == reader)].set_index("specialty")["value"]
    return float((shares * pd.Series(SPECIALTIES)).sum())


class TestFigures:
    def test_languages(self) -> None:
        assert paper_languages(FIGURES) == ("en", "zh")
        assert paper_languages(FIGURES, "nmse") == paper_languages(FIGURES, "mean_nmse") == ("en",)

    @pytest.mark.parametrize(
        ("table", "reader", "measure", "where", "value"),
        [
            (2, "Claude Opus 4.5", "accuracy", {"subset": "en"}, 0.6457),
            (2, "Qwen3-VL (8B)", "coverage", {"subset": "all"}, 0.6608),
            (2, "GPT-5.2", "coverage", {"subset": "zh"}, 0.6604),
            (2, "InternVL3.5 (38B)", "rank", {"subset": "zh"}, 17),
            (2, PHYSICIANS, "accuracy", {"subset": "en"}, 0.7211),
            (2, PHYSICIANS, "gap", {"subset": "en"}, 0.0502),
            (3, "GPT-O3", "accuracy", {"condition": "view=finding"}, 0.7538),
            (3, "InternVL3 (78B)", "accuracy_difference", {}, 0.1910),
            (4, "Lingshu (7B)", "accuracy", {"condition": "view=image, text=remove"}, 0.4397),
            (4, "HuatuoGPT-Vision (7B)", "accuracy", {"condition": "view=image, text=random"}, 0.397),
            (5, "Lingshu (7B)", "mean_nmse", {}, 0.95),
            (6, "Lingshu (7B)", "accuracy", {"condition": "view=image, emphasis=microscopy"}, 0.3844),
            (8, "Med-Mantis (8B)", "score", {"subset": "zh"}, 1.85),
            (9, "GPT-O3", "open_score", {}, 3.59),
            (10, "Claude Opus 4.5", "accuracy", {"specialty": "Neurology"}, 0.8421),
            (11, "GPT-5.2", "accuracy", {"specialty": "Obstetrics, Gynaecology & Paediatrics"}, 0.8333),
            (12, "Lingshu (7B)", "nmse", {"evidence_type": "xray"}, 1.25),
            (13, "Qwen2.5-VL (7B)", "nmse", {"condition": "emphasis=microscopy"}, 0.67),
            (13, "HuatuoGPT-Vision (7B)", "nmse_difference", {}, -0.04),
        ],
    )
    def test_as_the_paper_prints_them(
        self, table: int, reader: str, measure: str, where: dict[str, str], value: float
    ) -> None:
        rows = FIGURES[(FIGURES["table"] == table) & (FIGURES["reader"] == reader) & (FIGURES["measure"] == measure)]
        for column, wanted in where.items():
            rows = rows[rows[column] == wanted]
        assert rows["value"].tolist() == [value]

    def test_every_table_is_there_in_full(self) -> None:
        readers, subsets = len(MODELS), 3
        printed_cells = {
            2: readers * (2 * subsets + 2) + 2,
            3: 9 * 3,
            4: 3 * 5,
            5: 3 * 2,
            6: 3 * 3,
            8: readers * subsets,
            9: readers,
            10: readers * 17,
            11: readers * 8,
            12: 3 * 7,
            13: 3 * 3,
        }
        counted = FIGURES[FIGURES["measure"] != "gap"].groupby("table").size().to_dict()
        assert counted == printed_cells
        assert set(table_titles()) == set(printed_cells)

    def test_a_figure_is_named_once(self) -> None:
        assert not FIGURES.duplicated(["table", "reader", *DESCRIPTION]).any()
        assert FIGURES.notna().all().all()

    def test_names_are_those_of_the_suite(self) -> None:
        assert set(FIGURES["reader"]) == {reader.name for reader in paper_readers()}
        assert set(FIGURES["evidence_type"]) - {""} <= set(EvidenceType)
        assert set(FIGURES.loc[FIGURES["table"] == 10, "specialty"]) == set(Specialty)
        assert set(FIGURES.loc[FIGURES["table"] == 11, "specialty"]) == set(SpecialtyGroup)

    def test_printed_differences_are_differences_of_what_is_printed(self) -> None:
        base = {"nmse_difference": ("nmse", ""), "accuracy_difference": ("accuracy", "view=image")}
        differences = FIGURES[FIGURES["measure"].isin(base)]
        assert len(differences) == 9 + 6 + 3 + 3
        for row in differences.itertuples():
            measure, plain = base[str(row.measure)]
            rows = FIGURES[
                (FIGURES["table"] == row.table) & (FIGURES["reader"] == row.reader) & (FIGURES["measure"] == measure)
            ].set_index("condition")["value"]
            assert rows[row.condition] - rows[plain] == pytest.approx(row.value, abs=1e-9)

    def test_what_two_tables_print_is_the_same(self) -> None:
        for condition in ("view=image", ""):
            repeated = FIGURES[(FIGURES["condition"] == condition) & FIGURES["table"].isin([2, 3, 4, 5, 6, 12, 13])]
            assert (repeated.groupby(["reader", *DESCRIPTION])["value"].nunique() == 1).all()

    def test_overall_accuracy_and_ranks_of_table_2_do_reproduce(self) -> None:
        english, chinese, overall = (printed(2, "accuracy", subset=subset) for subset in ("en", "zh", "all"))
        pooled = (ENGLISH * english + CHINESE * chinese) / (ENGLISH + CHINESE)
        assert (pooled - overall).dropna().abs().max() <= 2 * HALF_A_DIGIT
        for subset, accuracy in (("en", english.drop(PHYSICIANS)), ("zh", chinese)):
            ranks = accuracy.rank(ascending=False, method="min")
            assert ranks.to_dict() == printed(2, "rank", subset=subset).to_dict()


class TestWarnings:
    """Each test recomputes what a warning says, for exactly the readers that it names."""

    def test_each_belongs_to_figures_under_every_name_it_selects(self) -> None:
        for warning in warnings():
            figures = FIGURES[selected(FIGURES, warning)]
            for column in set(warning) - {"says"}:
                assert set(figures[column]) == set(warning[column]), (column, warning["says"])

    def test_overall_coverage(self) -> None:
        english, chinese, overall = (
            printed(2, "coverage", subset=subset).reindex(MODELS) for subset in ("en", "zh", "all")
        )
        # Two roundings, and up to five cases fewer on either side, do not make 0.3 points.
        wrong = (overall - (ENGLISH * english + CHINESE * chinese) / (ENGLISH + CHINESE)).abs() > 0.3
        above = overall > np.maximum(english, chinese)
        assert set(overall[above].index) == readers_warned("above both the English and the Chinese")
        assert set(overall[wrong & ~above].index) == readers_warned("not the English and the Chinese coverage pooled")
        assert (wrong.sum(), len(wrong)) == (13, 18)

    def test_a_coverage_that_its_mean_score_rules_out(self) -> None:
        for subset in ("en", "zh", "all"):
            score, coverage = (
                printed(2 if name == "coverage" else 8, name, subset=subset) for name in ("score", "coverage")
            )
            # A covered case scores 4 or more and no case less than 0.
            impossible = (coverage / 100 * 4 - score).dropna() > 0.01
            assert set(impossible[impossible].index) == (
                readers_warned("Impossible with a mean score") if subset == "en" else set()
            )
        assert readers_warned("Impossible with a mean score") == readers_warned("Impossible with an English")
        assert pytest.approx(0.445) == 1.78 / 4
        assert 0.5189 * 4 > 2.07

    @pytest.mark.parametrize(
        ("subset", "whole", "fewer", "says"),
        [
            ("en", 398, (397,), "A share of 397 cases, not of 398 - a case was dropped, not counted as missed"),
            ("en", 398, (393,), "A share of 393 cases"),
            ("zh", 54, (50, 51, 52, 53), "A share of 50 to 53 cases"),
        ],
    )
    def test_denominators_of_coverage(self, subset: str, whole: int, fewer: tuple[int, ...], says: str) -> None:
        dropped = {
            reader
            for reader, percent in printed(2, "coverage", subset=subset).items()
            if reader != PHYSICIANS
            and not is_share_of(percent, whole)
            and any(is_share_of(percent, n) for n in fewer)
            and not any(is_share_of(percent, n) for n in range(max(fewer) + 1, whole))
        }
        assert dropped == readers_warned(says)

    def test_denominators_of_accuracy(self) -> None:
        english = FIGURES[
            (FIGURES["measure"] == "accuracy") & (FIGURES["subset"] == "en") & (FIGURES["specialty"] == "")
        ]
        odd = english[[not is_share_of(value * 100, ENGLISH) for value in english["value"]]]
        said = warned("The accuracy is a share of 397 cases")
        assert set(odd.index) == set(said[said["measure"] == "accuracy"].index)
        assert all(is_share_of(value * 100, 397) for value in odd["value"])
        differences = warned("Subtracts a share of 397 cases")
        assert set(differences["reader"]) == set(odd["reader"])
        assert all(is_share_of(percent, CHINESE) for percent in printed(2, "accuracy", subset="zh"))

    def test_denominators_of_specialties(self) -> None:
        half = "The row contains half cases (two runs averaged?); its specialties"
        odd = {
            (row.reader, row.specialty)
            for row in FIGURES[FIGURES["table"] == 10].itertuples()
            if not is_share_of(row.value * 100, SPECIALTIES[row.specialty])
        } - {(reader, specialty) for reader in readers_warned(half) for specialty in Specialty}
        dropped, typo = warned("A share of 84 cases"), warned("Not a share of 132 cases")
        assert odd == {(row.reader, row.specialty) for row in [*dropped.itertuples(), *typo.itertuples()]}
        assert all(is_share_of(value * 100, 84) for value in dropped["value"])
        assert round(76 / 132 * 100, 2) == 57.58
        # The total of Table 2 needs these 76.
        row = printed(2, "accuracy", subset="en")["Gemini 2.5 Pro"]
        assert pooled("Gemini 2.5 Pro") == pytest.approx(row * ENGLISH / 100, abs=0.05)

    def test_a_group_pooled_from_percentages(self) -> None:
        for row in warned("Not a share of 88 cases").itertuples():
            parts = FIGURES[(FIGURES["table"] == 10) & (FIGURES["reader"] == row.reader)].set_index("specialty")
            infectious, tropical = (
                parts.loc[name, "value"] for name in (Specialty.INFECTIOUS_DISEASES, Specialty.TROPICAL_MEDICINE)
            )
            assert row.value == pytest.approx((85 * infectious + 3 * tropical) / 88, abs=2e-4)
            assert not any(is_share_of(row.value * 100, n) for n in (87, 88))

    def test_half_cases(self) -> None:
        [reader] = readers_warned("its specialties pool to 31.03")
        assert readers_warned("its groups pool to 31.03") == {reader}
        shares = FIGURES[(FIGURES["table"] == 10) & (FIGURES["reader"] == reader)].set_index("specialty")["value"]
        counts = shares * pd.Series(SPECIALTIES)
        assert ((counts * 2 - (counts * 2).round()).abs() < 0.03).all()
        assert ((counts - counts.round()).abs() > 0.4).sum() >= 5
        assert pooled(reader) / ENGLISH == pytest.approx(0.3103, abs=5e-5)
        groups = FIGURES[(FIGURES["table"] == 11) & (FIGURES["reader"] == reader)].set_index("specialty")["value"]
        assert (groups * pd.Series(GROUPS)).sum() / ENGLISH == pytest.approx(0.3103, abs=1e-4)
        assert printed(2, "accuracy", subset="en")[reader] == 32.91

    def test_specialties_pool_to_table_2_for_all_others(self) -> None:
        english = printed(2, "accuracy", subset="en")
        agree = {model for model in MODELS if abs(pooled(model) / ENGLISH * 100 - english[model]) < 0.02}
        assert set(MODELS) - agree == readers_warned("its specialties pool to 31.03")

    def test_small_specialties(self) -> None:
        assert set(warned("Rests on fewer than 10 cases")["specialty"]) == {
            specialty for specialty, n in SPECIALTIES.items() if n < 10
        }
        assert sum(SPECIALTIES.values()) == sum(GROUPS.values()) == ENGLISH
        [obstetrics] = set(warned("Rests on 6 cases")["specialty"])
        [heart_and_lung] = set(warned("Rests on 13 cases")["specialty"])
        assert (GROUPS[obstetrics], GROUPS[heart_and_lung]) == (6, 13)
        medical = printed(11, "accuracy", specialty=heart_and_lung)[
            ["HuatuoGPT-Vision (7B)", "Lingshu (7B)", "Med-Mantis (8B)"]
        ]
        assert medical.mean() == pytest.approx(64.10, abs=0.005)

    def test_physicians(self) -> None:
        assert readers_warned("307 of 398 cases") == {PHYSICIANS}
        assert (round(307 / 398 * 100, 2), round(287 / 398 * 100, 2)) == (77.14, 72.11)
        assert printed(2, "coverage", subset="en")[PHYSICIANS] == 77.13
        assert round(20 / 398 * 100, 2) == 5.03

    def test_gap_and_size(self) -> None:
        gap, accuracy = (printed(2, name, subset="en").drop(PHYSICIANS) for name in ("gap", "accuracy"))
        assert (round(gap.mean(), 2), gap.min(), gap.max()) == (21.44, 16.01, 28.1)
        sizes = {reader: float(found[1]) for reader in MODELS if (found := re.search(r"\((\d+)B\)", reader))}
        sized = list(sizes)
        assert set(sized) == readers_warned("larger for smaller models")
        assert stats.spearmanr(gap[sized], pd.Series(sizes)).statistic == pytest.approx(0.22, abs=0.005)
        with_accuracy = stats.spearmanr(gap[sized], accuracy[sized])
        assert (with_accuracy.statistic, with_accuracy.pvalue) == pytest.approx((0.48, 0.10), abs=0.005)

    def test_a_commitment_cannot_beat_its_differential(self) -> None:
        higher = printed(9, "open_score") - printed(8, "score", subset="en") > 0
        assert set(higher[higher].index) == readers_warned("Higher than the 1.78")

    def test_table_8_has_more_columns_than_its_caption(self) -> None:
        assert set(warned("The caption says English")["subset"]) == {"zh", "all"}
        english, chinese, overall = (printed(8, "score", subset=subset) for subset in ("en", "zh", "all"))
        # That the headings are right, and not the caption, shows in their pooling.
        assert ((ENGLISH * english + CHINESE * chinese) / (ENGLISH + CHINESE) - overall).abs().max() < 0.01

    def test_mean_nmse(self) -> None:
        types, means = FIGURES[FIGURES["measure"] == "nmse"].query("table == 12"), printed(12, "mean_nmse")
        recomputed = types.groupby("reader")["value"].mean()
        wrong = (recomputed - means).abs() > 0.0051
        assert set(wrong[wrong].index) == readers_warned("mean of the six printed types") == {"Lingshu (7B)"}
        assert recomputed["Lingshu (7B)"] == pytest.approx(0.957, abs=5e-4)
        accuracy = printed(5, "accuracy").reindex(recomputed.index)
        assert stats.pearsonr(means.reindex(recomputed.index), accuracy).statistic == pytest.approx(-0.999, abs=5e-4)
        again = stats.pearsonr(recomputed, accuracy)
        assert (again.statistic, again.pvalue) == pytest.approx((-0.98, 0.12), abs=0.005)
        # The most extreme order of three, or its reverse, in six.
        orders = [stats.spearmanr(order, [1, 2, 3]).statistic for order in itertools.permutations([1, 2, 3])]
        assert np.mean(np.abs(orders) >= 1 - 1e-12) == pytest.approx(1 / 3)


class TestReaders:
    def test_the_physicians_and_the_18_models(self) -> None:
        assert [reader.name for reader in paper_readers()] == list(FIGURES.query("table == 2")["reader"].unique())
        assert len(MODELS) == 18
        asked = [name for reader in paper_readers() for name in reader.inspect]
        assert len(asked) == len(set(asked))
        for reader in paper_readers():
            assert bool(reader.inspect) == (reader.access in ("api", "weights")), reader.name

    @pytest.mark.parametrize(
        ("name", "found"),
        [
            ("openai/o3-2025-04-16", "GPT-O3"),
            ("vllm/Qwen/Qwen2.5-VL-7B-Instruct", "Qwen2.5-VL (7B)"),
            ("sglang/Qwen/Qwen2.5-VL-7B-Instruct", "Qwen2.5-VL (7B)"),
            ("GPT-5.2", "GPT-5.2"),
            ("openai/o3-mini", None),
            ("openai/gpt-5", None),
            ("reference/reader", None),
        ],
    )
    def test_a_reader_is_found_whoever_serves_it(self, name: str, found: str | None) -> None:
        assert paper_name(name) == found


def measured(reader: str, value: float, measure: str = "accuracy", **what: Any) -> dict[str, Any]:
    row = {"reader": reader, "measure": measure, "condition": "view=image", "evidence_type": "", "subset": "en"}
    return row | {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 40} | what


class TestBeside:
    def test_every_published_figure_of_the_tables_concerned_is_there(self) -> None:
        found = against_published(pd.DataFrame([measured("reference/reader", 0.5, "coverage")]))
        printed_there = found[found["published"].notna()]
        assert set(found["table"]) == {2}
        assert len(printed_there) == (FIGURES["table"] == 2).sum()
        assert printed_there["measured"].isna().all()
        assert list(found.columns) == RESULT

    def test_a_reader_of_the_paper_stands_beside_its_figure_in_each_table(self) -> None:
        found = against_published(pd.DataFrame([measured("vllm/lingshu-medical-mllm/Lingshu-7B", 0.4)]))
        rows = found[found["measured"].notna()]
        assert rows["table"].tolist() == [2, 3, 4, 5, 6]
        assert set(rows["reader"]) == {"Lingshu (7B)"}
        assert set(rows["published"]) == {0.3693}
        assert set(rows["measured_as"]) == {"vllm/lingshu-medical-mllm/Lingshu-7B"}
        assert rows[["low", "high", "n"]].drop_duplicates().to_numpy().tolist() == [[0.30000000000000004, 0.5, 40.0]]

    def test_a_reader_that_the_paper_lacks_gets_no_published_value(self) -> None:
        found = against_published(pd.DataFrame([measured("openai/gpt-4o", 0.4, subset="zh")]))
        [row] = found[found["measured"].notna()].to_dict("records")
        assert (row["table"], row["reader"], row["measured_as"]) == (2, "openai/gpt-4o", "openai/gpt-4o")
        assert np.isnan(row["published"])
        assert row["warning"] == ""

    def test_what_no_table_asks_comes_last_without_a_table(self) -> None:
        rows = [measured("openai/gpt-4o", 0.2, condition="view=finding, text=remove"), measured("openai/gpt-4o", 0.4)]
        found = against_published(pd.DataFrame(rows))
        assert found["table"].isna().tolist() == [False] * (len(found) - 1) + [True]
        assert found.iloc[-1]["measured"] == 0.2

    def test_evidence_types_and_specialties_are_questions_of_their_own(self) -> None:
        rows = [
            measured("vllm/Qwen/Qwen2.5-VL-7B-Instruct", 0.8, "nmse", condition="", evidence_type="ct"),
            measured("vllm/Qwen/Qwen2.5-VL-7B-Instruct", 0.3, specialty="Neurology"),
        ]
        found = against_published(pd.DataFrame(rows)).dropna(subset="measured")
        assert found[["table", "published", "measured"]].to_numpy().tolist() == [[10, 0.4737, 0.3], [12, 0.9, 0.8]]

    def test_warnings_stay_with_their_figures(self) -> None:
        found = against_published(pd.DataFrame([measured("vllm/deepseek-ai/deepseek-vl2-tiny", 0.3, "coverage")]))
        [row] = found[found["measured"].notna()].to_dict("records")
        assert "Impossible with a mean score of 1.78" in row["warning"]
        key = ["table", *QUESTION, "reader"]
        kept = found.set_index(key)["warning"]
        assert kept.to_dict() == FIGURES.query("table == 2").set_index(key)["warning"].to_dict()

    def test_two_names_of_one_reader_are_two_rows(self) -> None:
        rows = [measured("openai/o3", 0.6, "open_score"), measured("openai/o3-2025-04-16", 0.7, "open_score")]
        found = against_published(pd.DataFrame(rows)).dropna(subset="measured")
        assert found[["measured_as", "published"]].to_numpy().tolist() == [
            ["openai/o3", 3.59],
            ["openai/o3-2025-04-16", 3.59],
        ]

    def test_a_frame_without_the_columns_is_refused(self) -> None:
        with pytest.raises(ValueError, match="lacks the columns condition, low"):
            against_published(pd.DataFrame([measured("a/b", 0.5)]).drop(columns=["condition", "low"]))

    def test_nothing_measured_concerns_no_table(self) -> None:
        assert against_published(pd.DataFrame([measured("a/b", 0.5)]).iloc[:0]).empty
