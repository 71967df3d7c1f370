"""The summary of a job on GitHub: Markdown for people, below the run's log. Pure.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
#adding-a-job-summary
"""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from publisher.errors import PublisherError, Refused
from publisher.frozen import dataclass
from publisher.markdown import code, link, plain, row
from publisher.merge import Fate, Merge
from publisher.plan import Action
from publisher.remarks import Level, Remark
from publisher.results import EnvResult, ProjectResult, State, Summary, state_in
from publisher.settings import Env
from publisher.steps import Stage

LIMIT = 1024 * 1024  # bytes, for all summaries of a step together
_CUT = "\n\n... the rest is left out, as GitHub takes no more than 1 MiB: see the log.\n"
_NAMED = frozenset({Stage.NAME, Stage.FOLLOWER})
_NONE = "–"  # noqa: RUF001 - the dash of an empty cell
_TABLE_HEAD = (row("project", "version", "dev", "prod", "latest"), row(*["---"] * 5))
_WROTE = {State.PUBLISHED, State.COMPLETED, State.PLANNED}


@dataclass(frozen=True, kw_only=True)
class Links:
    """Where links may lead: the repository's address (or nothing), and whether to AWS's console."""

    repository: str
    console: bool


def publication(summary: Summary, remarks: Sequence[Remark], links: Links, *, planned: bool) -> str:
    """Return the summary of ``publish``, or of ``plan``."""
    header, sections = summary.header, list[str]()
    commit = link(code(header.commit[:12]), f"{links.repository}/commit/{header.commit}")
    targets = ", then ".join(env.value for env in header.targets)
    sections.append(f"### {plain(_sentence(summary, planned=planned))}")
    sections.append(f"{plain(header.event)}, commit {commit}, to {targets}")
    sections += [plain(note) for note in header.notes]
    loud = [r for r in summary.projects if r.decision.action is not Action.SKIP]
    if loud:
        sections.append("\n".join([*_TABLE_HEAD, *(_row(r, header.targets) for r in loud)]))
    sections += _left_alone(summary)
    sections += _remarks(remarks, links, header.commit)
    sections += _objects(loud, links)
    return _joined(sections)


def _sentence(summary: Summary, *, planned: bool) -> str:
    wrote = [r for r in summary.projects if not r.error and any(_wrote_to(r, e) for e in Env)]
    parts = []
    if wrote:
        envs = [e for e in Env if any(_wrote_to(r, e) for r in wrote)]
        verb = "Would publish" if planned else "Published"
        parts.append(f"{verb} {_names(wrote)} to {' and '.join(env.value for env in envs)}")
    parts += [
        f"{verb} {_names(found)}" for verb, found in _failures(summary.projects).items() if found
    ]
    text = "; ".join(parts)
    if text:
        return text[0].upper() + text[1:]
    taken = any(r.decision.action is Action.TAKE for r in summary.projects)
    return "Nothing has changed" if taken else "Nothing to publish"


def _failures(results: Iterable[ProjectResult]) -> dict[str, list[ProjectResult]]:
    failed = [result for result in results if result.error]
    return {
        "refused": [r for r in failed if isinstance(r.error, Refused)],
        "failed:": [r for r in failed if not isinstance(r.error, Refused)],
    }


def _names(results: Sequence[ProjectResult]) -> str:
    if len(results) == 1:
        return f"{results[0].decision.key} {results[0].decision.version}".rstrip()
    return f"{len(results)} projects"


def _wrote_to(result: ProjectResult, env: Env) -> bool:
    return any(e.env is env and e.state in _WROTE for e in result.environments)


def _row(result: ProjectResult, targets: Sequence[Env]) -> str:
    decision = result.decision
    cells = [state_in(result, env).value if env in targets else _NONE for env in Env]
    return row(code(decision.key), plain(decision.version), *cells, plain(_latest(result)) or _NONE)


