"""What a run that publishes works with."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from publisher.builder import Builder, builder
from publisher.errors import StoreFailed
from publisher.frozen import dataclass
from publisher.progress import Watch
from publisher.project import Project


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What a run works with: the environment, an empty folder, threads, a clock, and a watch.

    ``child`` is a builder that is getting ready, if there may be anything to build.
    """

    environ: Mapping[str, str]
    work: Path
    child: Builder | None
    pool: ThreadPoolExecutor
    now: Callable[[], str]
    watch: Watch


@contextmanager
def tools_of(
    projects: Iterable[Project], environ: Mapping[str, str], pool: ThreadPoolExecutor, watch: Watch
) -> Iterator[Tools]:
    """Give the tools of a run that may build ``projects``; its folder is removed at its end."""
    # a request that was under way when we were stopped may still write there
    with (
        tempfile.TemporaryDirectory(prefix="publisher-", ignore_cleanup_errors=True) as folder,
        ExitStack() as stack,
    ):
        work, child = Path(folder), None
        systems = [project.build_system for project in projects if project.has_wheel]
        if systems:
            with suppress(StoreFailed):  # of the disk: it is told where it stops something
                child = stack.enter_context(builder(environ, work, filter(None, systems)))
        yield Tools(environ=environ, work=work, child=child, pool=pool, now=_now, watch=watch)


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
