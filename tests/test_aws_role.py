"""Assuming a role: with CI's token where there is one, else with the credentials at hand."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from publisher.errors import StoreFailed
from publisher.patience import Patience
from publisher.s3_client import s3_client
from publisher.s3_request import Access
from publisher.store import Create, Payload, Written
from publisher.store_s3 import S3Store
from publisher.store_url import StoreUrl
from tests.support.stub_s3 import Reply, Stub, stub_s3

ROLE = "arn:aws:iam::123456789012:role/publisher-dev"
TOKEN = "header.claims.signature"
HURRY = Patience(attempts=1, tries=2, sleep=lambda _: None)
ASSUMED = "ASIA"  # the beginning of temporary access keys


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """GitHub's token service."""
    answer = Reply(body=json.dumps({"value": TOKEN}).encode())
    with stub_s3(answer) as stub:
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{stub.endpoint}/token?api=1")
        monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token")
        yield stub


def put(key: str) -> object:
    place, access = StoreUrl("dev", "role"), Access(role=ROLE)
    store = S3Store(place, access=access, environ=os.environ, patience=HURRY)
    payload = Payload.of_bytes(b"x")
    return store.put(key, payload, Create(), content_type="text/plain", metadata={})


def signer() -> list[str]:
    """Return the access keys that the next requests are signed with, as they are sent."""
    seen: list[str] = []

    def note(request: Any, **_: object) -> None:
        authorization = request.headers["Authorization"]
        text = authorization.decode() if isinstance(authorization, bytes) else authorization
        seen.append(text.partition("Credential=")[2][:4])

    client = s3_client(os.environ, role=ROLE, patience=HURRY)
    client.meta.events.register("before-send.s3", note)
    return seen


def without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")


@pytest.mark.usefixtures("on_moto")
def test_githubs_token_is_enough(monkeypatch: pytest.MonkeyPatch, github: Stub) -> None:
    """In GitHub Actions the job's OIDC token becomes the role's credentials, without a secret."""
    without_keys(monkeypatch)
    keys = signer()
    assert isinstance(put("github-1"), Written)
    assert isinstance(put("github-2"), Written)
    (asked,) = github.asked
    assert "/token?api=1&audience=sts.amazonaws.com" == asked.path
    assert "Bearer request-token" == asked.headers["authorization"]
    assert [ASSUMED, ASSUMED] == keys


@pytest.mark.usefixtures("on_moto")
def test_a_token_file_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """GitLab and others leave the token in a file."""
    without_keys(monkeypatch)
    (tmp_path / "token").write_text(TOKEN)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    keys = signer()
    assert isinstance(put("file"), Written)
    assert [ASSUMED] == keys


@pytest.mark.usefixtures("on_moto")
def test_without_a_token_the_credentials_at_hand_assume_the_role() -> None:
    """A Jenkins with its own credentials, or a laptop, acts as the role too."""
    keys = signer()
    assert isinstance(put("chain"), Written)
    assert [ASSUMED] == keys


@pytest.mark.parametrize("answer", [Reply(status=403), Reply(body=b"<html>"), Reply(body=b"{}")])
@pytest.mark.usefixtures("on_moto")
def test_a_token_that_is_not_given_is_asked_for_again_and_then_explained(
    monkeypatch: pytest.MonkeyPatch, github: Stub, answer: Reply
) -> None:
    """The permission that the job lacks is named."""
    without_keys(monkeypatch)
    github.replies[:] = [answer]
    with pytest.raises(StoreFailed, match="id-token: write") as failure:
        put("refused")
    assert ("oidc-token", HURRY.tries) == (failure.value.code, len(github.asked))
    assert "request-token" not in failure.value.line()
