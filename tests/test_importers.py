"""What importing public sets promises: whole sets or nothing, nothing lost, and every doubt said aloud."""

from __future__ import annotations

import json
import os
import re
from itertools import takewhile
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from case_sets import jpeg
from medsyn_inspect.cases.case import Case, EvidenceType, Specialty
from medsyn_inspect.cases.check import examine
from medsyn_inspect.cases.folder import NotFree
from medsyn_inspect.cases.importers import IMPORTERS, ImportFailed, ImportReport, import_cases
from medsyn_inspect.cases.importers.core import Converted, Dropped, Row
from medsyn_inspect.cases.importers.investigations import type_of_heading, type_of_statement
from medsyn_inspect.cases.importers.medrbench import convert as medrbench_row
from medsyn_inspect.cases.importers.medxpertqa import asks_for_diagnosis, without_question
from medsyn_inspect.cases.importers.outline import lines_of, plain_markdown

FIXTURES = Path(__file__).parent / "fixtures"
MEDRBENCH = FIXTURES / "medrbench.json"
MEDXPERTQA = FIXTURES / "medxpertqa.jsonl"


def imported(name: str, source: Path, destination: Path, **options: bool) -> tuple[ImportReport, dict[str, Case]]:
    report = import_cases(name, source, destination, **options)
    found = examine(destination)
    assert not found.problems
    return report, {case.case_id: case for case in found.cases}


def findings(case: Case) -> dict[str, str]:
    return {piece.type.value: piece.finding or "" for piece in case.evidence}


@pytest.fixture
def with_images(tmp_path: Path) -> Path:
    """The MedXpertQA fixture with all its images in `images/` beside it."""
    folder = tmp_path / "source"
    (folder / "images").mkdir(parents=True)
    (folder / "set.jsonl").write_bytes(MEDXPERTQA.read_bytes())
    for number, line in enumerate(MEDXPERTQA.read_text(encoding="utf-8").splitlines()):
        for image in json.loads(line)["images"]:
            (folder / "images" / image["image_path"]).write_bytes(jpeg(shade=10 + number))
    return folder


