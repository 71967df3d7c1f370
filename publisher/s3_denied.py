"""From AWS's "access denied" to who lacks which right on what, and in which policy to grant it.

AWS words it as in "Troubleshoot access denied error messages" of the IAM user guide; for requests
from another organization, and from other servers than Amazon's, it says less, or nothing.
"""

import re

from publisher.errors import StoreFailed
from publisher.frozen import dataclass
from publisher.s3_request import Request, Said

_DENIED = re.compile(
    r'User: (?P<who>\S+) is not authorized to perform: (?P<action>[\w:*]+)(?: on resource: "?'
    r'(?P<resource>[^"\s]+)"?)?(?P<why> (?:because|with) .*)?'
)
_DENY = re.compile(r"explicit deny in an? (?P<policy>[^:]+)(?:: (?P<arn>\S+))?")
_NO_ALLOW = re.compile(r"because no (?P<policy>.+?) allows")
_PLACES = {
    "identity-based policy": "the policies of that user or role",
    "permissions boundary": "its permissions boundary",
    "session policy": "the policy of its session",
    "service control policy": "the service control policies of the organization",
    "resource control policy": "the resource control policies of the organization",
    "VPC endpoint policy": "the policy of the VPC endpoint",
}


_STS = {
    "InvalidIdentityToken": "make an identity provider for this CI in IAM of the role's account, "
    "with the audience sts.amazonaws.com",
    "IDPRejectedClaim": "run the job again: its token has expired, or was taken back",
    "RegionDisabledException": "activate STS for that region (IAM, Account settings), or set "
    "AWS_DEFAULT_REGION",
}


@dataclass(frozen=True, kw_only=True)
class Denial:
    """Who may not do what on what; ``why`` is AWS's reason, ``policy`` the kind it lies with."""

    who: str
    action: str
    resource: str
    why: str = ""
    policy: str = ""
    explicit: bool = False

    @property
    def what(self) -> str:
        """The denial in a few words."""
        if self.explicit:
            return f"{self.who} may not do {self.action}: there is a deny in a {self.policy}"
        if self.policy:
            return f"{self.who} may not do {self.action}: no {self.policy} allows it"
        return f"{self.who} may not do {self.action}{self.why}"

    def advice(self, own_policy: str) -> str:
        """Return where to grant it, if AWS says on what; ``own_policy`` is the resource's own."""
        if not self.resource:
            return ""
        place = _PLACES.get(self.policy, own_policy)
        if self.explicit:
            return f"exempt that user or role from the deny in {place}"
        allow = f"allow {self.action} on {self.resource}"
        return f"{allow} in {place}" if self.policy else allow


def denial_in(message: str) -> Denial | None:
    """Return what AWS says of a denial, or None where it does not say."""
    found = _DENIED.search(message)
    if not found:
        return None
    why = found["why"] or ""
    deny, no_allow = _DENY.search(why), _NO_ALLOW.search(why)
    policy = deny or no_allow
    return Denial(
        who=found["who"],
        action=found["action"],
        resource=found["resource"] or "",
        why=why,
        policy=policy["policy"].strip() if policy else "",
        explicit=deny is not None,
    )


def denied(said: Said, request: Request) -> StoreFailed:
    """Return the error for a request that IAM, or the bucket's owner, does not allow."""
    denial, access = denial_in(said.message), request.access
    if denial:
        what = denial.what
        advice = denial.advice("the policy of the bucket") or f"allow {request.permission}"
    else:
        what, advice = "access is denied", f"allow {request.permission}"
        if access.owner:  # S3 says no more where the bucket is somebody else's
            what += f", or the bucket does not belong to the account {access.owner}"
            advice += f', or correct "owner" in {access.table}'
    return StoreFailed("store-denied", f"{what} ({said.code})", where=request.uri, advice=advice)


def kms_denied(said: Said, request: Request) -> StoreFailed:
    """Return the error for a key of KMS that this user or role may not use."""
    denial = denial_in(said.message)
    if denial:
        what = f"{denial.what}, and that key encrypts this"
        advice = denial.advice("the policy of the key")
    else:
        what, advice = f"the encryption key may not be used: {said.told}", ""
    return StoreFailed(
        "kms-denied",
        what,
        where=request.uri,
        advice=advice or f"allow {request.kms_permission}, in the policy of the key, too",
    )


def kms_unusable(said: Said, request: Request) -> StoreFailed:
    """Return the error for a key of KMS that nobody can use as it is."""
    if "NotFound" in said.code:
        advice = f'correct "kms-key" in {request.access.table}: a key in the region of the bucket'
    elif "Disabled" in said.code:
        advice = "enable it in KMS, and run again"
    else:
        advice = "see its state in KMS: a key that is to be deleted can be brought back there"
    what = f"the encryption key {request.access.kms_key or 'of the bucket'} cannot be used"
    return StoreFailed("kms-unusable", f"{what}: {said.told}", where=request.uri, advice=advice)


def role_refused(said: Said, request: Request) -> StoreFailed:
    """Return the error for a role that STS does not let us assume."""
    return StoreFailed(
        "role-refused",
        f"this role could not be assumed: {said.told}",
        where=request.role,
        advice=_role_advice(said, request),
    )


def _role_advice(said: Said, request: Request) -> str:
    if said.code == "AccessDenied":
        return _trust(said)
    role = f'correct "role" in {request.access.table}: arn:aws:iam::111111111111:role/NAME'
    return _STS.get(said.code, role)


def _trust(said: Said) -> str:
    """Return what the role's trust policy, which says who may assume it, has to allow."""
    denial = denial_in(said.message)
    if denial:
        return f"let the role's trust policy name {denial.who}, and allow it {denial.action} there"
    if said.operation == "AssumeRoleWithWebIdentity":
        return (
            f"let the role's trust policy allow sts:{said.operation} for this repository and "
            "branch: its conditions on sub and aud have to fit the token"
        )
    return "let the role's trust policy name the user or role whose credentials are in use"
