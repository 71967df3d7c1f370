"""Groups of the log, as each CI folds them."""

import io
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from publisher.groups import marks
from publisher.shell import Shell
from tests.support.cis import GITHUB, GITLAB, JENKINS, TRAVIS

CLEAR = "\x1b[0K"
SECTION = "publisher_publishing_to_dev"
FOLDED = {
    "github": (GITHUB, "::group::publishing to dev\n", "::endgroup::\n"),
    "gitlab": (
        GITLAB,
        f"{CLEAR}section_start:N:{SECTION}[collapsed=true]\r{CLEAR}publishing to dev\n",
        f"{CLEAR}section_end:N:{SECTION}\r{CLEAR}\n",
    ),
    "travis": (
        TRAVIS,
        f"travis_fold:start:publisher.publishing.to.dev\r{CLEAR}publishing to dev\n",
        f"travis_fold:end:publisher.publishing.to.dev\r{CLEAR}\n",
    ),
    "jenkins": (JENKINS, "", ""),
    "laptop": ({}, "", ""),
}


def shell_in(environ: Mapping[str, str]) -> tuple[Shell, io.StringIO]:
    """Return a shell in a CI, and where it writes its progress."""
    err = io.StringIO()
    return Shell(environ=environ, folder=Path(), out=io.StringIO(), err=err), err


def told(err: io.StringIO) -> str:
    """Return what was told, without the time of day."""
    return re.sub(r":[0-9]{9,}:", ":N:", err.getvalue())


@pytest.mark.parametrize("ci", FOLDED)
def test_each_ci_folds_in_its_own_words(ci: str) -> None:
    """GitHub, GitLab and Travis fold what is told within; nowhere else is anything added."""
    environ, begin, end = FOLDED[ci]
    shell, err = shell_in(environ)
    with shell.group("publishing to dev"):
        shell.progress("a")
        shell.progress("b")
    shell.progress("c")
    assert f"{begin}a\nb\n{end}c\n" == told(err)


@pytest.mark.parametrize("ci", FOLDED)
def test_an_exception_ends_the_group(ci: str) -> None:
    """What comes after, as the error itself, is not folded away."""
    environ, begin, end = FOLDED[ci]
    shell, err = shell_in(environ)
    with pytest.raises(ValueError, match="x"), shell.group("publishing to dev"):
        shell.progress("a")
        raise ValueError("x")
    shell.progress("c")
    assert f"{begin}a\n{end}c\n" == told(err)


def test_nothing_told_is_no_group() -> None:
    """A run in which nothing is to be done has no empty folds."""
    shell, err = shell_in(GITHUB)
    with shell.group("building"):
        pass
    with shell.group("publishing"):
        shell.progress("a")
    assert "::group::publishing\na\n::endgroup::\n" == told(err)


def test_groups_do_not_nest() -> None:
    """GitHub would end the outer one with the inner; so there is the outer one alone."""
    shell, err = shell_in(GITHUB)
    with shell.group("outer"):
        with shell.group("inner"):
            shell.progress("a")
        shell.progress("b")
    assert "::group::outer\na\nb\n::endgroup::\n" == told(err)


@pytest.mark.parametrize("ci", [GITHUB, GITLAB, TRAVIS])
def test_a_title_cannot_end_a_fold(ci: Mapping[str, str]) -> None:
    """What cannot be seen is escaped, so the marks are ours alone."""
    usual, odd = (marks(ci, title, 1.0) for title in ("x", "\x1b[0K\r\nsection_end:1:x\r\x1b[0K"))
    for one, other in zip(usual, odd, strict=True):
        assert [one.count(c) for c in "\r\n\x1b"] == [other.count(c) for c in "\r\n\x1b"]


def test_a_laptop_has_no_groups() -> None:
    """Where no CI runs us there is nothing to fold."""
    assert () == marks({}, "x", 1.0)
