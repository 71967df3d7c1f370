"""One isolated build environment for many projects: for all that want the same requirements."""

import threading
import time
from contextlib import suppress

from packaging.requirements import InvalidRequirement, Requirement

from publisher.build_environments import Cache, Environment, RequirementsFailed, temporary


class Environments:
    """One isolated environment for each distinct set of build requirements, made or found once."""

    def __init__(self, cache: Cache | None) -> None:
        self._cache = cache
        self._lock = threading.Lock()
        self._made: dict[frozenset[str], Environment | RequirementsFailed] = {}
        self._seconds: dict[str, float] = {}

    def having(self, requirements: set[str]) -> Environment:
        """Return the environment with exactly these requirements; a failure is remembered."""
        wanted = frozenset(map(_canonical, requirements))
        with self._lock:
            if wanted not in self._made:
                began = time.perf_counter()
                self._made[wanted] = self._outcome(wanted)
                self._seconds[", ".join(sorted(wanted))] = time.perf_counter() - began
            made = self._made[wanted]
        if isinstance(made, RequirementsFailed):
            raise made
        return made

    def kept(self, requirements: set[str]) -> Environment | None:
        """Return such an environment if it is there, whole and up to date; ask and make nothing."""
        wanted = frozenset(map(_canonical, requirements))
        with self._lock:
            if wanted not in self._made and self._cache and not _moving(wanted):
                found = self._cache.ready(sorted(wanted))
                if found:
                    self._made[wanted] = found
            made = self._made.get(wanted)
        return made if isinstance(made, Environment) else None

    def discard(self, environment: Environment) -> None:
        """Forget an environment that something has been written into."""
        with self._lock:
            self._made = {key: one for key, one in self._made.items() if one is not environment}
            if self._cache and environment.name:
                self._cache.discard(environment)

    def news(self) -> dict[str, float]:
        """Return the seconds that environments took which nobody has asked for yet."""
        with self._lock:
            news, self._seconds = self._seconds, {}
        return news

    def _outcome(self, wanted: frozenset[str]) -> Environment | RequirementsFailed:
        requirements = sorted(wanted)
        try:
            if self._cache and not _moving(wanted):
                with suppress(OSError):  # somebody has removed it, or its disk is full by now
                    return self._cache.environment(requirements)
            return temporary(requirements)
        except RequirementsFailed as error:
            return error


def _moving(requirements: frozenset[str]) -> bool:
    """Tell whether what is asked for may change without a new version."""
    return any(Requirement(one).url for one in requirements)


class Alone(Environments):
    """Environments of one project's own."""

    def __init__(self) -> None:
        super().__init__(None)


def _canonical(requirement: str) -> str:
    try:
        return str(Requirement(requirement))
    except InvalidRequirement as error:
        raise ValueError(f'"{requirement}" is not a requirement that can be installed') from error
