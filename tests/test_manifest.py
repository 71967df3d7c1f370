"""Manifests and pointers: what is written can be read, and nothing else is believed."""

import json
import string
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import PublisherError, Refused, StoreFailed
from publisher.keys import blob
from publisher.manifest import (
    Artifact,
    ArtifactKind,
    Build,
    File,
    Kind,
    Manifest,
    Pointer,
    Source,
    parse_manifest,
    parse_pointer,
)

DIGEST, TWIN = "ab" * 32, "cd" * 32
WHERE = "s3://acme-dev/analytics/helloworld/releases/1.4.0.json"


def document() -> dict[str, Any]:
    """Return the example of DESIGN, section 4."""
    script, wheel = "helloworld-1.4.0.py", "helloworld-1.4.0-py3-none-any.whl"
    latest = "helloworld-0+latest-py3-none-any.whl"
    return {
        "schema": 1,
        "project": "helloworld",
        "team": "analytics",
        "version": "1.4.0",
        "kind": "release",
        "description": "Says hello",
        "authors": ["Zoe <zoe@example.com>"],
        "requires_python": ">=3.10",
        "dependencies": ["pandas>=2"],
        "source": {
            "repository": "https://github.com/acme/analytics",
            "commit": "0123456789" * 4,
            "branch": "main",
            "content": "ef" * 32,
        },
        "build": {"ci": "github", "run": "https://x", "number": 17, "publisher": "0.1.0"},
        "published": "2026-11-22T10:00:00Z",
        "artifacts": [
            {
                "kind": "script",
                "name": "helloworld",
                "file": script,
                "blob": f"blobs/{DIGEST}/{script}",
                "sha256": DIGEST,
                "size": 812,
            },
            {
                "kind": "wheel",
                "name": "helloworld",
                "file": wheel,
                "blob": f"blobs/{DIGEST}/{wheel}",
                "sha256": DIGEST,
                "size": 2044,
                "latest": {
                    "file": latest,
                    "blob": f"blobs/{TWIN}/{latest}",
                    "sha256": TWIN,
                    "size": 2046,
                },
            },
        ],
    }


def pointer_document() -> dict[str, Any]:
    """Return the pointer of DESIGN, section 4."""
    return {
        "schema": 1,
        "version": "1.4.0",
        "manifest": "releases/1.4.0.json",
        "sha256": DIGEST,
        "highest": "1.5.0",
        "repository": "https://github.com/acme/analytics",
        "reason": "rollback: 1.5.0 loses rows",
    }


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


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
        ({"publisher": "3.1.0"}, "install hermes-publisher 3.1.0, which wrote it, or later"),
        ({"publisher": "9\n\x1b[31m"}, r"install hermes-publisher 9\n\x1b[31m, which wrote it"),
        ({}, "install a newer one or later"),
        (7, "install a newer one or later"),
        ({"publisher": [[]]}, "install a newer one or later"),
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
    assert "unreadable-document" == caught.value.code
    assert f"error[unreadable-document]: {WHERE}: " in caught.value.line()


def put(path: str, value: object) -> bytes:
    """Return the manifest with the value at ``path``, such as ``artifacts.0.size``, replaced."""
    root = inner = document()
    *folders, last = path.split(".")
    for folder in folders:
        inner = inner[int(folder) if folder.isdigit() else folder]  # type: ignore[index] # a list's
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return encoded(root)


