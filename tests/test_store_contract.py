"""What every store promises, tried on a folder, on moto and on SeaweedFS."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from os import environ
from pathlib import Path

import pytest

from publisher.errors import StoreFailed
from publisher.patience import Patience
from publisher.store import DOCUMENT_LIMIT, Answer, Conflict, Create, Match, Payload, Store, Written
from publisher.store_file import FileStore
from publisher.store_s3 import S3Store
from publisher.store_url import StoreUrl

KEY = "team/helloworld/helloworld-1.4.0.py"
METADATA = {"commit": "c" * 40, "version": "1.4.0", "sha256": "d" * 64}
HURRY = Patience(sleep=lambda _: None)
_NUMBERS = itertools.count()


@pytest.fixture(params=["file", "moto", "seaweed"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store of each kind with nothing in it."""
    if request.param == "file":
        yield FileStore(tmp_path / "store")
        return
    request.getfixturevalue(f"on_{request.param}")
    place = StoreUrl("dev", f"contract/{next(_NUMBERS)}")
    yield S3Store(place, environ=environ, patience=HURRY)


def put(store: Store, data: bytes, condition: Create | Match, key: str = KEY) -> Answer:
    payload = Payload.of_bytes(data)
    return store.put(key, payload, condition, content_type="text/x-python", metadata=METADATA)


def created(store: Store, data: bytes, key: str = KEY) -> str:
    answer = put(store, data, Create(), key)
    assert isinstance(answer, Written)
    return answer.etag


def body(store: Store, key: str = KEY) -> bytes:
    document = store.get(key)
    assert document
    return document.body


def test_what_is_not_there_is_none(store: Store) -> None:
    """An absent key is no failure: neither for HEAD nor for GET nor in a list."""
    assert (None, None, []) == (store.head(KEY), store.get(KEY), list(store.list("")))


def test_what_was_written_is_read_back(store: Store) -> None:
    """Bytes, size, metadata and the ETag of the write are what readers see."""
    etag = created(store, b"print(1)\n")
    head, document = store.head(KEY), store.get(KEY)
    assert head
    assert document
    assert (etag, etag) == (head.etag, document.etag)
    assert (9, METADATA, b"print(1)\n") == (head.size, dict(head.metadata), document.body)


def test_nothing_at_all_can_be_written_too(store: Store) -> None:
    """A file may be empty."""
    created(store, b"")
    assert b"" == body(store)


def test_a_create_never_overwrites(store: Store) -> None:
    """Create-only means that the first bytes stay, even against the same bytes."""
    created(store, b"first")
    assert Conflict() == put(store, b"second", Create())
    assert Conflict() == put(store, b"first", Create())
    assert b"first" == body(store)


def test_a_swap_replaces_what_was_read(store: Store) -> None:
    """Compare-and-swap writes over the ETag that was read, and gives the next one."""
    first = created(store, b"first")
    answer = put(store, b"second", Match(first))
    assert isinstance(answer, Written)
    assert first != answer.etag
    assert b"second" == body(store)


def test_a_swap_of_something_older_is_a_conflict(store: Store) -> None:
    """An ETag that is no longer current writes nothing."""
    first = created(store, b"first")
    put(store, b"second", Match(first))
    assert Conflict() == put(store, b"third", Match(first))
    assert b"second" == body(store)


def test_a_swap_of_nothing_is_a_conflict(store: Store) -> None:
    """A swap never creates, whatever the server calls that (404 or 412)."""
    etag = created(store, b"first", f"{KEY}.other")
    assert Conflict() == put(store, b"second", Match(etag))
    assert None is store.head(KEY)


@pytest.mark.parametrize("kind", ["create", "swap"])
def test_of_many_at_once_one_wins(store: Store, kind: str) -> None:
    """Among writers with the same condition one is applied, and the bytes are the winner's."""
    with ThreadPoolExecutor(8) as pool:
        for number in range(2):
            key = f"team/race/{kind}-{number}.json"
            condition = Create() if kind == "create" else Match(created(store, b"old", key))
            write = partial(numbered, store, condition, key)
            answers = list(pool.map(write, range(8)))
            winners = [n for n, answer in enumerate(answers) if isinstance(answer, Written)]
            assert [body(store, key)] == [b"%d" % n for n in winners]


def numbered(store: Store, condition: Create | Match, key: str, number: int) -> Answer:
    return put(store, b"%d" % number, condition, key)


def test_bytes_that_are_not_those_of_the_digest_are_refused(
    store: Store, request: pytest.FixtureRequest
) -> None:
    """The store verifies the SHA-256 of what arrives."""
    if "moto" in request.node.name:
        pytest.skip("moto takes any bytes for any digest")
    right = Payload.of_bytes(b"right")
    wrong = Payload(sha256=right.sha256, size=right.size, open=Payload.of_bytes(b"wrong").open)
    with pytest.raises(StoreFailed) as failure:
        store.put(KEY, wrong, Create(), content_type="text/plain", metadata={})
    assert "bytes-altered" == failure.value.code
    assert None is store.head(KEY)


def test_large_files_are_streamed_both_ways(store: Store, tmp_path: Path) -> None:
    """A file that is larger than a chunk arrives whole, from disk to disk."""
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(bytes(range(256)) * 10_000)
    payload = Payload.of_file(source)
    store.put(KEY, payload, Create(), content_type="application/zip", metadata=METADATA)
    store.download(KEY, payload.sha256, payload.size, copy)
    assert source.read_bytes() == copy.read_bytes()