class TestEveryImport:
    @pytest.mark.parametrize(("name", "source"), [("medrbench", MEDRBENCH), ("medxpertqa", MEDXPERTQA)])
    def test_writes_a_set_without_problems_and_says_where_it_is_from(
        self, name: str, source: Path, tmp_path: Path
    ) -> None:
        report, cases = imported(name, source, tmp_path / "new" / "set", without_images=True)
        card = yaml.safe_load((tmp_path / "new" / "set" / "card.yaml").read_text(encoding="utf-8"))
        assert card["synthetic"] is False
        assert "canary" in card["canary"]
        assert card["attributions"]
        assert card["imported"]["kept"] == report.kept == len(cases)
        assert card["imported"]["dropped"] == len(report.dropped)
        assert report.kept + len(report.dropped) == report.rows
        assert all(case.licence == card["licence"] and case.source for case in cases.values())

    def test_every_flag_of_a_case_is_reported_with_its_reason(self, tmp_path: Path) -> None:
        report, cases = imported("medrbench", MEDRBENCH, tmp_path / "set")
        assert {(f.case_id, f.flag) for f in report.flagged} == {
            (c.case_id, f) for c in cases.values() for f in c.flags
        }
        assert all(flagged.why for flagged in report.flagged)

    def test_the_same_source_gives_the_same_set(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            import_cases("medrbench", MEDRBENCH, tmp_path / name)
        for file in ("cases.jsonl", "card.yaml"):
            assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()

    def test_the_summary_names_what_was_dropped_flagged_and_not_split(self, tmp_path: Path) -> None:
        summary = str(import_cases("medrbench", MEDRBENCH, tmp_path / "set"))
        assert "kept 4 of 8 rows" in summary
        assert "describes several patients (PMC0000004)" in summary
        assert "evidence_not_split" in summary
        assert "'Lung score'" in summary

    def test_a_folder_will_do_for_its_only_file(self, tmp_path: Path) -> None:
        (tmp_path / "source").mkdir()
        (tmp_path / "source" / "some name.json").write_bytes(MEDRBENCH.read_bytes())
        assert import_cases("medrbench", tmp_path / "source", tmp_path / "set").kept == 4

    def test_an_empty_destination_folder_will_do(self, tmp_path: Path) -> None:
        (tmp_path / "set").mkdir()
        assert import_cases("medrbench", MEDRBENCH, tmp_path / "set").kept == 4


class TestNothingIsHalfWritten:
    def fails(self, name: str, source: Path, tmp_path: Path, expected: str, **options: bool) -> None:
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        with pytest.raises(ImportFailed, match=expected):
            import_cases(name, source, work / "set", **options)
        assert list(work.iterdir()) == []

    def test_unknown_importer(self, tmp_path: Path) -> None:
        self.fails("medqa", MEDRBENCH, tmp_path, r"unknown importer 'medqa': choose from medrbench, medxpertqa")

    def test_missing_source(self, tmp_path: Path) -> None:
        self.fails("medrbench", tmp_path / "nowhere", tmp_path, "no such file or folder")

    def test_folder_without_or_with_too_many_files(self, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.mkdir()
        self.fails("medxpertqa", source, tmp_path, r"contains no \.jsonl file")
        for name in ("dev.jsonl", "test.jsonl"):
            (source / name).write_bytes(MEDXPERTQA.read_bytes())
        self.fails("medxpertqa", source, tmp_path, r"contains 2 \.jsonl files \(dev\.jsonl, test\.jsonl\); name one")

    @pytest.mark.parametrize(
        ("name", "content", "expected"),
        [
            ("medrbench", "{", r"bad:1: malformed JSON at column 2"),
            ("medrbench", "[]", r"must be a JSON object of rows by id, is a list"),
            ("medrbench", '{"PMC1": {"question": "?"}}', r"row 'PMC1': has no 'generate_case'"),
            ("medrbench", '{"PMC1": {"generate_case": {}}}', r"row 'PMC1', generate_case: 'case_summary' is missing"),
            ("medrbench", '{"PMC1": {}, "PMC1": {}}', r"'PMC1' occurs twice"),
            ("medrbench", b"\xff\xfe", r"not UTF-8"),
            ("medxpertqa", '\n{"id": "MM-1"', r"bad:2: malformed JSON"),
            ("medxpertqa", "[1]", r"bad:1: must be a JSON object, is a list"),
            ("medxpertqa", '{"id": 1}', r"bad:1: 'id' must be a text, is a int"),
            ("medxpertqa", '{"id": "1", "medical_task": "Diagnosis", "question": "?"}', r"'options' must be a list"),
        ],
    )
    def test_wrong_format_names_the_place(self, name: str, content: str | bytes, expected: str, tmp_path: Path) -> None:
        bad = tmp_path / "bad"
        bad.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.fails(name, bad, tmp_path, expected)

    def test_a_source_without_a_usable_row(self, tmp_path: Path) -> None:
        bad = tmp_path / "bad.json"
        bad.write_text("{}")
        self.fails("medrbench", bad, tmp_path, "no row could be kept")

    def test_missing_images_are_counted_and_the_first_is_named(self, with_images: Path, tmp_path: Path) -> None:
        (with_images / "images" / "MM-1-b.jpeg").unlink()
        (with_images / "images" / "MM-2-a.jpeg").unlink()
        expected = r"2 of 8 images are missing, the first is 'MM-1-b\.jpeg'.*--without-images"
        self.fails("medxpertqa", with_images, tmp_path, expected)

    def test_an_image_path_that_leaves_the_folder_is_not_followed(self, with_images: Path, tmp_path: Path) -> None:
        file = with_images / "set.jsonl"
        file.write_text(file.read_text(encoding="utf-8").replace("MM-1-a.jpeg", "../../secret.jpeg"))
        Image.new("RGB", (8, 8)).save(tmp_path / "secret.jpeg")
        report = import_cases("medxpertqa", with_images, tmp_path / "set")
        assert [row.row_id for row in report.dropped if "leaves" in row.reason] == ["MM-1"]
        assert not list((tmp_path / "set").rglob("secret*"))

    @pytest.mark.parametrize("make", [lambda p: p.write_text("a file"), lambda p: (p / "notes").mkdir(parents=True)])
    def test_a_destination_in_use_stays_as_it_is(self, make, tmp_path: Path) -> None:
        make(tmp_path / "set")
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(NotFree, match="exists and is not an empty folder"):
            import_cases("medrbench", MEDRBENCH, tmp_path / "set")
        assert sorted(tmp_path.rglob("*")) == before


class TestMedRBench:
    @pytest.fixture
    def cases(self, tmp_path: Path) -> dict[str, Case]:
        return imported("medrbench", MEDRBENCH, tmp_path / "set")[1]

    def test_sections_become_history_and_examination(self, cases: dict[str, Case]) -> None:
        case = cases["medrbench-PMC0000001"]
        assert case.history.splitlines()[0] == "Patient Information: 40-year-old inventor."
        assert case.history.splitlines()[-1] == "Family History: None."
        assert case.examination == "Afebrile."
        assert case.options is None

    def test_labels_decide_the_kind_of_evidence_and_stay_in_the_finding(self, cases: dict[str, Case]) -> None:
        assert findings(cases["medrbench-PMC0000001"]) == {
            "laboratory": "Laboratory Findings: CRP 88 mg/L.",
            "xray": "Chest X-ray: Patchy shadows.",
            "ct": "CT Scan: Ground-glass opacities.\nFollow-up CT: Unchanged after a week.",
            "nuclear_medicine": "18F-FDG PET/CT: No uptake.",
            "microscopy": "CT-guided biopsy: Granulomas.",
            "other": "Lung score: 7 points.",
        }

    def test_what_is_below_a_heading_goes_with_it_unless_it_has_a_kind_of_its_own(self, cases: dict[str, Case]) -> None:
        found = findings(cases["medrbench-PMC0000002"])
        assert found["laboratory"] == "Laboratory:\n- Ferritin normal.\n- Sodium 131 mmol/L."
        assert found["mri"] == "Imaging:\n- Cardiac MRI: Oedema of the septum."
        assert found["electrophysiology"] == "Imaging:\n- ECG: Sinus rhythm."
        assert found["ultrasound"] == (
            "Imaging:\n- Echocardiography: EF 46%.\n"
            "Abdominal ultrasound showed three lesions:\n- Spleen: 2 cm.\n- Liver: 3 cm."
        )

    def test_several_investigations_in_one_text_stay_together_as_other_and_are_flagged(
        self, cases: dict[str, Case]
    ) -> None:
        mixed = cases["medrbench-PMC0000002"]
        assert findings(mixed)["other"] == "Imaging: CT shows a nodule. MRI shows the same nodule."
        running = cases["medrbench-PMC0000003"]
        assert findings(running) == {"other": "Leukocytosis; CT showed a mass."}
        assert "evidence_not_split" in mixed.flags
        assert "evidence_not_split" in running.flags

    def test_markup_goes_and_a_lone_asterisk_stays(self, cases: dict[str, Case]) -> None:
        assert findings(cases["medrbench-PMC0000002"])["omics"].endswith("confirmed Novum morbum, HLA-B*27 positive.")

    def test_what_happened_after_the_diagnosis_is_left_out_and_noted(self, tmp_path: Path) -> None:
        report, cases = imported("medrbench", MEDRBENCH, tmp_path / "set")
        assert "Steroids" not in cases["medrbench-PMC0000001"].model_dump_json()
        assert any("section 'Treatment' left out" in note for note in report.notes)

    def test_headings_without_bullets_and_lists_below_them(self, cases: dict[str, Case]) -> None:
        case = cases["medrbench-PMC0000008"]
        assert case.history == (
            "Patient Information:\n- Age: 40 years\n- Past Medical History: Asthma\nChief Complaint: Cough."
        )
        assert case.examination == "- Chest: clear\n- Skin: pale"
        assert findings(case)["microscopy"] == "Biopsy: Confirmed invented carcinoma."

    def test_the_diagnosis_is_a_plain_name_with_its_abbreviation_as_an_option(self, cases: dict[str, Case]) -> None:
        case = cases["medrbench-PMC0000001"]
        assert case.final_diagnosis == "Hypersensitivity pneumonitis (HP) due to pigeons"
        assert case.aliases == ("Hypersensitivity pneumonitis due to pigeons",)
        assert cases["medrbench-PMC0000002"].final_diagnosis == "Novum morbum"

    def test_specialty_only_where_all_categories_agree(self, cases: dict[str, Case]) -> None:
        assert cases["medrbench-PMC0000001"].specialty is Specialty.RESPIRATORY_MEDICINE
        assert cases["medrbench-PMC0000002"].specialty is None
        assert cases["medrbench-PMC0000003"].specialty is None

    def test_rows_that_are_no_case_are_dropped_with_a_reason(self, tmp_path: Path) -> None:
        report, _ = imported("medrbench", MEDRBENCH, tmp_path / "set")
        assert {row.row_id: row.reason for row in report.dropped} == {
            "PMC0000004": "describes several patients",
            "PMC0000005": "gives a list or a discussion instead of one diagnosis",
            "PMC0000006": "gives a list or a discussion instead of one diagnosis",
            "PMC0000007": "names no diagnosis",
        }

    def test_cases_that_name_their_diagnosis_are_flagged_or_dropped(self, tmp_path: Path) -> None:
        _, cases = imported("medrbench", MEDRBENCH, tmp_path / "flagged")
        assert "diagnosis_in_text" in cases["medrbench-PMC0000002"].flags
        assert "diagnosis_partly_in_text" in cases["medrbench-PMC0000008"].flags
        report, left = imported("medrbench", MEDRBENCH, tmp_path / "dropped", drop_flagged=True)
        assert set(left) == {"medrbench-PMC0000001", "medrbench-PMC0000003"}
        assert sum(row.reason.startswith("flagged diagnosis") for row in report.dropped) == 2


_NAME = st.sampled_from(["CT", "Labs", "Imaging", "Biopsy", "Score", "Other findings", "MRI and CT", "EEG"])
_WORDS = st.lists(st.sampled_from(["mass", "normal", "MRI", "serum", "ultrasound", "9 mm"]), min_size=1, max_size=4)


@st.composite
def ancillary_tests(draw: st.DrawFn) -> list[str]:
    """Markdown lines below `Ancillary Tests`, each with a number of its own."""
    lines, indent = [], 2
    for number in range(draw(st.integers(1, 8))):
        indent = draw(st.sampled_from([2, 4, 6][: (indent // 2) + 1])) if lines else 2
        label = draw(st.sampled_from(["", "**{}:** ", "{}: ", "*{}:* ", "**{}**: "])).format(draw(_NAME))
        text = " ".join(draw(_WORDS)) if draw(st.booleans()) or not label else ""
        lines.append(f"{' ' * indent}- {label}{text} #{number}" if text or not label else f"{' ' * indent}- {label}")
    return lines


class TestNothingIsLost:
    @given(ancillary_tests())
    def test_every_ancillary_line_is_in_a_finding_and_what_is_said_is_said_once(self, lines: list[str]) -> None:
        summary = "- **Chief Complaint:** Cough\n- **Ancillary Tests:**\n" + "\n".join(lines)
        content = {"generate_case": {"case_summary": summary, "diagnosis_results": "Invented syndrome"}}
        result = medrbench_row(Row("PMC1", "row 'PMC1'", content))
        assert isinstance(result, Converted)
        written = [re.sub(r"^\s*- ", "", line) for text in findings(result.case).values() for line in text.split("\n")]
        for line in lines:
            plain = plain_markdown(line.strip().removeprefix("- ")).strip()
            assert plain in written
            if "#" in plain:
                assert written.count(plain) == 1

    @given(st.lists(st.sampled_from(["*", "**", "_", "a", "b ", " c", "7*8", "x_y"]), max_size=12).map("".join))
    def test_taking_out_emphasis_takes_no_letter(self, text: str) -> None:
        assert re.sub(r"[*_]", "", plain_markdown(text)) == re.sub(r"[*_]", "", text)


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("NCCT Scan", EvidenceType.CT),
        ("Coronary CTA", EvidenceType.ANGIOGRAPHY),
        ("MR Angiography", EvidenceType.ANGIOGRAPHY),
        ("Fluorescein angiography", EvidenceType.OPHTHALMIC_IMAGING),
        ("OCT", EvidenceType.OPHTHALMIC_IMAGING),
        ("PET-CT", EvidenceType.NUCLEAR_MEDICINE),
        ("Ultrasound-guided fine-needle aspiration cytology (FNAC)", EvidenceType.MICROSCOPY),
        ("TEE", EvidenceType.ULTRASOUND),
        ("Endoscopic ultrasound", EvidenceType.ULTRASOUND),
        ("Bronchoscopy", EvidenceType.ENDOSCOPY),
        ("Telemetry", EvidenceType.ELECTROPHYSIOLOGY),
        ("Cone Beam Computed Tomography", EvidenceType.CT),
        ("Orthopantomogram", EvidenceType.XRAY),
        ("DNA-Based NGS", EvidenceType.OMICS),
        ("Histoplasma antigen", None),
        ("Imaging", None),
        ("Imaging (CT/MRI)", None),
        ("Chest X-ray and Mantoux test", None),
        ("October visit", None),
    ],
)
def test_headings_name_one_kind_of_evidence_or_none(heading: str, expected: EvidenceType | None) -> None:
    assert type_of_heading(heading) is expected


def test_a_statement_about_imaging_of_any_kind_names_none() -> None:
    assert type_of_statement("MRI confirmed the mass") is EvidenceType.MRI
    assert type_of_statement("Surveillance imaging and CEA were unremarkable") is None


def test_lines_of_an_outline_keep_ratios_and_fusions_out_of_labels() -> None:
    labels = [line.label for line in lines_of("- CT: mass\n- IgG 1:32\n- TCF3::BEND2 fusion\n- Normal. MRI: same")]
    assert labels == ["CT", None, None, None]


class TestMedXpertQA:
    def test_images_are_one_piece_of_other_evidence_and_copied_unchanged(
        self, with_images: Path, tmp_path: Path
    ) -> None:
        _, cases = imported("medxpertqa", with_images, tmp_path / "set")
        (piece,) = cases["medxpertqa-MM-1"].evidence
        assert (piece.type, piece.finding) == (EvidenceType.OTHER, None)
        assert [image.path for image in piece.images] == ["images/MM-1-a.jpeg", "images/MM-1-b.jpeg"]
        for copy in (tmp_path / "set" / "images").iterdir():
            assert copy.read_bytes() == (with_images / "images" / copy.name).read_bytes()

    def test_only_images_of_kept_cases_are_copied(self, with_images: Path, tmp_path: Path) -> None:
        _, cases = imported("medxpertqa", with_images, tmp_path / "set")
        used = {i.path.split("/")[1] for case in cases.values() for piece in case.evidence for i in piece.images}
        assert {file.name for file in (tmp_path / "set" / "images").iterdir()} == used

    def test_a_case_with_a_broken_image_is_dropped(self, with_images: Path, tmp_path: Path) -> None:
        (with_images / "images" / "MM-2-a.jpeg").write_bytes(b"no image")
        report, cases = imported("medxpertqa", with_images, tmp_path / "set")
        assert "medxpertqa-MM-2" not in cases
        assert any("MM-2-a.jpeg" in row.reason for row in report.dropped)

    def test_without_images_cases_are_flagged_and_those_with_nothing_left_dropped(self, tmp_path: Path) -> None:
        report, cases = imported("medxpertqa", MEDXPERTQA, tmp_path / "set", without_images=True)
        assert all("images_left_out" in case.flags and not case.evidence for case in cases.values())
        assert {row.row_id: row.reason for row in report.dropped}["MM-10"] == "without its images, the case is empty"

    def test_choices_and_asking_sentence_are_not_in_the_history(self, with_images: Path, tmp_path: Path) -> None:
        _, cases = imported("medxpertqa", with_images, tmp_path / "set")
        assert cases["medxpertqa-MM-1"].history == (
            "A 40-year-old inventor who keeps pigeons coughs at night. Vital signs are normal (see table.)"
        )
        for case in cases.values():
            assert "Answer Choices" not in case.history
            assert case.options is not None
            # An option may be in the text only where the source's own words have it, and then it is flagged.
            named = [option for option in case.options if option.lower() in case.history.lower()]
            assert not named or "diagnosis_in_text" in case.flags
            assert case.examination == ""

    def test_the_answer_is_the_labelled_option(self, with_images: Path, tmp_path: Path) -> None:
        _, cases = imported("medxpertqa", with_images, tmp_path / "set")
        assert cases["medxpertqa-MM-1"].final_diagnosis == "Pigeon lung"
        assert cases["medxpertqa-MM-2"].final_diagnosis == "Asthma"
        assert cases["medxpertqa-MM-2"].options == (
            "Pigeon lung",
            "Asthma",
            "Common cold",
            "Pleurisy",
            "Gastric reflux",
        )

    def test_a_question_that_tells_of_the_patient_stays(self, with_images: Path, tmp_path: Path) -> None:
        _, cases = imported("medxpertqa", with_images, tmp_path / "set")
        assert cases["medxpertqa-MM-2"].history.endswith(
            "After three days of fever, what is the most likely diagnosis?"
        )

    def test_rows_that_are_no_case_are_dropped_with_a_reason(self, with_images: Path, tmp_path: Path) -> None:
        report, cases = imported("medxpertqa", with_images, tmp_path / "set")
        assert {f"medxpertqa-MM-{n}" for n in (1, 2, 10, 12)} <= set(cases)
        reasons = {row.row_id: row.reason for row in report.dropped}
        assert reasons["MM-5"] == "its task is treatment, not diagnosis"
        assert "cannot be removed" in reasons["MM-6"]
        assert "not the letter of exactly one option" in reasons["MM-7"]
        assert "two options are the same" in reasons["MM-8"]
        assert "name images" in reasons["MM-9"]

    def test_diagnosis_rows_that_ask_for_something_else_are_flagged_or_dropped(
        self, with_images: Path, tmp_path: Path
    ) -> None:
        odd = {f"medxpertqa-MM-{n}" for n in (3, 4, 11)}
        _, cases = imported("medxpertqa", with_images, tmp_path / "set")
        assert {case_id for case_id, case in cases.items() if "asks_something_else" in case.flags} == odd
        assert all(cases[case_id].history.endswith("?") for case_id in odd), "without its question it means nothing"
        report, cases = imported("medxpertqa", with_images, tmp_path / "strict", drop_flagged=True)
        assert not odd & set(cases)
        assert "flagged asks_something_else" in {row.reason for row in report.dropped}

    def test_the_form_of_the_copy_on_hugging_face_is_read_too(self, tmp_path: Path) -> None:
        rows = [json.loads(line) for line in MEDXPERTQA.read_text(encoding="utf-8").splitlines()]
        for row in rows:
            row["options"] = {option["letter"]: option["content"] for option in row["options"]}
            row["images"] = [image["image_path"] for image in row["images"]]
            row["label"] = row["label"][0] if len(row["label"]) == 1 else row["label"]
        other = tmp_path / "test.jsonl"
        other.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        _, expected = imported("medxpertqa", MEDXPERTQA, tmp_path / "a", without_images=True)
        _, cases = imported("medxpertqa", other, tmp_path / "b", without_images=True)
        assert cases == expected

    def test_a_second_row_with_the_same_id_is_dropped(self, tmp_path: Path) -> None:
        twice = tmp_path / "twice.jsonl"
        twice.write_bytes(MEDXPERTQA.read_bytes() * 2)
        report, cases = imported("medxpertqa", twice, tmp_path / "set", without_images=True)
        assert sum(row.reason == "another row has the same id" for row in report.dropped) == len(cases)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the MOST likely  diagnosis?", True),
        ("Which of the following conditions best explains these findings?", True),
        ("Select the most suitable diagnosis from the following choices.", True),
        ("Which type of cardiomyopathy is the most likely diagnosis?", True),
        ("Fever rose (not shown.) What is the diagnosis?\n*Image One*", True),
        ("Which test is the most specific for confirming this patient's diagnosis?", False),
        ("What is the most appropriate diagnosis test in this situation?", False),
        ("Which of the following is associated with the most likely diagnosis?", False),
        ("Which of the following is the LEAST likely diagnosis?", False),
        ("Which condition is represented by this diagnosis?", False),
        ("What is the next step?", False),
        ("A man coughs.", False),
    ],
)
def test_whether_a_question_asks_for_the_diagnosis(question: str, expected: bool) -> None:
    assert asks_for_diagnosis(question) is expected


@given(
    st.text(alphabet="ab .?:\n", max_size=30),
    st.sampled_from(["What is the diagnosis?", "In a man, what is the diagnosis?"]),
)
def test_only_a_question_of_asking_words_is_taken_out(before: str, question: str) -> None:
    stem = f"{before}. {question}"
    expected = f"{before}.".rstrip() if question.startswith("What") else stem
    assert without_question(stem) == expected


def _public(folder: str) -> Path:
    root = Path(os.environ.get("MEDSYN_PUBLIC_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not (root / folder).is_dir():
        pytest.skip(f"no rows of the public set in {root / folder}")
    return root / folder


class TestRealRows:
    @pytest.mark.parametrize(("name", "folder"), [("medrbench", "medrbench"), ("medxpertqa", "medxpertqa_mm")])
    def test_the_public_set_imports_without_problems(self, name: str, folder: str, tmp_path: Path) -> None:
        report, cases = imported(name, _public(folder), tmp_path / "set", without_images=True)
        assert len(cases) == report.kept > report.rows / 10

    def test_every_line_of_ancillary_tests_is_in_a_finding(self) -> None:
        (file,) = _public("medrbench").glob("*.json")
        seen = 0
        for row in IMPORTERS["medrbench"].read(file):
            result = IMPORTERS["medrbench"].convert(row)
            if isinstance(result, Dropped):
                continue
            lines = lines_of(row.content["generate_case"]["case_summary"])
            start = next(n for n, line in enumerate(lines) if line.label == "Ancillary Tests")
            shape = (lines[start].indent, lines[start].bulleted)
            below = takewhile(lambda line: (line.indent, line.bulleted) != shape, lines[start + 1 :])  # noqa: B023
            written = "\n".join(findings(result.case).values())
            for text in (lines[start].rest, *(line.text for line in below)):
                assert text in written, (row.row_id, text)
                seen += 1
        assert seen > 300
