"""The store in S3 when things go wrong: refusals, proxies, cut and hanging connections."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from publisher.errors import StoreFailed
from publisher.patience import Patience
from publisher.s3_client import s3_client
from publisher.s3_request import Access
from publisher.seaweed import SeaweedServer
from publisher.store import Conflict, Create, Match, Payload, Written
from publisher.store_s3 import S3Store
from publisher.store_url import StoreUrl
from tests.conftest import DEV_ONLY, READER
from tests.support.stub_s3 import HTML, Reply, Stub, ok, refusal, stub_s3

KEY = "team/helloworld/latest.json"
OWNER = "111122223333"
SECRET = "do-not-print-this-secret"
DATA = Payload.of_bytes(b"data")
HURRY = Patience(attempts=1, tries=3, sleep=lambda _: None)
BUSY = refusal(503, "SlowDown", "Please reduce your request rate.")


def store_at(bucket: str = "dev", prefix: str = "base", **options: Any) -> S3Store:
    options.setdefault("patience", HURRY)
    return S3Store(StoreUrl(bucket, prefix), environ=os.environ, **options)


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Stub], S3Store]:
    """Returns a store on a stub."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)

    def connect(stub: Stub, **options: Any) -> S3Store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", stub.endpoint)
        return store_at(**options)

    return connect


Connect = Callable[..., S3Store]


def put(store: S3Store) -> object:
    return store.put(KEY, DATA, Create(), content_type="application/json", metadata={})


def head(store: S3Store) -> object:
    return store.head(KEY)


def get(store: S3Store) -> object:
    return store.get(KEY)


def listed(store: S3Store) -> object:
    return list(store.list("team/"))


def failure_of(action: Callable[[S3Store], object], store: S3Store) -> StoreFailed:
    with pytest.raises(StoreFailed) as failure:
        action(store)
    line = failure.value.line()
    assert SECRET not in line
    assert "\n" not in line
    return failure.value


@pytest.mark.usefixtures("on_moto")
def test_every_call_carries_the_owner(tmp_path: Path) -> None:
    """Where an owner is set, S3 is told with each request whose bucket it must be."""
    store = store_at(access=Access(owner=OWNER))
    sent: list[tuple[str, object]] = []

    def note(request: Any, operation_name: str, **_: object) -> None:
        sent.append((operation_name, request.headers.get("x-amz-expected-bucket-owner")))

    client = s3_client(os.environ, owner=OWNER, patience=HURRY)
    client.meta.events.register("request-created.s3", note)
    head(store)
    put(store)
    get(store)
    store.download(KEY, DATA.sha256, DATA.size, tmp_path / "copy")
    listed(store)
    assert {"HeadObject", "PutObject", "GetObject", "ListObjectsV2"} == {name for name, _ in sent}
    assert {OWNER} == {owner for _, owner in sent}


def test_even_the_search_for_the_region_carries_the_owner(stubbed: Connect) -> None:
    """Botocore's own question, in which region a bucket lies, is a call like any other."""
    moved = refusal(301, "PermanentRedirect")
    found = Reply(status=301, headers={"x-amz-bucket-region": "eu-west-3"})
    with stub_s3(moved, found, moved) as stub:
        failure = failure_of(get, stubbed(stub, access=Access(owner=OWNER)))
    assert "bucket-region" == failure.code
    assert {"GET", "HEAD"} == {asked.method for asked in stub.asked}
    assert {OWNER} == {asked.headers.get("x-amz-expected-bucket-owner") for asked in stub.asked}


def test_a_write_says_its_condition_its_digest_and_its_key(stubbed: Connect) -> None:
    """One PUT carries the precondition, the SHA-256 to be verified and what encrypts it."""
    with stub_s3(ok()) as stub:
        store = stubbed(stub, access=Access(kms_key="alias/team"))
        put(store)
        store.put(KEY, DATA, Match('"e0"'), content_type="text/plain", metadata={"commit": "c1"})
    first, second = (asked.headers for asked in stub.asked)
    assert ("*", '"e0"') == (first["if-none-match"], second["if-match"])
    assert DATA.checksum == first["x-amz-checksum-sha256"]
    assert ("aws:kms", "alias/team") == (
        first["x-amz-server-side-encryption"],
        first["x-amz-server-side-encryption-aws-kms-key-id"],
    )
    assert ("text/plain", "c1") == (second["content-type"], second["x-amz-meta-commit"])
    assert ("/dev/base/" + KEY, b"data") == (stub.asked[0].path, stub.asked[0].body)


