"""The manifest, which says of what bytes a version consists, and the pointer to the latest one.

DESIGN: schema 1. A manifest is the commit point of a publication, so it is parsed strictly.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import field, replace
from enum import Enum

from packaging.version import Version

from publisher import keys
from publisher.document import SCHEMA, Fields, dumped, loaded, unreadable
from publisher.frozen import dataclass
from publisher.versions import LATEST_WHEEL_VERSION, branch_wheel_version

_FILE = r"[a-z0-9_][a-z0-9._+-]*|-[a-z0-9._+-]+"
_TAGS = re.compile(r"[a-z0-9_.]+(-[a-z0-9_.]+){2,3}\.whl")
_BLOB = r"blobs/[0-9a-f]{64}/[a-z0-9_-][a-z0-9._+-]*"


class Kind(Enum):
    """What a manifest describes."""

    RELEASE = "release"
    FEATURE = "feature"


class ArtifactKind(Enum):
    """What a published file is."""

    SCRIPT = "script"
    WHEEL = "wheel"

    @property
    def content_type(self) -> str:
        """The media type under which it is served."""
        return {"script": "text/x-python; charset=utf-8", "wheel": "application/zip"}[self.value]


@dataclass(frozen=True, kw_only=True)
class File:
    """Bytes under a name that people use, and the blob that holds them."""

    kind: ArtifactKind
    file: str
    blob: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """A script or wheel of a version; a release's wheel has a twin, relabelled for ``latest``."""

    name: str
    own: File
    twin: File | None = None

    @property
    def latest(self) -> File:
        """The file that stands for it while its release is the latest."""
        return self.twin or replace(self.own, file=f"{self.name}-latest.py")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the bytes came from."""

    repository: str
    commit: str
    branch: str
    content: str


@dataclass(frozen=True, kw_only=True)
class Build:
    """Which run made them; ``reason`` is given where a person published without CI."""

    ci: str
    run: str
    number: int
    publisher: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A release, or a project on a branch: all that there is to know of it."""

    project: str
    team: str
    version: str
    kind: Kind
    description: str
    authors: tuple[str, ...]
    requires_python: str
    dependencies: tuple[str, ...]
    source: Source
    build: Build
    published: str
    artifacts: tuple[Artifact, ...]
    suffix: str = ""
    raw: bytes = field(default=b"", compare=False, repr=False)

    def encoded(self) -> bytes:
        """Return the bytes that are, or will be, in the store."""
        return self.raw or dumped(_as_json(self))

    @property
    def sha256(self) -> str:
        """The digest of those bytes, which the pointer bears."""
        return hashlib.sha256(self.encoded()).hexdigest()

    def names(self) -> tuple[File, ...]:
        """Return the files of this version or branch under their own names."""
        return tuple(artifact.own for artifact in self.artifacts)

    def latest_names(self) -> tuple[File, ...]:
        """Return the files that ``latest`` names stand for while this release is current."""
        return tuple(artifact.latest for artifact in self.artifacts)

    def blobs(self) -> tuple[File, ...]:
        """Return every file whose bytes have to be there before the manifest is."""
        return (*self.names(), *(a.twin for a in self.artifacts if a.twin))


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """``latest.json``: the current release, and the highest that it ever named."""

    version: str
    manifest: str
    sha256: str
    highest: str
    repository: str
    reason: str

    def encoded(self) -> bytes:
        """Return the pointer's bytes."""
        return dumped({"schema": SCHEMA, **vars(self)})


def parse_pointer(body: bytes, where: str) -> Pointer:
    """Return the pointer in ``body``, or fail, naming ``where``."""
    fields = loaded(body, where)
    version = fields.version("version")
    highest = fields.version("highest")
    fields.expect(manifest=f"releases/{version}.json")
    if Version(highest) < Version(version):
        raise unreadable(where, 'its "highest" is lower than its "version"')
    return Pointer(
        version=version,
        manifest=fields.text("manifest"),
        sha256=fields.digest("sha256"),
        highest=highest,
        repository=fields.text("repository"),
        reason=fields.text("reason"),
    )


