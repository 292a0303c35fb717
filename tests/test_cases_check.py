"""What a case set must be, and what is said of one that is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from case_sets import (
    ECG,
    FAULTS,
    PICTURES,
    XRAY,
    Fault,
    Raw,
    a_card,
    a_case,
    jpeg,
    of_mode,
    one_colour,
    picture,
    png,
    three_cases,
    turned,
    write_broken_set,
    write_broken_sets,
    write_case_set,
)
from medsyn_inspect.cases import check, image_cache
from medsyn_inspect.cases.case import Case
from medsyn_inspect.cases.check import examine
from medsyn_inspect.cases.images import ImageProblem, VerifiedImage, resolve_inside, verified_image
from medsyn_inspect.cases.load import CaseSetError, load_cases
from medsyn_inspect.cases.problems import Problem, grouped
from medsyn_inspect.cli import main

properties = settings(max_examples=30, deadline=None, derandomize=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "set"


class TestValidSet:
    def test_nothing_is_found_wrong(self, folder: Path) -> None:
        assert examine(write_case_set(folder)).problems == []

    def test_loads_whole_and_in_the_order_of_the_file(self, folder: Path) -> None:
        loaded = load_cases(write_case_set(folder))
        assert [case.case_id for case in loaded.cases] == ["gout-01", "asthma-02", "zh-03"]
        assert loaded.size == 3
        assert loaded.card.name == "three cases"
        assert loaded.digests.keys() == PICTURES.keys()

    def test_every_image_can_be_found_again(self, folder: Path) -> None:
        loaded = load_cases(write_case_set(folder))
        images = [image for case in loaded.cases for piece in case.evidence for image in piece.images]
        assert {image.path: loaded.image_path(image).read_bytes() for image in images} == PICTURES

    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    @pytest.mark.parametrize("name", ["images/ecg", "images/ecg.1", "images/ECG.{suffix}"])
    def test_a_name_without_a_known_ending_or_with_that_of_the_content_is_good(
        self, folder: Path, kind: str, name: str
    ) -> None:
        name = name.format(suffix=kind)
        case = a_case(evidence=[{"type": "electrophysiology", "images": [{"path": name}]}])
        assert examine(write_case_set(folder, [case], images={name: picture(kind)})).problems == []

    @pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
    def test_a_png_with_8_bits_a_channel_or_less_is_good(self, folder: Path, mode: str) -> None:
        write_case_set(folder)
        (folder / ECG).write_bytes(of_mode(mode, "PNG"))
        assert examine(folder).problems == []

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_a_tag_that_says_upright_is_good(self, folder: Path, kind: str) -> None:
        write_case_set(folder)
        (folder / (XRAY if kind == "JPEG" else ECG)).write_bytes(turned(kind, 1))
        assert examine(folder).problems == []

    @pytest.mark.parametrize("newline", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
    def test_byte_order_mark_blank_lines_and_line_endings_do_not_matter(self, folder: Path, newline: bytes) -> None:
        before = load_cases(write_case_set(folder)).fingerprint
        lines = (folder / "cases.jsonl").read_bytes().splitlines()
        (folder / "cases.jsonl").write_bytes(b"\xef\xbb\xbf" + (newline * 2).join(lines))
        assert load_cases(folder).fingerprint == before

    def test_line_separators_inside_a_text_do_not_end_the_line(self, folder: Path) -> None:
        write_case_set(folder, [a_case(history="One.\u2028Two.\x85Three.")])
        assert load_cases(folder).cases[0].history == "One.\u2028Two.\x85Three."

    def test_characters_written_as_escaped_pairs_are_whole_characters(self, folder: Path) -> None:
        write_case_set(folder)
        (folder / "cases.jsonl").write_text(json.dumps(a_case(history="Fever 🌡.")), encoding="ascii")
        assert load_cases(folder).cases[0].history == "Fever 🌡."

    def test_an_alias_may_repeat_the_diagnosis(self, folder: Path) -> None:
        write_case_set(folder, [a_case(aliases=["gout", "Podagra"], options=["Gout", "Cellulitis"])])
        assert examine(folder).problems == []

    def test_a_link_that_stays_inside_the_folder_is_followed(self, folder: Path) -> None:
        write_case_set(folder)
        (folder / ECG).rename(folder / "moved.png")
        (folder / ECG).symlink_to(folder / "moved.png")
        assert examine(folder).problems == []

    def test_the_folder_itself_may_be_a_link(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(write_case_set(folder), target_is_directory=True)
        assert load_cases(tmp_path / "link").fingerprint == load_cases(folder).fingerprint


class TestBrokenSets:
    """Each fault gives exactly one error, which says where, what is wrong, and how to fix it."""

    @pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
    def test_one_error_with_its_location_and_a_fix(self, folder: Path, fault: Fault) -> None:
        found = examine(write_broken_set(folder, fault))
        assert len(found.problems) == 1, "\n".join(map(str, found.problems))
        text = str(found.errors[0])
        assert text.startswith(fault.place.format(folder=folder) + ": ")
        for words in fault.says:
            assert words in text

    @pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
    def test_no_part_of_a_broken_set_is_loaded(self, folder: Path, fault: Fault) -> None:
        write_broken_set(folder, fault)
        with pytest.raises(CaseSetError) as caught:
            load_cases(folder)
        assert [str(problem) for problem in caught.value.problems] == [
            str(problem) for problem in examine(folder).errors
        ]
        assert str(folder) in str(caught.value)

    def test_there_are_more_than_twenty_and_their_names_differ(self) -> None:
        assert len({fault.name for fault in FAULTS}) == len(FAULTS) > 20

    def test_a_person_can_have_them_in_a_folder(self, tmp_path: Path) -> None:
        folders = write_broken_sets(tmp_path / "broken")
        assert all(examine(path).errors for path in folders.values())

    def test_an_error_stays_short_however_long_the_wrong_value_is(self, folder: Path) -> None:
        write_case_set(folder, [a_case(evidence="x" * 100_000)], images={})
        assert len(str(examine(folder).errors[0])) < 300


class TestAllAtOnce:
    def test_every_problem_of_the_set_is_named_in_one_pass(self, folder: Path) -> None:
        cases = three_cases()
        cases[0]["specialty"] = "Lungs"
        cases[1]["options"] = ["Bronchial asthma"]
        cases[1]["evidence"][0]["type"] = "laboratory"
        cases[2]["language"] = "de"
        write_case_set(folder, cases, a_card(canary=""))
        (folder / ECG).write_bytes(b"")
        (folder / XRAY).unlink()
        with pytest.raises(CaseSetError) as caught:
            load_cases(folder)
        places = Counter((problem.file, problem.line) for problem in caught.value.problems)
        # The card is not valid, so which languages it has cannot be held against the third case.
        assert places == {("card.yaml", None): 1, ("cases.jsonl", 1): 1, ("cases.jsonl", 2): 4}
        assert all(str(problem) in str(caught.value) for problem in caught.value.problems)

    def test_all_wrong_fields_of_one_case_are_named(self, folder: Path) -> None:
        write_case_set(folder, [a_case(history=1, specialty="Lungs", extra="?")])
        assert len(examine(folder).errors) == 3

    def test_problems_come_in_the_order_of_the_lines(self, folder: Path) -> None:
        cases = [a_case(case_id=f"c{number}", specialty="?") for number in range(12)]
        cases[5] = a_case(case_id="c5", evidence=[{"type": "ct", "images": [{"path": "none.png"}]}])
        write_case_set(folder, cases, images={})
        assert [problem.line for problem in examine(folder).problems] == list(range(1, 13))

    def test_a_long_list_is_cut_and_says_how_to_see_the_rest(self, folder: Path) -> None:
        write_case_set(folder, [a_case(**{"case_id": f"c{number}", "x" * (number + 1): 1}) for number in range(25)])
        with pytest.raises(CaseSetError, match=r"and 5 more \(see `medsyn cases check .*`\)") as caught:
            load_cases(folder)
        assert len(caught.value.problems) == 25

    def test_no_task_starts_on_half_a_set(self, folder: Path) -> None:
        from medsyn_inspect.parameters import WrongParameter
        from medsyn_inspect.tasks import ddx

        cases = three_cases()
        cases[2]["final_diagnosis"] = ""
        write_case_set(folder, cases)
        with pytest.raises(WrongParameter, match=r"cases\.jsonl:3 \(zh-03\): final_diagnosis is empty"):
            ddx(cases=str(folder))


class TestWarnings:
    """A warning is said and does not stop."""

    DIAGNOSIS_IN_TEXT = (
        {"history": "She was told that she has bronchial ASTHMA."},
        {"examination": "Wheeze; asthma bronchiale suspected."},
        {"history": "外院诊断为支气管哮喘。"},
        {"evidence": [{"type": "laboratory", "finding": "Typical of bronchial-asthma."}]},
    )

    @pytest.mark.parametrize("changes", DIAGNOSIS_IN_TEXT, ids=["history", "alias", "alias in Chinese", "finding"])
    def test_diagnosis_in_the_text(self, folder: Path, changes: Raw) -> None:
        cases = three_cases()
        cases[1] |= changes
        found = examine(write_case_set(folder, cases))
        assert [str(problem) for problem in found.problems if not problem.warning] == []
        assert len(found.problems) == 1
        text = str(found.problems[0])
        assert text.startswith("cases.jsonl:2 (asthma-02): warning: ")
        assert "the final diagnosis is named in" in text
        assert "set the flag diagnosis_in_text" in text
        assert load_cases(folder).size == 3

    PICTURES: ClassVar[dict[str, tuple[str, bytes, str]]] = {
        "one colour": (ECG, one_colour(), "has a single colour; replace it with the intended image"),
        "one colour of a palette": (ECG, one_colour("P", 7), "has a single colour; replace it"),
        "transparent": (ECG, one_colour("RGBA", (9, 9, 9, 0)), "is completely transparent; replace it"),
        "lines on nothing": (
            ECG,
            of_mode("L", "PNG", transparency=128),
            "is partly transparent, which viewers and models render differently; save it as an 8-bit RGB PNG",
        ),
        "GIF": ("ecg.gif", picture("GIF"), "is a GIF file, which google and grok would refuse; save it as PNG"),
        "WebP": ("ecg.webp", picture("WEBP"), "is a WEBP file, which grok would refuse; save it as PNG"),
        "long side": (
            ECG,
            png(size=(8001, 8)),
            "has 8001 x 8 pixels, but anthropic accepts 8,000 per side; scale it down",
        ),
        "many bytes": (
            ECG,
            png(size=(2000, 2000)) + bytes(8_000_000),
            "in base64, but anthropic accepts 10,485,760; scale it down",
        ),
    }

    @pytest.mark.parametrize("kind", PICTURES)
    def test_a_picture_that_may_not_be_what_was_meant_or_that_some_would_refuse(self, folder: Path, kind: str) -> None:
        name, content, words = self.PICTURES[kind]
        case = a_case(evidence=[{"type": "electrophysiology", "images": [{"path": name}]}])
        write_case_set(folder, [case], images={name: content})
        for _ in ("decoded", "remembered"):
            found = examine(folder)
            [text] = map(str, found.problems)
            assert found.errors == []
            assert text.startswith(f"cases.jsonl:1 (gout-01): warning: image {name!r} ")
            assert words in text

    def test_a_known_weakness_is_not_said_again(self, folder: Path) -> None:
        case = a_case(history="It is smallpox.", final_diagnosis="Smallpox", flags=["diagnosis_in_text"])
        write_case_set(folder, [case])
        assert examine(folder).problems == []

    def test_a_name_of_few_letters_is_not_looked_for(self, folder: Path) -> None:
        """`Gout` would be found, but so would `MI` and `ALS` where they mean something else."""
        write_case_set(folder, [a_case(history="He has had gout before.")])
        assert examine(folder).problems == []

    def test_part_of_a_longer_word_is_not_the_diagnosis(self, folder: Path) -> None:
        write_case_set(folder, [a_case(history="A smallpoxlike rash.", final_diagnosis="Smallpox")])
        assert examine(folder).problems == []

    @pytest.mark.parametrize(
        ("text", "named"),
        [("Klagt über Übelkeit.", True), ("Kein Übelkeitssyndrom.", False), ("Schwangerschaftsübelkeit.", False)],
    )
    def test_letters_with_marks_are_part_of_words_too(self, folder: Path, text: str, named: bool) -> None:
        write_case_set(folder, [a_case(history=text, final_diagnosis="Übelkeit")])
        assert bool(examine(folder).problems) == named

    def test_in_a_script_without_spaces_the_diagnosis_is_found_between_other_letters(self, folder: Path) -> None:
        write_case_set(folder, [a_case(history="ผู้ป่วยเป็นโรคเกาต์มาก่อน", final_diagnosis="โรคเกาต์")])
        assert len(examine(folder).problems) == 1


class TestFingerprint:
    """The same content has the same fingerprint wherever it lies; other content has another."""

    @pytest.fixture
    def original(self, tmp_path: Path) -> str:
        return load_cases(write_case_set(tmp_path / "original")).fingerprint

    def test_order_of_cases_does_not_matter(self, folder: Path, original: str) -> None:
        assert load_cases(write_case_set(folder, three_cases()[::-1])).fingerprint == original

    def test_names_of_image_files_do_not_matter(self, folder: Path, original: str) -> None:
        cases = json.loads(json.dumps(three_cases()).replace("images/", "pictures/of-"))
        images = {name.replace("images/", "pictures/of-"): content for name, content in PICTURES.items()}
        assert load_cases(write_case_set(folder, cases, images=images)).fingerprint == original

    def test_place_of_the_folder_does_not_matter(self, tmp_path: Path, original: str) -> None:
        assert load_cases(write_case_set(tmp_path / "deep" / "down" / "病例")).fingerprint == original

    def test_the_card_does_not_matter(self, folder: Path, original: str) -> None:
        assert load_cases(write_case_set(folder, card=a_card(version="2", name="other"))).fingerprint == original

    def test_selecting_some_cases_does_not_matter(self, folder: Path, original: str) -> None:
        selected = load_cases(write_case_set(folder)).select(language=("zh",))
        assert [case.case_id for case in selected.cases] == ["zh-03"]
        assert (selected.fingerprint, selected.size) == (original, 3)

    CHANGES: ClassVar[dict[str, Any]] = {
        "case_id": "asthma-2",
        "language": "zh",
        "specialty": "Paediatrics",
        "history": "A girl of 8 coughs at night and is short of breath when she runs.",
        "examination": "Expiratory wheeze on both sides",
        "evidence": [],
        "final_diagnosis": "Cystic fibrosis",
        "aliases": ["Asthma bronchiale"],
        "options": None,
        "source": "Invented",
        "licence": "CC-BY-4.0",
        "flags": [],
    }

    def test_every_field_of_a_case_matters(self, tmp_path: Path, original: str) -> None:
        assert self.CHANGES.keys() == Case.model_fields.keys()
        fingerprints = {original}
        for name, value in self.CHANGES.items():
            cases = three_cases()
            cases[1][name] = value
            fingerprints.add(load_cases(write_case_set(tmp_path / name, cases)).fingerprint)
        assert len(fingerprints) == 1 + len(self.CHANGES)

    @pytest.mark.parametrize(
        "changes",
        [
            {"type": "ct"},
            {"finding": "Lungs overinflated on admission, normal on day 6."},
            {"finding": None},
            {"images": [{"path": XRAY, "obtained": "on admission"}]},
            {"images": [{"path": XRAY}, {"path": "images/asthma-xray-2.png", "obtained": "day 5"}]},
            {"images": three_cases()[1]["evidence"][0]["images"][::-1]},
        ],
        ids=["type", "finding", "no finding", "an image less", "time", "order of images"],
    )
    def test_everything_of_a_piece_of_evidence_matters(self, folder: Path, original: str, changes: Raw) -> None:
        cases = three_cases()
        cases[1]["evidence"][0] |= changes
        assert load_cases(write_case_set(folder, cases)).fingerprint != original

    @pytest.mark.parametrize("name", PICTURES)
    def test_one_byte_of_an_image_matters(self, folder: Path, original: str, name: str) -> None:
        write_case_set(folder)
        (folder / name).write_bytes(PICTURES[name] + b"\0")
        assert load_cases(folder).fingerprint != original

    def test_which_case_an_image_belongs_to_matters(self, folder: Path, original: str) -> None:
        swapped = {**PICTURES, ECG: PICTURES["images/zh-film.png"], "images/zh-film.png": PICTURES[ECG]}
        assert load_cases(write_case_set(folder, images=swapped)).fingerprint != original


class TestEachImageIsReadOnce:
    """The check, the hash and the decoder share one read, however many cases name the image."""

    def test_reads(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        cases = three_cases()
        cases.append(a_case(case_id="again", evidence=cases[1]["evidence"]))
        write_case_set(folder, cases)
        reads: list[str] = []
        read_bytes, opened = Path.read_bytes, Path.open

        def counted(path: Path) -> bytes:
            reads.append(path.name)
            return read_bytes(path)

        def counted_open(path: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            if path.suffix in (".png", ".jpg") and sys._getframe(1).f_code is not read_bytes.__code__:
                reads.append(path.name)
            return opened(path, mode, *args, **kwargs)

        monkeypatch.setattr(Path, "read_bytes", counted)
        monkeypatch.setattr(Path, "open", counted_open)
        load_cases(folder)
        images = Counter(name for name in reads if name.endswith((".png", ".jpg")))
        assert images == {Path(name).name: 1 for name in PICTURES}

    def test_an_image_that_two_cases_name_is_complained_of_once(self, folder: Path) -> None:
        cases = three_cases()
        cases.append(a_case(case_id="again", evidence=cases[1]["evidence"]))
        write_case_set(folder, cases)
        (folder / ECG).unlink()
        assert [problem.line for problem in examine(folder).problems] == [2]


class TestImagesAreRemembered:
    """A second look at a set reads only the images that have changed; what it finds is the same."""

    @pytest.fixture
    def reads(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        made: list[str] = []

        def counted(path: Path, name: str) -> VerifiedImage:
            made.append(name)
            return verified_image(path, name)

        monkeypatch.setattr(check, "verified_image", counted)
        return made

    @pytest.fixture
    def caches(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """An empty folder for caches."""
        monkeypatch.setattr(image_cache, "user_cache_path", lambda name, **_: tmp_path / "caches" / name)
        return tmp_path / "caches"

    def test_unchanged_images_are_not_read_again(self, folder: Path, reads: list[str]) -> None:
        first = examine(write_case_set(folder))
        assert sorted(reads) == sorted(PICTURES)
        reads.clear()
        assert examine(folder) == first
        assert reads == []

    def test_an_image_of_the_same_size_and_time_that_was_changed_is_read(self, folder: Path, reads: list[str]) -> None:
        before = examine(write_case_set(folder)).digests
        status = (folder / ECG).stat()
        content = bytearray((folder / ECG).read_bytes())
        content[-20:-12] = bytes(8)
        (folder / ECG).write_bytes(content)
        os.utime(folder / ECG, ns=(status.st_atime_ns, status.st_mtime_ns))
        reads.clear()
        found = examine(folder)
        assert reads == [ECG]
        assert [problem.case_id for problem in found.errors] == ["asthma-02"]
        assert {ECG: before[ECG]} | found.digests == before

    def test_an_image_that_cannot_be_used_is_not_remembered(self, folder: Path, reads: list[str]) -> None:
        write_case_set(folder, images=PICTURES | {ECG: png()[:-20]})
        first = examine(folder)
        reads.clear()
        assert examine(folder) == first
        assert reads == [ECG]
        (folder / ECG).write_bytes(png())
        assert examine(folder).problems == []

    def test_a_good_image_under_a_wrong_name_is_refused_each_time(self, folder: Path) -> None:
        write_case_set(folder, images=PICTURES | {ECG: jpeg()})
        assert len(examine(folder).errors) == len(examine(folder).errors) == 1

    def test_other_rules_make_all_of_it_void(
        self, folder: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        examine(write_case_set(folder))
        reads.clear()
        monkeypatch.setattr(image_cache, "_rules", lambda: "others")
        examine(folder)
        assert sorted(reads) == sorted(PICTURES)

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b'{"rules": 1}', b"\xff\xfe", b'{"rules":"","images":{"a":[]}}']
    )
    def test_a_broken_cache_is_replaced(self, folder: Path, reads: list[str], caches: Path, content: bytes) -> None:
        first = examine(write_case_set(folder))
        [file] = caches.rglob("*.json")
        file.write_bytes(content)
        assert examine(folder) == first
        reads.clear()
        assert examine(folder) == first
        assert reads == []

    def test_where_nothing_can_be_kept_all_works(self, folder: Path, reads: list[str], caches: Path) -> None:
        caches.write_bytes(b"no folder")
        assert examine(write_case_set(folder)) == examine(folder)
        assert sorted(reads) == sorted([*PICTURES, *PICTURES])
        assert caches.read_bytes() == b"no folder"


class TestNeverRaisesForBadContent:
    @properties
    @given(st.data())
    def test_any_value_in_any_field(self, data: st.DataObject) -> None:
        values = st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=5,
        )
        name = data.draw(st.sampled_from([*Case.model_fields, "type", "images", "path", "finding"]))
        value = data.draw(values)
        case = three_cases()[1]
        place = {"type": case["evidence"][1], "images": case["evidence"][1], "finding": case["evidence"][1]}
        place["path"] = case["evidence"][1]["images"][0]
        place.get(name, case)[name] = value
        with TemporaryDirectory() as temporary:
            folder = write_case_set(Path(temporary), images=PICTURES)
            (folder / "cases.jsonl").write_text(json.dumps(case), encoding="utf-8")
            if examine(folder).errors:
                with pytest.raises(CaseSetError):
                    load_cases(folder)
            else:
                assert load_cases(folder).size == 1

    @properties
    @given(st.data())
    def test_any_damage_to_a_file(self, data: st.DataObject) -> None:
        with TemporaryDirectory() as temporary:
            folder = write_case_set(Path(temporary))
            path = folder / data.draw(st.sampled_from(["cases.jsonl", "card.yaml"]))
            content = bytearray(path.read_bytes())
            for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=5)):
                content[place] = data.draw(st.integers(0, 255))
            path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
            examine(folder)

    @settings(properties, max_examples=100)
    @given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]), st.data())
    def test_any_damage_to_an_image(self, kind: str, data: st.DataObject) -> None:
        content = bytearray(picture(kind))
        for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=5)):
            content[place] = data.draw(st.integers(0, 255))
        with TemporaryDirectory() as temporary:
            path = Path(temporary) / "image"
            path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
            try:
                verified_image(path, "image")
            except ImageProblem as problem:
                assert "'image'" in str(problem)  # noqa: PT017


class TestCommand:
    """`medsyn cases check FOLDER` says all of this to a person and, by its exit code, to a script."""

    @staticmethod
    def check(folder: Path | str) -> Result:
        return CliRunner().invoke(main, ["cases", "check", str(folder)])

    def test_valid_set(self, folder: Path) -> None:
        result = self.check(write_case_set(folder))
        assert result.exit_code == 0
        assert "three cases 1.0: 3 cases, 4 pieces of evidence, 4 images, 0 warnings, no errors" in result.output
        assert load_cases(folder).fingerprint in result.output

    @pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
    def test_broken_set(self, folder: Path, fault: Fault) -> None:
        write_broken_set(folder, fault)
        result = self.check(folder)
        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit), "a message, not a traceback"
        assert str(examine(folder).errors[0]) in result.output
        assert "errors: 1, warnings: 0; the set cannot be used" in result.output

    def test_many_problems_of_one_kind_are_one_line(self, folder: Path) -> None:
        cases = [
            a_case(case_id=f"c{number}", specialty="Lungs", evidence=[{"type": kind, "finding": "Nodes."}])
            for number, kind in enumerate(["CT", "CT", "ct", "CT", "Bloods"])
        ]
        result = self.check(write_case_set(folder, cases))
        known = "General (internal) medicine, Emergency medicine"
        lines = result.output.splitlines()
        assert lines[0].startswith(
            f"cases.jsonl, 5 times, lines 1-5 (c0, c1, c2, ...): unknown specialty 'Lungs'; known: {known}"
        )
        assert lines[1:] == [
            "cases.jsonl, 3 times, lines 1-2, 4 (c0, c1, c3): unknown evidence type 'CT' in evidence.0.type: "
            "did you mean ct?",
            "cases.jsonl:5 (c4): unknown evidence type 'Bloods' in evidence.0.type: did you mean laboratory?",
            "Error: errors: 9, warnings: 0; the set cannot be used",
        ]
        each = CliRunner().invoke(main, ["cases", "check", str(folder), "--each"]).output.splitlines()
        assert len(each) == 10

    def test_what_differs_between_problems_of_one_kind_is_listed(self) -> None:
        problems = [
            Problem("cases.jsonl", f"image 'images/{number}.png' in evidence.{number}.images", number)
            for number in range(1, 6)
        ]
        assert grouped(problems) == [
            "cases.jsonl, 5 times, lines 1-5: image 'images/1.png', 'images/2.png', 'images/3.png', ... in "
            "evidence.*.images"
        ]

    @pytest.mark.parametrize(
        ("written", "version"), [("1", "1"), ("1.10", "1.10"), ("2026-11-27", "2026-11-27"), ("'1'", "1"), ("v2", "v2")]
    )
    def test_the_version_may_be_a_number_or_a_date(self, folder: Path, written: str, version: str) -> None:
        card = write_case_set(folder) / "card.yaml"
        lines = [line for line in card.read_text(encoding="utf-8").splitlines() if not line.startswith("version")]
        card.write_text("\n".join([*lines, f"version: {written}"]), encoding="utf-8")
        assert load_cases(folder).card.version == version

    def test_warnings_do_not_fail(self, folder: Path) -> None:
        result = self.check(write_case_set(folder, [a_case(history="Smallpox, she says.", final_diagnosis="Smallpox")]))
        assert result.exit_code == 0
        assert "cases.jsonl:1 (gout-01): warning: the final diagnosis is named in history" in result.output
        assert "1 warning, no errors" in result.output

    def test_without_folder(self) -> None:
        assert CliRunner().invoke(main, ["cases", "check"]).exit_code == 2

    def test_answers_at_once_because_it_does_not_import_inspect(self) -> None:
        code = "import sys, medsyn_inspect.cli; sys.exit('inspect_ai' in sys.modules or 'scipy' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_builders_make_different_pictures() -> None:
    assert len({png(), png(shade=1), jpeg(), jpeg(shade=1)}) == 4


def test_a_folder_whose_name_begins_with_that_of_the_set_is_outside(tmp_path: Path) -> None:
    for name in ("set", "set-2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "image.png").touch()
    root = (tmp_path / "set").resolve()
    assert resolve_inside(root, "../set/image.png") == root / "image.png"
    with pytest.raises(ImageProblem, match="leaves the case set's folder"):
        resolve_inside(root, "../set-2/image.png")


def test_a_case_set_may_be_the_root_of_the_file_system(tmp_path: Path) -> None:
    image = (tmp_path / "image.png").resolve()
    image.touch()
    assert resolve_inside(Path("/"), str(image).lstrip("/")) == image
