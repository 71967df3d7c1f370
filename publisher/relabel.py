"""The same wheel under another version: new labels, and no other byte changed.

A wheel's version stands in its file name, in two folder names, in METADATA and in RECORD
(https://packaging.python.org/en/latest/specifications/binary-distribution-format/).
"""

import base64
import csv
import errno
import hashlib
import io
import lzma
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from packaging.metadata import RawMetadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from publisher.disk import CHUNK, reported
from publisher.errors import Refused, StoreFailed
from publisher.frozen import dataclass

_DOCUMENT_LIMIT = 64 * 1024 * 1024  # bytes; METADATA and RECORD are held in memory
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")
_VERSION_HEADER = re.compile(rb"^Version:[^\r\n]*", re.IGNORECASE | re.MULTILINE)
_HEADERS_END = re.compile(rb"\r?\n\r?\n")


class _Problem(ValueError):
    """No installer would take this wheel."""


# What zipfile and the decompressors raise for archives that were damaged or made up.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    csv.Error,
    EOFError,
    KeyError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, kw_only=True)
class WheelName:
    """A wheel's file name, taken apart; build and tags keep their order and spelling."""

    project: str
    version: Version
    rest: str

    @classmethod
    def of(cls, wheel: Path) -> "WheelName":
        """Return the parts of a wheel's file name, or refuse one that is not a wheel's."""
        try:
            project, version, _, _ = parse_wheel_filename(wheel.name)
        except ValueError as error:
            raise _broken(wheel, "its file name is not a wheel's") from error
        return cls(project=project, version=version, rest=wheel.name.split("-", 2)[2])

    def label(self, version: str) -> str:
        """Return what dist-info and data folders of that version are called, less the ending."""
        return f"{self.project.replace('-', '_')}-{version}"

    def file(self, version: str) -> str:
        """Return the canonical file name of this wheel under ``version``."""
        return f"{self.label(version)}-{self.rest}"


def relabelled(wheel: Path, version: str, folder: Path) -> Path:
    """Write ``wheel`` under another ``version`` (PEP 440, canonical) into ``folder``.

    The folders that bear the version are renamed, METADATA and RECORD rewritten, signatures of
    RECORD dropped; everything else stays as it is, in its order, with its dates and modes.
    Raises Refused for a wheel that is broken, or that requires its own name at a version.
    """
    name = WheelName.of(wheel)
    target = folder / name.file(version)
    unfinished = target.with_name(f"{target.name}.part")
    with _opened(wheel) as archive:
        labels = _Labels(_label_inside(archive.infolist(), name), name.label(version))
        changes = _changes(archive, labels, name.project, version)
        with zipfile.ZipFile(unfinished, "w") as copy:
            for member in archive.infolist():
                if changes.get(member.filename, b"") is not None:
                    path = labels.renamed(member.filename)
                    _copy_member(archive, member, changes.get(member.filename), copy, path)
    unfinished.replace(target)
    return target


def metadata_of(wheel: Path) -> RawMetadata:
    """Return the fields of a wheel's METADATA, or refuse a wheel that is broken."""
    name = WheelName.of(wheel)
    with _opened(wheel) as archive:
        info = f"{_label_inside(archive.infolist(), name)}.dist-info"
        return parse_email(_document(archive, f"{info}/METADATA"))[0]


@dataclass(frozen=True)
class _Labels:
    """What a wheel's dist-info and data folders are called, and are to be called."""

    old: str
    new: str

    @property
    def info(self) -> str:
        return f"{self.old}.dist-info"

    def renamed(self, path: str) -> str:
        if path.startswith((f"{self.info}/", f"{self.old}.data/")):
            return self.new + path.removeprefix(self.old)
        return path


def _changes(
    archive: zipfile.ZipFile, labels: _Labels, project: str, version: str
) -> dict[str, bytes | None]:
    """Return the new bytes of each member that changes, or None for those that are dropped."""
    info = labels.info
    _document(archive, f"{info}/WHEEL")
    metadata = _document(archive, f"{info}/METADATA")
    _refuse_own_requirement(metadata, project, Path(str(archive.filename)).name)
    changes: dict[str, bytes | None] = dict.fromkeys(f"{info}/{name}" for name in _SIGNATURES)
    changes[f"{info}/METADATA"] = _with_version(metadata, version)
    rows = _record_rows(archive, _document(archive, f"{info}/RECORD"), changes)
    changes[f"{info}/RECORD"] = _record(rows, labels, changes)
    return changes


def _copy_member(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    body: bytes | None,
    copy: zipfile.ZipFile,
    path: str,
) -> None:
    info = zipfile.ZipInfo(path, member.date_time)
    info.compress_type = member.compress_type
    info.create_system = member.create_system
    info.file_size = member.file_size if body is None else len(body)
    source = archive.open(member) if body is None else io.BytesIO(body)
    with source, copy.open(info, "w") as sink:
        shutil.copyfileobj(source, sink, CHUNK)
    info.external_attr = member.external_attr  # open() does not keep a 0


