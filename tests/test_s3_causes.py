"""What S3, STS and botocore say, mapped to causes: which right on which key, whose bucket, when."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest

from publisher.errors import StoreFailed
from publisher.patience import Patience
from publisher.s3_credentials import advice, looked_for
from publisher.s3_denied import denial_in
from publisher.s3_request import Access, Request
from publisher.store import Create, Payload
from publisher.store_s3 import S3Store
from publisher.store_url import StoreUrl
from tests.support.stub_s3 import Reply, refusal, stub_s3

KEY = "team/helloworld/latest.json"
ARN = f"arn:aws:s3:::dev/base/{KEY}"
WHO = "arn:aws:sts::111111111111:assumed-role/publisher-dev/hermes-publisher"
KMS = "arn:aws:kms:eu-west-1:111111111111:key/1234"
ROLE = "arn:aws:iam::123456789012:role/publisher-dev"
TOKEN = "header.claims.signature"
SECRET = "do-not-print-this-secret"
HURRY = Patience(attempts=1, tries=1, sleep=lambda _: None)


def put(store: S3Store) -> object:
    payload = Payload.of_bytes(b"data")
    return store.put(KEY, payload, Create(), content_type="application/json", metadata={})


def get(store: S3Store) -> object:
    return store.get(KEY)


def listed(store: S3Store) -> object:
    return list(store.list("team/"))


ACTIONS = {"put": put, "get": get, "list": listed}


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "TRAVIS", "JENKINS_URL"):
        monkeypatch.delenv(name, raising=False)


def failure(
    reply: Reply | Sequence[Reply],
    monkeypatch: pytest.MonkeyPatch,
    action: str = "put",
    **settings: str,
) -> StoreFailed:
    """Return the error of a request that is answered so."""
    access = Access(name="dev", source="pyproject.toml:5", **settings)
    with stub_s3(*([reply] if isinstance(reply, Reply) else reply)) as stub:
        monkeypatch.setenv("AWS_ENDPOINT_URL", stub.endpoint)
        place, environ = StoreUrl("dev", "base"), os.environ
        store = S3Store(place, access=access, environ=environ, patience=HURRY)
        with pytest.raises(StoreFailed) as caught:
            ACTIONS[action](store)
    line = caught.value.line()
    assert "\n" not in line
    assert [] == [secret for secret in (SECRET, TOKEN) if secret in line]
    return caught.value


class Case(NamedTuple):
    """A request, the status and the code of the answer; what it says; and our code and words."""

    answer: str
    message: str
    code: str
    told: str | tuple[str, ...] = ()
    more: str = ""


def denial(action: str, resource: str, why: str = "") -> str:
    """Return a denial as AWS words it."""
    return f"User: {WHO} is not authorized to perform: {action} on resource: {resource}{why}"


PUT, GET, LISTING = "s3:PutObject", "s3:GetObject", "s3:ListBucket"
IDENTITY = " because no identity-based policy allows the s3:PutObject action"
SCP = " with an explicit deny in a service control policy"
BUCKET = " with an explicit deny in a resource-based policy"
BOUNDARY = " because no permissions boundary allows the s3:GetObject action"
NO_KMS = " because no resource-based policy allows the kms:GenerateDataKey action"
GENERATE = "kms:GenerateDataKey"
HEADER = "A header you provided implies functionality that is not implemented"
NOT_HERE = "The af-south-1 location constraint is incompatible for the region specific endpoint"
NO_KEY = "a non-empty Access Key (AKID) must be provided in the credential."
SKEW = (
    "<RequestTime>20261124T100000Z</RequestTime><ServerTime>2026-11-24T10:20:00Z</ServerTime>"
    "<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>"
)
REGION = "<Region>eu-central-1</Region>"
CASES = {
    "no policy": Case(
        "put 403 AccessDenied",
        denial(PUT, f'"{ARN}"', IDENTITY),
        "store-denied",
        (
            f"{WHO} may not do s3:PutObject: no identity-based policy allows it (AccessDenied)",
            f"allow s3:PutObject on {ARN} in the policies of that user or role",
        ),
    ),
    "a deny of the organization": Case(
        "put 403 AccessDenied",
        denial(PUT, ARN, SCP),
        "store-denied",
        (
            "there is a deny in a service control policy",
            "exempt that user or role from the deny in the service control policies of the",
        ),
    ),
    "a deny of the bucket": Case(
        "put 403 AccessDenied",
        denial(PUT, ARN, BUCKET),
        "store-denied",
        ("a deny in a resource-based policy", "the deny in the policy of the bucket"),
    ),
    "a boundary": Case(
        "get 403 AccessDenied",
        denial(GET, ARN, BOUNDARY),
        "store-denied",
        "in its permissions boundary",
    ),
    "absent, without listing": Case(
        "get 403 AccessDenied",
        denial(LISTING, "arn:aws:s3:::dev"),
        "store-denied",
        ("may not do s3:ListBucket", "allow s3:ListBucket on arn:aws:s3:::dev"),
    ),
    "nothing said of a write": Case(
        "put 403 AccessDenied",
        "Access Denied",
        "store-denied",
        f"allow s3:PutObject on {ARN}",
    ),
    "nothing said of a read": Case(
        "get 403 AccessDenied",
        "Access Denied",
        "store-denied",
        f"allow s3:GetObject on {ARN} and s3:ListBucket on arn:aws:s3:::dev",
    ),
    "nothing said of a list": Case(
        "list 403 AccessDenied",
        "Access Denied",
        "store-denied",
        "allow s3:ListBucket on arn:aws:s3:::dev",
    ),
    "no right on the key": Case(
        "put 403 AccessDenied",
        denial(GENERATE, KMS, NO_KMS),
        "kms-denied",
        ("kms:GenerateDataKey", f"allow kms:GenerateDataKey on {KMS} in the policy of the key"),
    ),
    "a key of others": Case(
        "get 400 KMS.AccessDeniedException",
        "no",
        "kms-denied",
        "allow kms:Decrypt on",
    ),
    "a key that is off": Case(
        "put 400 KMS.DisabledException",
        "it is disabled",
        "kms-unusable",
        ("it is disabled", "enable it in KMS"),
    ),
    "a key that is not there": Case(
        "put 400 KMS.NotFoundException",
        "no",
        "kms-unusable",
        '"kms-key" in [tool.publisher.environments.dev]',
    ),
    "a key to be deleted": Case(
        "put 400 KMS.KMSInvalidStateException",
        "pending deletion",
        "kms-unusable",
        "pending deletion",
    ),
    "no bucket": Case(
        "put 404 NoSuchBucket",
        "no",
        "bucket-missing",
        ('there is no bucket "dev"', "pyproject.toml:5"),
    ),
    "a region": Case(
        "get 400 AuthorizationHeaderMalformed",
        "no",
        "bucket-region",
        "AWS_DEFAULT_REGION=eu-central-1",
        more=REGION,
    ),
    "a region in the message": Case(
        "get 400 AuthorizationHeaderMalformed",
        "the region 'us-east-1' is wrong; expecting 'eu-west-3'",
        "bucket-region",
        "AWS_DEFAULT_REGION=eu-west-3",
    ),
    "a region to opt in to": Case(
        "get 400 IllegalLocationConstraintException",
        NOT_HERE,
        "bucket-region",
        "AWS_DEFAULT_REGION=af-south-1",
    ),
    "an access key that is none": Case(
        "get 400 AuthorizationHeaderMalformed",
        NO_KEY,
        "credentials-refused",
        "AWS_ACCESS_KEY_ID",
    ),
    "an unknown access key": Case(
        "get 403 InvalidAccessKeyId",
        "no",
        "credentials-refused",
        "does not know these credentials",
    ),
    "another secret key": Case(
        "get 403 SignatureDoesNotMatch",
        "no",
        "credentials-refused",
        ("the secret key", "AWS_SECRET_ACCESS_KEY"),
    ),
    "a token of elsewhere": Case(
        "get 400 InvalidToken",
        "no",
        "credentials-refused",
        "AWS_SESSION_TOKEN",
    ),
    "an old token": Case(
        "get 400 ExpiredToken",
        "no",
        "credentials-expired",
        "aws sso login",
    ),
    "a token to be renewed": Case(
        "get 400 TokenRefreshRequired",
        "no",
        "credentials-expired",
    ),
    "a clock behind": Case(
        "get 403 RequestTimeTooSkewed",
        "no",
        "clock-skewed",
        "clock is 20 minutes behind",
        more=SKEW,
    ),
    "a clock, nothing said": Case(
        "get 403 RequestTimeTooSkewed",
        "no",
        "clock-skewed",
        "more than 15 minutes wrong",
    ),
    "a clock, as STS says it": Case(
        "get 403 SignatureDoesNotMatch",
        "Signature expired: 20261124T100000Z is now earlier",
        "clock-skewed",
    ),
    "an account": Case(
        "put 403 AccountProblem",
        "There is a problem",
        "account-problem",
        ("There is a problem", "billing"),
    ),
    "a switched-off bucket": Case(
        "put 403 AllAccessDisabled",
        "no",
        "account-problem",
    ),
    "too much": Case(
        "put 400 EntityTooLarge",
        "no",
        "object-too-large",
        "EntityTooLarge",
    ),
    "too much for a proxy": Case(
        "put 413",
        "",
        "object-too-large",
        "proxy",
    ),
    "no conditional writes": Case(
        "put 501 NotImplemented",
        HEADER,
        "store-unsupported",
        ("PutObject", "If-None-Match"),
    ),
    "no such condition": Case(
        "put 400 InvalidArgument",
        "If-None-Match is not supported",
        "store-unsupported",
        "conditional writes",
    ),
    "no such method": Case(
        "put 405 MethodNotAllowed",
        "no",
        "store-unsupported",
    ),
    "another argument": Case(
        "put 400 InvalidArgument",
        "a bad name",
        "store-failed",
        "InvalidArgument: a bad name",
    ),
    "what a bucket wants": Case(
        "put 400 InvalidRequest",
        "Bucket requires this header",
        "store-failed",
        "InvalidRequest: Bucket requires this header",
    ),
    "overload": Case(
        "get 503 SlowDown",
        "no",
        "store-busy",
        "run again later",
    ),
    "anything else": Case(
        "get 418 Teapot",
        "short and stout",
        "store-failed",
        "Teapot: short and stout (request R1)",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_answer_of_s3_is_told_with_its_cause(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Which right on which key, which policy, whose bucket, which region: and what mends it."""
    case = CASES[name]
    action, status, *said = case.answer.split()
    reply = Reply(status=int(status))
    if said:
        body = refusal(0, said[0], case.message, case.more).body
        reply = Reply(status=int(status), body=body, headers={"x-amz-request-id": "R1"})
    error = failure(reply, monkeypatch, action)
    assert (case.code, True) == (error.code, error.where.startswith("s3://dev/base"))
    told = (case.told,) if isinstance(case.told, str) else case.told
    assert [] == [text for text in told if text not in error.line()], error.line()


