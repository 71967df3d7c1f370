"""What every use of a disk needs: its refusals in one line, and files that are whole or absent."""

import errno
import hashlib
import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from publisher.errors import StoreFailed

CHUNK = 1024 * 1024  # bytes
SMALL = 1024 * 1024  # bytes; a person writes no larger pyproject.toml
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # POSIX, Windows
_RENAMES = 20  # tries; Windows refuses while somebody reads, which takes milliseconds
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
_SHAPE = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP}


@contextmanager
def reported(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into ``StoreFailed``; ``path`` is named where it names none."""
    try:
        yield
    except OSError as error:
        raise failed(error, path) from error


def failed(error: OSError, path: Path) -> StoreFailed:
    """Return what the disk refused as an error; ``path`` is named where it names none."""
    where, said = str(error.filename2 or error.filename or path), error.strerror or str(error)
    if error.errno in FULL:
        what, advice = f"the disk is full ({said})", "free some space, and run again"
        return StoreFailed("disk-full", what, where=where, advice=advice)
    if error.errno in _DENIED:
        what = f"the system does not allow it ({said})"
        advice = "let this user write to the store's folder, or choose another folder"
        return StoreFailed("disk-denied", what, where=where, advice=advice)
    if error.errno in _SHAPE:
        what = f"something else lies where this should be ({said})"
        advice = "move it away, or choose another folder for the store"
        return StoreFailed("disk-shape", what, where=where, advice=advice)
    what = f"the disk failed ({said})"
    advice = "check that the folder is mounted and sound, and run again"
    return StoreFailed("disk-failed", what, where=where, advice=advice)


def opened(path: Path) -> BinaryIO:
    """Open a file for reading; a pipe, a device or a folder raises ``OSError`` at once."""
    descriptor = os.open(path, os.O_RDONLY | _AT_ONCE)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileExistsError(errno.EEXIST, "it is no file", str(path))
    return os.fdopen(descriptor, "rb")


def small_file(path: Path, limit: int = SMALL) -> bytes:
    """Return what is in a file of at most ``limit`` bytes; ``OSError`` for any other."""
    with opened(path) as stream:
        body = stream.read(limit + 1)
    if len(body) > limit:
        raise OSError(errno.EFBIG, f"it has more than {limit} bytes", str(path))
    return body


def appended(path: Path) -> TextIO:
    """Open a file to write at its end; ``OSError`` for a pipe that nobody reads."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _AT_ONCE
    text = os.open(path, flags, 0o666)
    return os.fdopen(text, "a", encoding="utf-8", errors="backslashreplace")


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Return what is left in a stream, piece by piece."""
    while chunk := stream.read(CHUNK):
        yield chunk


def saved(parts: Iterable[bytes], to: Path, sha256: str, size: int) -> bool:
    """Make the file ``to`` out of ``parts`` if these are the bytes meant, and tell whether.

    ``to`` comes to be whole or not at all; what ``parts`` raises is passed on.
    """
    part = to.with_name(f"{to.name}.part")
    digest, count = hashlib.sha256(), 0
    with reported(part):
        try:
            with part.open("wb") as out:
                for data in parts:
                    digest.update(data)
                    count += len(data)
                    if count > size:
                        return False
                    out.write(data)
            if (digest.hexdigest(), count) != (sha256, size):
                return False
            renamed(part, to)
        finally:
            part.unlink(missing_ok=True)
    return True


def renamed(part: Path, to: Path, tries: int = _RENAMES) -> None:
    """Give a file its name in one step, over whatever had it."""
    try:
        part.replace(to)
    except PermissionError:
        if os.name != "nt" or tries <= 1:
            raise
        time.sleep(0.025)
        renamed(part, to, tries - 1)
