"""Reads receipts before a run, and writes them when its work is done: as well as it goes.

No request here can make a run fail: without a receipt, the next run looks at everything.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256

from packaging.version import Version

from publisher.errors import PublisherError, StoreFailed
from publisher.frozen import dataclass
from publisher.intent import PublishBranch, PublishRelease
from publisher.reading import is_damage
from publisher.receipt import (
    Finished,
    Pushed,
    Receipt,
    Released,
    encoded,
    parse_receipt,
    receipt_key,
    recorded,
    without,
)
from publisher.release_steps import Latest
from publisher.results import EnvResult, ProjectResult, State
from publisher.settings import Env
from publisher.steps import JSON_TYPE
from publisher.store import Condition, Create, Match, Payload, Store, Written
from publisher.workspace import Workspace

_TRIES = 5
_DONE = {State.PUBLISHED, State.COMPLETED, State.UNCHANGED}


@dataclass(frozen=True)
class Held:
    """A receipt as it was read, and the condition under which it may be written over."""

    receipt: Receipt
    condition: Condition


@dataclass(frozen=True)
class Place:
    """Where one repository's receipt lies in a store."""

    store: Store
    key: str
    repository: str

    def read(self) -> Held:
        """Return the receipt; one that is absent or broken says nothing. Another schema fails."""
        document = self.store.get(self.key)
        nothing = Receipt(repository=self.repository)
        if document is None:
            return Held(nothing, Create())
        with suppress(StoreFailed):
            where = self.store.uri(self.key)
            nothing = parse_receipt(document.body, where, self.repository)
        return Held(nothing, Match(document.etag))

    def write(self, held: Held, change: Callable[[Receipt], Receipt]) -> None:
        """Change the receipt by compare-and-swap; others who keep getting ahead may have it."""
        for _ in range(_TRIES):
            receipt = change(held.receipt)
            if receipt == held.receipt:
                return
            payload = Payload.of_bytes(encoded(receipt))
            answer = self.store.put(
                self.key, payload, held.condition, content_type=JSON_TYPE, metadata={}
            )
            if isinstance(answer, Written):
                return
            held = self.read()


def read_receipts(
    workspace: Workspace,
    stores: Mapping[Env, Store],
    writes: tuple[Env, ...],
    pool: ThreadPoolExecutor,
) -> dict[Env, Held]:
    """Return the receipts of the stores that are to be written, as far as they can be read."""

    def held(env: Env) -> Held | None:
        place = _place(workspace, stores[env])
        with suppress(PublisherError):
            return place.read() if place else None
        return None

    return {env: found for env, found in zip(writes, pool.map(held, writes), strict=True) if found}


def write_receipts(
    workspace: Workspace,
    results: Sequence[ProjectResult],
    stores: Mapping[Env, Store],
    held: Mapping[Env, Held],
    pool: ThreadPoolExecutor,
) -> None:
    """Write down what a run has finished; ``held`` is what was read before it began.

    A store that has just failed is not asked once more.
    """
    broken = {r.env for result in results for r in result.environments if r.state is State.FAILED}

    def write(env: Env) -> None:
        place, finished = _place(workspace, stores[env]), _finished(workspace, results, env)
        pruned = held[env].receipt.pruned
        with suppress(PublisherError):
            if place:
                place.write(held[env], lambda receipt: recorded(receipt, finished, pruned=pruned))

    list(pool.map(write, held.keys() - broken))


def forget_branches(store: Store, team: str, repository: str, slugs: Sequence[str]) -> None:
    """Let the receipt say nothing of branches any more, before they are removed.

    One that no publication could read needs no change; any other failure stops the removal.
    """
    if not slugs or not repository:
        return
    place = Place(store, receipt_key(team, repository), repository)
    try:
        place.write(place.read(), lambda receipt: without(receipt, slugs))
    except PublisherError as error:
        if not is_damage(error):
            raise


def _place(workspace: Workspace, store: Store) -> Place | None:
    """Return where the receipt lies; a clone without an address has none, as many are alike."""
    team, address = workspace.settings.team, workspace.address
    return Place(store, receipt_key(team, address), address) if address else None


def _finished(workspace: Workspace, results: Iterable[ProjectResult], env: Env) -> Finished:
    done = [
        (result, found)
        for result in results
        for found in result.environments
        if found.env is env and found.state in _DONE and not result.decision.finished
    ]
    intent = workspace.intent
    if isinstance(intent, PublishBranch):
        told = ((r.decision.key, _pushed(r, found)) for r, found in done)
        return Finished(slug=intent.slug.text, pushed={k: v for k, v in told if v})
    if isinstance(intent, PublishRelease):
        moved = intent.latest is not Latest.KEEP
        versions = ((r.decision.key, _released(r, found, moved=moved)) for r, found in done)
        return Finished(releases={k: v for k, v in versions if v})
    return Finished()


def _released(result: ProjectResult, found: EnvResult, *, moved: bool) -> Released | None:
    """Return the entry of a version; each run warns of one below latest, so that has none."""
    manifest = result.manifest
    if manifest is None or _is_behind(manifest.version, found.latest):
        return None
    digest = sha256(manifest.encoded()).hexdigest()
    return Released(manifest.version, manifest.source.content, digest, moved)


def _is_behind(version: str, latest: str) -> bool:
    return bool(latest) and Version(version) < Version(latest)


def _pushed(result: ProjectResult, found: EnvResult) -> Pushed | None:
    """Return the entry of what is there of a project on a branch, be it a newer run's."""
    manifest = result.manifest
    if manifest is None or not found.head:
        return None
    return Pushed(manifest.source.content, found.head, result.decision.released)