@pytest.mark.parametrize(("wrong", "size"), [("0" * 64, 5), ("", 4), ("", 6)])
def test_a_download_that_is_not_what_was_asked_for_leaves_no_file(
    store: Store, tmp_path: Path, wrong: str, size: int
) -> None:
    """Digest and size are verified before the file gets its name; the error names the object."""
    created(store, b"bytes")
    sha256 = wrong or Payload.of_bytes(b"bytes").sha256
    with pytest.raises(StoreFailed, match=r"helloworld-1\.4\.0\.py") as failure:
        store.download(KEY, sha256, size, tmp_path / "copy")
    assert "bytes-altered" == failure.value.code
    assert [] == list(tmp_path.glob("copy*"))


def test_a_download_of_nothing_fails(store: Store, tmp_path: Path) -> None:
    """Bytes that a manifest names have to be there."""
    with pytest.raises(StoreFailed) as failure:
        store.download(KEY, "0" * 64, 1, tmp_path / "copy")
    assert "object-missing" == failure.value.code


def test_a_document_that_is_too_large_is_not_ours(store: Store) -> None:
    """Reading stops above the limit: a manifest or pointer is small."""
    created(store, b"x" * (DOCUMENT_LIMIT + 1))
    with pytest.raises(StoreFailed) as failure:
        store.get(KEY)
    assert "document-too-large" == failure.value.code


def test_a_list_holds_the_keys_below_a_prefix_in_order(store: Store) -> None:
    """The prefix is one of characters, not of folders, and the order is that of bytes."""
    keys = ["t/a-b/x.py", "t/a.c", "t/a/x.py", "t/a/y.py", "t/b", "u/a"]
    for key in reversed(keys):
        created(store, b"x", key)
    assert [keys, keys[:5], keys[:4], keys[2:4], []] == [
        list(store.list(prefix)) for prefix in ("", "t/", "t/a", "t/a/", "t/c")
    ]


def test_a_plus_in_a_key_is_kept(store: Store) -> None:
    """Wheels of branches have a + in their names."""
    key = "t/p/helloworld-1.4.0.dev0+feature.x-py3-none-any.whl"
    created(store, b"x", key)
    assert store.head(key)
    assert ([key], b"x") == (list(store.list("t/p/")), body(store, key))


def test_metadata_follow_the_content(store: Store) -> None:
    """A swap replaces what is said about an object, even if its bytes stay."""
    etag = created(store, b"same")
    payload = Payload.of_bytes(b"same")
    store.put(KEY, payload, Match(etag), content_type="text/plain", metadata={"version": "2.0.0"})
    head = store.head(KEY)
    assert head
    assert {"version": "2.0.0"} == dict(head.metadata)


def test_folders_are_the_names_right_below_a_prefix(store: Store) -> None:
    """A listing of folders names each once, whatever lies in it, and no file."""
    assert () == store.folders("t/")
    for key in ("t/b/c/1.json", "t/b/2.json", "t/a/1.json", "t/file.json", "u/x/1.json"):
        created(store, b"{}", key)
    assert (("a", "b"), ("t", "u")) == (store.folders("t/"), store.folders(""))


def test_what_was_read_can_be_removed(store: Store) -> None:
    """An object goes under the ETag that was read; its neighbours stay."""
    etag = created(store, b"first")
    created(store, b"other", f"{KEY}.other")
    assert store.delete(KEY, etag)
    assert (None, [f"{KEY}.other"]) == (store.get(KEY), list(store.list("")))


def test_what_was_written_meanwhile_is_not_removed(store: Store) -> None:
    """A removal under an ETag that is no longer current changes nothing."""
    first = created(store, b"first")
    put(store, b"second", Match(first))
    assert not store.delete(KEY, first)
    assert b"second" == body(store)


def test_what_is_gone_can_be_removed_again(store: Store) -> None:
    """A removal may be repeated, with a condition and without: what is gone is gone."""
    etag = created(store, b"first")
    assert [True] * 4 == [store.delete(KEY, tag) for tag in (etag, etag, None, None)]


def test_a_removed_key_can_be_created_again_and_tells_of_its_new_bytes_alone(store: Store) -> None:
    """Nothing of the old object stays behind: neither bytes nor metadata."""
    store.delete(KEY, created(store, b"first"))
    created(store, b"second")
    assert b"second" == body(store)
    head = store.head(KEY)
    assert head
    assert METADATA == dict(head.metadata)


def test_a_folder_without_objects_holds_nothing(store: Store) -> None:
    """Where the last object has gone, nothing is listed; SeaweedFS alone still shows the folder."""
    etag = created(store, b"{}", "team/features/x/helloworld.json")
    created(store, b"{}", "team/features/y/helloworld.json")
    store.delete("team/features/x/helloworld.json", etag)
    assert [] == list(store.list("team/features/x/"))
    assert {"y"} <= set(store.folders("team/features/")) <= {"x", "y"}


def test_files_right_below_a_folder_are_told_from_those_deeper_down(store: Store) -> None:
    """A project's names can be listed without its history."""
    created(store, b"1", "team/p/a.py")
    created(store, b"2", "team/p/b.whl")
    created(store, b"3", "team/p/releases/1.0.0.json")
    created(store, b"4", "team/p2/c.py")
    assert ("a.py", "b.whl") == store.files("team/p/")
    assert () == store.files("team/none/")


def test_the_etags_of_a_folder_are_those_that_writing_and_reading_tell(store: Store) -> None:
    """One listing tells of many manifests whether they are still those that were read."""
    names = ("one.json", "two.json")
    told = {name: created(store, name.encode(), f"team/features/x/{name}") for name in names}
    created(store, b"3", "team/features/x/blobs/0/one.py")
    documents = [store.get(f"team/features/x/{name}") for name in names]
    assert told == dict(store.etags("team/features/x/"))
    assert list(told.values()) == [document and document.etag for document in documents]
    assert {} == store.etags("team/features/y/")
