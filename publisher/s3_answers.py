"""What S3 and STS say when they refuse, as one line with the next step.

The codes are those of "Error responses" in the Amazon S3 API reference. A HEAD has no body, so
its codes are mere numbers.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from publisher.errors import StoreFailed
from publisher.store_errors import altered, missing

_SETTINGS = "[tool.publisher.environments]"
_SERVER_ERROR = 500
_LONGEST = 300  # characters of a foreign message


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request that failed: the operation, as the API calls it, and what it was about."""

    operation: str
    bucket: str
    key: str = ""
    role: str | None = None

    @property
    def uri(self) -> str:
        """The object's address, or the bucket's."""
        return f"s3://{self.bucket}/{self.key}".rstrip("/")

    @property
    def permission(self) -> str:
        """The IAM actions that this needs, and on what.

        A read needs ListBucket, too: without it S3 denies what is only not there.
        """
        listing = f"s3:ListBucket on arn:aws:s3:::{self.bucket}"
        if self.operation == "ListObjectsV2":
            return listing
        resource = f"arn:aws:s3:::{self.bucket}/{self.key}"
        if self.operation in {"PutObject", "DeleteObject"}:
            return f"s3:{self.operation} on {resource}"
        return f"s3:GetObject on {resource} and {listing}"


@dataclass(frozen=True, kw_only=True)
class _Said:
    code: str
    message: str
    status: int
    operation: str
    region: str


def answered(error: Any, request: Request) -> StoreFailed:
    """Return the error for a botocore ``ClientError``: an answer that is a refusal."""
    said = _said(error)
    kind = _kind(said)
    if kind in _PLAIN:
        what, advice = _PLAIN[kind]
        return StoreFailed(kind, f"{what} ({said.code})", where=request.uri, advice=advice)
    return _EXPLAINED[kind](said, request)


def _said(error: Any) -> _Said:
    detail: Mapping[str, Any] = error.response.get("Error", {})
    response: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
    region = detail.get("Region") or response.get("HTTPHeaders", {}).get("x-amz-bucket-region")
    return _Said(
        code=str(detail.get("Code", "")),
        message=str(detail.get("Message", ""))[:_LONGEST],
        status=response.get("HTTPStatusCode", 0),
        operation=error.operation_name,
        region=str(region or ""),
    )


def _kind(said: _Said) -> str:
    kind = _CODES.get(said.code, "store-failed")
    if said.code == "404" and said.operation != "HeadObject":
        return "store-failed"  # a proxy's page: S3 itself says what is not there
    if said.status >= _SERVER_ERROR:
        return "store-busy"
    if "AssumeRole" in said.operation and kind in {"store-failed", "store-denied"}:
        return "role-refused"
    if "KMS" in said.code or (kind == "store-denied" and "kms:" in said.message):
        return "kms-denied"
    return kind


_CODES = {
    "NoSuchKey": "object-missing",
    "NotFound": "object-missing",
    "404": "object-missing",
    "PreconditionFailed": "precondition-failed",
    "412": "precondition-failed",
    "ConditionalRequestConflict": "store-conflict",
    "OperationAborted": "store-conflict",
    "BadDigest": "bytes-altered",
    "InvalidDigest": "bytes-altered",
    "XAmzContentSHA256Mismatch": "bytes-altered",
    "XAmzContentChecksumMismatch": "bytes-altered",
    "IncompleteBody": "bytes-altered",
    "RequestTimeout": "store-cut",
    "SlowDown": "store-busy",
    "Throttling": "store-busy",
    "TooManyRequests": "store-busy",
    "429": "store-busy",
    "NoSuchBucket": "bucket-missing",
    "PermanentRedirect": "bucket-region",
    "AuthorizationHeaderMalformed": "bucket-region",
    "IllegalLocationConstraintException": "bucket-region",
    "301": "bucket-region",
    "AccessDenied": "store-denied",
    "AllAccessDisabled": "store-denied",
    "403": "store-denied",
    "InvalidAccessKeyId": "credentials-refused",
    "InvalidClientTokenId": "credentials-refused",
    "SignatureDoesNotMatch": "credentials-refused",
    "ExpiredToken": "credentials-expired",
    "ExpiredTokenException": "credentials-expired",
    "InvalidToken": "credentials-expired",
    "RequestTimeTooSkewed": "clock-skewed",
}
_PLAIN = {
    "precondition-failed": ("the object is not what it was", "run again"),
    "store-conflict": ("other writes to this object are under way", "run again"),
    "store-busy": ("the store cannot answer now", "run again later"),
    "store-cut": ("the connection broke off", "run again"),
    "credentials-refused": (
        "the store does not know these credentials",
        "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the AWS profile or role in use",
    ),
    "credentials-expired": (
        "the credentials have expired",
        "get new ones (aws sso login; in CI, run the job again)",
    ),
    "clock-skewed": (
        "this machine's clock is more than 15 minutes wrong",
        "set the clock, and run again",
    ),
}


def _bucket_missing(_: _Said, request: Request) -> StoreFailed:
    return StoreFailed(
        "bucket-missing",
        f'there is no bucket "{request.bucket}"',
        where=request.uri,
        advice=f'create it, or correct "store" in {_SETTINGS}',
    )


def _bucket_region(said: _Said, request: Request) -> StoreFailed:
    return StoreFailed(
        "bucket-region",
        f'the bucket "{request.bucket}" lies in another region ({said.region or said.code})',
        where=request.uri,
        advice=f"set AWS_DEFAULT_REGION={said.region or '(its region)'}, and run again",
    )


def _denied(said: _Said, request: Request) -> StoreFailed:
    who = re.search(r"User: (\S+)", said.message)
    return StoreFailed(
        "store-denied",
        f"access is denied{f' to {who[1]}' if who else ''} ({said.code})",
        where=request.uri,
        advice=f'allow {request.permission}, and check that the bucket belongs to "owner"',
    )


def _kms_denied(said: _Said, request: Request) -> StoreFailed:
    return StoreFailed(
        "kms-denied",
        f"the encryption key cannot be used: {said.message or said.code}",
        where=request.uri,
        advice=f'allow kms:GenerateDataKey and kms:Decrypt on it, or correct "kms-key" in '
        f"{_SETTINGS}",
    )


def _role_refused(said: _Said, request: Request) -> StoreFailed:
    return StoreFailed(
        "role-refused",
        f"this role could not be assumed: {said.code}: {said.message}",
        where=request.role or "AWS_ROLE_ARN",
        advice=f'correct "role" in {_SETTINGS}, or the trust policy of the role',
    )


def _unknown(said: _Said, request: Request) -> StoreFailed:
    return StoreFailed(
        "store-failed",
        f"{said.operation} was refused with {said.code}: {said.message}",
        where=request.uri,
        advice=f"look up {said.code} in the S3 API reference, or ask who runs the store",
    )


_EXPLAINED: Mapping[str, Callable[[_Said, Request], StoreFailed]] = {
    "object-missing": lambda _, request: missing(request.uri),
    "bytes-altered": lambda _, request: altered(request.uri, "what arrived at the store"),
    "bucket-missing": _bucket_missing,
    "bucket-region": _bucket_region,
    "store-denied": _denied,
    "kms-denied": _kms_denied,
    "role-refused": _role_refused,
    "store-failed": _unknown,
}
