"""Text from outside that must not become a command of the CI in whose log it stands. Pure.

GitHub's runner takes a line for a command that begins with ``::``, or that holds ``##[``:
``src/Runner.Common/ActionCommand.cs`` of https://github.com/actions/runner. Travis folds and times
at ``travis_fold:`` and ``travis_time:``.
"""

import re

# The runner compares as people do, for whom these characters are not there.
_UNSEEN = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164"
_UNSEEN += "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
_NEW_FORM = re.compile(rf"((?:^|[\r\n])[\s{_UNSEEN}]*):(?=[{_UNSEEN}]*:)")
_OLD_FORM = re.compile(rf"(#[{_UNSEEN}]*#[{_UNSEEN}]*)\[")
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
