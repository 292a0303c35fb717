"""Files and folders are written as a whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medsyn_inspect.writing import NotWritten, is_empty, require_writable, write_file, write_files, write_folder

Tree = dict[str, str | None]
"""Text by path; `None` for a folder."""

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CONTENTS = st.dictionaries(PATHS, st.sampled_from(["one", "two"]), max_size=5)

MESSAGES = [
    ("/sys/place", "choose a location that you can write to"),
    ("file/place", "a part of this path is a file, not a folder"),
    ("file", "this is a file; choose a folder"),
]
"""Places that nobody can write a folder to, not even root, and what is said of them."""


def tree(folder: Path) -> Tree:
    """Everything in a folder, hidden or not."""
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else None for path in folder.rglob("*")
    }


def plant(folder: Path, contents: dict[str, str]) -> None:
    """Write what fits: where a file is in the way of a folder, or the reverse, the later one is left out."""
    for name, text in contents.items():
        try:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        except OSError:
            continue


@contextmanager
def failing(method: str, at: int, error: BaseException) -> Iterator[None]:
    """Call number `at` of a method of `Path` raises the error."""
    original, calls = getattr(Path, method), iter(range(10**6))

    def call(*arguments: object, **options: object) -> object:
        if next(calls) == at:
            raise error
        return original(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, method, call)
        yield


def write_and_raise(folder: Path, error: BaseException) -> None:
    with write_folder(folder) as draft:
        (draft / "file").write_text("new")
        raise error


def run(code: str, *arguments: object, **how: object) -> subprocess.Popen[str]:
    """A process of its own, which can be limited, interrupted and killed."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **how,  # type: ignore[call-overload]
    )


WAITS = """
    import sys, time
    from pathlib import Path
    from medsyn_inspect.writing import write_folder
    with write_folder(Path(sys.argv[1])) as draft:
        (draft / "new").write_text("new")
        print("written", flush=True)
        time.sleep(60)
    """
"""Writes into a folder and never ends."""


