"""Case sets for tests: a small valid one, and every way in which one can be broken.

`python -m tests.case_sets DEST` writes the broken ones to DEST, one sub-folder each, to look at or to try
`medsyn cases check` on.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

Raw = dict[str, Any]
"""A case or a card as it stands in the file."""

ECG = "images/asthma-ecg.png"
XRAY = "images/asthma-xray.jpg"


def picture(kind: str, *, size: tuple[int, int] = (32, 24), shade: int = 128) -> bytes:
    """The bytes of a small picture; another shade gives another picture."""
    width, height = size
    image = Image.new("RGB", size, (shade, shade // 2, 90))
    image.paste((255 - shade, 200, 30), (width // 4, height // 4, width // 2, height // 2))
    content = io.BytesIO()
    image.save(content, kind)
    return content.getvalue()


def png(*, size: tuple[int, int] = (32, 24), shade: int = 128) -> bytes:
    return picture("PNG", size=size, shade=shade)


def jpeg(*, size: tuple[int, int] = (32, 24), shade: int = 128) -> bytes:
    return picture("JPEG", size=size, shade=shade)


def animated_gif() -> bytes:
    content = io.BytesIO()
    frames = [Image.new("RGB", (16, 16), (shade, 0, 255 - shade)) for shade in (0, 90, 180)]
    frames[0].save(content, "GIF", save_all=True, append_images=frames[1:])
    return content.getvalue()


def of_mode(mode: str, kind: str, **options: Any) -> bytes:
    """A small picture with the channels of a mode of Pillow's."""
    content = io.BytesIO()
    picture = Image.radial_gradient("L")
    deep = picture.convert("I").point(lambda value: value * 257).convert("I;16") if mode == "I;16" else None
    (deep or picture.convert(mode)).save(content, kind, **options)
    return content.getvalue()


def turned(kind: str, orientation: int) -> bytes:
    """A picture that is stored on its side, with the EXIF tag that says so."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return of_mode("RGB", kind, exif=exif)


def one_colour(mode: str = "RGB", colour: Any = (0, 0, 0)) -> bytes:
    content = io.BytesIO()
    Image.new(mode, (32, 24), colour).save(content, "PNG")
    return content.getvalue()


def png_of(width: int, height: int, depth: int, colour_type: int, pixels: bytes) -> bytes:
    """A PNG with correct checksums, whether or not its pixels are those that its head announces."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a hundred bytes with correct checksums that says it is `width` x `height`."""
    return png_of(width, height, 8, 2, zlib.compress(bytes(1000)))


def a_card(**changes: Any) -> Raw:
    card: Raw = {
        "name": "three cases",
        "version": "1.0",
        "licence": "CC0-1.0",
        "source": "tests/case_sets.py",
        "languages": ["en", "zh"],
        "canary": "medsyn test set 6b1f9f0e",
        "synthetic": True,
    }
    return card | changes


def a_case(**changes: Any) -> Raw:
    """The smallest case there is, with `changes`."""
    case: Raw = {
        "case_id": "gout-01",
        "language": "en",
        "history": "A man of 52 woke with a hot, swollen big toe.",
        "final_diagnosis": "Gout",
        "source": "invented",
        "licence": "CC0-1.0",
    }
    return case | changes


