"""What stores hold of a team, in words for people, and as JSON for programs. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.version import Version

from publisher.errors import printable
from publisher.frozen import dataclass
from publisher.listing import Holdings, Shelf, Story, differences, only_in, some
from publisher.manifest import Manifest, Pointer
from publisher.report import error_json
from publisher.results import worst
from publisher.settings import Env
from publisher.versions import may_be_latest

Held = Mapping[Env, Holdings]
Stories = Mapping[Env, Story]


def list_text(held: Held) -> list[str]:
    """Return what is published, a line for each project, and below it what is worth a look."""
    asked = [env for env, one in held.items() if not one.error]
    names = _names(held)
    if asked and not names:
        return ["nothing is published there"]
    cells = {name: [_cell(env, held, name) for env in asked] for name in names}
    widths = [max(map(len, column)) for column in zip(*cells.values(), strict=True)]
    width = max(map(len, names), default=0)
    lines = []
    for name in names:
        row = "  ".join(f"{cell:<{w}}" for cell, w in zip(cells[name], widths, strict=True))
        lines.append(f"{name:<{width}}  {row}".rstrip())
        lines += [f"  {text}" for text in _remarks(held, name)]
        lines += [f"  {_branch(m)}" for m in _features(held, name)]
    return [printable(line) for line in [*lines, *_sum(held, names)]]


def _names(held: Held) -> list[str]:
    if all(one.error for one in held.values()):
        return []
    found = {name for one in held.values() for name in one.shelves}
    found |= {m.project for one in held.values() for m in one.features}
    return sorted(found | {item.project for one in held.values() for item in one.unread})


def _of(held: Held, name: str) -> dict[Env, Shelf]:
    return {env: one.shelves[name] for env, one in held.items() if name in one.shelves}


def _features(held: Held, name: str) -> list[Manifest]:
    return [m for one in held.values() for m in one.features if m.project == name]


def _cell(env: Env, held: Held, name: str) -> str:
    one = held[env].shelves.get(name)
    if one is None:
        return f"{env.value} -"
    count = f"{len(one.versions)} version{'' if len(one.versions) == 1 else 's'}"
    return f"{env.value} {_latest(one)} ({count})"


def _latest(one: Shelf) -> str:
    if one.error:
        return "unreadable"
    return one.pointer.version if one.pointer else "no latest"


def _differ(held: Held, name: str) -> list[str]:
    """Return where dev and prod differ, if both were asked."""
    found = _of(held, name)
    return differences(found) if found and _are_both(held) else []


def _are_both(held: Held) -> bool:
    return len(held) == len(Env) and not any(one.error for one in held.values())


def _remarks(held: Held, name: str) -> list[str]:
    found = _of(held, name)
    remarks = [(env, text) for env, one in found.items() for text in _standing(one)]
    unread = [
        f"{item.what} cannot be read"
        for one in held.values()
        for item in one.unread
        if item.project == name
    ]
    return [*_differ(held, name), *_merged(remarks), *unread]


def _standing(one: Shelf) -> Iterator[str]:
    """Yield what there is to know of where latest stands."""
    if one.pointer is None:
        return
    yield from _rollback(one)
    above = [v for v in one.versions if Version(v) > Version(one.pointer.highest)]
    if above:
        told = [v if may_be_latest(Version(v)) else f"{v} (a pre-release)" for v in above]
        yield f"above latest: {some(told)}"


def _rollback(one: Shelf) -> Iterator[str]:
    pointer = one.pointer
    if pointer and pointer.reason != "release":
        back = f"rolled back from {pointer.highest} to" if _is_back(pointer) else "set by hand to"
        yield f"latest was {back} {pointer.version}: {pointer.reason.removeprefix('rollback: ')}"


def _is_back(pointer: Pointer) -> bool:
    return pointer.version != pointer.highest


def _merged(remarks: Iterable[tuple[Env, str]]) -> list[str]:
    """Say once what holds in both environments."""
    found: dict[str, list[str]] = {}
    for env, text in remarks:
        found.setdefault(text, []).append(env.value)
    return [f"{', '.join(envs)}: {text}" for text, envs in found.items()]


def _branch(m: Manifest) -> str:
    return f"{m.suffix}  {m.version}  {_origin(m)}"


def _origin(m: Manifest) -> str:
    return f"{m.published}  {m.source.commit[:12]}  {m.source.branch}"


def _sum(held: Held, names: Sequence[str]) -> Iterator[str]:
    if len(names) > 1:
        differing = sum(bool(_differ(held, name)) for name in names)
        told = f"; dev and prod differ in {differing or 'none'}" if _are_both(held) else ""
        yield f"{len(names)} projects{told}"


def list_json(team: str, urls: Mapping[Env, str], held: Held) -> dict[str, object]:
    """Return the same as a JSON document."""
    return {
        "team": team,
        "stores": {env.value: url for env, url in urls.items()},
        "projects": [_project_json(held, name) for name in _names(held)],
        **_errors_json(held),
    }


def _project_json(held: Held, name: str) -> dict[str, object]:
    found = _of(held, name)
    features = _features(held, name)
    return {
        "project": name,
        "environments": {env.value: _shelf_json(one) for env, one in found.items()},
        "differences": _differ(held, name),
        "only_in": {e.value: v for e, v in only_in(found).items()} if _are_both(held) else {},
        "branches": [m.suffix for m in features],
        "branch_manifests": [{"suffix": m.suffix, **_manifest_json(m)} for m in features],
    }


def _shelf_json(one: Shelf) -> dict[str, object]:
    pointer = one.pointer
    return {
        "latest": pointer.version if pointer else None,
        "highest": pointer.highest if pointer else None,
        "reason": pointer.reason if pointer else None,
        "versions": list(one.versions),
        "error": error_json(one.error) if one.error else None,
    }


def _errors_json(found: Mapping[Env, Holdings] | Mapping[Env, Story]) -> dict[str, object]:
    errors = [(env, error) for env, one in found.items() for error in one.errors]
    return {
        "errors": [{"environment": env.value, **error_json(error)} for env, error in errors],
        "exit_code": int(worst(error.exit_code for _, error in errors)),
    }


@dataclass(frozen=True)
class _Row:
    """A release, and the environments that hold these very bytes of its manifest."""

    manifest: Manifest
    envs: tuple[Env, ...]


def show_text(project: str, stories: Stories) -> list[str]:
    """Return a project's releases, the highest first, with where each is, and its branches."""
    envs = [env for env, one in stories.items() if not one.error]
    rows = _rows(stories)
    shelves = {env: stories[env].shelf for env in envs}
    remarks = [(env, text) for env, one in shelves.items() for text in _rollback(one)]
    unread = [(env, f"{i.what} cannot be read") for env in envs for i in stories[env].unread]
    return [
        printable(line)
        for line in [
            f"{project}{_about(rows)}",
            *(f"  {text}" for text in [*_show_differ(shelves), *_merged([*remarks, *unread])]),
            *_table(rows, shelves),
            *_branch_rows([m for one in stories.values() for m in one.features]),
        ]
    ]


