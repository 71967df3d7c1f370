"""The store in a folder: between processes, after kills, and on disks that refuse."""

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from publisher.errors import PublisherError, Refused, StoreFailed
from publisher.file_lock import locked
from publisher.store import Answer, Conflict, Create, Match, Payload, Written
from publisher.store_file import FileStore
from tests.support.race import ROUNDS

KEY = "team/helloworld/helloworld-1.4.0.py"
METADATA = {"version": "1.4.0"}


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """A store in a folder that does not exist yet."""
    return FileStore(tmp_path / "store")


def put(store: FileStore, data: bytes, condition: Create | Match, key: str = KEY) -> Answer:
    payload = Payload.of_bytes(data)
    return store.put(key, payload, condition, content_type="text/x-python", metadata=METADATA)


def process(action: str, folder: Path, name: str = "") -> "subprocess.Popen[str]":
    """Start ``tests/support/race.py``."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.race", action, str(folder), name],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def released(*processes: "subprocess.Popen[str]") -> None:
    """Let processes begin, all at once."""
    for started in processes:
        assert started.stdout
        assert "ready\n" == started.stdout.readline()
    for started in processes:
        assert started.stdin
        started.stdin.write("go\n")
        started.stdin.flush()


def finished(*processes: "subprocess.Popen[str]") -> list[str]:
    """Let processes begin, and return what they printed."""
    released(*processes)
    answers = [started.communicate(timeout=50) for started in processes]
    assert [""] * len(processes) == [stderr for _, stderr in answers]
    return [stdout for stdout, _ in answers]


def visible(folder: Path) -> list[str]:
    """Return what a person sees in a folder."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in paths if not path.parts[0].startswith("."))


def test_a_person_finds_the_published_files_under_their_names(store: FileStore) -> None:
    """What is published is a plain file; everything else is hidden, and no key."""
    put(store, b"print(1)\n", Create())
    root = Path(store.url.removeprefix("file://"))
    assert b"print(1)\n" == (root / KEY).read_bytes()
    assert ([KEY], [KEY]) == (visible(root), list(store.list("")))


def test_an_address_has_its_plus_encoded(tmp_path: Path) -> None:
    """A + in a URL would be read as a blank by some."""
    uri = FileStore(tmp_path).uri("t/p/x-1.4.0.dev0+feature.y-py3-none-any.whl")
    assert f"{tmp_path.as_uri()}/t/p/x-1.4.0.dev0%2Bfeature.y-py3-none-any.whl" == uri


def test_reading_makes_nothing(store: FileStore, tmp_path: Path) -> None:
    """A store that is only read is not created."""
    assert (None, None, []) == (store.get(KEY), store.head(KEY), list(store.list("team/")))
    assert [] == list(tmp_path.iterdir())


def test_of_many_processes_one_creates_a_key(tmp_path: Path) -> None:
    """Each key has one winner among processes, and holds the winner's bytes."""
    names = ["a", "b", "c", "d"]
    won = finished(*(process("create", tmp_path, name) for name in names))
    winners = {int(key): name for name, out in zip(names, won, strict=True) for key in out.split()}
    assert ROUNDS == sum(len(out.split()) for out in won)
    assert {number: f"{winners[number]} {number}" for number in range(ROUNDS)} == {
        number: (tmp_path / "t" / str(number)).read_text() for number in range(ROUNDS)
    }


def test_processes_lose_no_update(tmp_path: Path) -> None:
    """A counter that is raised by compare-and-swap ends at the number of raises."""
    put(FileStore(tmp_path), b"0", Create(), "t/count")
    finished(*(process("count", tmp_path) for _ in range(4)))
    assert str(4 * ROUNDS) == (tmp_path / "t/count").read_text()


def test_a_killed_writer_leaves_what_was_there(tmp_path: Path) -> None:
    """Killed in the middle of a write, it leaves the old bytes, no rubbish, and no lock."""
    store = FileStore(tmp_path)
    put(store, b"old", Create(), "t/file")
    before = store.head("t/file")
    assert before
    writer = process("stop_midway", tmp_path)
    released(writer)
    assert writer.stdout
    assert "midway\n" == writer.stdout.readline()
    assert before == store.head("t/file")
    writer.kill()
    writer.communicate()
    assert (before, ["t/file"]) == (store.head("t/file"), visible(tmp_path))
    assert isinstance(put(store, b"new", Match(before.etag), "t/file"), Written)
    assert b"new" == (tmp_path / "t/file").read_bytes()


def test_readers_never_see_half_a_file(store: FileStore) -> None:
    """While a file is swapped again and again, each look finds one writer's bytes, whole."""
    answer = put(store, b"a" * 300_000, Create())
    done = threading.Event()

    def swap() -> None:
        etag = answer.etag if isinstance(answer, Written) else ""
        for number in range(60):
            written = put(store, (b"b" if number % 2 else b"c") * 300_000, Match(etag))
            etag = written.etag if isinstance(written, Written) else ""
        done.set()

    writer = threading.Thread(target=swap)
    writer.start()
    seen = set()
    while not done.is_set():
        document, head = store.get(KEY), store.head(KEY)
        assert document
        assert head
        seen.add((len(document.body), len(set(document.body)), head.size, str(head.metadata)))
    writer.join()
    assert {(300_000, 1, 300_000, str(METADATA))} == seen


