"""A clinician's sheet becomes a case set: complete, or all problems at once and nothing written."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
import yaml
from click.testing import CliRunner, Result

from case_sets import jpeg, picture, png, turned
from medsyn_inspect.cases.case import Case, EvidenceType
from medsyn_inspect.cases.evidence_words import evidence_types_in, suggestion
from medsyn_inspect.cases.load import load_cases
from medsyn_inspect.cases.sheet.columns import closest_header, column_of
from medsyn_inspect.cases.sheet.shown import shown
from medsyn_inspect.cases.sheet.template import header_of, template_columns
from medsyn_inspect.cli import main

Cells = Mapping[str, Any]

GOUT: Cells = {
    "Case": "gout",
    "Specialty": "Rheumatology",
    "History": "A man of 60 with a swollen toe.",
    "Examination": "Red, hot first toe.",
    "Diagnosis": "Gout",
    "Other names": "Podagra; Gouty arthritis",
    "Distractors": "Septic arthritis; Cellulitis; Gout",
    "Evidence 1": "Bloods",
    "Finding 1": "Urate 0.6 mmol/L",
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "pictures" / "more").mkdir(parents=True)
    for number, name in enumerate(("ct1.jpg", "ct2.jpg", "more/Foot.JPG")):
        (tmp_path / "pictures" / name).write_bytes(jpeg(shade=100 + number))
    (tmp_path / "pictures" / "ecg.png").write_bytes(png())
    return tmp_path


def workbook(file: Path, *rows: Cells, language: str = "en", edit: Any = None) -> Path:
    """The template, with rows filled in under its headers."""
    if not file.exists():
        assert medsyn("template", file, "--language", language).exit_code == 0
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    at = {cell.value: cell.column for cell in sheet[1]}
    for number, row in enumerate(rows, 2):
        for header, value in row.items():
            sheet.cell(number, at[header], value)
    if edit:
        edit(sheet)
    book.save(file)
    return file


def medsyn(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["cases", *map(str, arguments)])


def init(place: Path, sheet: Path, *arguments: str) -> Result:
    return medsyn("init", place / "set", "--from", sheet, "--images", place / "pictures", *arguments)


def made(place: Path, *rows: Cells, **how: Any) -> tuple[Case, ...]:
    """The cases of the case set of some rows, which the check of case sets accepts."""
    result = init(place, workbook(place / "cases.xlsx", *rows, **how))
    assert result.exit_code == 0, result.output
    checked = medsyn("check", place / "set")
    assert checked.exit_code == 0, checked.output
    return load_cases(place / "set").cases


def refused(place: Path, *rows: Cells, **how: Any) -> list[str]:
    """The problems of some rows, without their indentation; nothing was written."""
    result = init(place, workbook(place / "cases.xlsx", *rows, **how))
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert not (place / "set").exists()
    first, *problems = result.output.splitlines()
    assert first == "Error: cases.xlsx cannot be used, and nothing was written:"
    return [line.strip() for line in problems]


class TestCases:
    def test_a_row_becomes_a_case(self, place: Path) -> None:
        [case] = made(place, GOUT)
        assert case.case_id == "gout"
        assert case.language == "en"
        assert case.specialty == "Rheumatology"
        assert (case.history, case.examination) == (GOUT["History"], GOUT["Examination"])
        assert case.final_diagnosis == "Gout"
        assert case.aliases == ("Podagra", "Gouty arthritis")
        assert case.options is not None
        assert sorted(case.options) == ["Cellulitis", "Gout", "Septic arthritis"]
        [piece] = case.evidence
        assert (piece.type, piece.finding, piece.images) == ("laboratory", "Urate 0.6 mmol/L", ())

    def test_images_are_found_by_name_in_any_spelling_and_copied(self, place: Path) -> None:
        [case] = made(place, {**GOUT, "Evidence 2": "CT foot", "Images 2": "CT1; ct2.JPG (day 5)；foot"})
        images = case.evidence[1].images
        assert [(image.path, image.obtained) for image in images] == [
            ("images/gout-ct-1.jpg", None),
            ("images/gout-ct-2.jpg", "day 5"),
            ("images/gout-ct-3.jpg", None),
        ]
        source = place / "pictures" / "more" / "Foot.JPG"
        assert (place / "set" / images[2].path).read_bytes() == source.read_bytes()

    def test_a_wrong_suffix_is_corrected(self, place: Path) -> None:
        (place / "pictures" / "scan.png").write_bytes(jpeg())
        [case] = made(place, {**GOUT, "Evidence 2": "CT", "Images 2": "scan.png"})
        assert case.evidence[1].images[0].path == "images/gout-ct-1.jpg"

    def test_a_photograph_taken_sideways_is_saved_upright(self, place: Path) -> None:
        (place / "pictures" / "sideways.jpg").write_bytes(turned("JPEG", 6))
        [case] = made(place, {**GOUT, "Evidence 2": "Photo", "Images 2": "sideways.jpg"})
        assert case.evidence[1].images[0].path.endswith(".png")

    def test_several_investigations_of_one_type_are_one_piece_of_evidence(self, place: Path) -> None:
        several = {"Evidence 2": "CT head", "Finding 2": "Normal.", "Images 2": "ct1"}
        several |= {"Evidence 3": "CT chest", "Finding 3": "Nodes.", "Images 3": "ct2"}
        [case] = made(place, {**GOUT, **several})
        piece = case.evidence[1]
        assert piece.finding == "CT head: Normal.\nCT chest: Nodes."
        assert len(piece.images) == 2

    def test_more_evidence_than_the_template_has_gets_the_next_number(self, place: Path) -> None:
        def add(sheet: Any) -> None:
            for header, value in {"Evidence 6": "MRI", "Finding 6": "Oedema."}.items():
                sheet.cell(1, sheet.max_column + 1, header)
                sheet.cell(2, sheet.max_column, value)

        [case] = made(place, GOUT, edit=add)
        assert [piece.type for piece in case.evidence] == ["laboratory", "mri"]

    def test_cases_without_a_name_are_numbered_and_names_made_usable(self, place: Path) -> None:
        rows = [{**GOUT, "Case": name, "History": f"{name}."} for name in (None, "Ward 7 / bed 2", 12)]
        assert [case.case_id for case in made(place, *rows)] == ["case-1", "Ward-7-bed-2", "12"]

    def test_empty_rows_do_not_matter(self, place: Path) -> None:
        assert len(made(place, {}, GOUT, {"History": "  "}, {**GOUT, "Case": "second"})) == 2

    def test_a_chinese_template_makes_chinese_cases(self, place: Path) -> None:
        row = {"病例": "患者甲1", "病史": "发热三天。", "诊断": "急性胆囊炎", "干扰项": "急性胰腺炎；肺炎"}
        row |= {"检查 1": "血常规", "所见 1": "白细胞16.2", "检查 2": "腹部B超", "图片 2": "ct1.jpg（入院时）"}
        [case] = made(place, row, language="zh")
        assert (case.language, case.case_id) == ("zh", "1")
        assert [piece.type for piece in case.evidence] == ["laboratory", "ultrasound"]
        assert case.evidence[1].images[0].obtained == "入院时"
        assert len(case.options or ()) == 3

    def test_a_language_can_be_named_in_words(self, place: Path) -> None:
        [case] = made(place, {**GOUT, "Language": "中文"})
        assert case.language == "zh"

    def test_a_cell_merged_downwards_counts_for_every_row(self, place: Path) -> None:
        rows = [GOUT, {**GOUT, "Case": "second", "Evidence 1": None, "History": "Another man."}]

        def merge(sheet: Any) -> None:
            column = next(cell.column for cell in sheet[1] if cell.value == "Evidence 1")
            sheet.merge_cells(start_row=2, end_row=3, start_column=column, end_column=column)

        assert [case.evidence[0].type for case in made(place, *rows, edit=merge)] == ["laboratory", "laboratory"]

    @pytest.mark.parametrize("name", ["cases.xlsx", "cases.xlsm"])
    def test_of_a_formula_the_value_that_excel_stored_is_taken(self, place: Path, name: str) -> None:
        sheet = workbook(place / "formula.xlsx", {**GOUT, "History": '=CONCATENATE("never ","computed")'})
        with ZipFile(sheet) as old, ZipFile(place / name, "w") as new:
            for part in old.namelist():
                content = old.read(part)
                if part == "xl/worksheets/sheet1.xml":
                    content = re.sub(
                        rb'(<c r="D2"[^>]*)(><f>.*?</f>)<v ?/>', rb'\1 t="str"\2<v>As stored.</v>', content
                    )
                    assert b"As stored." in content
                new.writestr(part, content)
        assert init(place, place / name).exit_code == 0
        assert load_cases(place / "set").cases[0].history == "As stored."

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_csv_in_every_dialect_of_excel(self, place: Path, delimiter: str) -> None:
        row = {
            "Diagnosis": "Gout",
            "History": "Pain in a toe\nfor a day",
            "Evidence 1": "Labor",
            "Finding 1": "Urate 0.6",
        }
        lines = [delimiter.join(row), delimiter.join(f'"{cell}"' for cell in row.values()), delimiter * 3]
        (place / "cases.csv").write_text("\r\n".join(lines), encoding="utf-8-sig", newline="")
        result = init(place, place / "cases.csv")
        assert result.exit_code == 0, result.output
        [case] = load_cases(place / "set").cases
        assert case.history == "Pain in a toe\nfor a day"
        assert case.evidence[0].type == "laboratory"
        assert "1 case without distractors, which only fdx and sensitivity need." in result.output


class TestCard:
    def test_defaults_without_a_terminal(self, place: Path) -> None:
        made(place, GOUT)
        card = yaml.safe_load((place / "set" / "card.yaml").read_text(encoding="utf-8"))
        canary = card.pop("canary")
        assert canary.startswith("medsyn_inspect canary ")
        assert card == {
            "name": "set",
            "version": "1",
            "licence": "private, not for redistribution",
            "source": "cases.xlsx",
            "languages": ["en"],
            "synthetic": False,
        }

    def test_options_of_the_command(self, place: Path) -> None:
        about = ["--name", "toes", "--source", "our ward", "--licence", "CC0-1.0", "--synthetic"]
        assert init(place, workbook(place / "cases.xlsx", GOUT), *about).exit_code == 0
        found = load_cases(place / "set")
        assert (found.card.name, found.card.source, found.card.licence) == ("toes", "our ward", "CC0-1.0")
        assert found.card.synthetic
        assert (found.cases[0].source, found.cases[0].licence) == ("our ward", "CC0-1.0")

    def test_a_terminal_is_asked_what_the_options_leave_open(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sheet = workbook(place / "cases.xlsx", GOUT)
        monkeypatch.setattr("medsyn_inspect.cli.cases_init._interactive", lambda: True)
        arguments = ["cases", "init", str(place / "set"), "--from", str(sheet), "--licence", "CC0-1.0"]
        result = CliRunner().invoke(main, arguments, input="toes\n\ny\n")
        assert result.exit_code == 0, result.output
        card = load_cases(place / "set").card
        assert (card.name, card.source, card.synthetic) == ("toes", "cases.xlsx", True)


class TestProblems:
    def test_one_line_per_kind_with_the_rows(self, place: Path) -> None:
        rows = [{**GOUT, "Case": f"case-{number}", "Evidence 1": "ultrasuond"} for number in range(1, 6)]
        rows[3] = {**rows[3], "Evidence 1": "CT", "Diagnosis": None}
        assert refused(place, *rows) == [
            "cases.xlsx, 4 times, rows 2-4, 6 (case-1, case-2, case-3, ...): unknown evidence type 'ultrasuond': did "
            "you mean ultrasound?",
            "cases.xlsx:5 (case-4): Diagnosis is empty; fill it in",
        ]

    @pytest.mark.parametrize(
        ("cells", "says"),
        [
            ({"Specialty": "Cardiolgy"}, "unknown Specialty 'Cardiolgy': did you mean Cardiology?"),
            ({"Evidence 1": "XYZ"}, "unknown evidence type 'XYZ': choose from clinical_photography, electrophysiology"),
            ({"Evidence 1": "photo of the biopsy"}, "can be clinical_photography or microscopy; write one of them"),
            ({"Evidence 1": None}, "Images 1 or Finding 1 is filled in, but not Evidence 1; name the type"),
            ({"Evidence 2": "MRI"}, "'MRI' has neither images nor a finding; fill in one of them, or clear Evidence 2"),
            ({"Images 1": "ct11.jpg"}, ": did you mean 'ct1.jpg'?"),
            ({"Images 1": "unlike.tif"}, "no image 'unlike.tif' in "),
            ({"Images 1": "ct1.jpg; CT1"}, "image 'ct1.jpg' is listed 2 times; keep one"),
            (
                {"Images 1": "ct1.jpg", "Evidence 2": "MRI", "Images 2": "ct1.jpg"},
                "image 'ct1.jpg' is listed 2 times; keep one",
            ),
            ({"Language": "French"}, "Language 'French' has no prompts; write one of en, zh"),
            ({"Case": "病人"}, "Case '病人' has no letter from A to Z and no digit"),
            ({"Distractors": "Septic arthritis; septic-arthritis"}, "2 options differ only in case and punctuation"),
            ({"Diagnosis": '=A1&"x"'}, "the formula in F2 has no stored value; open the file in Excel and save it"),
            ({"History": "#REF!"}, "D2 shows the error '#REF!'; correct it"),
        ],
    )
    def test_says_what_is_wrong_and_how_to_correct_it(self, place: Path, cells: Cells, says: str) -> None:
        assert any(says in line for line in refused(place, {**GOUT, **cells}))

    def test_an_unusable_image_is_named_as_in_the_sheet(self, place: Path) -> None:
        (place / "pictures" / "scan.tif").write_bytes(picture("TIFF"))
        [line] = refused(place, {**GOUT, "Evidence 2": "CT", "Images 2": "scan"})
        assert line.startswith("cases.xlsx:2 (gout): image 'scan.tif' is not a PNG")

    def test_a_name_of_several_files_is_ambiguous(self, place: Path) -> None:
        (place / "pictures" / "ct1.png").write_bytes(png())
        [line] = refused(place, {**GOUT, "Evidence 2": "CT", "Images 2": "ct1"})
        assert "image 'ct1' can be several files; write one of ct1.jpg, ct1.png" in line

    def test_the_same_name_for_two_cases(self, place: Path) -> None:
        [line] = refused(place, GOUT, GOUT)
        assert line.startswith("cases.xlsx:3 (gout): the same Case as row 2; rename one")

    def test_unknown_columns_are_not_ignored(self, place: Path) -> None:
        lines = refused(place, GOUT, edit=lambda sheet: sheet.cell(1, 4, "Histroy"))
        assert lines == ["cases.xlsx:1: unknown column 'Histroy': did you mean History?"]

    def test_text_under_no_header_is_not_lost(self, place: Path) -> None:
        [line] = refused(place, GOUT, edit=lambda sheet: sheet.cell(2, sheet.max_column + 1, "More history."))
        assert "'More history.' is in a column without a header" in line

    @pytest.mark.parametrize(
        ("name", "content", "says"),
        [
            ("cases.xlsx", b"no workbook", "cannot be read as an Excel workbook; remove its password"),
            ("cases.xls", b"", "is not a sheet (.xlsx, .xlsm, .csv"),
            ("cases.csv", b"a,b\n1,2\n", "has no row with the header Diagnosis or"),
            ("cases.csv", "Diagnosis\nSjögren\n".encode("cp1252"), "save the file as 'CSV UTF-8'"),
            ("cases.csv", b"Diagnosis,History\n", "contains no cases"),
        ],
    )
    def test_files_that_are_no_sheet(self, place: Path, name: str, content: bytes, says: str) -> None:
        (place / name).write_bytes(content)
        result = init(place, place / name)
        assert result.exit_code == 1
        assert says in result.output
        assert not (place / "set").exists()

    def test_nothing_that_exists_is_overwritten(self, place: Path) -> None:
        sheet = workbook(place / "cases.xlsx", GOUT)
        assert "exists, and may be filled in" in medsyn("template", sheet).output
        assert init(place, sheet).exit_code == 0
        assert "exists and is not an empty folder" in init(place, sheet).output


class TestTemplate:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_every_header_is_understood_and_explained(self, place: Path, language: str) -> None:
        medsyn("template", place / "t.xlsx", "--language", language)
        sheet = openpyxl.load_workbook(place / "t.xlsx").worksheets[0]
        assert [column_of(cell.value) for cell in sheet[1]] == template_columns()
        assert all(cell.comment for cell in sheet[1])

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_its_example_can_be_copied_as_it_is(self, place: Path, language: str) -> None:
        medsyn("template", place / "t.xlsx", "--language", language)
        example = openpyxl.load_workbook(place / "t.xlsx").worksheets[1]
        row = {head.value: cell.value for head, cell in zip(example[1], example[2], strict=True)}
        for name in ("bloods-1.png", "us-1.jpg", "us-2.jpg"):
            (place / "pictures" / name).write_bytes(picture("PNG" if name.endswith("png") else "JPEG"))
        [case] = made(place, row, language=language)
        assert [piece.type for piece in case.evidence] == ["laboratory", "ultrasound"]
        assert len(case.evidence[1].images) == 2
        assert case.language == language

    def test_the_csv_has_the_same_columns(self, place: Path) -> None:
        medsyn("template", place / "t.csv")
        header = (place / "t.csv").read_text(encoding="utf-8-sig").strip().split(",")
        assert header == [header_of(column, "en") for column in template_columns()]

    def test_an_unlike_header_has_no_suggestion(self) -> None:
        assert closest_header("Blood group") == "rename it as in the template, or remove it"


class TestShown:
    """Cells become what Excel shows."""

    @pytest.mark.parametrize(
        ("value", "number_format", "text"),
        [
            (38, "General", "38"),
            (38.0, "0.0", "38.0"),
            (0.1 + 0.2, "General", "0.3"),
            (12345.678, "#,##0.00", "12,345.68"),
            (0.256, "0.0%", "25.6%"),
            (4.5, '0.0" mmol/L"', "4.5 mmol/L"),
            (3, '"<"0', "<3"),
            (7, "@", "7"),
            (1 / 3, "# ?/?", "0.3333333333"),
            (True, "General", "TRUE"),
            (dt.datetime(2026, 3, 7), "mm-dd-yy", "2026-03-07"),
            (dt.datetime(2026, 3, 7), "dd/mm/yyyy", "07/03/2026"),
            (dt.datetime(2026, 3, 7), "d-mmm-yy", "7-Mar-26"),
            (dt.datetime(2026, 3, 7, 14, 5), "dd.mm.yyyy hh:mm", "07.03.2026 14:05"),
            (dt.datetime(2026, 3, 7, 14, 5), "h:mm AM/PM", "2:05 PM"),
            (dt.datetime(2026, 3, 7), 'yyyy"年"m"月"d"日"', "2026年3月7日"),
            (dt.time(14, 5), "h:mm", "14:05"),
            (dt.timedelta(hours=26, minutes=3), "[h]:mm", "26:03"),
            (" a\r\nb_x000D_ ", "@", "a\nb"),
        ],
    )
    def test_as_excel_shows_it(self, value: Any, number_format: str, text: str) -> None:
        assert shown(value, number_format) == text


class TestWords:
    @pytest.mark.parametrize(
        ("name", "type"),
        [
            ("CT abdomen", "ct"),
            ("bloods", "laboratory"),
            ("血常规", "laboratory"),
            ("chest film", "xray"),
            ("echo", "ultrasound"),
            ("MRT", "mri"),
            ("腹部CT", "ct"),
            ("CT angiography of the aorta", "angiography"),
            ("FDG PET/CT", "nuclear_medicine"),
            ("blood film", "microscopy"),
            ("Röntgen Thorax", "xray"),
            ("CT-guided biopsy", "microscopy"),
            ("fundus photo", "ophthalmic_imaging"),
            ("Karyotype (G-banding)", "omics"),
            ("NGS panel", "omics"),
            ("Expression heat map", "omics"),
            ("RNA-seq", "omics"),
            ("基因检测", "omics"),
            ("染色体核型分析", "omics"),
            ("基因表达热图", "omics"),
            *((member, member) for member in EvidenceType),
        ],
    )
    def test_everyday_words(self, name: str, type: str) -> None:
        assert evidence_types_in(name) == [type]

    def test_words_within_other_words_are_not_found(self) -> None:
        assert evidence_types_in("infarct") == []
        assert evidence_types_in("pus") == []

    def test_every_word_has_one_type(self) -> None:
        from medsyn_inspect.cases import evidence_words

        content = yaml.safe_load(Path(evidence_words.__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
        assert list(content) == list(EvidenceType)
        wrong = [
            (word, type)
            for type, by_language in content.items()
            for words in by_language.values()
            for word in words
            if evidence_types_in(word) != [type]
        ]
        assert wrong == []

    def test_the_nearest_word_is_suggested(self) -> None:
        assert suggestion("CT") == "did you mean ct?"
        assert suggestion("labratory") == "did you mean laboratory?"


def test_thirty_cases_take_seconds(place: Path) -> None:
    """Of the ten minutes in which thirty cases are entered, the command needs next to none."""
    rows = []
    for number in range(30):
        for name in (f"ct{number}a.jpg", f"ct{number}b.jpg", f"photo{number}.png"):
            kind = "PNG" if name.endswith("png") else "JPEG"
            (place / "pictures" / name).write_bytes(picture(kind, size=(800, 600), shade=number))
        pieces = {"Evidence 2": "CT abdomen", "Images 2": f"ct{number}a; ct{number}b (day 2)", "Finding 2": "Nodes."}
        pieces |= {"Evidence 3": "Photo", "Images 3": f"photo{number}"}
        rows.append({**GOUT, "Case": None, "History": f"A man of {30 + number}.", **pieces})
    sheet = workbook(place / "cases.xlsx", *rows)
    began = time.monotonic()
    result = init(place, sheet)
    assert result.exit_code == 0, result.output
    assert "30 cases (30 en), 90 pieces of evidence, 90 images, 0 warnings." in result.output
    assert time.monotonic() - began < 30