def test_a_bucket_that_is_just_made_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """For an hour or so S3 sends requests for it elsewhere; botocore follows once."""
    passing = refusal(307, "TemporaryRedirect")
    region = Reply(headers={"x-amz-bucket-region": "eu-west-3"})
    assert "store-busy" == failure([passing, region, passing], monkeypatch).code


def test_a_denial_may_be_about_the_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 denies another account's bucket without a word: both causes are told, with the setting."""
    silent = failure(refusal(403, "AccessDenied", "Access Denied"), monkeypatch, owner="1" * 12)
    assert f"does not belong to the account {'1' * 12}" in silent.what
    assert '"owner" in [tool.publisher.environments.dev]' in silent.advice
    told = refusal(403, "AccessDenied", denial(PUT, ARN, IDENTITY))
    assert "account" not in failure(told, monkeypatch, owner="1" * 12).what


def test_the_configured_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where AWS does not say which key it was, the setting does."""
    error = failure(refusal(400, "KMS.AccessDeniedException"), monkeypatch, kms_key=KMS)
    assert f"allow kms:GenerateDataKey on {KMS}" in error.advice


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        ("PutObject", "s3:PutObject on arn:aws:s3:::dev/k"),
        ("DeleteObject", "s3:DeleteObject on arn:aws:s3:::dev/k"),
        ("GetObject", "s3:GetObject on arn:aws:s3:::dev/k and s3:ListBucket on arn:aws:s3:::dev"),
        ("HeadObject", "s3:GetObject on arn:aws:s3:::dev/k and s3:ListBucket on arn:aws:s3:::dev"),
        ("ListObjectsV2", "s3:ListBucket on arn:aws:s3:::dev"),
    ],
)
def test_each_operation_needs_its_right(operation: str, permission: str) -> None:
    """A read needs the right to list, too, without which S3 denies what is only not there."""
    assert permission == Request(operation=operation, bucket="dev", key="k").permission


@pytest.mark.parametrize(
    "message", ["", "Access Denied", "User: x", "is not authorized to perform: s3:PutObject"]
)
def test_what_aws_does_not_say_is_not_made_up(message: str) -> None:
    """Half a sentence is no reason."""
    assert denial_in(message) is None


STS = {
    "InvalidIdentityToken": ("role-refused", "identity provider"),
    "IDPRejectedClaim": ("role-refused", "run the job again"),
    "ValidationError": ("role-refused", '"role" in [tool.publisher.environments.dev]'),
    "RegionDisabledException": ("role-refused", "activate STS"),
    "AccessDenied": ("role-refused", "sts:AssumeRoleWithWebIdentity for this repository"),
    "ExpiredTokenException": ("credentials-expired", "run the job again"),
    "IDPCommunicationError": ("store-busy", "run again later"),
}


@pytest.mark.parametrize("said", STS)
def test_a_role_that_is_refused_to_a_token_is_named(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """Whoever set the role up sees which one, why AWS said no, and what to set up otherwise."""
    code, told = STS[said]
    answer = Reply(body=json.dumps({"value": TOKEN}).encode())
    with stub_s3(answer) as github:
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{github.endpoint}/token?api=1")
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token")
        error = failure(sts_refusal(said, "no"), monkeypatch, role=ROLE)
    assert (code, True) == (error.code, told in error.advice), error.line()
    assert error.where == (ROLE if code == "role-refused" else f"s3://dev/base/{KEY}")


def sts_refusal(code: str, message: str) -> Reply:
    """Return an error as STS words it."""
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Reply(status=400, body=f"<ErrorResponse>{error}</ErrorResponse>".encode())


def test_a_role_that_is_refused_to_a_user_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a token, the user's own rights and the role's trust policy have to agree."""
    said = denial("sts:AssumeRole", ROLE)
    error = failure(sts_refusal("AccessDenied", said), monkeypatch, role=ROLE)
    assert ("role-refused", ROLE) == (error.code, error.where)
    assert f"trust policy name {WHO}, and allow it sts:AssumeRole" in error.advice


