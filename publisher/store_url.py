"""The address of a store: ``s3://bucket/prefix`` or ``file:///folder``, in its normal form."""

import os
import re
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from publisher.errors import Refused, printable
from publisher.frozen import dataclass

PREFIX_LIMIT = 256  # bytes; with a key of at most 512 it stays below S3's limit of 1,024
_HOME = "/~/"
_SEGMENT = re.compile(r"[A-Za-z0-9._=-]+")  # no wildcard of IAM: a prefix ends up in policies
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_RESERVED_BUCKET = re.compile(  # the rules are those of "General purpose bucket naming rules"
    r".*\.\..*|\d+\.\d+\.\d+\.\d+|(xn--|sthree-|amzn-s3-demo-).*"
    r"|.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)"
)
_FORMS = "s3://bucket/prefix or file:///folder (another S3 endpoint goes into AWS_ENDPOINT_URL)"
_NEAREST = (
    (r"(?i)https?://([^/.]+)\.s3[.-][^/]*/?(.*)", r"s3://\1/\2"),
    (r"(?i)https?://s3[.-][^/]*/(.+)", r"s3://\1"),
    (r"(?i)arn:aws[a-z-]*:s3:::(.+)", r"s3://\1"),
    (r"(?i)s3n?a?[:/]+(.+)", r"s3://\1"),
    (r"(?i)file:/*(?:localhost/+)?(.+)", r"file:///\1"),
    (r"(~/.+)", r"file:///\1"),
    (r"/(.+)", r"file:///\1"),
    (r"([A-Za-z]:/.+)", r"file:///\1"),
    (r"([a-z0-9][a-z0-9.-]+(?:/[^:]*)?)", r"s3://\1"),
)


@dataclass(frozen=True)
class StoreUrl:
    """A store's place. ``bucket`` is empty for a folder, ``path`` has no ``/`` at its end.

    ``path`` is the prefix below the bucket, or the decoded folder; ``/~/x`` lies in the home.
    """

    bucket: str
    path: str

    def __str__(self) -> str:
        if self.bucket:
            return f"s3://{self.bucket}/{self.path}".rstrip("/")
        return _encoded(self.path)

    @property
    def is_file(self) -> bool:
        """Tell whether the store is a folder."""
        return not self.bucket

    def folder(self) -> Path:
        """Return the folder on this machine; ``~`` is the home of whoever asks."""
        path = self.path
        if path.startswith(_HOME):
            return Path(os.path.normpath(_home() / path.removeprefix(_HOME)))
        if os.name == "nt":
            from urllib.request import url2pathname  # noqa: PLC0415 - brings all of HTTP along

            return Path(url2pathname(path))
        return Path(path)

    def overlaps(self, other: "StoreUrl") -> bool:
        """Tell whether both are the same place, or one lies in the other."""
        mine, others = self.place, other.place
        return mine[: len(others)] == others or others[: len(mine)] == mine

    @property
    def place(self) -> tuple[str, ...]:
        """The parts of the place, from the outermost, as two stores compare them."""
        if self.bucket:
            return ("s3", self.bucket, *PurePosixPath(self.path).parts)
        return ("file", *Path(os.path.normcase(self.folder())).parts)


def parse_store_url(url: str, where: str) -> StoreUrl:
    """Return the store that ``url`` names; ``where`` is the setting that says so.

    Raises ``Refused`` with the nearest address that would be right, where there is one.
    """
    parsed = _parse(url)
    if isinstance(parsed, StoreUrl):
        return parsed
    raise Refused(
        "store-url",
        parsed if _is_secret(url) else f'"{url[:200]}" is no store: {parsed}',
        where=where,
        advice=f"write {_nearest(url) or _FORMS}",
    )


def _parse(url: str) -> StoreUrl | str:
    """Return the store, or what is wrong with its address."""
    if blemish := _blemish(url):
        return blemish
    if url.startswith("s3://"):
        return _parse_s3(url.removeprefix("s3://"))
    if url.startswith("file:///"):
        return _parse_file(url.removeprefix("file://"))
    return "an address begins with s3:// or file:///, in lower case"


def _blemish(url: str) -> str | None:
    if not url.strip():
        return "it is empty"
    if _is_secret(url):
        return "a store's address holds no user and no password; credentials are boto3's own"
    if url != url.strip() or printable(url) != url:
        return "it holds blanks or characters that cannot be seen"
    return "it has a ? or a #" if {"?", "#"} & set(url) else None


def _parse_s3(rest: str) -> StoreUrl | str:
    bucket, _, path = rest.partition("/")
    path = path.removesuffix("/")
    if not _BUCKET.fullmatch(bucket) or _RESERVED_BUCKET.fullmatch(bucket):
        return f'S3 does not allow "{bucket}" as a bucket\'s name'
    if len(path.encode()) > PREFIX_LIMIT:
        return f"its prefix has {len(path.encode())} bytes of at most {PREFIX_LIMIT}"
    for segment in path.split("/") if path else ():
        if not _SEGMENT.fullmatch(segment) or segment in {".", ".."}:
            return f'"{segment}" cannot be a part of a prefix (letters, digits and . _ = - can)'
    return StoreUrl(bucket, path)


def _parse_file(encoded: str) -> StoreUrl | str:
    path = unquote(encoded).removesuffix("/")
    if printable(path) != path or "\\" in path:
        return "its folder holds characters that cannot be seen, or a backslash"
    parts = path.split("/")[1:]
    if parts in ([], ["~"]):
        return "a store needs a folder of its own"
    if {"", ".", ".."} & set(parts):
        return "its folder holds an empty part, . or .."
    return StoreUrl("", path)


def _is_secret(url: str) -> bool:
    return bool(re.match(r"(?i)(?!file:)[a-z0-9]+:/*[^/]*@", url))


def _nearest(url: str) -> str | None:
    """Return the address that was probably meant, if it is one."""
    text = re.split(r"[?#]", url.strip().replace("\\", "/"))[0]
    if _is_secret(url):
        return None
    for pattern, form in _NEAREST:
        if match := re.fullmatch(pattern, text):
            return _tidied(match.expand(form))
    return None


def _tidied(url: str) -> str | None:
    scheme, _, rest = url.partition("://")
    parts = [part for part in rest.split("/") if part not in {"", ".", ".."}]
    if scheme == "s3":
        parts[:1] = [part.lower().replace("_", "-") for part in parts[:1]]
    tidy = f"{scheme}://{'/' * (scheme == 'file')}{'/'.join(parts)}"
    parsed = _parse(tidy)
    return str(parsed) if isinstance(parsed, StoreUrl) else None


def _encoded(path: str) -> str:
    """Return the ``file:`` address of a decoded path (RFC 8089); ``~`` and ``C:`` stay readable."""
    return f"file://{quote(path, safe='/~:')}"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise Refused(
            "store-url",
            "nobody says where the home folder is",
            where="HOME",
            advice="set HOME, or write the store as file:///folder",
        ) from error
