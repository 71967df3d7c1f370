"""What a merge would publish, decided from what both sides have committed. Pure.

A preview: what a store holds beyond Git (a rollback, a release by hand) is not known here.
"""

from enum import Enum

from publisher.bump import Step, next_version
from publisher.context import Told
from publisher.errors import PublisherError, Refused
from publisher.frozen import dataclass
from publisher.project import Project
from publisher.remarks import Level, Remark, remark_of
from publisher.repository import Broken
from publisher.settings import Release, Settings
from publisher.versions import may_be_latest


class Fate(Enum):
    """What a merge would make of a project that it changes."""

    PUBLISHED = "published"
    TAKEN = "version-published"
    LOWER = "version-lower"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One project that a merge changes, and what would become of it, in a sentence."""

    key: str
    path: str
    version: str
    fate: Fate
    text: str
    moves_latest: bool = False
    remark: Remark | None = None


@dataclass(frozen=True, kw_only=True)
class Merge:
    """What a merge into ``target`` would do; ``note`` says it where there is no more to say."""

    target: Told
    tip: str = ""
    changes: tuple[Change, ...] = ()
    note: str = ""
    remarks: tuple[Remark, ...] = ()

    @property
    def compared(self) -> str:
        """What HEAD was compared with, and who says so; nothing where it was not."""
        told = f"{self.target.value} ({self.target.source}), commit {self.tip[:12]}"
        return f"compared with {told}" if self.tip else ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The sentences for people."""
        return tuple(filter(None, (self.compared, *(c.text for c in self.changes), self.note)))


def change_of(
    project: Project, before: Project | None, main: Project | None, settings: Settings
) -> Change | None:
    """Return what a merge into the main branch makes of a project, or None: it leaves it alone.

    ``before`` is the project where the two sides parted, ``main`` is it at the main branch's tip.
    """
    fate = fate_of(project, before, main)
    if main is None or fate is Fate.PUBLISHED or fate is None:
        return _published(project, settings.release) if fate else None
    branch = settings.main_branch
    if fate is Fate.TAKEN:
        why = f"changes, and {branch} has that version already: the merge would be refused"
        text = f"{project.key} {project.version} {why}; publisher bump {project.key} patch"
        return _doubtful(project, Fate.TAKEN, text)
    higher = next_version(main.version, Step.PATCH.value)
    why = f"is {project.version} here, and {branch} has {main.version}: latest only moves upwards"
    text = f"{project.key} {why}; publisher bump {project.key} {higher}"
    return _doubtful(project, Fate.LOWER, text)


def fate_of(project: Project, before: Project | None, main: Project | None) -> Fate | None:
    """Return what becomes of a project, or None where the merge leaves it alone."""
    if any(side and side.content == project.content for side in (before, main)):
        return None
    if main is None or project.version > main.version:
        return Fate.PUBLISHED
    return Fate.TAKEN if project.version == main.version else Fate.LOWER


def _published(project: Project, release: Release) -> Change:
    stays = ""
    if not may_be_latest(project.version):
        stays = f"{project.version} is a pre-release"
    elif release is Release.TAG:
        stays = "a tag moves it"
    latest = f"leaves latest alone: {stays}" if stays else "moves latest"
    return Change(
        key=project.key,
        path=project.path,
        version=project.release,
        fate=Fate.PUBLISHED,
        text=f"this merge publishes {project.key} {project.version} to dev and prod and {latest}",
        moves_latest=not stays,
    )


def _doubtful(project: Project, fate: Fate, text: str) -> Change:
    where = project.version_where
    remark = Remark(level=Level.WARNING, text=text, code=fate.value, where=where)
    return Change(
        key=project.key,
        path=project.path,
        version=project.release,
        fate=fate,
        text=text,
        remark=remark,
    )


def broken_change(item: Broken) -> Change:
    """Return what becomes of a project that cannot be read: the merge would be refused for it."""
    return Change(
        key=item.path,
        path=item.path,
        version="",
        fate=Fate.BROKEN,
        text=f"{_told(item.error)} (the merge would be refused)",
        remark=remark_of(item.error, Level.WARNING),
    )


def _told(error: PublisherError) -> str:
    where = f"{error.where}: " if error.where else ""
    return f"{where}{error.what}; {error.advice}"


def merge_into_another(target: Told, main_branch: str) -> Merge:
    """Return what a merge does that does not lead to the main branch."""
    into = f"it goes into {target.value}, and only {main_branch} is released"
    note = f"this merge releases nothing: {into}"
    return Merge(target=target, note=note)


def merge_untold(target: Told, *, shallow: bool) -> Merge:
    """Return that the history is missing which would tell, and how to get it."""
    name = target.value
    fetch = f"git fetch {'--unshallow ' if shallow else ''}origin {name}:refs/remotes/origin/{name}"
    return Merge(
        target=target,
        note="what this merge would publish cannot be told, as this clone lacks the history of "
        f"{name}; fetch it first: {fetch} (GitHub Actions: fetch-depth: 0)",
    )


def merge_of_nothing(target: Told, tip: str) -> Merge:
    """Return that HEAD is on the target already: some CIs do not check the change out."""
    note = f"what is checked out is on {target.value} already: there is no change to look at"
    return Merge(target=target, tip=tip, note=note)


def merge_refused(target: Told, error: Refused) -> Merge:
    """Return that the repository as a whole could not be published after the merge."""
    note = f"{_told(error)} (the merge would be refused)"
    return Merge(target=target, note=note, remarks=(remark_of(error, Level.WARNING),))


def merge_of(target: Told, tip: str, changes: tuple[Change, ...]) -> Merge:
    """Return the whole of a merge into the main branch."""
    same = f"this merge publishes nothing: every project is as on {target.value}"
    return Merge(
        target=target,
        tip=tip,
        changes=changes,
        note="" if changes else same,
        remarks=tuple(change.remark for change in changes if change.remark),
    )


def merge_json(merge: Merge | None) -> dict[str, object] | None:
    """Return a merge as JSON."""
    if merge is None:
        return None
    return {
        "into": merge.target.value,
        "source": merge.target.source,
        "tip": merge.tip,
        "note": merge.note,
        "projects": [
            {
                "project": change.key,
                "path": change.path,
                "version": change.version,
                "fate": change.fate.value,
                "latest_moves": change.moves_latest,
                "text": change.text,
            }
            for change in merge.changes
        ],
    }
