"""Arbitrary bytes and values, wherever something from outside is read: one of our errors, or none.

What is fuzzed beside the module that reads it (links, TOML, documents) is not repeated here.
"""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.address import repository_url
from publisher.arguments import parser
from publisher.context import Overrides, detect
from publisher.errors import PublisherError
from publisher.git import Git
from publisher.github import output
from publisher.manifest import parse_manifest, parse_pointer
from publisher.naming import branch_slug, checked_branch, is_slug
from publisher.project import read_project
from publisher.relabel import metadata_of, relabelled
from publisher.settings import parse_settings
from publisher.store_url import parse_store_url
from publisher.tomlfile import TomlFile
from publisher.versions import checked_version, parsed, released
from publisher.workspace import detect_context
from tests.corpus.fuzz import EXAMPLES
from tests.support.cis import GITHUB, NO_OVERRIDES
from tests.support.documents import WHERE, document, encoded, pointer_document, put
from tests.support.runner import outputs
from tests.support.trees import DEFAULT, entry
from tests.test_documents import PATHS
from tests.test_relabel import good_members, packed, replaced

ANY_TEXT = st.text() | st.text(st.characters())  # the second has surrogates, as file names can
ODD_TEXT = st.text(st.sampled_from("av1.0-_/@:%~\\'\"\n\0 \u202e\u0661\udcff{[(#"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
PLAIN = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
TOML = st.recursive(
    PLAIN | st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])) | ODD_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1), inner),
    max_leaves=6,
)


def examples(subject: str) -> Callable[..., Any]:
    """Try as many examples as the subject is said to be tried with."""
    return settings(max_examples=EXAMPLES[subject])


def ours(read: Callable[[], object]) -> object:
    """Return what is read, or nothing if that is refused, in one printable line that ends."""
    try:
        return read()
    except PublisherError as error:
        line = error.line()
        assert line.isprintable()
        assert len(line) < 4 * 10_000
        return None


