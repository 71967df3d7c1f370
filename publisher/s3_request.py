"""A request to S3 or STS that failed: what was asked, and what was answered."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from publisher.frozen import dataclass

_TABLE = "tool.publisher.environments"
_LONGEST = 600  # characters of a foreign message


@dataclass(frozen=True, kw_only=True)
class Access:
    """How a store is reached: its environment, who says where it is, and the settings beside it.

    ``name`` is ``dev`` or ``prod``, ``source`` the line or the variable that names the store.
    """

    name: str = ""
    source: str = ""
    owner: str | None = None
    kms_key: str | None = None
    role: str | None = None

    @property
    def table(self) -> str:
        """The table of the settings that concerns this store."""
        return f"[{_TABLE}.{self.name}]" if self.name else f"[{_TABLE}]"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request: the operation, as the API calls it, what it was about, and who asked."""

    operation: str
    bucket: str
    key: str = ""
    access: Access = Access()
    environ: Mapping[str, str] = field(default_factory=dict)

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

    @property
    def kms_permission(self) -> str:
        """The action on the encryption key that this needs, and on which key."""
        action = "kms:GenerateDataKey" if self.operation == "PutObject" else "kms:Decrypt"
        return f"{action} on {self.access.kms_key or 'the key that the bucket is encrypted with'}"

    @property
    def role(self) -> str:
        """The role that is assumed before the request, and who says so where it is no setting."""
        return self.access.role or f"AWS_ROLE_ARN={self.environ.get('AWS_ROLE_ARN', '')}"


@dataclass(frozen=True, kw_only=True)
class Said:
    """An answer that is a refusal; ``more`` holds the other elements of the error document."""

    code: str
    message: str
    status: int
    operation: str
    region: str
    request_id: str
    more: Mapping[str, Any]

    @property
    def told(self) -> str:
        """The code and the message, as they were said."""
        return f"{self.code}: {self.message.rstrip('. ')}" if self.message else self.code


def said_by(error: Any) -> Said:
    """Return what a botocore ``ClientError`` holds."""
    detail: Mapping[str, Any] = error.response.get("Error", {})
    response: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
    region = detail.get("Region") or response.get("HTTPHeaders", {}).get("x-amz-bucket-region")
    return Said(
        code=str(detail.get("Code", "")),
        message=str(detail.get("Message", ""))[:_LONGEST],
        status=response.get("HTTPStatusCode", 0),
        operation=error.operation_name,
        region=str(region or ""),
        request_id=str(response.get("RequestId") or ""),
        more=detail,
    )
