"""From projects to bytes: the committed tree exported, wheels built, and the manifest of it all."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from publisher import keys
from publisher.disk import reported
from publisher.errors import PublisherError, Refused
from publisher.frozen import dataclass
from publisher.git import Git, Objects
from publisher.manifest import Artifact, ArtifactKind, File, Kind, Manifest, Source
from publisher.plan import Claim
from publisher.progress import READING_GIT, Watch
from publisher.project import Project
from publisher.relabel import relabelled
from publisher.store import Payload
from publisher.tools import Tools
from publisher.versions import LATEST_WHEEL_VERSION, branch_wheel_version
from publisher.wheel import WheelSource, build_wheels

SIZE_LIMIT = 4 * 1024**3  # bytes; S3 takes 5 GiB in one request, and a wheel is zipped from these


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a manifest says of where its bytes came from, and when they were made."""

    team: str
    commit: str
    branch: str
    slug: str = ""
    claim: Claim
    published: str


@dataclass(frozen=True)
class Candidate:
    """A manifest that no store has yet, and the files that it names, by digest."""

    manifest: Manifest
    files: Mapping[str, Path]


def make_candidates(
    projects: Sequence[Project],
    git: Git,
    origin: Origin,
    tools: Tools,
) -> list[Candidate | PublisherError]:
    """Return, for each project, what would be published of it, or why it cannot be."""
    exported = _exports(projects, git, tools.work, tools.watch)
    wheels = _wheels(projects, exported, tools)
    made = {
        project.key: (tree, wheel)
        for project, tree, wheel in zip(projects, exported, wheels, strict=True)
    }
    return tools.watch.each(
        "labelling files", lambda p: _candidate(p, *made[p.key], origin, tools.work), projects, _key
    )


def _key(project: Project) -> str:
    return project.key


def _exports(
    projects: Sequence[Project], git: Git, work: Path, watch: Watch
) -> list[Path | PublisherError]:
    with git.objects() as objects:
        sizes = git.sizes(entry.oid for project in projects for entry in project.files)
        return watch.each(READING_GIT, lambda p: _exported(p, objects, sizes, work), projects, _key)


def _exported(
    project: Project, objects: Objects, sizes: Mapping[str, int], work: Path
) -> Path | PublisherError:
    folder = work / "source" / project.key
    size = sum(sizes.get(entry.oid, 0) for entry in project.files)
    if size > SIZE_LIMIT:
        return _too_large(project, size)
    try:
        with reported(folder):
            objects.export({entry.path: entry for entry in project.files}, folder)
    except PublisherError as error:
        return error
    return folder


def _too_large(project: Project, size: int) -> Refused:
    return Refused(
        "project-too-large",
        f"the committed files of {project.key} are {size / 1e9:.1f} GB, "
        f"and {SIZE_LIMIT / 1e9:.1f} GB is the limit",
        where=project.where,
        advice="keep data in a bucket or a table, and read it from the script",
    )


def _wheels(
    projects: Sequence[Project],
    exported: Sequence[Path | PublisherError],
    tools: Tools,
) -> list[Path | PublisherError | None]:
    sources = [
        WheelSource(project=project.key, version=project.release, folder=tree, where=project.where)
        for project, tree in zip(projects, exported, strict=True)
        if project.has_wheel and isinstance(tree, Path)
    ]
    if not sources:
        return [None for _ in projects]
    with tools.watch.part("building wheels", len(sources)) as building:
        built = build_wheels(
            sources,
            environ=tools.environ,
            work=tools.work,
            child=tools.child,
            on_done=lambda source: building.done(f"{source.project}: build finished"),
            on_timing=tools.watch.took,
        )
    by_key = {source.project: wheel for source, wheel in zip(sources, built, strict=True)}
    return [by_key.get(project.key) for project in projects]


def _candidate(
    project: Project,
    tree: Path | PublisherError,
    wheel: Path | PublisherError | None,
    origin: Origin,
    work: Path,
) -> Candidate | PublisherError:
    if isinstance(tree, PublisherError):
        return tree
    if isinstance(wheel, PublisherError):
        return wheel
    suffix = f"feature-{origin.slug}" if origin.slug else project.release
    files: dict[str, Path] = {}
    artifacts = [
        Artifact(
            name=script.name,
            own=_file(
                ArtifactKind.SCRIPT,
                tree / script.path,
                keys.script_file(script.name, suffix),
                files,
            ),
        )
        for script in project.scripts
    ]
    try:
        if wheel:
            folder = work / "relabelled" / project.key
            with reported(folder):
                artifacts.append(_wheel_artifact(project, wheel, origin.slug, folder, files))
    except PublisherError as error:
        return error
    return Candidate(_manifest(project, tuple(artifacts), origin), files)


def _wheel_artifact(
    project: Project, wheel: Path, slug: str, folder: Path, files: dict[str, Path]
) -> Artifact:
    folder.mkdir(parents=True)
    kind, version = ArtifactKind.WHEEL, project.release
    if slug:
        own = relabelled(wheel, branch_wheel_version(version, slug), folder)
        return Artifact(name=project.key, own=_file(kind, own, own.name, files))
    twin = relabelled(wheel, LATEST_WHEEL_VERSION, folder)
    return Artifact(
        name=project.key,
        own=_file(kind, wheel, wheel.name, files),
        twin=_file(kind, twin, twin.name, files),
    )


def _file(kind: ArtifactKind, path: Path, name: str, files: dict[str, Path]) -> File:
    payload = Payload.of_file(path)
    files[payload.sha256] = path
    return File(
        kind=kind,
        file=name,
        blob=keys.blob(payload.sha256, name),
        sha256=payload.sha256,
        size=payload.size,
    )


def _manifest(project: Project, artifacts: tuple[Artifact, ...], origin: Origin) -> Manifest:
    return Manifest(
        project=project.key,
        team=origin.team,
        version=project.release,
        kind=Kind.FEATURE if origin.slug else Kind.RELEASE,
        suffix=f"feature-{origin.slug}" if origin.slug else "",
        description=project.description,
        authors=project.authors,
        requires_python=project.requires_python,
        dependencies=project.dependencies,
        source=Source(
            repository=origin.claim.repository,
            commit=origin.commit,
            branch=origin.branch,
            content=project.content,
        ),
        build=origin.claim.build,
        published=origin.published,
        artifacts=artifacts,
    )
