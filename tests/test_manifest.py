"""Manifests and pointers: what is read of them, and what is not believed."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from publisher.errors import Refused, StoreFailed
from publisher.manifest import ArtifactKind, parse_manifest, parse_pointer
from tests.support.documents import (
    DIGEST,
    TWIN,
    WHERE,
    document,
    encoded,
    pointer_document,
    put,
)


def test_the_manifest_of_the_contract_is_read_whole() -> None:
    """Every field of DESIGN's example arrives, and its latest names are derived."""
    manifest = parse_manifest(encoded(document()), WHERE, project="helloworld", team="analytics")
    script, wheel = manifest.artifacts
    assert document() == json.loads(replace(manifest, raw=b"").encoded())
    assert ["helloworld-1.4.0.py", "helloworld-1.4.0-py3-none-any.whl"] == [
        file.file for file in manifest.names()
    ]
    assert ["helloworld-latest.py", "helloworld-0+latest-py3-none-any.whl"] == [
        file.file for file in manifest.latest_names()
    ]
    assert script.own.blob == script.latest.blob
    assert [DIGEST, DIGEST, TWIN] == [file.sha256 for file in manifest.blobs()]
    assert wheel.own.kind is ArtifactKind.WHEEL


def test_a_pointer_of_the_contract_is_read_whole() -> None:
    """latest.json says which release is current, and the highest there ever was."""
    pointer = parse_pointer(encoded(pointer_document()), WHERE)
    assert pointer_document() == json.loads(pointer.encoded())


def test_a_manifest_keeps_the_very_bytes_that_were_read() -> None:
    """What prod takes from dev is dev's document, byte for byte, unknown keys included."""
    body = json.dumps({**document(), "new-in-schema-1": [1]}, indent=7).encode()
    manifest = parse_manifest(body, WHERE)
    assert body == manifest.encoded()


def test_a_scripts_files_are_named_in_lower_case_ascii() -> None:
    """Names of other scripts, with underscores and dashes first, can be read, too."""
    value = document()
    value["artifacts"][0] |= {
        "name": "_daily-report",
        "file": "_daily-report-1.4.0.py",
        "blob": f"blobs/{DIGEST}/_daily-report-1.4.0.py",
    }
    assert "_daily-report" == parse_manifest(encoded(value), WHERE).artifacts[0].name


def test_unknown_keys_are_ignored() -> None:
    """A later publisher may say more without breaking this one."""
    value = document() | {"licence": {"a": [1, 2]}}
    value["source"]["dirty"] = value["build"]["runner"] = value["artifacts"][0]["md5"] = None
    assert parse_manifest(encoded(document()), "") == parse_manifest(encoded(value), "")
    assert parse_pointer(encoded(pointer_document() | {"until": None}), "").highest == "1.5.0"


@pytest.mark.parametrize("read", [parse_manifest, parse_pointer])
@pytest.mark.parametrize(
    ("build", "install"),
    [
        ({"publisher": "3.1.0"}, "install hermes-publisher 3.1.0, which wrote it, or a later one"),
        ({"publisher": "9\n\x1b[31m"}, r"install hermes-publisher 9\n\x1b[31m, which wrote it"),
        ({}, "a newer publisher wrote it: install the newest"),
        (7, "a newer publisher wrote it: install the newest"),
        ({"publisher": [[]]}, "a newer publisher wrote it: install the newest"),
    ],
)
def test_a_schema_of_the_future_is_refused_saying_who_can_read_it(
    read: Callable[[bytes, str], object], build: object, install: str
) -> None:
    """It is not damage: a newer publisher reads it, and the line says which."""
    with pytest.raises(Refused) as caught:
        read(encoded({"schema": 2, "build": build}), WHERE)
    assert "schema" == caught.value.code
    assert WHERE == caught.value.where
    assert install in caught.value.line()


GARBAGE = {
    "nothing": b"",
    "a blank": b" ",
    "null": b"null",
    "a list": b"[]",
    "a word": b'"latest"',
    "an empty object": b"{}",
    "half of it": encoded(document())[:200],
    "an HTML page": b"<html><body>503 Slow Down</body></html>",
    "XML": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "no UTF-8": b"\xff\xfe\x00",
    "very deep": b"[" * 100_000,
    "very deep objects": b'{"a":' * 100_000,
    "5,000 digits": b'{"schema": ' + b"1" * 5000 + b"}",
    "schema true": b'{"schema": true}',
    "schema 1.0": b'{"schema": 1.0}',
    "schema as text": b'{"schema": "1"}',
    "schema alone": b'{"schema": 1}',
    "not a number": b'{"schema": NaN}',
}


