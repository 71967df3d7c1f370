"""The address of a repository, in one spelling, so that two clones agree on whose a project is."""

import re


def repository_url(address: str) -> str:
    """Return one spelling of a repository's address, without credentials: ``https://host/path``.

    ``git@host:a/b.git``, ``ssh://git@host/a/b`` and ``https://token@host/a/b.git`` are the same.
    """
    text = address.strip()
    text = re.split(r"[?#]", text)[0] if "://" in text else text
    text = text.rstrip("/").removesuffix(".git")
    scp = re.fullmatch(r"(?s)(?:[^/]*@)?([^@/:]{2,}):(?!//)(.+)", text)
    url = re.fullmatch(r"(?s)([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)(.*)", text)
    if scp:
        return f"https://{scp[1].lower()}/{scp[2].lstrip('/')}"
    return _web_address(url[1].lower(), url[2], url[3]) if url else text


def _web_address(scheme: str, authority: str, path: str) -> str:
    host = authority.rpartition("@")[2].lower()
    if not host:
        return f"{scheme}://{path}"
    port = "" if scheme in {"http", "https"} else r":[0-9]*$"
    return f"https://{re.sub(port, '', host)}{path}"