BROKEN = [
    *((key, ...) for key in document() if key != "schema"),
    *((f"source.{key}", ...) for key in document()["source"]),
    *((f"build.{key}", ...) for key in document()["build"]),
    *((f"artifacts.1.{key}", ...) for key in document()["artifacts"][1] if key != "latest"),
    *((f"artifacts.1.latest.{key}", ...) for key in document()["artifacts"][1]["latest"]),
    ("version", "1.4"),
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
        ("version", "1.4"),
        ("version", "latest"),
        ("manifest", "releases/1.5.0.json"),
        ("manifest", "../other/releases/1.4.0.json"),
        ("sha256", "ab"),
        ("highest", "1.3.0"),
        ("highest", "1.4"),
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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
PATHS = sorted({path for path, _ in BROKEN} | {"schema", "build.publisher"})


def only_our_errors(read: Callable[[bytes, str], object], body: bytes) -> None:
    try:
        read(body, WHERE)
    except PublisherError as error:
        assert error.line().isprintable()


@given(body=st.binary() | JSON.map(encoded) | st.text("{}[]:,\"1 schema'\\u", max_size=9).map(encoded))
def test_arbitrary_bytes_raise_our_errors_alone(body: bytes) -> None:
    """Whatever lies in a store, there is one line and no traceback."""
    only_our_errors(parse_manifest, body)
    only_our_errors(parse_pointer, body)


@given(path=st.sampled_from(PATHS), value=JSON)
def test_an_arbitrary_value_in_any_place_raises_our_errors_alone(path: str, value: object) -> None:
    """Nor does any value in the place of any other."""
    only_our_errors(parse_manifest, put(path, value))
    if "." not in path:
        only_our_errors(parse_pointer, encoded(pointer_document() | {path: value}))


VERSIONS = st.sampled_from(["1.4.0", "0.0.1", "2.0.0rc1", "1.0.0.post3"])
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
NAMES = st.text(string.ascii_lowercase + string.digits + "_-", min_size=1, max_size=8)


@st.composite
def files(draw: st.DrawFn, kind: ArtifactKind, name: str) -> File:
    sha256 = draw(DIGESTS)
    file = f"{name}-{draw(VERSIONS)}.py"
    size = draw(st.integers(0, 2**40))
    return File(kind=kind, file=file, blob=blob(sha256, file), sha256=sha256, size=size)


@st.composite
def artifacts(draw: st.DrawFn) -> Artifact:
    kind, name = draw(st.sampled_from(ArtifactKind)), draw(NAMES)
    twin = draw(st.none() | files(kind, name)) if kind is ArtifactKind.WHEEL else None
    return Artifact(name=name, own=draw(files(kind, name)), twin=twin)


MANIFESTS = st.builds(
    Manifest,
    project=NAMES,
    team=NAMES,
    version=VERSIONS,
    kind=st.sampled_from(Kind),
    suffix=st.sampled_from(["", "feature-x"]),
    description=st.text(),
    authors=st.lists(st.text(), max_size=2).map(tuple),
    requires_python=st.text(max_size=9),
    dependencies=st.lists(st.text(), max_size=2).map(tuple),
    source=st.builds(
        Source,
        repository=st.text(),
        commit=st.binary(min_size=20, max_size=20).map(bytes.hex),
        branch=st.text(),
        content=DIGESTS,
    ),
    build=st.builds(
        Build,
        ci=st.text(),
        run=st.text(),
        number=st.integers(0, 10**18),
        publisher=st.text(),
        reason=st.text(),
    ),
    published=st.text(),
    artifacts=st.lists(artifacts(), max_size=3).map(tuple),
    raw=st.just(b""),
)


@given(manifest=MANIFESTS)
def test_a_manifest_that_was_written_is_read_as_it_was(manifest: Manifest) -> None:
    """Written and read again, it is the same, to the byte."""
    again = parse_manifest(manifest.encoded(), WHERE)
    assert manifest == again
    assert (manifest.sha256, manifest.encoded()) == (again.sha256, replace(again, raw=b"").encoded())


@given(
    versions=st.lists(st.sampled_from(["1.4.0", "1.10.0"]), min_size=2, max_size=2).map(sorted),
    sha256=DIGESTS,
    repository=st.text(),
    reason=st.text(),
)
def test_a_pointer_that_was_written_is_read_as_it_was(
    versions: list[str], sha256: str, repository: str, reason: str
) -> None:
    """Versions are compared as versions: 1.10.0 is higher than 1.4.0, though not as text."""
    highest, version = versions
    pointer = Pointer(
        version=version,
        manifest=f"releases/{version}.json",
        sha256=sha256,
        highest=highest,
        repository=repository,
        reason=reason,
    )
    assert pointer == parse_pointer(pointer.encoded(), WHERE)
