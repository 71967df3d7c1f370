"""Documents in a store, of any kind: read back as they were written, or failed in one line."""

import string
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import PublisherError
from publisher.keys import blob, wheel_stem
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
from publisher.versions import branch_wheel_version
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


DEPENDENCIES = st.sampled_from(["pandas>=2", "tabulate", "requests[socks]; python_version<'3.13'"])


@st.composite
def files(draw: st.DrawFn, kind: ArtifactKind, name: str) -> File:
    sha256, size = draw(DIGESTS), draw(st.integers(0, 2**40))
    return File(kind=kind, file=name, blob=blob(sha256, name), sha256=sha256, size=size)


@st.composite
def with_artifacts(draw: st.DrawFn, manifest: Manifest) -> Manifest:
    """Give a manifest the files that its project, version and kind allow."""
    m, suffix = manifest, "feature-x" if manifest.kind is Kind.FEATURE else ""
    names = draw(st.lists(NAMES, unique=True, max_size=3))
    found = [
        Artifact(name=n, own=draw(files(ArtifactKind.SCRIPT, f"{n}-{suffix or m.version}.py")))
        for n in names
    ]
    if draw(st.booleans()):
        version = branch_wheel_version(m.version, "x") if suffix else m.version
        own, twin = (
            draw(files(ArtifactKind.WHEEL, f"{wheel_stem(m.project, v)}py3-none-any.whl"))
            for v in (version, "0+latest")
        )
        found.append(Artifact(name=m.project, own=own, twin=None if suffix else twin))
    return replace(m, suffix=suffix, artifacts=tuple(found))


MANIFESTS = st.builds(
    Manifest,
    project=NAMES,
    team=NAMES,
    version=VERSIONS,
    kind=st.sampled_from(Kind),
    description=st.text(),
    authors=st.lists(st.text(), max_size=2).map(tuple),
    requires_python=st.text(max_size=9),
    dependencies=st.lists(DEPENDENCIES, max_size=2).map(tuple),
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
    artifacts=st.just(()),
    raw=st.just(b""),
).flatmap(with_artifacts)


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