class TestFolder:
    def test_new_files_are_there_and_others_stay(self, tmp_path: Path) -> None:
        plant(tmp_path, {"kept": "kept", "changed": "old", "sub/kept": "kept", "sub/changed": "old"})
        with write_folder(tmp_path) as draft:
            plant(draft, {"changed": "new", "sub/changed": "new", "sub/deep/added": "new"})
        assert tree(tmp_path) == {
            "kept": "kept",
            "changed": "new",
            "sub": None,
            "sub/kept": "kept",
            "sub/changed": "new",
            "sub/deep": None,
            "sub/deep/added": "new",
        }

    def test_what_is_replaced_goes_even_if_nothing_comes_in_its_place(self, tmp_path: Path) -> None:
        plant(tmp_path, {"gone/old": "old", "also": "old", "kept": "kept", "renewed/old": "old"})
        with write_folder(tmp_path, replaced=("gone", "also", "renewed", "never there")) as draft:
            plant(draft, {"renewed/new": "new"})
        assert tree(tmp_path) == {"kept": "kept", "renewed": None, "renewed/new": "new"}

    def test_it_is_created_with_its_parents(self, tmp_path: Path) -> None:
        with write_folder(tmp_path / "a" / "b") as draft:
            (draft / "file").write_text("text")
        assert tree(tmp_path) == {"a": None, "a/b": None, "a/b/file": "text"}

    @pytest.mark.parametrize("error", [ValueError("no"), OSError("no"), KeyboardInterrupt(), SystemExit()])
    def test_an_error_leaves_everything_as_it_was(self, tmp_path: Path, error: BaseException) -> None:
        plant(tmp_path, {"there/file": "old"})
        before = tree(tmp_path)
        for folder in (tmp_path / "there", tmp_path / "new" / "folder"):
            with pytest.raises(type(error)):
                write_and_raise(folder, error)
            assert tree(tmp_path) == before

    @given(
        before=CONTENTS,
        new=CONTENTS,
        replaced=st.sets(NAMES),
        method=st.sampled_from(["rename", "mkdir"]),
        at=st.integers(0, 12),
        error=st.sampled_from([OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()]),
    )
    def test_whenever_it_fails_the_folder_is_as_it_was_or_whole(
        self,
        before: dict[str, str],
        new: dict[str, str],
        replaced: set[str],
        method: str,
        at: int,
        error: BaseException,
    ) -> None:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place, "folder")
            plant(folder, before)
            old, draft_of = tree(folder), {}
            try:
                with ExitStack() as moving, write_folder(folder, replaced=replaced) as draft:
                    plant(draft, new)
                    draft_of = tree(draft)
                    moving.enter_context(failing(method, at, error))
            except (OSError, KeyboardInterrupt):
                assert tree(Path(place)) == ({"folder": None} if before else {}) | {
                    f"folder/{name}": text for name, text in old.items()
                }
            else:
                stays = {name: text for name, text in old.items() if name.split("/")[0] not in replaced}
                assert tree(folder) == stays | draft_of

    def test_a_folder_in_place_of_a_file_is_not_removed(self, tmp_path: Path) -> None:
        plant(tmp_path, {"name/mine": "mine", "other": "old"})
        before = tree(tmp_path)
        with pytest.raises(NotWritten, match="a folder with the name of the file exists"):
            write_files({"other": "new", "name": "new"}, tmp_path)
        assert tree(tmp_path) == before

    @pytest.mark.parametrize(("place", "message"), MESSAGES)
    @pytest.mark.parametrize("write", [require_writable, lambda folder: write_files({"name": "text"}, folder)])
    def test_a_place_that_cannot_be_written_is_named(
        self, tmp_path: Path, place: str, message: str, write: Callable[[Path], object]
    ) -> None:
        (tmp_path / "file").write_text("mine")
        with pytest.raises(NotWritten, match=f"nothing was written to .*{place}.*{message}"):
            write(tmp_path / place)
        assert tree(tmp_path) == {"file": "mine"}

    def test_trying_leaves_nothing_behind(self, tmp_path: Path) -> None:
        require_writable(tmp_path / "new" / "folder")
        require_writable(tmp_path)
        assert tree(tmp_path) == {}

    @pytest.mark.parametrize("name", ["../out", "a/../../out", "/out"])
    def test_no_file_is_written_outside(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(ValueError, match="is outside"):
            write_files({"in": "text", name: "text"}, tmp_path / "folder")
        assert tree(tmp_path) == {}

    def test_line_ends_are_the_same_everywhere(self, tmp_path: Path) -> None:
        assert write_files({"a/b": "one\ntwo\n"}, tmp_path) == [tmp_path / "a" / "b"]
        assert (tmp_path / "a" / "b").read_bytes() == b"one\ntwo\n"


class TestOtherProcesses:
    def test_a_full_disk(self, tmp_path: Path) -> None:
        """Here the system refuses a file of more than 1,000 bytes."""
        plant(tmp_path, {"folder/small": "old", "folder/large": "old"})
        before = tree(tmp_path)
        code = """
            import sys
            from pathlib import Path
            from medsyn_inspect.writing import write_files
            write_files({"small": "new", "large": "new" * 1000}, Path(sys.argv[1]))
            """

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        process = run(code, tmp_path / "folder", preexec_fn=limit)
        assert "NotWritten: nothing was written to" in process.communicate()[1]
        assert tree(tmp_path) == before

    def test_interrupted_it_leaves_nothing(self, tmp_path: Path) -> None:
        process = run(WAITS, tmp_path / "folder")
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert tree(tmp_path) == {}

    def test_killed_it_leaves_what_the_next_one_removes(self, tmp_path: Path) -> None:
        process = run(WAITS, tmp_path / "folder")
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.kill()
        process.communicate()
        assert any("new" in name for name in tree(tmp_path))
        assert is_empty(tmp_path / "folder")
        write_files({"name": "text"}, tmp_path / "folder")
        assert tree(tmp_path) == {"folder": None, "folder/name": "text"}

    def test_what_another_one_is_writing_stays(self, tmp_path: Path) -> None:
        process = run(WAITS, tmp_path)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "written\n"
            before = tree(tmp_path)
            assert before
            write_files({"name": "text"}, tmp_path)
            assert tree(tmp_path) == before | {"name": "text"}
        finally:
            process.kill()
            process.communicate()


class TestFile:
    def test_it_replaces_and_keeps_who_may_read_it(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        write_file(file, b"old")
        file.chmod(0o600)
        write_file(file, b"new")
        assert tree(tmp_path) == {"file": "new"}
        assert file.stat().st_mode & 0o777 == 0o600

    def test_a_new_file_may_be_read_as_any_other(self, tmp_path: Path) -> None:
        (tmp_path / "any").write_text("")
        write_file(tmp_path / "file", b"")
        assert (tmp_path / "file").stat().st_mode == (tmp_path / "any").stat().st_mode

    def test_a_link_stays_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("file")
        write_file(tmp_path / "link", b"new")
        assert (tmp_path / "link").readlink() == Path("file")
        assert (tmp_path / "file").read_text() == "new"

    @pytest.mark.parametrize("method", ["replace", "write_bytes"])
    @pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
    def test_a_failure_leaves_the_older_one(self, tmp_path: Path, method: str, error: BaseException) -> None:
        (tmp_path / "file").write_text("old")
        with pytest.raises(type(error)), failing(method, 0, error):
            write_file(tmp_path / "file", b"new")
        assert tree(tmp_path) == {"file": "old"}

    def test_a_terminal_is_written_to_and_not_replaced(self) -> None:
        ours, theirs = os.openpty()
        try:
            write_file(Path(os.ttyname(theirs)), b"text")
            assert os.read(ours, 100) == b"text"
        finally:
            os.close(ours)
            os.close(theirs)

    @pytest.mark.parametrize(
        ("place", "message"),
        [
            ("/sys/file", "choose a location that you can write to"),
            ("missing/file", "create its folder first"),
            ("file/name", "a part of this path is a file, not a folder"),
            ("", "a folder with the name of the file exists"),
        ],
    )
    def test_a_place_that_cannot_be_written_is_named(self, tmp_path: Path, place: str, message: str) -> None:
        (tmp_path / "file").write_text("mine")
        with pytest.raises(NotWritten, match=f"nothing was written to .*{place}.*{message}"):
            write_file(tmp_path / place, b"text")
        assert tree(tmp_path) == {"file": "mine"}