def _latest(result: ProjectResult) -> str:
    told: dict[str, list[str]] = {}
    for env in result.environments:
        told.setdefault(_latest_in(env), []).append(env.env.value)
    return "; ".join(f"{' and '.join(envs)}: {text}" for text, envs in told.items() if text)


def _latest_in(env: EnvResult) -> str:
    if not env.latest_moved:
        return env.note or env.latest
    return f"{'moves to' if env.state is State.PLANNED else 'now'} {env.latest}"


def _left_alone(summary: Summary) -> Iterator[str]:
    reasons: dict[str, int] = {}
    for result in summary.projects:
        if result.decision.action is Action.SKIP:
            reasons[result.decision.reason] = reasons.get(result.decision.reason, 0) + 1
    for reason, number in reasons.items():
        yield f"{number} project{'' if number == 1 else 's'} left alone: {plain(reason)}."


def _remarks(remarks: Sequence[Remark], links: Links, commit: str) -> Iterator[str]:
    for level, title in ((Level.ERROR, "What to mend"), (Level.WARNING, "Warnings")):
        some = [remark for remark in remarks if remark.level is level]
        if some:
            lines = [f"- {_where(r, links, commit)}{plain(r.text)}" for r in some]
            yield "\n".join([f"**{title}**", "", *lines])


def _where(remark: Remark, links: Links, commit: str) -> str:
    if not remark.where:
        return ""
    if not remark.place or not commit:
        return f"{code(remark.where)}: "
    line = f"#L{remark.place.line}" if remark.place.line else ""
    address = f"{links.repository}/blob/{commit}/{quote(remark.place.path, errors='replace')}{line}"
    return f"{link(code(remark.where), address)}: "


def _objects(results: Sequence[ProjectResult], links: Links) -> Iterator[str]:
    lines = [
        f"- {plain(_names([result]))} in {env.env.value}: {', '.join(shown)}"
        for result in results
        for env in result.environments
        if (shown := [_object(w.uri, links) for w in env.wrote if w.stage in _NAMED])
    ]
    if lines:
        yield "\n".join(["**Files**", "", *lines])


def _object(uri: str, links: Links) -> str:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not links.console:
        return code(uri)
    shown = code(key.rpartition("/")[2])
    page = f"https://s3.console.aws.amazon.com/s3/object/{bucket}?prefix={quote(key, safe='')}"
    return link(shown, page)


def merge_preview(reason: str, merge: Merge | None) -> str:
    """Return the summary of an event that publishes nothing: why, and what a merge would do."""
    if merge is None:
        return _joined(["### Nothing to publish", plain(reason)])
    lines = [f"- {_mark(change.fate)}{plain(change.text)}" for change in merge.changes]
    lines += [f"- {plain(merge.note)}"] if merge.note else []
    told = [plain(text) for text in (reason, merge.compared) if text]
    return _joined(["### What this merge would publish", "\n".join(lines), "; ".join(told)])


def _mark(fate: Fate) -> str:
    return "" if fate is Fate.PUBLISHED else ":warning: "


def failure(error: PublisherError) -> str:
    """Return the summary of a command that came to nothing."""
    where = f"{code(error.where)}: " if error.where else ""
    return _joined([f"### Failed: {plain(error.what)}", f"{where}{plain(error.advice)}"])


def _joined(sections: Iterable[str]) -> str:
    return "\n\n".join(sections) + "\n\n"


def fitted(text: str, there: int) -> str:
    """Return as many lines of ``text`` as fit below ``there`` bytes, and say so where some do not.

    Nothing is left where not even that has room: GitHub drops a summary that is too long.
    """
    if len(text.encode()) + there <= LIMIT:
        return text
    room = LIMIT - there - len(_CUT.encode())
    kept = text.encode()[: max(room, 0)].decode(errors="ignore")
    return kept.rpartition("\n")[0] + _CUT if "\n" in kept else ""