def test_a_409_is_a_conflict(stubbed: Connect) -> None:
    """It says only that writes overlapped: whoever asked looks again, and decides again."""
    with stub_s3(refusal(409, "ConditionalRequestConflict"), ok()) as stub:
        assert Conflict() == put(stubbed(stub))
        assert Written('"e1"') == put(stubbed(stub))
    assert 2 == len(stub.asked)


@pytest.mark.parametrize(
    "passing",
    [
        BUSY,
        refusal(500, "InternalError"),
        refusal(400, "RequestTimeout"),
        refusal(429, "TooManyRequests"),
        refusal(400, "BadDigest"),
        Reply(status=503, body=HTML),
        Reply(body=HTML),
        Reply(body=b"", cut=True, status=500),
    ],
)
@pytest.mark.parametrize(("action", "body"), [(put, b""), (get, b"data")])
def test_what_passes_is_waited_for(
    stubbed: Connect, action: Callable[[S3Store], object], body: bytes, passing: Reply
) -> None:
    """Overload, timeouts, proxies' pages and damage on the way are asked again."""
    with stub_s3(passing, passing, ok(body)) as stub:
        assert action(stubbed(stub))


@pytest.mark.parametrize("action", [put, head, get, listed])
def test_an_endless_503_is_given_up(stubbed: Connect, action: Callable[[S3Store], object]) -> None:
    """The number of requests is bounded, and the error says that a later run may work."""
    patience = Patience(attempts=2, tries=2, sleep=lambda _: None)
    with stub_s3(refusal(503, "ServiceUnavailable")) as stub:
        failure = failure_of(action, stubbed(stub, patience=patience))
    assert ("store-busy", 4) == (failure.code, len(stub.asked))


def test_everything_is_known_within_a_minute() -> None:
    """The default limits keep the longest failures below 60 seconds."""
    patience, addresses, waits = Patience(), 8, 1  # S3's; botocore's own
    last_wait = 0.5 * 2 ** (patience.tries - 1)
    assert 60 > patience.attempts * patience.connect * addresses + waits
    assert 60 > patience.enough + last_wait + patience.attempts * patience.read + waits


@pytest.mark.parametrize("action", [put, head, get, listed])
def test_a_server_that_hangs_is_given_up(
    stubbed: Connect, action: Callable[[S3Store], object]
) -> None:
    """No answer in time is a failure that names the server."""
    with stub_s3(Reply(hang=True)) as stub:
        patience = Patience(read=0.1, attempts=2, tries=1)
        failure = failure_of(action, stubbed(stub, patience=patience))
    assert "store-timeout" == failure.code
    assert stub.endpoint in failure.what


def test_a_body_that_hangs_is_given_up(stubbed: Connect) -> None:
    """The limit holds in the middle of a body, too, and there we ask again ourselves."""
    with stub_s3(Reply(body=b"da", hang=True, headers={"ETag": '"e1"'})) as stub:
        patience = Patience(read=0.1, attempts=1, tries=2, sleep=lambda _: None)
        assert "store-timeout" == failure_of(get, stubbed(stub, patience=patience)).code
    assert 2 == len(stub.asked)


@pytest.mark.parametrize("action", [put, head, get, listed])
def test_a_page_that_is_not_s3_is_no_answer(
    stubbed: Connect, action: Callable[[S3Store], object]
) -> None:
    """A sign-in page with status 200 is neither a success nor an empty store."""
    with stub_s3(Reply(body=HTML, headers={"Content-Type": "text/html"})) as stub:
        assert "store-not-s3" == failure_of(action, stubbed(stub)).code


def test_a_page_that_says_404_is_not_taken_as_absent(stubbed: Connect) -> None:
    """Only S3's own NoSuchKey says that an object is not there."""
    with stub_s3(Reply(status=404, body=HTML)) as stub:
        store = stubbed(stub)
        assert ["store-failed"] * 3 == [failure_of(a, store).code for a in (get, head, put)]


def test_a_body_that_is_cut_short_is_read_again(stubbed: Connect) -> None:
    """The SDK does not repeat a read that breaks off: we do."""
    cut = Reply(body=b"da", cut=True, headers={"ETag": '"e1"'})
    with stub_s3(cut, ok(b"data")) as stub:
        document = stubbed(stub).get(KEY)
    assert document
    assert b"data" == document.body