@pytest.mark.parametrize("read", [parse_manifest, parse_pointer])
@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE)
def test_garbage_stops_the_run_naming_the_document(
    read: Callable[[bytes, str], object], body: bytes
) -> None:
    """A document that cannot be read is never taken as absent."""
    with pytest.raises(StoreFailed) as caught:
        read(body, WHERE)
    assert "document-unreadable" == caught.value.code
    assert f"error[document-unreadable]: {WHERE}: " in caught.value.line()


BROKEN = [
    *((key, ...) for key in document() if key != "schema"),
    *((f"source.{key}", ...) for key in document()["source"]),
    *((f"build.{key}", ...) for key in document()["build"]),
    *((f"artifacts.1.{key}", ...) for key in document()["artifacts"][1] if key != "latest"),
    *((f"artifacts.1.latest.{key}", ...) for key in document()["artifacts"][1]["latest"]),
    ("version", "1.04.0"),
    ("version", "v1.4.0"),
    ("version", "../1.4.0"),
    ("version", 1),
    ("kind", "latest"),
    ("suffix", "../../other"),
    ("suffix", None),
    ("authors", "Zoe"),
    ("authors", [1]),
    ("dependencies", {}),
    ("source", []),
    ("source.commit", "HEAD"),
    ("source.content", DIGEST.upper()),
    ("build.number", -1),
    ("build.number", True),
    ("build.number", 1.5),
    ("build.number", "17"),
    ("build.reason", 1),
    ("artifacts", {}),
    ("artifacts.0.kind", "egg"),
    ("artifacts.0.name", "../x"),
    ("artifacts.0.size", -1),
    ("artifacts.0.sha256", TWIN),
    ("artifacts.0.sha256", DIGEST + "\n"),
    ("artifacts.0.file", "../../../etc/passwd"),
    ("artifacts.0.file", "a/b.py"),
    ("artifacts.0.file", ".hidden"),
    ("artifacts.0.file", "A.py"),
    ("artifacts.0.file", "a.py\n"),
    ("artifacts.0.blob", f"blobs/{TWIN}/helloworld-1.4.0.py"),
    ("artifacts.0.blob", f"blobs/{DIGEST}/../../x"),
    ("artifacts.0.blob", f"../blobs/{DIGEST}/x"),
    ("artifacts.1.latest", None),
    ("artifacts.1.latest.blob", f"blobs/{DIGEST}/helloworld-0+latest-py3-none-any.whl"),
]


@pytest.mark.parametrize(
    ("path", "value"), BROKEN, ids=[f"{p} {'missing' if v is ... else repr(v)}" for p, v in BROKEN]
)
def test_a_manifest_with_a_field_out_of_place_is_not_believed(path: str, value: object) -> None:
    """It is the commit point: every field is there and well formed, or the run stops."""
    with pytest.raises(StoreFailed, match=rf'{WHERE}.*its "{path.rpartition(".")[2]}"|"blob"'):
        parse_manifest(put(path, value), WHERE)


@pytest.mark.parametrize("key", ["project", "team", "version", "kind"])
def test_a_manifest_in_the_place_of_another_is_not_believed(key: str) -> None:
    """A copied document does not prove what its key says."""
    with pytest.raises(StoreFailed, match=f'its "{key}"'):
        parse_manifest(encoded(document()), WHERE, **{key: "other"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, ...) for key in pointer_document() if key != "schema"),
        ("version", "1.04.0"),
        ("version", "latest"),
        ("manifest", "releases/1.5.0.json"),
        ("manifest", "../other/releases/1.4.0.json"),
        ("sha256", "ab"),
        ("highest", "1.3.0"),
        ("highest", "1.05.0"),
        ("highest", None),
        ("repository", 1),
        ("reason", []),
    ],
)
def test_a_pointer_with_a_field_out_of_place_is_not_believed(key: str, value: object) -> None:
    """A pointer below its own highest would let latest go backwards; other fields as above."""
    fields = pointer_document() | {key: value}
    if value is ...:
        del fields[key]
    with pytest.raises(StoreFailed, match=f'{WHERE}.*its "{key}"'):
        parse_pointer(encoded(fields), WHERE)
