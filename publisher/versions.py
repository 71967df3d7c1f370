"""Versions: which ones may be published, how they are ordered, and what a branch's wheel is called.

PEP 440 throughout (https://packaging.python.org/en/latest/specifications/version-specifiers/).
"""

import re

from packaging.version import InvalidVersion, Version

from publisher.errors import Refused

LATEST_WHEEL_VERSION = "0+latest"
_LENGTH_LIMIT = 64
_RELEASE_NUMBERS = 3


def checked_version(text: str, where: str) -> Version:
    """Return the version that ``text`` spells canonically, or refuse it, showing the right form."""
    version = parsed(text)
    if version is None:
        raise _refusal(f'"{text[:80]}" is not a version', where, "1.0.0")
    if version.epoch or version.local or len(version.release) != _RELEASE_NUMBERS:
        problem = f'"{text}" needs exactly three numbers, no epoch and no local part'
        raise _refusal(problem, where, _three_numbers(version))
    if str(version) != text:
        problem = f'"{text}" is not the canonical spelling'
        raise _refusal(problem, where, _three_numbers(version))
    return version


def parsed(text: str) -> Version | None:
    """Return ``text`` as a version, in any spelling, or None."""
    if len(text) > _LENGTH_LIMIT or not text.isascii():
        return None
    try:
        return Version(text)
    except InvalidVersion:
        return None


def released(text: str) -> Version | None:
    """Return ``text`` as a version that a release can have, in any spelling, or None."""
    version = parsed(text)
    return None if version is None or version.epoch or version.local else version


def publishable(text: str) -> Version | None:
    """Return the version that ``text`` spells as it is published, or None."""
    try:
        return checked_version(text, "")
    except Refused:
        return None


def _refusal(what: str, where: str, example: str) -> Refused:
    return Refused("version", what, where=where, advice=f'write version = "{example}"')


def _three_numbers(version: Version) -> str:
    release = (*version.release, 0, 0)[:_RELEASE_NUMBERS]
    public = re.sub(r"^(\d+!)?[0-9.]*\d", "", version.public)
    return ".".join(map(str, release)) + public


def may_be_latest(version: Version) -> bool:
    """Tell whether ``latest`` may name this version: a final or post release."""
    return not (version.is_prerelease or version.local)


def branch_wheel_version(version: str, slug: str) -> str:
    """Return the version of a branch's wheel: it sorts below the release that it leads to.

    ``1.4.0`` on ``add-prices`` gives ``1.4.0.dev0+feature.add.prices``.
    """
    base = re.sub(r"\.dev\d+$", "", version)
    return f"{base}.dev0+{branch_local(slug)}"


def branch_local(slug: str) -> str:
    """Return the local version that stands for a branch: ``feature.add.prices``; no two share one.

    A number's leading zeros go; a slug that has any also bears the hash of its branch's name.
    """
    return str(Version(f"0+feature.{slug.replace('-', '.')}").local)