def test_a_lock_that_stays_held_is_reported(tmp_path: Path) -> None:
    """Whoever waits for a lock in vain says so, and does not wait for ever."""
    script = "import sys, time; from pathlib import Path; from publisher.file_lock import locked\n"
    script += "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    path = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE)
    assert holder.stdout
    holder.stdout.readline()
    with pytest.raises(StoreFailed) as failure, locked(path, 0.05):
        pytest.fail("the lock was given twice")
    holder.kill()
    holder.communicate()
    assert "store-locked" == failure.value.code
    with locked(path, 5):
        pass


def test_metadata_of_another_content_are_never_told(store: FileStore) -> None:
    """After a file was edited by hand, only its own digest is said about it."""
    put(store, b"ours", Create())
    path = Path(store.url.removeprefix("file://")) / KEY
    path.write_bytes(b"theirs")
    digest = hashlib.sha256(b"theirs").hexdigest()
    head = store.head(KEY)
    assert head
    assert (digest, 6, {"sha256": digest}) == (head.etag, head.size, head.metadata)


@pytest.mark.parametrize("about", [b"", b"[]", b'{"metadata": 1}', b"\xff"])
def test_damaged_notes_are_as_none(store: FileStore, about: bytes) -> None:
    """What lies hidden can be lost without harm to what is published."""
    put(store, b"ours", Create())
    root = Path(store.url.removeprefix("file://"))
    (notes,) = (root / ".publisher" / "about").rglob("*.json")
    notes.write_bytes(about)
    head = store.head(KEY)
    assert head
    assert {"sha256": hashlib.sha256(b"ours").hexdigest()} == head.metadata


def test_a_dead_writers_link_is_not_written_through(store: FileStore, tmp_path: Path) -> None:
    """A writer that died between link and unlink left two names of one file: only one may go."""
    put(store, b"ours", Create())
    os.link(tmp_path / "store" / KEY, tmp_path / "store" / ".publisher" / "incoming")
    put(store, b"other", Create(), "team/other")
    assert b"ours" == (tmp_path / "store" / KEY).read_bytes()


def test_without_hard_links_a_create_still_never_overwrites(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On file systems that know no links, the lock alone keeps writers apart."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert isinstance(put(store, b"first", Create()), Written)
    assert Conflict() == put(store, b"second", Create())


@pytest.mark.parametrize(
    "key",
    ["../x", "/etc/x", "t/../../x", "t//x", ".publisher/lock", "t/.hidden", "", "T/x", "t/a+b"],
)
def test_a_key_cannot_leave_the_store(store: FileStore, tmp_path: Path, key: str) -> None:
    """Whatever else was checked before, a folder refuses what would escape or hide."""
    with pytest.raises(Refused):
        put(store, b"x", Create(), key)
    with pytest.raises(Refused):
        store.get(key)
    assert [] == list(tmp_path.iterdir())


def test_a_link_cannot_lead_out_of_the_store(store: FileStore, tmp_path: Path) -> None:
    """A folder in the store that is a link to elsewhere is not written into."""
    put(store, b"x", Create(), "t/x")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "store" / "u").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreFailed, match="leads out"):
        put(store, b"x", Create(), "u/x")
    assert [] == list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("prefix", ["../", "/etc/", ".publisher/"])
def test_a_list_stays_in_the_store(store: FileStore, prefix: str) -> None:
    """A prefix is no way out either."""
    with pytest.raises(Refused):
        list(store.list(prefix))


def test_a_root_that_is_a_file_is_named(tmp_path: Path) -> None:
    """Where the settings name a file, reading and writing say so."""
    (tmp_path / "store").write_text("I am a file")
    store = FileStore(tmp_path / "store")
    for action in (lambda: put(store, b"x", Create()), lambda: store.get(KEY)):
        assert ("disk-shape", True) == refusal(action, tmp_path / "store")


def test_a_folder_in_the_place_of_a_file_is_not_absent(store: FileStore, tmp_path: Path) -> None:
    """What cannot be read is a failure, never taken as nothing."""
    (tmp_path / "store" / KEY).mkdir(parents=True)
    assert ("disk-shape", True) == refusal(lambda: store.get(KEY), tmp_path / "store" / KEY)


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="needs Linux' /sys")
def test_a_folder_that_may_not_be_written_is_named() -> None:
    """Not even root may make a folder in /sys: the path and the next step are told."""
    store = FileStore(Path("/sys/publisher-store"))
    assert ("disk-denied", True) == refusal(lambda: put(store, b"x", Create()), Path("/sys"))


@pytest.mark.skipif(os.name == "nt", reason="needs the limits of POSIX")
def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """A write that does not fit fails in one line, and nothing of it is seen or kept."""
    writer = process("overflow", tmp_path)
    released(writer)
    _, stderr = writer.communicate(timeout=50)
    assert "StoreFailed: error[disk-full]" in stderr
    assert [] == visible(tmp_path)
    assert ["lock"] == [path.name for path in (tmp_path / ".publisher").iterdir()]


def refusal(action: object, path: Path) -> tuple[str, bool]:
    """Return the code of an error, and whether it names the path."""
    assert callable(action)
    with pytest.raises(PublisherError) as failure:
        action()
    return failure.value.code, str(path) in failure.value.where
