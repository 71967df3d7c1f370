"""Ways into each error of S3, STS, disks and machines: by a stub's answer, or by what it raises."""

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from publisher.disk import reported
from publisher.errors import PublisherError
from publisher.patience import Patience
from publisher.s3_request import Access
from publisher.store import Create, Payload
from publisher.store_s3 import S3Store
from publisher.store_url import StoreUrl
from tests.support.stub_s3 import HTML, Reply, refusal, stub_s3

KEY = "analytics/helloworld/latest.json"
ROLE = "arn:aws:iam::222222222222:role/publisher-prod"
WHO = "arn:aws:sts::222222222222:assumed-role/publisher-prod/hermes-publisher"
KMS = "arn:aws:kms:eu-west-1:222222222222:key/1234"
ARN = f"arn:aws:s3:::acme-prod/data-products/{KEY}"
HURRY = Patience(attempts=1, tries=1, read=0.2, sleep=lambda _: None)
SKEW = "<RequestTime>20261124T100000Z</RequestTime><ServerTime>2026-11-24T10:20:00Z</ServerTime>"
Mishap = Callable[[Path, pytest.MonkeyPatch], PublisherError]


def put(store: S3Store) -> None:
    """Write a pointer."""
    payload = Payload.of_bytes(b"{}")
    store.put(KEY, payload, Create(), content_type="application/json", metadata={})


def failure(action: Callable[[], object]) -> PublisherError:
    """Return what an action raises."""
    with pytest.raises(PublisherError) as caught:
        action()
    return caught.value


def answered(*replies: Reply, **variables: str) -> Mishap:
    """The store, or STS, answers so."""

    def mishap(_: Path, monkeypatch: pytest.MonkeyPatch) -> PublisherError:
        with stub_s3(*replies) as stub:
            keys = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
            for name, value in {**keys, "AWS_ENDPOINT_URL": stub.endpoint, **variables}.items():
                monkeypatch.setenv(name, value)
            role = ROLE if "AWS_ROLE" in variables else None
            access = Access(name="prod", source="pyproject.toml:12", role=role)
            place = StoreUrl("acme-prod", "data-products")
            store = S3Store(place, access=access, environ=os.environ, patience=HURRY)
            return failure(lambda: put(store))

    return mishap


def denied(action: str, resource: str, why: str) -> Mishap:
    """AWS denies it in its own words."""
    said = f"User: {WHO} is not authorized to perform: {action} on resource: {resource} {why}"
    return answered(refusal(403, "AccessDenied", said))


def raised(error: OSError) -> Mishap:
    """The disk says so."""

    def mishap(_: Path, _monkeypatch: pytest.MonkeyPatch) -> PublisherError:
        def fail() -> None:
            with reported(Path("/srv/dev/analytics")):
                raise error

        return failure(fail)

    return mishap


NOT_TRUSTED = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
STS = f"<Error><Code>AccessDenied</Code><Message>{NOT_TRUSTED}</Message></Error>"
MISHAPS: Mapping[str, Mishap] = {
    "store-denied": denied(
        "s3:PutObject", ARN, "because no identity-based policy allows the s3:PutObject action"
    ),
    "kms-denied": denied(
        "kms:GenerateDataKey", KMS, "because no resource-based policy allows the action"
    ),
    "kms-unusable": answered(refusal(400, "KMS.DisabledException", f"{KMS} is disabled.")),
    "bucket-missing": answered(refusal(404, "NoSuchBucket")),
    "bucket-region": answered(
        refusal(400, "AuthorizationHeaderMalformed", "no", "<Region>eu-central-1</Region>")
    ),
    "account-problem": answered(
        refusal(403, "AllAccessDisabled", "All access to this object has been disabled")
    ),
    "credentials-refused": answered(refusal(403, "InvalidAccessKeyId")),
    "credentials-expired": answered(refusal(400, "ExpiredToken")),
    "credentials-missing": answered(Reply(), AWS_ACCESS_KEY_ID=""),
    "clock-skewed": answered(refusal(403, "RequestTimeTooSkewed", "no", SKEW)),
    "role-refused": answered(
        Reply(status=403, body=f"<ErrorResponse>{STS}</ErrorResponse>".encode()),
        AWS_ROLE="yes",
        AWS_WEB_IDENTITY_TOKEN_FILE=__file__,  # any text is a token to a stub
    ),
    "oidc-token": answered(Reply(), AWS_ROLE="yes", AWS_WEB_IDENTITY_TOKEN_FILE="/builds/token"),
    "object-too-large": answered(refusal(400, "EntityTooLarge")),
    "store-unsupported": answered(
        refusal(501, "NotImplemented", "A header you provided implies a missing function")
    ),
    "store-failed": answered(refusal(400, "InvalidRequest", "The bucket requires a header")),
    "store-busy": answered(refusal(503, "SlowDown")),
    "store-cut": answered(refusal(400, "RequestTimeout")),
    "store-not-s3": answered(Reply(body=HTML)),
    "store-timeout": answered(Reply(hang=True)),
    "store-unreachable": answered(Reply(), AWS_ENDPOINT_URL="http://127.0.0.1:9"),
    "disk-full": raised(OSError(errno.ENOSPC, "No space left on device")),
    "disk-denied": raised(PermissionError(errno.EACCES, "Permission denied")),
    "disk-failed": raised(OSError(errno.EIO, "Input/output error")),
}
