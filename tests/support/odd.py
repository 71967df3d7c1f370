"""Names of files that Git and Linux take, and many a program does not."""

from publisher.git import Entry, Git

ODD_NAMES = [
    b"a b.py",
    b"tab\there.py",
    b"line\nend.py",
    b"carriage\rreturn.py",
    b"both\r\nends.py",
    b'"quoted".py',
    b"'single'.py",
    b"back\\slash.py",
    b" blanks around ",
    b"-rf",
    b"con.py",
    b"$(id);`id`.py",
    b"not-utf-8-\xff\xfe.py",
    "ünï-🚀.py".encode(),
    "e\u0301.py".encode(),
    "\u202eyp.py".encode(),
    b"deep/er/and/deeper/still.py",
    b"?? looks like a status",
]


def files(git: Git) -> dict[str, Entry]:
    """Return the files of the commit that is checked out, by path."""
    return {entry.path: entry for entry in git.entries("HEAD")}


def as_text(name: bytes) -> str:
    """Return a name as Python has it: bytes that are no UTF-8 become surrogates."""
    return name.decode("utf-8", "surrogateescape")