def test_a_download_that_is_cut_or_altered_is_read_again(stubbed: Connect, tmp_path: Path) -> None:
    """Cut, then altered, then right: the file holds the right bytes."""
    cut = Reply(body=b"da", cut=True, headers={"ETag": '"e1"'})
    with stub_s3(cut, ok(b"atad"), ok(b"data")) as stub:
        stubbed(stub).download(KEY, DATA.sha256, DATA.size, tmp_path / "copy")
    assert b"data" == (tmp_path / "copy").read_bytes()


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(body=b"da", cut=True, headers={"ETag": '"e1"'}), "store-cut"),
        (ok(b"atad"), "bytes-altered"),
        (ok(b"far too many bytes"), "bytes-altered"),
    ],
)
def test_a_download_that_stays_wrong_fails_and_leaves_no_file(
    stubbed: Connect, tmp_path: Path, reply: Reply, code: str
) -> None:
    """After the last try the object is named, and nothing lies where it was to be."""
    with stub_s3(reply) as stub:
        store = stubbed(stub)
        failure = failure_of(lambda s: s.download(KEY, DATA.sha256, 4, tmp_path / "c"), store)
    assert (code, f"s3://dev/base/{KEY}") == (failure.code, failure.where)
    assert [] == list(tmp_path.iterdir())
    assert HURRY.tries == len(stub.asked)


def test_the_reason_for_a_refused_head_is_asked_by_get(stubbed: Connect) -> None:
    """A HEAD has no body, so a GET tells that a token has expired."""
    with stub_s3(Reply(status=400), refusal(400, "ExpiredToken")) as stub:
        assert "credentials-expired" == failure_of(head, stubbed(stub)).code


def test_a_missing_bucket_costs_one_question_a_store(stubbed: Connect) -> None:
    """Once a store has told a missing object from a missing bucket, HEAD is enough."""
    absent = refusal(404, "NoSuchKey")
    with stub_s3(absent) as stub:
        store = stubbed(stub)
        assert [None, None, None] == [head(store), head(store), get(store)]
    assert ["HEAD", "GET", "HEAD", "GET"] == [asked.method for asked in stub.asked]


def test_a_server_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever mistyped the endpoint sees it, without what else the address may hold."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://user:{SECRET}@127.0.0.1:9")
    failure = failure_of(put, store_at())
    assert ("store-unreachable", True) == (failure.code, "http://127.0.0.1:9" in failure.what)


@pytest.mark.usefixtures("on_moto")
def test_all_pages_of_a_list_are_read() -> None:
    """A list goes on where S3 stops: at 1,000 keys, or here at 2."""
    store = store_at(prefix="pages", patience=Patience(tries=2))
    client = s3_client(os.environ, patience=Patience(tries=2))
    client.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: params.update(MaxKeys=2)
    )
    keys = [f"team/{number}" for number in range(5)]
    for key in keys:
        store.put(key, DATA, Create(), content_type="text/plain", metadata={})
    assert keys == list(store.list("team/"))


@pytest.mark.parametrize("server", ["on_moto", "on_seaweed"])
@pytest.mark.parametrize("action", [put, head, get, listed])
def test_a_missing_bucket_is_never_an_empty_store(
    request: pytest.FixtureRequest, server: str, action: Callable[[S3Store], object]
) -> None:
    """A typing error in the settings must not look like a store without releases."""
    request.getfixturevalue(server)
    failure = failure_of(action, store_at("no-such-bucket"))
    assert "bucket-missing" == failure.code


@pytest.mark.usefixtures("on_seaweed")
def test_a_wrong_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real server's refusal of a key is told as such."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert "credentials-refused" == failure_of(get, store_at()).code
    assert "credentials-refused" == failure_of(head, store_at()).code


@pytest.mark.parametrize(("identity", "bucket"), [(READER, "dev"), (DEV_ONLY, "prod")])
def test_a_write_without_the_right_is_denied(
    seaweed: SeaweedServer, monkeypatch: pytest.MonkeyPatch, identity: Any, bucket: str
) -> None:
    """Those who may only read, or only write to dev, are told which right is missing."""
    for name, value in seaweed.environ(identity).items():
        monkeypatch.setenv(name, value)
    failure = failure_of(put, store_at(bucket))
    assert "store-denied" == failure.code
    assert f"s3:PutObject on arn:aws:s3:::{bucket}/base/{KEY}" in failure.advice


@pytest.mark.usefixtures("on_moto")
def test_one_client_serves_all_stores_of_a_process() -> None:
    """Clients are slow to make: the same access is the same client."""
    one = s3_client(os.environ, patience=HURRY)
    assert one is s3_client(dict(os.environ), patience=HURRY)
    assert one is not s3_client(os.environ, owner=OWNER, patience=HURRY)
