"""The rule about secrets. What it finds is never shown: more people read a log than a file."""

import posixpath
import re
from collections.abc import Iterator

from publisher.checks.model import Document, Hit

_LEFT, _RIGHT = r"(?<![A-Za-z0-9_/+-])", r"(?![A-Za-z0-9_/+=-])"
# How the issuers themselves say that they begin.
_TOKENS = {
    "an AWS access key": r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    "a token of GitHub": r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255}",
    "a token of GitLab": r"gl(?:pat|ptt|rt|dt|oas)-[\w.-]{20,}",
    "a token of Slack": r"xox[abeoprs]-[\w-]{10,}",
    "a key of Google": r"AIza[\w-]{35}",
    "a key of Stripe": r"[sr]k_live_[A-Za-z0-9]{20,}",
    "a key of Anthropic or OpenAI": r"sk-(?:ant-|proj-|svcacct-)?[\w-]{32,}",
    "a token of PyPI": r"pypi-[\w-]{60,}",
    "a token of Databricks": r"dapi[0-9a-f]{32}",
    "a token of Hugging Face": r"hf_[A-Za-z]{34}",
    "a token of npm": r"npm_[A-Za-z0-9]{36}",
    "a token of SendGrid": r"SG\.[\w-]{22}\.[\w-]{43}",
}
_WORD = r"""(?:{names})["']?\s{{0,8}}(?::\s{{0,8}}\w{{1,20}}\s{{0,8}})?(?:=|:|=>)\s{{0,8}}"""
_PASSWORD = _WORD.format(names="passwor[dt]|passwd|passphrase|pwd")
_KEY = _WORD.format(names="secret|secret_?key|access_?key|api_?key|token|auth|credential")
_IN_QUOTES = r"""[rbuRBU]?(?P<quote>["'])(?P<value>[^"'\r\n]{4,400})(?P=quote)"""
_PATTERNS = {
    **{what: f"{_LEFT}(?P<value>{token}){_RIGHT}" for what, token in _TOKENS.items()},
    "an AWS secret key": r"(?i:aws_?secret_?(?:access_?)?key)[\"']?\s{0,8}[=:]\s{0,8}[\"']?"
    r"(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    "a private key": r"-----BEGIN (?:[A-Z]+ )?(?P<value>PRIVATE KEY)-----\s*(?:\\n)?\s*[\w+/=\"'-]",
    "a key of an Azure account": r"AccountKey=(?P<value>[A-Za-z0-9+/=]{40,})",
    "an address with a password": r"\b[a-z][a-z0-9+.-]{1,30}://[^\s:/@\"'<>]{0,80}:"
    r"(?P<value>[^\s/@\"'<>]{3,200})@(?!localhost\b|127\.0\.0\.1|example\.)",
    "a connection string with a password": r"(?i:[;\"'](?:pwd|password)=)"
    r"(?P<value>[^;\"'\s]{3,200})",
    "a password": f"(?i:{_PASSWORD}{_IN_QUOTES})",
    "a secret or a token": f"(?i:{_KEY}{_IN_QUOTES})",
}
_SECRETS = {what: re.compile(pattern) for what, pattern in _PATTERNS.items()}
_UNQUOTED = re.compile(
    rf"(?im)^\s*(?:export\s+)?[\w.-]{{0,40}}?{_PASSWORD}(?P<value>[^\s#'\"]{{4,200}})\s*(?:#.*)?$"
)
_SETTINGS = {".cfg", ".conf", ".env", ".ini", ".properties", ".toml", ".yaml", ".yml", ".tfvars"}
# What a pattern cannot do without, in lower case: looking for that first is ten times as fast.
_HINTS = {
    "an AWS access key": ("akia", "asia"),
    "an AWS secret key": ("aws",),
    "a token of GitHub": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "a token of GitLab": ("glpat-", "glptt-", "glrt-", "gldt-", "gloas-"),
    "a token of Slack": ("xox",),
    "a key of Google": ("aiza",),
    "a key of Stripe": ("k_live_",),
    "a key of Anthropic or OpenAI": ("sk-",),
    "a token of PyPI": ("pypi-",),
    "a token of Databricks": ("dapi",),
    "a token of Hugging Face": ("hf_",),
    "a token of npm": ("npm_",),
    "a token of SendGrid": ("sg.",),
    "a private key": ("private key",),
    "a key of an Azure account": ("accountkey",),
    "an address with a password": ("://",),
    "a connection string with a password": ("pwd=", "password="),
    "a password": ("passw", "passphrase", "pwd"),
    "a password in settings": ("passw", "passphrase", "pwd"),
    "a secret or a token": ("secret", "key", "token", "auth", "credential"),
}
_NO_SECRET = re.compile(
    r"(?i)[${<>}*%]|\.\.\.|example|changeme|change_me|dummy|placeholder|redacted|your|xxx"
    r"|^[a-z_-]*passw[a-z_-]*$|^(?:none|null|true|false|password|passwd|pwd|secret|token|test|user|pass)$"
)
_DOUBTFUL = {
    *("an address with a password", "a connection string with a password", "a password"),
    *("a password in settings", "a secret or a token"),
}
_LONG = 16  # characters


def secret(document: Document) -> Iterator[Hit]:
    """Find passwords, keys and tokens, one hit for each line that has any."""
    text, lower = document.text, document.text.lower()
    found: dict[int, str] = {}
    for what, pattern in _patterns(document).items():
        if not any(hint in lower for hint in _HINTS[what]):
            continue
        for match in pattern.finditer(text):
            if _is_secret(what, match["value"]):
                found.setdefault(document.line_of(match.start("value")), what)
    for line, what in sorted(found.items()):
        yield Hit(
            path=document.path,
            line=line,
            what=f"this looks like {what}, and whoever can read the repository can use it",
            fix="have it revoked where it was issued, and read the new one from the environment",
        )


def _patterns(document: Document) -> dict[str, re.Pattern[str]]:
    name = posixpath.basename(document.path).lower()
    if document.suffix in _SETTINGS or name.startswith(".env"):
        return {**_SECRETS, "a password in settings": _UNQUOTED}
    return _SECRETS


def _is_secret(what: str, value: str) -> bool:
    if what not in _DOUBTFUL:  # its form is nothing else's
        return True
    if _NO_SECRET.search(value) or re.search(r"\s", value):
        return False
    return what != "a secret or a token" or _is_random(value)


def _is_random(value: str) -> bool:
    """Tell a secret from its name, or from words: it is long, and letters and digits are mixed."""
    kinds = (str.isdigit, str.islower, str.isupper)
    mixed = all(any(map(kind, value)) for kind in kinds)
    one_word = re.fullmatch(r"(?=.*[0-9].*[0-9])(?=.*[A-Za-z])[A-Za-z0-9]{20,}", value)
    return mixed and len(value) >= _LONG if not one_word else True