def three_cases() -> list[Raw]:
    """A valid case with text only, one with all there can be, and one in Chinese."""
    return [
        a_case(),
        a_case(
            case_id="asthma-02",
            specialty="Respiratory medicine",
            history="A girl of 9 coughs at night and is short of breath when she runs.",
            examination="Expiratory wheeze on both sides.",
            evidence=[
                {
                    "type": "xray",
                    "images": [
                        {"path": XRAY, "obtained": "on admission"},
                        {"path": "images/asthma-xray-2.png", "obtained": "day 5"},
                    ],
                    "finding": "Lungs overinflated on admission, normal on day 5.",
                },
                {"type": "electrophysiology", "images": [{"path": ECG}], "finding": "Sinus tachycardia."},
                {"type": "laboratory", "finding": "Eosinophils 11 %."},
            ],
            final_diagnosis="Bronchial asthma",
            aliases=["Asthma bronchiale", "支气管哮喘"],
            options=["Cystic fibrosis", "Bronchial asthma", "Inhaled foreign body", "Primary ciliary dyskinesia"],
            flags=["short"],
        ),
        a_case(
            case_id="zh-03",
            language="zh",
            specialty="Infectious diseases",
            history="男，30岁，发热3天，伴寒战。",
            evidence=[
                {"type": "microscopy", "images": [{"path": "images/zh-film.png"}], "finding": "红细胞内环状体。"}
            ],
            final_diagnosis="疟疾",
            options=["疟疾", "登革热"],
        ),
    ]


PICTURES = {
    XRAY: jpeg(shade=60),
    "images/asthma-xray-2.png": png(shade=80),
    ECG: png(shade=200),
    "images/zh-film.png": png(shade=20),
}
"""The images that `three_cases` name."""


def write_case_set(
    folder: Path,
    cases: Iterable[Raw] | None = None,
    card: Raw | None = None,
    images: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a case set; what is not given is that of the valid set of three cases.

    Images default to small pictures for whatever paths the cases name.
    """
    rows = list(three_cases() if cases is None else cases)
    if images is None:
        pieces = [piece for row in rows for piece in row.get("evidence", ())]
        named = [image["path"] for piece in pieces for image in piece.get("images", ())]
        images = {name: PICTURES.get(name) or (jpeg if name.endswith(".jpg") else png)() for name in named}
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "card.yaml").write_text(yaml.safe_dump(a_card() if card is None else card), encoding="utf-8")
    for name, content in images.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder


@dataclass(frozen=True)
class Fault:
    """One way in which a case set can be broken, and what a checker must say of it."""

    name: str
    """Also the name of the sub-folder."""

    inflict: Callable[[Path], None]
    """Break a folder that holds the valid set."""

    place: str
    """Where the error must say it is: `file:line (case)`."""

    says: tuple[str, ...]
    """What its text must contain: what is wrong, and how to fix it."""


SECOND = "cases.jsonl:2 (asthma-02)"
"""Faults are inflicted on the second of three cases, so that saying `line 1` by chance does not pass."""


def changed(**changes: Any) -> Callable[[Path], None]:
    """The second case with other fields."""
    return edited(lambda case: case.update(deepcopy(changes)))


def edited(edit: Callable[[Raw], Any]) -> Callable[[Path], None]:
    """The second case after `edit` changed it in place."""

    def inflict(folder: Path) -> None:
        rows = three_cases()
        edit(rows[1])
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        (folder / "cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")

    return inflict


def second_line(write: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """The second line as other bytes."""

    def inflict(folder: Path) -> None:
        lines = (folder / "cases.jsonl").read_bytes().splitlines()
        lines[1] = write(lines[1])
        (folder / "cases.jsonl").write_bytes(b"\n".join(lines) + b"\n")

    return inflict


def card_with(**changes: Any) -> Callable[[Path], None]:
    return lambda folder: _write(folder / "card.yaml", yaml.safe_dump(a_card(**changes)).encode())


def file_as(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: _write(folder / name, content)


def image_path(path: str) -> Callable[[Path], None]:
    """The second case names its electrocardiogram by another path; `{outside}` stands for a folder elsewhere."""

    def inflict(folder: Path) -> None:
        elsewhere = _outside(folder)
        edited(lambda case: case["evidence"][1]["images"][0].update(path=path.format(outside=elsewhere)))(folder)

    return inflict


def prompts_path(path: str) -> Callable[[Path], None]:
    """The card names a folder with German wording by a path; `{outside}` stands for a folder elsewhere."""

    def inflict(folder: Path) -> None:
        card_with(languages=["de", "en", "zh"], prompts={"de": path.format(outside=_outside(folder))})(folder)

    return inflict


def _link_to_prompts(folder: Path) -> None:
    (folder / "prompts").symlink_to(_outside(folder), target_is_directory=True)
    prompts_path("prompts")(folder)


def _link_in_prompts(folder: Path) -> None:
    (folder / "prompts").mkdir()
    (folder / "prompts/system.md").symlink_to(_outside(folder) / "secret.png")
    prompts_path("prompts")(folder)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _outside(folder: Path) -> Path:
    """A folder beside the set, whose name begins like the set's, with a good picture in it."""
    elsewhere = folder.resolve().with_name(folder.name + "-outside")
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "secret.png").write_bytes(png(shade=1))
    return elsewhere


