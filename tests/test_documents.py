"""Documents in a store, of any kind: read back as they were written, or failed in one line."""

import string
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import PublisherError
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
from tests.support.documents import WHERE, document, encoded, pointer_document, put

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
PATHS = [
    *document(),
    *(f"{table}.{key}" for table in ("source", "build") for key in document()[table]),
    *(f"artifacts.1.{key}" for key in document()["artifacts"][1]),
    *(f"artifacts.1.latest.{key}" for key in document()["artifacts"][1]["latest"]),
]


def only_our_errors(read: Callable[[bytes, str], object], body: bytes) -> None:
    try:
        read(body, WHERE)
    except PublisherError as error:
        assert error.line().isprintable()


@given(body=st.binary() | JSON.map(encoded) | st.text('{}[]:,"1nul', max_size=9).map(str.encode))
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
    assert manifest.sha256 == again.sha256
    assert manifest.encoded() == replace(again, raw=b"").encoded()


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
