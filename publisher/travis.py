"""What Travis CI understands: parts of the log that fold. Pure.

No page of its documentation says how; its own build scripts do:
https://github.com/travis-ci/travis-build/blob/master/lib/travis/build/bash/travis_fold.bash
"""

import re

from publisher.errors import printable

_CLEAR = "\x1b[0K"


def fold(title: str) -> tuple[str, str]:
    """Return what begins and ends a fold, whose first line is the title; folds do not nest."""
    name = re.sub(r"[^a-z0-9]+", ".", f"publisher {title}".lower()).strip(".")
    start = f"travis_fold:start:{name}\r{_CLEAR}{printable(title)}"
    return start, f"travis_fold:end:{name}\r{_CLEAR}"