def _rows(stories: Stories) -> list[_Row]:
    envs: dict[tuple[str, str], list[Env]] = {}
    manifests: dict[tuple[str, str], Manifest] = {}
    for env, one in stories.items():
        for m in one.releases:
            envs.setdefault((m.version, m.sha256), []).append(env)
            manifests[m.version, m.sha256] = m
    order = sorted(manifests, key=lambda key: Version(key[0]), reverse=True)
    return [_Row(manifests[key], tuple(envs[key])) for key in order]


def _about(rows: Sequence[_Row]) -> str:
    if not rows:
        return ""
    newest = rows[0].manifest
    authors = f"  ({', '.join(newest.authors)})" if newest.authors else ""
    return (f": {newest.description}" if newest.description else "") + authors


def _show_differ(shelves: Mapping[Env, Shelf]) -> list[str]:
    held = {env: one for env, one in shelves.items() if one.versions or one.pointer}
    return differences(held) if held and len(shelves) == len(Env) else []


def _table(rows: Sequence[_Row], shelves: Mapping[Env, Shelf]) -> Iterator[str]:
    width = max([len("version"), *(len(row.manifest.version) for row in rows)])
    if rows:
        heads = "  ".join(f"{env.value:<6}" for env in shelves)
        yield f"  {'version':<{width}}  {heads}  {'published':<20}  {'commit':<12}  branch, run"
    for row in rows:
        m = row.manifest
        marks = "  ".join(f"{_mark(row, env, one):<6}" for env, one in shelves.items())
        yield f"  {m.version:<{width}}  {marks}  {_origin(m)}  {_by(m)}".rstrip()
        yield f"  {'':<{width}}    {'  '.join(file.file for file in m.names())}"


def _mark(row: _Row, env: Env, one: Shelf) -> str:
    if env not in row.envs:
        return "-"
    named = one.pointer.version if one.pointer else ""
    return "latest" if named == row.manifest.version else "yes"


def _by(m: Manifest) -> str:
    """Return who made it: the CI's run, or by hand and why."""
    if m.build.ci == "none":
        return f"by hand{f': {m.build.reason}' if m.build.reason else ''}"
    return m.build.run or f"{m.build.ci} {m.build.number or ''}".rstrip()


def _branch_rows(features: Sequence[Manifest]) -> Iterator[str]:
    if features:
        yield "  branches (dev)"
    width = max((len(m.suffix) for m in features), default=0)
    for m in features:
        yield f"    {m.suffix:<{width}}  {m.version}  {_origin(m)}  {_by(m)}".rstrip()


def show_json(project: str, stories: Stories) -> dict[str, object]:
    """Return the same as a JSON document."""
    features = [m for one in stories.values() for m in one.features]
    return {
        "project": project,
        "environments": {e.value: _story_json(one) for e, one in stories.items() if not one.error},
        "differences": _show_differ({e: o.shelf for e, o in stories.items() if not o.error}),
        "branches": [{"suffix": m.suffix, **_manifest_json(m)} for m in features],
        **_errors_json(stories),
    }


def _story_json(one: Story) -> dict[str, object]:
    return {**_shelf_json(one.shelf), "releases": [_manifest_json(m) for m in one.releases]}


def _manifest_json(m: Manifest) -> dict[str, object]:
    return {
        "version": m.version,
        "description": m.description,
        "authors": list(m.authors),
        "requires_python": m.requires_python,
        "dependencies": list(m.dependencies),
        "published": m.published,
        "repository": m.source.repository,
        "commit": m.source.commit,
        "branch": m.source.branch,
        "ci": m.build.ci,
        "run": m.build.run,
        "reason": m.build.reason,
        "files": [file.file for file in m.names()],
    }
