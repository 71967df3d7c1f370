"""Text from outside that must not become a command of the CI in whose log it stands. Pure.

GitHub's runner takes a line for a command that begins with ``::``, or that holds ``##[``:
``src/Runner.Common/ActionCommand.cs`` of https://github.com/actions/runner. Travis folds and times
at ``travis_fold:`` and ``travis_time:``.
"""

import re

# The runner compares as people do, for whom some characters are not there; which ones depends on
# its Unicode tables, so any character beyond ASCII may be one of them.
_NEW_FORM = re.compile(r"((?:^|[\r\n])[^\x21-\x7e\r\n]*):(?=[^\x20-\x7e\r\n]*:)")
_OLD_FORM = re.compile(r"(#[^\x20-\x7e\r\n]*#[^\x20-\x7e\r\n]*)\[")
_TRAVIS = re.compile(r"(travis_(?:fold|time)):")


def defused(text: str) -> str:
    r"""Return ``text`` with nothing in it that a CI would take for a command.

    A ``::`` that begins a line becomes ``\x3a:``, and ``##[`` anywhere ``##\x5b``; the colon of
    ``travis_fold:`` becomes ``\x3a``, too.
    """
    for_github = _OLD_FORM.sub(r"\1\\x5b", _NEW_FORM.sub(r"\1\\x3a:", text))
    return _TRAVIS.sub(r"\1\\x3a", for_github)


def defused_json(document: str) -> str:
    r"""Return a JSON document that means the same and holds no command: ``[`` is ``\u005b``."""
    return _TRAVIS.sub(r"\1\\u003a", _OLD_FORM.sub(r"\1\\u005b", document))