def as_toml(value: object) -> str:
    """Return a value as TOML writes it."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return repr(value).replace("e+", "e")
        case str():
            kept = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "?", value)
            return json.dumps(kept, ensure_ascii=False)
        case list():
            return f"[{', '.join(map(as_toml, value))}]"
        case dict():
            return "{" + ", ".join(f"{k} = {as_toml(v)}" for k, v in value.items()) + "}"
    return str(value)


@examples("branch names and slugs")
@given(name=ANY_TEXT | ODD_TEXT)
def test_any_branch_is_refused_or_has_a_slug(name: str) -> None:
    """Whatever bytes a name has, they lead to a folder of a store, and to no other."""
    name = name.encode("utf-8", "backslashreplace").decode()
    if ours(lambda: checked_branch(name, "GITHUB_REF")):
        slug = branch_slug(name)
        assert is_slug(slug.text)
        assert bool(slug.reason) == (name != f"feature/{slug.text}")


@examples("versions")
@given(text=ANY_TEXT | ODD_TEXT | st.from_regex(r"v?[0-9.]{0,9}[a-z]{0,4}[0-9+!-]{0,5}"))
def test_any_version_is_canonical_or_refused(text: str) -> None:
    """What is taken is spelled as it is published, and can be asked for again."""
    version = ours(lambda: checked_version(text, "x"))
    if version:
        assert text == str(version) == str(parsed(text)) == str(released(text))


@examples("store addresses")
@given(text=ANY_TEXT | st.from_regex(r"(s3|file|S3A?|https?)[:/]{0,4}[ -~]{0,20}", fullmatch=True))
def test_any_store_is_an_address_or_refused(text: str) -> None:
    """What is taken has one spelling."""
    store = ours(lambda: parse_store_url(text, "PUBLISHER_DEV_STORE"))
    if store:
        assert store == parse_store_url(str(store), "x")


@examples("repository addresses")
@given(
    text=ANY_TEXT
    | st.from_regex(r"([a-z]{0,5}:/{0,3})?(\S{0,5}@)?[a-z.]{0,9}[:/]{0,2}\S{0,9}", fullmatch=True)
)
def test_any_repository_has_an_address_that_stays_as_it_is(text: str) -> None:
    """Spelled once, it is spelled so for ever: else a clone could lose its own projects."""
    address = repository_url(text)
    assert address == repository_url(address) or "@" in text or text != text.strip()


KEYS = ("team", "requires", "main-branch", "release", "transferred-from", "environments", "x")
DEV = tuple(f"environments.dev.{key}" for key in ("store", "role", "owner", "kms-key", "x"))


@examples("settings, any value at any key")
@given(values=st.dictionaries(st.sampled_from((*KEYS, *DEV)), TOML, max_size=3))
def test_any_settings_are_read_or_refused(values: Mapping[str, object]) -> None:
    """A value of any type, in the place of any other."""
    lines = [f"{key} = {as_toml(value)}" for key, value in values.items()]
    body = "\n".join(["[tool.publisher]", *lines, ""]).encode()
    file = TomlFile("pyproject.toml", body)
    ours(lambda: parse_settings(file, {}, in_ci=True, publisher="0.1.0"))


PROJECT = ["name", "version", "dynamic", "description", "authors", "requires-python", "x"]
PROJECT += ["dependencies"]


@examples("a project's metadata, any value at any key")
@given(
    values=st.dictionaries(st.sampled_from(PROJECT), TOML, max_size=4),
    ours_too=st.dictionaries(st.sampled_from(("scripts", "wheel", "x")), TOML, max_size=2),
)
def test_any_project_is_read_or_refused(
    values: dict[str, object], ours_too: Mapping[str, object]
) -> None:
    """Name and version are right unless they are what is fuzzed."""
    table = {"name": "hello-world", "version": "1.0.0"} | values
    lines = ["[project]", *(f"{key} = {as_toml(value)}" for key, value in table.items())]
    lines += ["[tool.publisher]", *(f"{key} = {as_toml(value)}" for key, value in ours_too.items())]
    file = TomlFile("x/pyproject.toml", "\n".join(lines).encode())
    ours(lambda: read_project(file, "x", [entry(path) for path in DEFAULT]))


def changed(body: bytes) -> st.SearchStrategy[bytes]:
    """Return bytes of which a part is another."""
    at = st.integers(0, len(body))
    return st.tuples(at, at, st.binary(max_size=8)).map(
        lambda t: body[: min(t[0], t[1])] + t[2] + body[max(t[0], t[1]) :]
    )


@examples("manifests, any bytes changed")
@given(body=changed(encoded(document())))
def test_a_damaged_manifest_is_read_or_refused(body: bytes) -> None:
    """A part that was lost, doubled or overwritten."""
    ours(lambda: parse_manifest(body, WHERE))


@examples("pointers, any bytes changed")
@given(body=changed(encoded(pointer_document())))
def test_a_damaged_pointer_is_read_or_refused(body: bytes) -> None:
    """Likewise."""
    ours(lambda: parse_pointer(body, WHERE))


@examples("manifests, any value in any place")
@given(path=st.sampled_from(PATHS), value=JSON | ODD_TEXT)
def test_a_manifest_with_any_value_stays_in_its_corner(path: str, value: object) -> None:
    """If it is believed, each name and blob is a plain file of this very version."""
    manifest = ours(lambda: parse_manifest(put(path, value), WHERE))
    if manifest is not None:
        read = parse_manifest(put(path, value), WHERE)
        for file in (*read.names(), *read.latest_names()):
            assert re.fullmatch(r"[a-z0-9_-][a-z0-9._+-]*", file.file)
            assert read.version in file.file or "latest" in file.file
        for file in read.blobs():
            assert file.blob.split("/")[:2] == ["blobs", file.sha256]
            assert 3 == len(file.blob.split("/"))


EVENT_KEYS = st.sampled_from(["repository", "deleted", "merge_group", "pull_request", "ref"])
INNER = JSON | st.dictionaries(st.sampled_from(["fork", "base_ref", "head", "x"]), JSON)


@examples("GitHub's event documents")
@given(event=st.dictionaries(EVENT_KEYS, INNER), name=st.sampled_from(["push", "merge_group", ""]))
def test_any_event_is_understood_or_refused(event: Mapping[str, Any], name: str) -> None:
    """Whoever can choose what stands there chooses no fork's way into a store."""
    environ = GITHUB | {"GITHUB_EVENT_NAME": name}
    context = detect(environ, event, NO_OVERRIDES, git_branch=lambda: None)
    repository = event.get("repository")
    fork = isinstance(repository, dict) and repository.get("fork") is True
    assert context.check_only or not (fork or event.get("deleted") is True)