def _directory_for_image(folder: Path) -> None:
    (folder / ECG).unlink()
    (folder / ECG).mkdir()


def _large_file(folder: Path) -> None:
    os.truncate(folder / ECG, 100_000_001)


def pipe(name: str) -> Callable[[Path], None]:
    """A named pipe in place of a file: whoever reads it waits until somebody writes."""

    def inflict(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return inflict


def _pipe_in_prompts(folder: Path) -> None:
    (folder / "prompts").mkdir()
    pipe("prompts/system.md")(folder)
    prompts_path("prompts")(folder)


def _endless_cases(folder: Path) -> None:
    (folder / "cases.jsonl").unlink()
    (folder / "cases.jsonl").symlink_to("/dev/zero")


def _link_to_file(folder: Path) -> None:
    (folder / ECG).unlink()
    (folder / ECG).symlink_to(_outside(folder) / "secret.png")


def _link_to_folder(folder: Path) -> None:
    (folder / "linked").symlink_to(_outside(folder), target_is_directory=True)
    image_path("linked/secret.png")(folder)


def _links_in_a_circle(folder: Path) -> None:
    (folder / ECG).unlink()
    (folder / ECG).symlink_to(folder / "images" / "back.png")
    (folder / "images" / "back.png").symlink_to(folder / ECG)


def _remove_folder(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


def _cases_as_folder(folder: Path) -> None:
    (folder / "cases.jsonl").unlink()
    (folder / "cases.jsonl").mkdir()


def _one_wrong_byte(content: bytes) -> bytes:
    middle = content.index(b"IDAT") + 8
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


OPTIONS = ["Cystic fibrosis", "Bronchial asthma", "Inhaled foreign body"]

FAULTS = (
    # The folder and its two files.
    Fault("folder-missing", _remove_folder, "{folder}", ("no such folder", "cases.jsonl and card.yaml")),
    Fault("cases-missing", lambda folder: (folder / "cases.jsonl").unlink(), "cases.jsonl", ("missing; write one",)),
    Fault("cases-empty", file_as("cases.jsonl", b""), "cases.jsonl", ("empty; write one case per line",)),
    Fault("cases-blank-lines-only", file_as("cases.jsonl", b"\n \r\n\n"), "cases.jsonl", ("empty; write one case",)),
    Fault("cases-a-folder", _cases_as_folder, "cases.jsonl", ("cannot be read", "must be a readable file")),
    Fault("cases-a-pipe", pipe("cases.jsonl"), "cases.jsonl", ("it is a pipe or a device", "readable file")),
    Fault("cases-without-end", _endless_cases, "cases.jsonl", ("it is a pipe or a device", "readable file")),
    Fault("card-a-pipe", pipe("card.yaml"), "card.yaml", ("it is a pipe or a device", "readable file")),
    Fault(
        "card-of-20-MB",
        file_as("card.yaml", b"#" * 20_000_000),
        "card.yaml",
        ("has 20,000,000 bytes, more than 200,000; shorten it",),
    ),
    Fault(
        "prompts-with-a-pipe",
        _pipe_in_prompts,
        "card.yaml",
        ("prompts.de:", "system.md' is a pipe or a device", "file"),
    ),
    Fault(
        "card-missing",
        lambda folder: (folder / "card.yaml").unlink(),
        "card.yaml",
        ("missing; write one with name, version, licence, source, languages, canary, synthetic",),
    ),
    Fault(
        "card-malformed",
        file_as("card.yaml", b"name: x\nlicence: [CC0\nsource: y\n"),
        "card.yaml:3",
        ("not valid YAML", "expected ',' or ']'", "write one"),
    ),
    Fault("card-a-list", file_as("card.yaml", b"- name\n- version\n"), "card.yaml", ("must be a mapping",)),
    Fault("card-empty", file_as("card.yaml", b""), "card.yaml", ("must be a mapping of names to values",)),
    Fault("card-not-utf8", file_as("card.yaml", "name: é".encode("latin-1")), "card.yaml", ("not UTF-8", "save")),
    Fault(
        "card-field-missing",
        lambda folder: _write(
            folder / "card.yaml",
            yaml.safe_dump({name: value for name, value in a_card().items() if name != "canary"}).encode(),
        ),
        "card.yaml",
        ("canary is missing; add it",),
    ),
    Fault("card-field-empty", card_with(canary=" "), "card.yaml", ("canary is empty; fill it in",)),
    Fault("card-field-unknown", card_with(license="MIT"), "card.yaml", ("license is not a known field", "licence")),
    Fault("card-name-a-number", card_with(name=1.0), "card.yaml", ("name must be text, in quotes", "1.0")),
    Fault("card-version-a-list", card_with(version=[1]), "card.yaml", ("version must be text, in quotes", "[1]")),
    # Where the wording of further languages is.
    Fault("prompts-of-no-language", card_with(prompts={"../de": "images"}), "card.yaml", ("prompts.../de", "a-z")),
    Fault("prompts-not-a-mapping", card_with(prompts="prompts/de"), "card.yaml", ("prompts", "prompts/de")),
    Fault(
        "prompts-missing",
        prompts_path("prompts/de"),
        "card.yaml",
        ("prompts.de: folder 'prompts/de' does not exist; add it or correct the path",),
    ),
    Fault("prompts-a-file", prompts_path(ECG), "card.yaml", ("prompts.de:", "is not a folder; name the folder itself")),
    Fault(
        "prompts-outside-by-dots",
        prompts_path("../{outside.name}"),
        "card.yaml",
        ("prompts.de:", "leaves the case set's folder; copy the folder into it"),
    ),
    Fault(
        "prompts-outside-by-absolute-path",
        prompts_path("{outside}"),
        "card.yaml",
        ("prompts.de:", "is absolute; give it relative to the case set's folder"),
    ),
    Fault(
        "prompts-outside-by-link",
        _link_to_prompts,
        "card.yaml",
        ("prompts.de:", "leaves the case set's folder; copy the folder into it"),
    ),
    Fault(
        "prompts-with-a-file-outside-by-link",
        _link_in_prompts,
        "card.yaml",
        ("prompts.de:", "prompts/system.md", "leaves the case set's folder; copy the file into it"),
    ),
    # A line of the file.
    Fault(
        "json-malformed", second_line(lambda line: line[:40]), "cases.jsonl:2", ("malformed JSON", "column", "per line")
    ),
    Fault(
        "json-indented-over-lines",
        file_as("cases.jsonl", b'{"case_id":\n"gout-01"}\n'[:12]),
        "cases.jsonl:1",
        ("malformed JSON", "one whole case per line"),
    ),
    Fault("json-not-an-object", second_line(lambda line: b"[1, 2]"), "cases.jsonl:2", ("must be a JSON object",)),
    Fault(
        "json-name-twice",
        second_line(lambda line: b'{"history": "Lost.", ' + line[1:]),
        "cases.jsonl:2",
        ("history is given twice; keep one",),
    ),
    Fault(
        "json-half-a-character",
        second_line(lambda line: line.replace(b"A girl", b"A \\uD83D girl")),
        "cases.jsonl:2",
        ("half of a surrogate pair", "UTF-8"),
    ),
    Fault(
        "json-without-bottom",
        second_line(lambda line: b"[" * 100_000),
        "cases.jsonl:2",
        ("not usable as JSON", "recursion"),
    ),
    Fault(
        "not-utf8",
        second_line(lambda line: line.replace(b"A girl", "Ein Mädchen".encode("latin-1"))),
        "cases.jsonl:2",
        ("not UTF-8", "save the file as UTF-8"),
    ),
    # The fields of a case.
    Fault(
        "field-unknown", changed(diagnosis="x"), SECOND, ("diagnosis is not a known field", "final_diagnosis", "rename")
    ),
    Fault(
        "field-unknown-inside",
        edited(lambda case: case["evidence"][0]["images"][1].update(when="day 5")),
        SECOND,
        ("evidence.0.images.1.when is not a known field", "obtained", "rename"),
    ),
    Fault("field-missing", edited(lambda case: case.pop("licence")), SECOND, ("licence is missing; add it",)),
    Fault("field-empty", changed(final_diagnosis="  "), SECOND, ("final_diagnosis is empty; fill it in",)),
    Fault("field-of-wrong-kind", changed(history=7), SECOND, ("history must be text, in quotes", "7")),
    Fault("field-not-a-list", changed(options="Asthma"), SECOND, ("options must be a list", "'Asthma'")),
    Fault(
        "specialty-unknown", changed(specialty="Lungs"), SECOND, ("unknown specialty 'Lungs'", "Respiratory medicine")
    ),
    Fault(
        "case-id-twice",
        changed(case_id="gout-01"),
        "cases.jsonl:2 (gout-01)",
        ("duplicate case_id", "line 1", "rename one"),
    ),
    Fault(
        "case-id-with-colon",
        changed(case_id="asthma:02"),
        "cases.jsonl:2 (asthma:02)",
        ("case_id 'asthma:02' has characters that are not allowed", "it must match", "A-Za-z0-9._-"),
    ),
    Fault(
        "case-id-missing", edited(lambda case: case.pop("case_id")), "cases.jsonl:2", ("case_id is missing; add it",)
    ),
    Fault("language-no-tag", changed(language="English"), SECOND, ("language 'English'", "not allowed", "[a-z]{2,3}")),
    Fault("language-not-on-card", changed(language="de"), SECOND, ("'de' is not among the card's languages (en, zh)",)),
    Fault(
        "case-empty",
        changed(history=" ", examination="", evidence=[]),
        SECOND,
        ("has neither text nor evidence", "shown nothing"),
    ),
    # Evidence.
    Fault(
        "evidence-type-unknown",
        edited(lambda case: case["evidence"][0].update(type="x-ray")),
        SECOND,
        ("unknown evidence type 'x-ray' in evidence.0.type: did you mean xray?",),
    ),
    Fault(
        "evidence-type-twice",
        edited(lambda case: case["evidence"].append({"type": "xray", "finding": "Another."})),
        SECOND,
        ("2 entries of evidence type xray", "put all images of one type into one entry"),
    ),
    Fault(
        "evidence-with-nothing",
        edited(lambda case: case["evidence"].append({"type": "ct"})),
        SECOND,
        ("ct has neither image nor finding; give at least one",),
    ),
    # Where an image is.
    Fault(
        "image-missing",
        lambda folder: (folder / ECG).unlink(),
        SECOND,
        (ECG, "does not exist; add it or correct the path"),
    ),
    Fault("image-a-folder", _directory_for_image, SECOND, (ECG, "is not a file; name the image itself")),
    Fault(
        "image-outside-by-dots",
        image_path("../{outside.name}/secret.png"),
        SECOND,
        ("secret.png' leaves the case set's folder; copy the image into it",),
    ),
    Fault(
        "image-outside-by-absolute-path",
        image_path("{outside}/secret.png"),
        SECOND,
        ("secret.png' is absolute; give it relative to the case set's folder",),
    ),
    Fault("image-outside-by-drive", image_path("C:/secret.png"), SECOND, ("'C:/secret.png' is absolute", "relative")),
    Fault("image-outside-by-link", _link_to_file, SECOND, (ECG, "leaves the case set's folder; copy the image")),
    Fault("image-outside-by-linked-folder", _link_to_folder, SECOND, ("linked/secret.png", "leaves", "copy the image")),
    Fault("image-links-in-a-circle", _links_in_a_circle, SECOND, (ECG, "correct it")),
    Fault("image-path-with-zero-byte", image_path("images/a\0.png"), SECOND, ("images/a\\x00.png", "correct it")),
    Fault("image-path-too-long", image_path("a" * 5000 + ".png"), SECOND, ("aaaa", "correct it")),
    # What an image holds.
    Fault(
        "image-no-image", file_as(ECG, b"%PDF-1.7\n%..."), SECOND, (ECG, "is not a PNG, JPEG, WEBP, GIF", "convert it")
    ),
    Fault("image-no-bytes", file_as(ECG, b""), SECOND, (ECG, "is not a PNG, JPEG, WEBP, GIF image", "convert it")),
    Fault(
        "image-bmp", file_as(ECG, picture("BMP")), SECOND, (ECG, "is not a PNG, JPEG, WEBP, GIF image", "convert it")
    ),
    Fault(
        "image-tiff", file_as(ECG, picture("TIFF")), SECOND, (ECG, "is not a PNG, JPEG, WEBP, GIF image", "convert it")
    ),
    Fault(
        "image-gif-animated",
        file_as(ECG, animated_gif()),
        SECOND,
        (ECG, "animated", "3 frames", "save each as a separate image"),
    ),
    Fault(
        "image-jpeg-truncated",
        file_as(XRAY, jpeg(size=(200, 200), shade=60)[:-300]),
        SECOND,
        (XRAY, "cannot be read", "replace the file"),
    ),
    Fault("image-png-truncated", file_as(ECG, png()[:-20]), SECOND, (ECG, "cannot be read", "replace the file")),
    Fault(
        "image-png-corrupt", file_as(ECG, _one_wrong_byte(png())), SECOND, (ECG, "cannot be read", "replace the file")
    ),
    Fault(
        "image-png-without-pixels", file_as(ECG, png()[:33] + png()[-12:]), SECOND, (ECG, "cannot be read", "replace")
    ),
    Fault(
        "image-decompression-bomb",
        file_as(ECG, png_claiming(100_000, 100_000)),
        SECOND,
        (ECG, "too large to decode safely", "scale it down"),
    ),
    Fault(
        "image-too-many-pixels",
        file_as(ECG, png_claiming(8_000, 8_000)),
        SECOND,
        (ECG, "8000 x 8000 pixels, more than 50,000,000", "scale it down"),
    ),
    Fault(
        "image-png-whose-pixels-cannot-be-decoded",
        file_as(ECG, png_of(32, 24, 8, 2, b"no compressed pixels")),
        SECOND,
        (ECG, "cannot be read", "replace the file"),
    ),
    Fault("image-of-many-bytes", _large_file, SECOND, (ECG, "100,000,001 bytes, more than 100,000,000", "scale it")),
    Fault("image-a-pipe", pipe(ECG), SECOND, (ECG, "is not a file; name the image itself")),
    # What providers and viewers would make of an image.
    Fault(
        "image-named-png-but-jpeg",
        file_as(ECG, jpeg()),
        SECOND,
        (ECG, "is a JPEG file but would be sent as image/png", "rename it to end in .jpg"),
    ),
    Fault(
        "image-named-jpg-but-webp",
        file_as(XRAY, picture("WEBP")),
        SECOND,
        (XRAY, "is a WEBP file but would be sent as image/jpeg", "rename it to end in .webp"),
    ),
    *(
        Fault(
            f"image-orientation-{orientation}-{kind}",
            file_as(name, turned(kind, orientation)),
            SECOND,
            (name, f"has an orientation tag ({orientation})", "8-bit RGB PNG with the orientation applied"),
        )
        for name, kind, orientation in ((XRAY, "JPEG", 3), (XRAY, "JPEG", 6), (ECG, "PNG", 8))
    ),
    Fault(
        "image-16-bit-grey", file_as(ECG, of_mode("I;16", "PNG")), SECOND, (ECG, "16 bits per channel", "8-bit RGB PNG")
    ),
    Fault(
        "image-16-bit-colour",
        file_as(ECG, png_of(2, 1, 16, 2, zlib.compress(bytes([0, *range(12)])))),
        SECOND,
        (ECG, "16 bits per channel", "8-bit RGB PNG"),
    ),
    Fault(
        "image-cmyk", file_as(XRAY, of_mode("CMYK", "JPEG")), SECOND, (XRAY, "CMYK colours", "save it as an 8-bit RGB")
    ),
    # Options.
    Fault(
        "options-without-diagnosis",
        changed(options=["Cystic fibrosis", "Inhaled foreign body"]),
        SECOND,
        ("options contain the final diagnosis 'Bronchial asthma' 0 times, not once", "list it exactly once"),
    ),
    Fault(
        "options-with-diagnosis-spelt-otherwise",
        changed(options=["Cystic fibrosis", "bronchial asthma"]),
        SECOND,
        ("'Bronchial asthma' 0 times", "with the same spelling"),
    ),
    Fault(
        "options-with-diagnosis-twice",
        changed(options=[*OPTIONS, "Bronchial asthma"]),
        SECOND,
        ("options contain the final diagnosis 'Bronchial asthma' 2 times, not once", "list it exactly once"),
    ),
    Fault(
        "options-with-diagnosis-twice-up-to-case",
        changed(options=[*OPTIONS, "BRONCHIAL ASTHMA"]),
        SECOND,
        ("'Bronchial asthma', 'BRONCHIAL ASTHMA'", "make them different"),
    ),
    Fault(
        "options-twice-up-to-case",
        changed(options=[*OPTIONS, "cystic-fibrosis"]),
        SECOND,
        (
            "2 options differ only in case and punctuation",
            "'Cystic fibrosis', 'cystic-fibrosis'",
            "make them different",
        ),
    ),
    Fault(
        "options-with-alias",
        changed(options=[*OPTIONS, "asthma bronchiale"]),
        SECOND,
        ("option 'asthma bronchiale' is another name of the final diagnosis; replace it or the alias",),
    ),
    Fault(
        "options-only-one", changed(options=["Bronchial asthma"]), SECOND, ("1 options", "between 2 and 26", "leave")
    ),
    Fault(
        "options-more-than-letters",
        changed(options=["Bronchial asthma", *(f"Disease {number}" for number in range(26))]),
        SECOND,
        ("27 options; give between 2 and 26, or leave options out",),
    ),
)
"""Every way in which a case set can be broken, each with exactly one error."""


def write_broken_set(folder: Path, fault: Fault) -> Path:
    """The valid set in `folder`, broken in one way."""
    fault.inflict(write_case_set(folder))
    return folder


def write_broken_sets(folder: Path) -> dict[str, Path]:
    """All broken sets, one sub-folder each (but for the set whose fault is to have no folder)."""
    return {fault.name: write_broken_set(folder / fault.name, fault) for fault in FAULTS}


def main(arguments: list[str]) -> None:
    if len(arguments) != 1:
        raise SystemExit("usage: python -m tests.case_sets DEST")
    for folder in write_broken_sets(Path(arguments[0])).values():
        print(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
