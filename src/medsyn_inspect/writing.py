"""Write files and folders completely or not at all.

Files are first written to a hidden draft folder in the target folder and then moved to their places by renaming. If
anything fails, or on Ctrl-C, the draft is removed and the target folder has the same contents as before. Only a process
that is killed can leave its draft; the next process that writes to the same folder removes it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from shutil import copymode, rmtree
from uuid import uuid4

import psutil

_DRAFT = ".medsyn-unfinished-"
"""Prefix of the name of every draft; the id of the process that writes it follows."""

_ADVICE = {
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "choose a location that you can write to"),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free some space, or choose another disk"),
    errno.ENOENT: "create its folder first",
    errno.ENOTDIR: "a part of this path is a file, not a folder; choose another location",
    errno.EEXIST: "this is a file; choose a folder",
    errno.EISDIR: "a folder with the name of the file exists; choose another location",
}


class NotWritten(OSError):
    """Nothing was written; existing files are unchanged. The message names the location and the reason."""


@contextmanager
def write_folder(folder: Path, *, replaced: Collection[str] = ()) -> Iterator[Path]:
    """An empty draft folder, whose files are moved into `folder` when the `with` block ends without an error.

    Existing files with the same names are replaced; other files in `folder` are kept.

    Args:
        folder: Created, with its parents, if it does not exist.
        replaced: Names in `folder` that are removed whether or not the draft has a file of that name.

    Yields:
        The draft.

    Raises:
        NotWritten: If the block or the moving raises an `OSError`. Other errors are passed on. In both cases the
            contents of the folder are unchanged.
    """
    try:
        with ExitStack() as created:
            _create(folder, created)
            with _draft(folder) as draft:
                new, old = draft / "new", draft / "old"
                new.mkdir()
                old.mkdir()
                yield new
                with ExitStack() as moved:
                    _move_all(new, folder, old, replaced, moved)
                    moved.pop_all()
            created.pop_all()
    except OSError as error:
        raise _not_written(folder, error) from error


def write_files(contents: Mapping[str, str], folder: Path) -> list[Path]:
    """Write texts (UTF-8) to files in a folder: all of them, or none.

    Args:
        contents: Texts by path within the folder, with `/` as separator.
        folder: Created, with its parents, if it does not exist.

    Returns:
        The files.

    Raises:
        NotWritten: If they cannot be written.
        ValueError: If a path is outside the folder.
    """
    for name in contents:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f"{name!r} is outside {folder}; use a relative path without ..")
    with write_folder(folder) as draft:
        for name, text in contents.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in contents]


def write_file(file: Path, content: bytes) -> None:
    """Write one file into a folder that exists. A device or a pipe, such as `/dev/stdout`, is written to directly.

    Raises:
        NotWritten: If it cannot be written; an existing file is unchanged.
    """
    try:
        if file.exists() and not file.is_file():
            file.write_bytes(content)
            return
        target = file.resolve()  # the target of a link, so that the link is kept
        with _draft(target.parent) as draft:
            (draft / target.name).write_bytes(content)
            if target.exists():
                copymode(target, draft / target.name)
            (draft / target.name).replace(target)
    except OSError as error:
        raise _not_written(file, error) from error


def require_writable(folder: Path) -> None:
    """Check that `write_folder` can write to a folder, before the contents are computed. Nothing is left in it.

    Raises:
        NotWritten: If it cannot.
    """
    try:
        with ExitStack() as created:
            _create(folder, created)
            with _draft(folder) as draft:
                (draft / "file").write_bytes(b"content")
    except OSError as error:
        raise _not_written(folder, error) from error


def is_empty(folder: Path) -> bool:
    """Whether a folder is empty, apart from drafts."""
    return all(path.name.startswith(_DRAFT) for path in folder.iterdir())


def _create(folder: Path, created: ExitStack) -> None:
    """Create a folder and its parents; `created` removes the new ones again if they are empty."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        created.callback(_remove_if_empty, missing)
        missing.mkdir(exist_ok=True)
    if not folder.is_dir():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A new hidden folder in `folder`, always removed at the end."""
    _remove_abandoned(folder)
    draft = folder / f"{_DRAFT}{os.getpid()}-{uuid4().hex}"
    try:
        draft.mkdir()
        yield draft
    finally:
        try:
            rmtree(draft, ignore_errors=True)
        except KeyboardInterrupt:
            rmtree(draft, ignore_errors=True)
            raise


def _remove_abandoned(folder: Path) -> None:
    """Remove drafts of processes that have ended."""
    for path in folder.glob(f"{_DRAFT}*"):
        process = path.name.removeprefix(_DRAFT).partition("-")[0]
        if process.isdecimal() and (int(process) == os.getpid() or not psutil.pid_exists(int(process))):
            rmtree(path, ignore_errors=True)


def _move_all(new: Path, folder: Path, old: Path, replaced: Collection[str], moved: ExitStack) -> None:
    """Move the contents of `new` into `folder`, and what they replace into `old`; `moved` can undo all moves."""
    _require_same_kinds(new, folder, replaced)
    for name in replaced:
        if os.path.lexists(folder / name):
            _move(folder / name, old / name, moved)
    numbers = count()
    for path in sorted(new.rglob("*")):  # a folder comes before what is in it
        place = folder / path.relative_to(new)
        if path.is_dir():
            if not place.is_dir():
                moved.callback(_remove_if_empty, place)
                place.mkdir()
            continue
        if os.path.lexists(place):
            _move(place, old / f"file {next(numbers)}", moved)
        _move(path, place, moved)


def _require_same_kinds(new: Path, folder: Path, replaced: Collection[str]) -> None:
    """Check that no file would replace a folder, and no folder a file."""
    for path in new.rglob("*"):
        name = path.relative_to(new)
        place = folder / name
        if name.parts[0] in replaced or not place.exists() or path.is_dir() == place.is_dir():
            continue
        code = errno.EISDIR if place.is_dir() else errno.ENOTDIR
        raise OSError(code, os.strerror(code), str(place))


def _move(source: Path, target: Path, moved: ExitStack) -> None:
    # Registered first: an interrupt can come between any two lines.
    moved.callback(_move_back, source, target)
    source.rename(target)


def _move_back(source: Path, target: Path) -> None:
    if os.path.lexists(target) and not os.path.lexists(source):
        target.rename(source)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _not_written(place: Path, error: OSError) -> NotWritten:
    if isinstance(error, NotWritten):
        return error
    reason = error.strerror or str(error)
    if error.filename is not None and _DRAFT not in str(error.filename) and Path(str(error.filename)) != place:
        reason += f": {error.filename}"
    advice = _ADVICE.get(error.errno or 0)
    return NotWritten(f"nothing was written to {place} ({reason})" + (f"; {advice}" if advice else ""))
