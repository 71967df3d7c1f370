"""Tells the CI what happened, where it looks for that: annotations, summary, outputs, a report.

On GitHub, later steps read these outputs of ``publish`` and ``plan``:

- ``changed``: ``true`` if anything was published (by ``plan``: would be), else ``false``;
- ``published``: a JSON list of what ``publish`` published: ``project``, ``version``, ``suffix``
  (of a branch, else empty), ``environment``, ``latest`` (whether it moved) and ``uris``, which
  are left out where all together would be longer than GitHub allows;
- ``planned``: the same of what ``plan`` would publish;
- ``environments``: a JSON list of the environments that this concerns;
- ``suffix``: the branch's suffix, ``feature-...``, or nothing;
- every one of them is written, whatever happened: ``[]``, ``null`` or ``false`` for nothing;
- ``merge``: on pull requests, what a merge would publish, as in ``--json``; else ``null``.

Whatever fails here is a warning at most: it is the publication that counts.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.context import CI, ci_of
from publisher.disk import appended
from publisher.errors import PublisherError
from publisher.git import Git
from publisher.github import annotations, output
from publisher.gitlab import REPORT, code_quality
from publisher.remarks import Level, Place, Remark, place_of, remark_of
from publisher.results import Summary, remarks_of
from publisher.shell import Shell

if TYPE_CHECKING:  # slow to import, and only GitHub's files need it
    from publisher.merge import Merge

_NOTHING = {  # so that fromJSON never meets an empty text
    "changed": "false",
    "published": "[]",
    "planned": "[]",
    "environments": "[]",
    "suffix": "",
    "merge": "null",
}
_CHECKED_OUT = {CI.GITHUB: "GITHUB_WORKSPACE", CI.GITLAB: "CI_PROJECT_DIR"}


def announce_publication(shell: Shell, summary: Summary, *, planned: bool) -> None:
    """Tell of a publication or a plan."""
    remarks = announce_remarks(shell, remarks_of(summary))
    if ci_of(shell.environ) is CI.GITHUB and _is_heard(shell.environ):
        from publisher import github_summary  # noqa: PLC0415 - slow to import
        from publisher.outputs import outputs  # noqa: PLC0415 - likewise

        repository, console = summary.header.repository, _is_aws(shell.environ)
        links = github_summary.Links(repository=repository, console=console)
        _summary(shell, github_summary.publication(summary, remarks, links, planned=planned))
        _outputs(shell, outputs(summary, planned=planned))


def announce_nothing(shell: Shell, reason: str, merge: "Merge | None") -> None:
    """Tell that this event publishes nothing, and what a merge would publish."""
    announce_remarks(shell, merge.remarks if merge else ())
    if ci_of(shell.environ) is CI.GITHUB and _is_heard(shell.environ):
        from publisher import github_summary  # noqa: PLC0415 - slow to import
        from publisher.merge import merge_json  # noqa: PLC0415 - likewise

        _summary(shell, github_summary.merge_preview(reason, merge))
        _outputs(shell, {"merge": json.dumps(merge_json(merge))})


def announce_remarks(shell: Shell, remarks: Iterable[Remark]) -> list[Remark]:
    """Show remarks beside the code, and return them with their places in the repository."""
    ci, placed = ci_of(shell.environ), _placed(shell, remarks)
    if ci is CI.GITHUB:
        _annotate(shell, placed)
    elif ci is CI.GITLAB:
        _report(shell, placed)
    return placed


def tell_failure(shell: Shell, error: PublisherError) -> None:
    """Tell of an error of a command: in its one line, and where the CI looks for it."""
    shell.error(error)
    ci = ci_of(shell.environ)
    if ci not in _CHECKED_OUT:
        return
    remarks = _placed(shell, [remark_of(error)])
    if ci is CI.GITHUB:
        from publisher import github_summary  # noqa: PLC0415 - slow to import

        _annotate(shell, remarks)
        _summary(shell, github_summary.failure(error))
        _outputs(shell, {})
    elif remarks[0].place:  # an error of no file says nothing of what the report was about
        _report(shell, remarks)


def _annotate(shell: Shell, remarks: Iterable[Remark]) -> None:
    """Mark lines of files, and warn; an error of no file has its one line in the log already."""
    shown = [r for r in remarks if r.place or r.level is Level.WARNING]
    shell.commands(annotations(shown))


def _placed(shell: Shell, remarks: Iterable[Remark]) -> list[Remark]:
    """Return remarks with the files that they name, as the CI knows them."""
    found = list(remarks)
    if not any(remark.where for remark in found) or ci_of(shell.environ) not in _CHECKED_OUT:
        return found
    root = _root(shell.folder)
    prefix = _prefix(shell, root)
    if prefix is None:
        return found
    return [replace(r, place=_below(prefix, place_of(r.where, _files_of(root)))) for r in found]


def _root(folder: Path) -> Path:
    with suppress(PublisherError):
        return Git.at(folder).root
    return folder


def _files_of(root: Path) -> Callable[[str], bool]:
    return lambda path: os.path.lexists(root / path) and not (root / path).is_dir()


def _prefix(shell: Shell, root: Path) -> str | None:
    """Return the path of the repository from where the CI has it, or None if it lies elsewhere."""
    workspace = shell.environ.get(_CHECKED_OUT[ci_of(shell.environ)])
    if not workspace:
        return ""
    try:
        return root.resolve().relative_to(Path(workspace).resolve()).as_posix()
    except ValueError:
        return None


def _below(prefix: str, place: Place | None) -> Place | None:
    return replace(place, path=(Path(prefix) / place.path).as_posix()) if place else None


def _is_heard(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"))


def _is_aws(environ: Mapping[str, str]) -> bool:
    return not any(environ.get(name) for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"))


def _summary(shell: Shell, text: str) -> None:
    path = shell.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        from publisher.github_summary import fitted  # noqa: PLC0415 - slow to import

        _append(shell, path, "the job's summary", lambda size: fitted(text, size))


def _outputs(shell: Shell, values: Mapping[str, str]) -> None:
    path = shell.environ.get("GITHUB_OUTPUT")
    if path:
        import secrets  # noqa: PLC0415 - slow to import

        told = {**_NOTHING, **values}
        delimiter = f"publisher_{secrets.token_hex(16)}"
        text = "".join(output(name, value, delimiter) for name, value in told.items())
        _append(shell, path, "the step's outputs", lambda _: text)


def _append(shell: Shell, path: str, what: str, text: Callable[[int], str]) -> None:
    """Append what is to be told to a file that has so many bytes by now."""
    try:
        with appended(Path(path)) as file:
            file.write(text(os.fstat(file.fileno()).st_size))
    except (OSError, ValueError) as error:
        _warn(shell, what, path, error)


def _report(shell: Shell, remarks: Iterable[Remark]) -> None:
    folder = shell.environ.get("CI_PROJECT_DIR")
    if not folder:
        return
    try:
        (Path(folder) / REPORT).write_text(code_quality(list(remarks)), encoding="utf-8")
    except (OSError, ValueError) as error:
        _warn(shell, "the report on code quality", folder, error)


def _warn(shell: Shell, what: str, path: str, error: Exception) -> None:
    why = error.strerror if isinstance(error, OSError) else error
    shell.progress(f"warning: {what} cannot be written to {path}: {why}")
