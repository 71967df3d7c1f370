"""The fault matrix as data: what goes wrong, for which requests, and what is expected then."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.support.fault_proxy import Asked, Fault, Plan
from tests.support.stub_s3 import HTML, Reply, refusal

_KMS = "User: arn:aws:iam::111111111111:user/zoe is not authorized to perform: kms:GenerateDataKey"
_DENIED = "is not authorized to perform: s3:PutObject because no identity-based policy allows it"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A line of the matrix.

    ``concerns`` says at which requests it is tried; ``endless`` which requests it hits from there
    on; ``codes`` are the errors that may be told, none where a retry helps. ``hurried``: the
    product waits a moment only, as nothing comes.
    """

    fault: Fault
    concerns: Callable[[Asked], bool]
    endless: Callable[[Asked], bool] | None = None
    codes: frozenset[str] = frozenset()
    hurried: bool = False

    def at(self, request: Asked) -> Plan:
        """Return the plan in which it happens at one request, and to whatever follows."""
        endless = self.endless
        if endless is same_object:
            return Plan(self.fault, lambda a: a == request, lambda a: _about(a) == _about(request))
        return Plan(self.fault, lambda asked: asked == request, endless)


def _about(asked: Asked) -> tuple[str, str, str]:
    return asked.method, asked.bucket, asked.key


def every(_: Asked) -> bool:
    """Any request."""
    return True


def same_object(_: Asked) -> bool:
    """The requests of the same kind about the same object."""
    raise AssertionError("Case.at knows the request")


def write(asked: Asked) -> bool:
    """A request that writes."""
    return asked.is_write


def in_prod(asked: Asked) -> bool:
    """A request to prod."""
    return asked.bucket == "prod"


def prod_write(asked: Asked) -> bool:
    """A request that writes to prod."""
    return asked.is_write and in_prod(asked)


def read_of_bytes(asked: Asked) -> bool:
    """A request whose answer has a body that somebody reads."""
    return asked.method == "GET"


def found(asked: Asked) -> bool:
    """A request whose answer are the bytes of an object."""
    return asked.found and read_of_bytes(asked)


def _cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _altered(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :] if body else b""


def _once(reply: Reply, *, after: bool = False) -> Case:
    return Case(fault=Fault(reply=reply, after=after), concerns=every)


def _endless(reply: Reply, *codes: str, of: Callable[[Asked], bool] = every) -> Case:
    return Case(fault=Fault(reply=reply), concerns=of, endless=of, codes=frozenset(codes))


_PAGE = {"Content-Type": "text/html"}
_BUSY = refusal(503, "SlowDown", "Please reduce your request rate.")
_INTERNAL = refusal(500, "InternalError", "We encountered an internal error.")
_REDIRECT = Reply(
    status=301,
    body=b"<Error><Code>PermanentRedirect</Code><Message>no</Message></Error>",
    headers={"x-amz-bucket-region": "eu-central-1", "Content-Type": "application/xml"},
)

PASSING: Mapping[str, Case] = {
    "connection reset": Case(fault=Fault(), concerns=every),
    "answer lost": Case(fault=Fault(after=True), concerns=every),
    "500": _once(_INTERNAL),
    "500 after it was applied": _once(_INTERNAL, after=True),
    "503 SlowDown": _once(_BUSY),
    "429": _once(refusal(429, "TooManyRequests")),
    "409": Case(fault=Fault(reply=refusal(409, "ConditionalRequestConflict")), concerns=write),
    "RequestTimeout": _once(refusal(400, "RequestTimeout", "Your socket connection was idle.")),
    "HTML page, 502": _once(Reply(status=502, body=HTML, headers=_PAGE)),
    "HTML page, 200": _once(Reply(status=200, body=HTML, headers=_PAGE)),
    "no answer": Case(fault=Fault(hang=True), concerns=every, hurried=True),
    "no answer after it was applied": Case(
        fault=Fault(hang=True, after=True), concerns=write, hurried=True
    ),
    "download cut": Case(fault=Fault(download=_cut), concerns=read_of_bytes),
    "download altered": Case(fault=Fault(download=_altered), concerns=found),
    "upload altered": Case(fault=Fault(upload=_altered), concerns=write),
}
LASTING: Mapping[str, Case] = {
    "connections reset for ever": Case(
        fault=Fault(),
        concerns=every,
        endless=every,
        codes=frozenset({"store-unreachable", "store-cut"}),
    ),
    "no answers for ever": Case(
        fault=Fault(hang=True),
        concerns=every,
        endless=every,
        codes=frozenset({"store-timeout"}),
        hurried=True,
    ),
    "503 for ever": _endless(_BUSY, "store-busy"),
    "409 for ever": _endless(refusal(409, "ConditionalRequestConflict"), "contended", of=write),
    "HTML pages, 200, for ever": _endless(
        Reply(status=200, body=HTML, headers=_PAGE), "store-not-s3", "bytes-altered"
    ),
    "download altered for ever": Case(
        fault=Fault(download=_altered),
        concerns=found,
        endless=same_object,
        codes=frozenset({"bytes-altered"}),
    ),
    "ExpiredToken": _endless(
        refusal(400, "ExpiredToken", "The provided token has expired."), "credentials-expired"
    ),
    "wrong region": _endless(_REDIRECT, "bucket-region"),
    "NoSuchBucket": _endless(refusal(404, "NoSuchBucket"), "bucket-missing"),
    "KMS denied": _endless(refusal(403, "AccessDenied", _KMS), "kms-denied", of=write),
    "prod's writes denied": _endless(
        refusal(403, "AccessDenied", _DENIED), "store-denied", of=prod_write
    ),
    "prod denied": _endless(
        refusal(403, "AccessDenied", "Access Denied"), "store-denied", of=in_prod
    ),
}
CASES: Mapping[str, Case] = {**PASSING, **LASTING}