def parse_manifest(body: bytes, where: str, **expected: str) -> Manifest:
    """Return the manifest in ``body``; ``expected`` are fields that its key already tells."""
    fields = loaded(body, where)
    fields.expect(**expected)
    manifest = Manifest(
        project=fields.text("project"),
        team=fields.text("team"),
        version=fields.version("version"),
        kind=Kind(fields.text("kind", "release|feature")),
        suffix=fields.text("suffix", "feature-[a-z0-9-]+") if "suffix" in fields.values else "",
        description=fields.text("description"),
        authors=fields.texts("authors"),
        requires_python=fields.text("requires_python"),
        dependencies=fields.requirements("dependencies"),
        source=_source(fields.inner("source")),
        build=_build(fields.inner("build")),
        published=fields.text("published"),
        artifacts=tuple(map(_artifact, fields.inners("artifacts"))),
        raw=body,
    )
    _check_names(manifest, where)
    return manifest


def _check_names(m: Manifest, where: str) -> None:
    """Fail unless each file bears the name that follows from project, version and kind.

    Names are derived, never believed: else a manifest could have the names of another release,
    or of the pointer, written over.
    """
    names = m.names() if m.suffix else (*m.names(), *m.latest_names())
    files = [file.file for file in names]
    wrong = [a.own.file for a in m.artifacts if not _is_named_rightly(m, a)]
    if wrong or len(set(files)) < len(files):
        raise unreadable(where, f'"{(wrong or files)[0]}" cannot be a file of this version')


def _is_named_rightly(m: Manifest, a: Artifact) -> bool:
    slug = m.suffix.removeprefix("feature-")
    if a.own.kind is ArtifactKind.SCRIPT:
        return a.twin is None and a.own.file == keys.script_file(a.name, m.suffix or m.version)
    if slug:
        version = branch_wheel_version(m.version, slug)
        return a.twin is None and _is_wheel(a.own, m.project, version)
    twin = a.twin is not None and _is_wheel(a.twin, m.project, LATEST_WHEEL_VERSION)
    return twin and a.name == m.project and _is_wheel(a.own, m.project, m.version)


def _is_wheel(file: File, project: str, version: str) -> bool:
    stem = keys.wheel_stem(project, version)
    return file.file.startswith(stem) and bool(_TAGS.fullmatch(file.file[len(stem) :]))


def _source(fields: Fields) -> Source:
    return Source(
        repository=fields.text("repository"),
        commit=fields.text("commit", r"[0-9a-f]{40,64}"),
        branch=fields.text("branch"),
        content=fields.digest("content"),
    )


def _build(fields: Fields) -> Build:
    return Build(
        ci=fields.text("ci"),
        run=fields.text("run"),
        number=fields.number("number"),
        publisher=fields.text("publisher"),
        reason=fields.text("reason") if "reason" in fields.values else "",
    )


def _artifact(fields: Fields) -> Artifact:
    kind = ArtifactKind(fields.text("kind", "script|wheel"))
    twin = fields.inner("latest") if "latest" in fields.values else None
    return Artifact(
        name=fields.text("name", r"[a-z0-9_-]+"),
        own=_file(fields, kind),
        twin=_file(twin, kind) if twin else None,
    )


def _file(fields: Fields, kind: ArtifactKind) -> File:
    sha256, blob = fields.digest("sha256"), fields.text("blob", _BLOB)
    fields.expect(blob=keys.blob(sha256, blob.rpartition("/")[2]))
    return File(
        kind=kind,
        file=fields.text("file", _FILE),
        blob=blob,
        sha256=sha256,
        size=fields.number("size"),
    )


def _as_json(manifest: Manifest) -> dict[str, object]:
    m = manifest
    build = {k: v for k, v in vars(m.build).items() if v != "" or k != "reason"}
    return {
        "schema": SCHEMA, "project": m.project, "team": m.team, "version": m.version,
        "kind": m.kind.value, **({"suffix": m.suffix} if m.suffix else {}),
        "description": m.description, "authors": m.authors,
        "requires_python": m.requires_python, "dependencies": m.dependencies,
        "source": vars(m.source), "build": build, "published": m.published,
        "artifacts": list(_artifacts_json(m.artifacts)),
    }  # fmt: skip


def _artifacts_json(artifacts: Iterable[Artifact]) -> Iterable[dict[str, object]]:
    for a in artifacts:
        own = {"kind": a.own.kind.value, "name": a.name, **_file_json(a.own)}
        yield own | ({"latest": _file_json(a.twin)} if a.twin else {})


def _file_json(file: File) -> dict[str, object]:
    return {"file": file.file, "blob": file.blob, "sha256": file.sha256, "size": file.size}