GITHUB, GITLAB = {"GITHUB_ACTIONS": "true"}, {"GITLAB_CI": "true"}
WITHOUT = {
    "a laptop": ({}, "export AWS_PROFILE=NAME"),
    "a profile": ({"AWS_PROFILE": "sales"}, "aws sso login --profile sales"),
    "GitHub": (GITHUB, '"permissions: id-token: write", and set "role" in [tool.publisher'),
    "GitLab": (GITLAB, "id_tokens"),
    "Travis": ({"TRAVIS": "true"}, "settings on Travis"),
    "Jenkins": ({"JENKINS_URL": "x"}, "withCredentials"),
    "any other": ({"CI": "true"}, "secret variables"),
}


@pytest.mark.parametrize("place", WITHOUT)
def test_without_credentials_each_place_has_its_own_way(place: str) -> None:
    """What helps a laptop does not help a CI, and each CI has a way of its own."""
    environ, told = WITHOUT[place]
    assert told in advice(environ, Access(name="dev"))


def test_a_role_that_is_set_is_not_asked_for() -> None:
    """Only what is missing is told."""
    assert "role" not in advice(GITHUB, Access(name="dev", role=ROLE))


LOOKED = {
    "nothing": ({}, 'the profile "default" has none (~/.aws/credentials, ~/.aws/config)'),
    "a profile": ({"AWS_PROFILE": "sales"}, 'the profile "sales" has none'),
    "other files": ({"AWS_SHARED_CREDENTIALS_FILE": "/k", "AWS_CONFIG_FILE": "/c"}, "(/k, /c)"),
    "a token": ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but"),
    "no token": ({}, "AWS_WEB_IDENTITY_TOKEN_FILE is not set"),
    "GitHub": (GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL is not set"),
    "an instance": ({}, "no instance does"),
    "no instance": ({"AWS_EC2_METADATA_DISABLED": "true"}, "an instance is not asked"),
}


@pytest.mark.parametrize("place", LOOKED)
def test_it_says_where_credentials_were_looked_for(place: str) -> None:
    """The variables and files that count here, and what was found in each."""
    environ, told = LOOKED[place]
    assert told in looked_for(environ)


@pytest.mark.parametrize(
    ("variables", "code", "told"),
    [
        ({"AWS_ACCESS_KEY_ID": ""}, "credentials-missing", "AWS_ACCESS_KEY_ID is not set"),
        ({"AWS_SECRET_ACCESS_KEY": ""}, "credentials-missing", "missing: AWS_SECRET_ACCESS_KEY"),
        ({"AWS_PROFILE": "nobody"}, "credentials-missing", "aws configure list-profiles"),
        ({"AWS_ENDPOINT_URL": "not an address"}, "store-failed", "AWS_* variables"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "store-unreachable", "AWS_DEFAULT_REGION"),
    ],
)
def test_what_botocore_misses_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str], code: str, told: str
) -> None:
    """Before its first request it wants keys, a profile that exists, and an address."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    store = S3Store(StoreUrl("dev", "base"), environ=os.environ, patience=HURRY)
    with pytest.raises(StoreFailed) as caught:
        put(store)
    assert (code, True) == (caught.value.code, told in caught.value.line()), caught.value.line()
    assert SECRET not in caught.value.line()


def test_a_session_that_has_ended_is_signed_in_to_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A profile of AWS SSO without its token is no missing key: the sign-in is named."""
    home = tmp_path_factory.mktemp("home")
    sso = "sso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n"
    account = "sso_account_id = 111111111111\nsso_role_name = analyst\n"
    (home / "config").write_text(f"[profile sales]\n{sso}{account}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "config"))
    monkeypatch.setenv("AWS_PROFILE", "sales")
    error = failure(Reply(), monkeypatch)
    assert "credentials-expired" == error.code
    assert "aws sso login --profile sales" in error.advice
