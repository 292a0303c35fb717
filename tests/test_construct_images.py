"""Text inside images is read where the extra `privacy` is installed, noted in the record, and listed for review."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from medsyn_inspect.cases.case import EvidenceType
from medsyn_inspect.construct.draft import Draft, Panel, Report, Sorted
from medsyn_inspect.construct.reading import image_text
from medsyn_inspect.construct.reading.image_text import FILE, ImageTexts, texts_in
from medsyn_inspect.construct.rules.burned_in import IDENTIFIER, NAME, NOT_READ, TEXT, with_image_texts

needs_the_extra = pytest.mark.skipif(not image_text.can_read(), reason="needs the extra `privacy` (RapidOCR)")


def draft(kind: EvidenceType = EvidenceType.CT, content: str = "") -> Draft:
    report = Report(
        report_id="r", file="r.md", title="t", language="en", licence="CC0", source="s", sentences=(),
        panels=(Panel(panel_id="F1", caption="CT", image="images/r/F1.png", content=content),),
    )  # fmt: skip
    return Draft(report=report, case_id="en-0001", sorted_panels=(Sorted(panel_id="F1", type=kind),))


def noted(before: Draft, *lines: str) -> list[tuple[str, str]]:
    after = with_image_texts(before, lambda image: lines if image == "images/r/F1.png" else ())
    assert {one.step for one in after.caught} <= {NAME}
    notes = [(one.rule, one.what) for one in after.caught]
    assert list(after.review) == [f"{rule}: {what}" for rule, what in notes]
    assert after.sorted_panels == before.sorted_panels, "an image is flagged, never removed by a rule"
    return notes


def test_text_in_an_image_is_noted_and_listed_for_review() -> None:
    assert noted(draft(), "JONES MARY", "R", "2 cm", "L4") == [(TEXT, "F1: JONES MARY; 2 cm")]


def test_what_looks_like_an_identifier_is_noted_as_such() -> None:
    assert noted(draft(), "St Anna Hospital 2021-03-14") == [
        (IDENTIFIER, "F1: St Anna Hospital (institution)"),
        (IDENTIFIER, "F1: 2021-03-14 (date)"),
        (TEXT, "F1: St Anna Hospital 2021-03-14"),
    ]


@pytest.mark.parametrize("table", [draft(EvidenceType.LABORATORY), draft(content="Test | Result")])
def test_tables_are_meant_to_hold_text_so_that_only_identifiers_are_noted(table: Draft) -> None:
    assert noted(table, "CRP 9 mg/L", "MRN: NG448213") == [(IDENTIFIER, "F1: MRN: NG448213 (record_number)")]


def test_marks_and_images_without_text_are_not_noted() -> None:
    assert noted(draft(), "A", "R") == []
    assert noted(draft()) == []


def test_without_the_extra_every_image_is_for_a_person() -> None:
    after = with_image_texts(draft(), None)
    assert (after.review, after.caught) == ((NOT_READ,), ())


def test_an_image_is_read_once_also_after_a_run_that_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []

    def read(image: Image.Image) -> tuple[str, ...]:
        reads.append(image.getpixel((0, 0)))
        return (f"shade {len(reads)}",)

    monkeypatch.setattr(image_text, "texts_in", read)
    for shade in (1, 2):
        Image.new("RGB", (50, 50), (shade, 0, 0)).save(tmp_path / f"{shade}.png")
    first = ImageTexts(tmp_path)
    assert [first.of("1.png"), first.of("1.png")] == [("shade 1",), ("shade 1",)]
    with (tmp_path / FILE).open("a", encoding="utf-8") as file:
        file.write('{"image": "ab')
    again = ImageTexts(tmp_path)
    assert [again.of("1.png"), again.of("2.png")] == [("shade 1",), ("shade 2",)]
    assert ImageTexts(tmp_path).of("2.png") == ("shade 2",)
    assert len(reads) == 2


WORDS = [f"{letter}{number} {1000 + 7 * number} units" for number, letter in enumerate("ABCDEFGHKLMNPRSTUVWXYZ")]


def page() -> Image.Image:
    """A picture with 44 lines of text on a dark ground."""
    image = Image.new("RGB", (700, 760), (24, 28, 40))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=20)
    for number, line in enumerate(WORDS):
        for left in (20, 380):
            pen.text((left, 10 + 34 * number), line, fill=(235, 235, 220), font=font)
    return image


def with_shuffled_palette(image: Image.Image) -> Image.Image:
    """The same picture with a palette in which the places of colours have nothing to do with their brightness."""
    flat = image.quantize(64)
    order = list(range(64))
    random.Random(3).shuffle(order)
    return flat.remap_palette(order)


@needs_the_extra
def test_a_palette_png_is_read_as_well_as_its_rgb_copy(tmp_path: Path) -> None:
    with_shuffled_palette(page()).save(tmp_path / "palette.png")
    with Image.open(tmp_path / "palette.png") as image:
        assert image.mode == "P"
        read, copy = texts_in(image), texts_in(image.convert("RGB"))
    assert read == copy
    assert sum(line in read for line in WORDS) >= 0.9 * len(WORDS), read
