"""Manifests and goals made up for tests, with real bytes behind their digests."""

import hashlib
from pathlib import Path

from publisher import keys
from publisher.branch_steps import BranchGoal
from publisher.keys import BranchKeys, ProjectKeys
from publisher.manifest import Artifact, ArtifactKind, Build, File, Kind, Manifest, Source
from publisher.publish import Supply
from publisher.release_steps import Latest, ReleaseGoal

REPOSITORY = "https://github.com/acme/analytics"
KEYS = ProjectKeys("analytics", "helloworld")


def digest(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


class Bytes:
    """Files in a folder, by digest: what a build would have made."""

    def __init__(self, folder: Path, *, write: bool = True) -> None:
        self.folder = folder
        self._write = write
        self.files: dict[str, Path] = {}
        if write:
            folder.mkdir(parents=True, exist_ok=True)

    def file(self, kind: ArtifactKind, name: str, text: str) -> File:
        """Make a file with that text and return how a manifest names it."""
        sha256 = digest(text)
        path = self.folder / sha256
        if self._write:
            path.write_text(text)
        self.files[sha256] = path
        blob = keys.blob(sha256, name)
        return File(kind=kind, file=name, blob=blob, sha256=sha256, size=len(text))

    def supply(self, work: str = "work") -> Supply:
        """Return a supply that has these files."""
        folder = self.folder / work
        folder.mkdir(exist_ok=True)
        return Supply(folder, self.files)

    def manifest(self, version: str, content: str, *, slug: str = "", number: int = 1) -> Manifest:
        """Return the manifest of a helloworld with one script and one wheel."""
        suffix = f"feature-{slug}" if slug else version
        local = f"{version}.dev0+feature.{slug.replace('-', '.')}" if slug else version
        wheel = f"helloworld-{local}-py3-none-any.whl"
        made = f"{version} {content}"
        twin = self.file(
            ArtifactKind.WHEEL, "helloworld-0+latest-py3-none-any.whl", f"latest wheel {made}"
        )
        script = self.file(ArtifactKind.SCRIPT, f"helloworld-{suffix}.py", f"script {made}")
        return Manifest(
            project="helloworld",
            team="analytics",
            version=version,
            kind=Kind.FEATURE if slug else Kind.RELEASE,
            suffix=suffix if slug else "",
            description="",
            authors=(),
            requires_python="",
            dependencies=(),
            source=Source(
                repository=REPOSITORY,
                commit=hashlib.sha1(made.encode(), usedforsecurity=False).hexdigest(),
                branch=f"feature/{slug}" if slug else "main",
                content=digest(content),
            ),
            build=Build(ci="github", run="", number=number, publisher="0.1.0"),
            published="2026-11-22T10:00:00Z",
            artifacts=(
                Artifact(name="helloworld", own=script),
                Artifact(
                    name="helloworld",
                    own=self.file(ArtifactKind.WHEEL, wheel, f"wheel {made} {local}"),
                    twin=None if slug else twin,
                ),
            ),
        )

    def release(
        self,
        version: str,
        content: str = "one",
        *,
        latest: Latest = Latest.MOVE,
        repository: str = REPOSITORY,
    ) -> ReleaseGoal:
        """Return the goal of a fresh release."""
        return ReleaseGoal(
            keys=KEYS,
            manifest=self.manifest(version, content),
            latest=latest,
            exact=False,
            repository=repository,
        )

    def branch(self, slug: str, content: str = "one", *, number: int = 1) -> BranchGoal:
        """Return the goal of a branch's push."""
        return BranchGoal(
            keys=KEYS,
            branch=BranchKeys("analytics", slug),
            manifest=self.manifest("1.0.0", content, slug=slug, number=number),
        )