def _with_version(metadata: bytes, version: str) -> bytes:
    """Replace the header alone: a description may well hold lines that look like it."""
    end = _HEADERS_END.search(metadata)
    head = metadata[: end.start()] if end else metadata
    changed, count = _VERSION_HEADER.subn(f"Version: {version}".encode(), head)
    if count != 1 or "version" not in parse_email(metadata)[0]:
        raise _Problem("its METADATA has not exactly one Version")
    return changed + metadata[len(head) :]


def _refuse_own_requirement(metadata: bytes, project: str, where: str) -> None:
    for text in parse_email(metadata)[0].get("requires_dist", []):
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise _Problem(f'its METADATA requires "{text}"') from error
        own = canonicalize_name(requirement.name) == project
        if own and (requirement.specifier or requirement.url):
            raise Refused(
                "wheel-requires-itself",
                f'it requires itself at a version ("{text}"), so no other version can be made',
                where=where,
                advice="remove the version from that dependency; extras alone are fine",
            )


def _record_rows(
    archive: zipfile.ZipFile, record: bytes, changes: Mapping[str, bytes | None]
) -> list[list[str]]:
    """Return RECORD's lines, less the dropped ones; they must name the files that are there."""
    dropped = {path for path, body in changes.items() if body is None}
    lines = csv.reader(io.StringIO(record.decode(), newline=""))
    rows = [row for row in lines if row and row[0] not in dropped]
    held = {member.filename for member in archive.infolist() if not member.is_dir()} - dropped
    differing = held.symmetric_difference(row[0] for row in rows)
    if differing:
        raise _Problem(f'RECORD and the files differ: "{min(differing)}"')
    return rows


def _record(
    rows: Sequence[Sequence[str]], labels: _Labels, changes: Mapping[str, bytes | None]
) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for path, *proof in rows:
        if path == f"{labels.info}/RECORD":
            writer.writerow([labels.renamed(path), "", ""])
        else:
            body = changes.get(path)
            writer.writerow([labels.renamed(path), *(proof if body is None else _proof(body))])
    return text.getvalue().encode()


def _proof(body: bytes) -> tuple[str, str]:
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")
    return f"sha256={digest}", str(len(body))


def _label_inside(members: Sequence[zipfile.ZipInfo], name: WheelName) -> str:
    """Return what the folders inside are called, less the ending; they must agree."""
    _refuse_unsafe_paths(members)
    tops = {member.filename.split("/")[0] for member in members if "/" in member.filename}
    labels = [top.removesuffix(".dist-info") for top in tops if top.endswith(".dist-info")]
    if len(labels) != 1:
        raise _Problem(f"it has {len(labels)} dist-info folders instead of one")
    project, _, version = labels[0].rpartition("-")
    if canonicalize_name(project) != name.project or Version(version) != name.version:
        raise _Problem(f"{labels[0]}.dist-info is another wheel's")
    # uv takes a data folder of another name for a package, pip does not.
    if any(top.endswith(".data") and top != f"{labels[0]}.data" for top in tops):
        raise _Problem("it has a data folder that is not called as its dist-info folder")
    return labels[0]


def _refuse_unsafe_paths(members: Sequence[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for member in members:
        path = member.filename
        parts = path.removesuffix("/").split("/")
        # zipfile cuts a name at a NUL, and turns backslashes on Windows alone
        changed = path != member.orig_filename or "\\" in path or re.match("[A-Za-z]:", path)
        if changed or not {"", ".", ".."}.isdisjoint(parts):
            raise _Problem(f'the path "{member.orig_filename[:80]}" leaves it')
        if path in seen:
            raise _Problem(f'it holds "{path[:80]}" twice')
        seen.add(path)


def _document(archive: zipfile.ZipFile, path: str) -> bytes:
    member = archive.getinfo(path)
    if member.file_size > _DOCUMENT_LIMIT:
        raise _Problem(f"{path} is larger than {_DOCUMENT_LIMIT} bytes")
    return archive.read(member)


@contextmanager
def _opened(wheel: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with reported(wheel), zipfile.ZipFile(wheel) as archive:
            yield archive
    except _BROKEN as error:
        raise _broken(wheel, str(error).strip("'\"") or type(error).__name__) from error
    except StoreFailed as error:
        # a made-up offset, or bz2's "Invalid data stream", is no fault of the disk
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno in {None, errno.EINVAL}:
            raise _broken(wheel, "it is not a readable zip archive") from error
        raise


def _broken(wheel: Path, problem: str) -> Refused:
    return Refused(
        "wheel-broken",
        f"this is not a wheel that installers take: {problem}",
        where=wheel.name,
        advice="look at the build backend's settings in pyproject.toml",
    )