@examples("event documents, any bytes")
@given(body=st.binary() | JSON.map(encoded) | changed(b'{"repository": {"fork": true}}'))
def test_any_bytes_are_an_event_or_refused(
    body: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same from a file."""
    path = tmp_path_factory.getbasetemp() / "event.json"
    path.write_bytes(body)
    environ = GITHUB | {"GITHUB_EVENT_PATH": str(path)}
    ours(lambda: detect_context(cast(Git, _NoGit()), environ, Overrides()))


class _NoGit:
    """A repository of which nobody knows the branch."""

    def current_branch(self) -> None:
        return None


@examples("GitHub's outputs")
@given(
    values=st.dictionaries(
        st.sampled_from(["changed", "published", "suffix", "merge"]),
        st.text() | st.text(st.sampled_from("<=\n\r:EOFpublisher_ ")),
    )
)
def test_no_value_sets_another_output(values: Mapping[str, str]) -> None:
    """What the runner reads back is what was written, in its own names."""
    delimiter = f"publisher_{secrets.token_hex(16)}"
    text = "".join(output(name, value, delimiter) for name, value in values.items())
    assert values == outputs(text)


INFO = "helloworld-1.4.0.dist-info"
WHEEL_TEXT = st.lists(
    st.sampled_from(
        [
            *("Version: 1.4.0", "Version:", "Name: x", "Requires-Dist: helloworld==1", "\r", "\0"),
            *("Requires-Dist: ((", "", " folded", '"', ",", "x,sha256=1,2", "../x,,", "\u202e"),
        ]
    )
    | st.text(max_size=9),
    max_size=6,
).map("\n".join)


@examples("METADATA, WHEEL and RECORD of a wheel")
@given(member=st.sampled_from(["METADATA", "WHEEL", "RECORD"]), text=WHEEL_TEXT)
def test_any_text_in_a_wheel_is_relabelled_or_refused(
    member: str, text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The files by which installers judge a wheel hold anything."""
    folder = tmp_path_factory.mktemp("wheel")
    members = replaced(good_members(), f"{INFO}/{member}", text)
    wheel = packed(folder / "helloworld-1.4.0-py3-none-any.whl", members)
    _relabel(wheel, folder)


@examples("wheels, any bytes changed")
@given(data=st.data())
def test_a_damaged_wheel_is_relabelled_or_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A part of the archive was lost, doubled or overwritten."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = packed(folder / "helloworld-1.4.0-py3-none-any.whl", good_members())
    wheel.write_bytes(data.draw(changed(wheel.read_bytes())))
    _relabel(wheel, folder)


def _relabel(wheel: Path, folder: Path) -> None:
    before = set(folder.parent.iterdir())
    ours(lambda: metadata_of(wheel))
    ours(lambda: relabelled(wheel, "0+latest", folder))
    assert before == set(folder.parent.iterdir())
    assert {path.suffix for path in folder.iterdir()} <= {".whl", ".part"}


WORDS = ("publish", "plan", "run", "resolve", "--env", "dev", "--branch", "-C", "--json", "-v", "x")


@examples("words on the command line")
@given(words=st.lists(st.sampled_from(WORDS) | ODD_TEXT, max_size=6))
def test_any_words_are_a_command_or_wrong_usage(words: list[str]) -> None:
    """Help and version apart, the parser only ever answers with a command or with our error."""
    with redirect_stdout(StringIO()):
        ours(lambda: parser().parse_known_args([w for w in words if w not in {"-h", "--help"}]))
