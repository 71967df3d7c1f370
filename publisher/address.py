"""The address of a repository, in one spelling, so that two clones agree on whose a project is."""

import re


def repository_url(address: str) -> str:
    """Return one spelling of a repository's address, without credentials: ``https://host/path``.

    ``git@host:a/b.git``, ``ssh://git@host/a/b`` and ``https://token@host/a/b.git`` are the same.
    """
    text = _as_url(address.strip())
    url = re.fullmatch(r"(?s)([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(?:[?#].*)?", text)
    return _web_address(url[1].lower(), url[2], _trimmed(url[3])) if url else _trimmed(text)


def _as_url(text: str) -> str:
    """Return as an address what ssh's short form says: ``user@host:path``."""
    scp = re.fullmatch(r"(?s)(?:[^/]*@)?([^@/:]{2,}):(?!//)(.+)", text)
    return f"https://{scp[1]}/{scp[2].lstrip('/')}" if scp else text


def _trimmed(path: str) -> str:
    return re.sub(r"(/|\.git|\s)+$", "", path)


def _web_address(scheme: str, authority: str, path: str) -> str:
    port = "" if scheme in {"http", "https"} else r":[0-9]*$"
    host = re.sub(port, "", authority.rpartition("@")[2].lower()).strip()
    return f"https://{host}{path}" if host else f"{scheme}://{path}"
