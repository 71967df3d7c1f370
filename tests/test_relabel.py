"""A relabelled wheel is the same wheel: only its labels differ, and installers take it."""

import base64
import csv
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import tracemalloc
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.metadata import parse_email
from uv import find_uv_bin

from publisher.errors import Refused, StoreFailed
from publisher.relabel import metadata_of, relabelled

METADATA = """\
Metadata-Version: 2.1
Name: helloworld
Version: 1.4.0
Summary: says hello
Requires-Dist: helloworld[extra]; extra == "all"
Provides-Extra: all
Provides-Extra: extra

Version: 9.9.9 is a line of the description.
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: by-hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
SCRIPT = "#!python\nimport helloworld\nprint(helloworld.GREETING)\n"
NAMES = ("1.4.0", "1.4.0.dev0+feature.add.prices", "0+latest")


@dataclass(frozen=True)
class Member:
    """One file of a wheel made by hand."""

    path: str
    body: bytes = b""
    mode: int = 0o100644
    method: int = zipfile.ZIP_DEFLATED
    date: tuple[int, int, int, int, int, int] = (1980, 1, 1, 0, 0, 0)


def digest(body: bytes) -> str:
    """Return a digest as RECORD spells it."""
    value = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode()
    return "sha256=" + value.rstrip("=")


def record(members: Iterable[Member], path: str) -> Member:
    """Return the RECORD of ``members``."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for member in members:
        if not member.path.endswith("/"):
            writer.writerow([member.path, digest(member.body), len(member.body)])
    writer.writerow([path, "", ""])
    return Member(path, text.getvalue().encode())


def packed(path: Path, members: Iterable[Member]) -> Path:
    """Write a zip archive that holds exactly ``members``, even twice."""
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore", UserWarning)
        for member in members:
            info = zipfile.ZipInfo(member.path, member.date)
            info.compress_type, info.external_attr = member.method, member.mode << 16
            archive.writestr(info, member.body)
    return path


def complete(
    members: Iterable[Member], label: str = "helloworld-1.4.0", metadata: str = METADATA
) -> list[Member]:
    """Return ``members`` with the dist-info folder of a wheel that is called ``label``."""
    every = [
        *members,
        Member(f"{label}.dist-info/METADATA", metadata.encode()),
        Member(f"{label}.dist-info/WHEEL", WHEEL.encode()),
    ]
    return [*every, record(every, f"{label}.dist-info/RECORD")]


def good_members() -> list[Member]:
    """Return a whole wheel: a module, a script and a data file."""
    return complete(
        [
            Member("helloworld.py", b'GREETING = "hello"\n', 0o100755),
            Member("helloworld-1.4.0.data/scripts/greet", SCRIPT.encode(), 0o100755),
            Member("helloworld-1.4.0.data/data/share/helloworld/prices.csv", b"1,2\n"),
        ]
    )


def replaced(members: Iterable[Member], path: str, body: str) -> list[Member]:
    """Return ``members`` with another body at ``path``, and a RECORD that agrees."""
    kept = [m for m in members if not m.path.endswith("/RECORD")]
    new = [Member(m.path, body.encode() if m.path == path else m.body, m.mode) for m in kept]
    return [*new, record(new, "helloworld-1.4.0.dist-info/RECORD")]


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """Return a wheel made by hand."""
    return packed(tmp_path / "helloworld-1.4.0-py3-none-any.whl", good_members())


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a new folder for results."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def contents(wheel: Path) -> dict[str, bytes]:
    """Return every member of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_labels_are_the_only_difference(wheel: Path, out: Path) -> None:
    """Folders, METADATA's Version and RECORD change; nothing else does."""
    result = relabelled(wheel, "0+latest", out)
    before, after = contents(wheel), contents(result)
    renamed = [path.replace("helloworld-1.4.0", "helloworld-0+latest") for path in before]
    changed = {"METADATA", "RECORD"}
    assert result.name == "helloworld-0+latest-py3-none-any.whl"
    assert renamed == list(after)
    for old, new in zip(before, after, strict=True):
        assert (before[old] == after[new]) is (old.rpartition("/")[2] not in changed)


def test_only_the_version_header_is_rewritten(wheel: Path, out: Path) -> None:
    """A line of the description that looks like a header stays as it is."""
    result = contents(relabelled(wheel, "0+latest", out))
    expected = METADATA.replace("Version: 1.4.0", "Version: 0+latest")
    assert expected.encode() == result["helloworld-0+latest.dist-info/METADATA"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_of_metadata_are_kept(tmp_path: Path, out: Path, newline: str) -> None:
    """METADATA may have either line end, and may have no description."""
    head = METADATA.partition("\n\n")[0].replace("\n", newline)
    info = "helloworld-1.4.0.dist-info/METADATA"
    source = tmp_path / "helloworld-1.4.0-py3-none-any.whl"
    packed(source, replaced(good_members(), info, head))
    result = contents(relabelled(source, "0+latest", out))
    expected = head.replace("Version: 1.4.0", "Version: 0+latest").encode()
    assert expected == result["helloworld-0+latest.dist-info/METADATA"]


def test_record_agrees_with_the_files(wheel: Path, out: Path) -> None:
    """RECORD names each file with its digest and size, and itself with neither."""
    files = contents(relabelled(wheel, "0+latest", out))
    own = "helloworld-0+latest.dist-info/RECORD"
    expected = {path: [digest(body), str(len(body))] for path, body in files.items()}
    expected[own] = ["", ""]
    assert expected == {row[0]: row[1:] for row in csv.reader(files[own].decode().splitlines())}


def test_signatures_of_record_are_dropped(tmp_path: Path, out: Path) -> None:
    """RECORD.jws and RECORD.p7s sign another RECORD, so neither they nor their lines stay."""
    info = "helloworld-1.4.0.dist-info"
    *members, own = good_members()
    listed = Member(own.path, own.body + f"{info}/RECORD.p7s,,\n".encode())
    signatures = [Member(f"{info}/RECORD.{kind}", b"signed") for kind in ("jws", "p7s")]
    source = tmp_path / "helloworld-1.4.0-py3-none-any.whl"
    packed(source, [*members, *signatures, listed])
    result = contents(relabelled(source, "0+latest", out))
    assert [m.path.replace("1.4.0", "0+latest") for m in (*members, own)] == list(result)
    assert b"RECORD.p7s" not in result["helloworld-0+latest.dist-info/RECORD"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Hello.World-1.4.0-1-py2.py3-none-any.whl", "hello_world-0+latest-1-py2.py3-none-any.whl"),
        (
            "hello_world-1.4.0-cp311-cp311-manylinux_2_28_x86_64.manylinux2014_x86_64.whl",
            "hello_world-0+latest-cp311-cp311-manylinux_2_28_x86_64.manylinux2014_x86_64.whl",
        ),
    ],
)
def test_build_and_tags_keep_their_spelling(
    tmp_path: Path, out: Path, source: str, expected: str
) -> None:
    """The project's name is normalised; the build number and the tags stay as they are."""
    path = packed(tmp_path / source, complete([], "Hello_World-1.4.0"))
    result = relabelled(path, "0+latest", out)
    assert expected == result.name
    assert all(name.startswith("hello_world-0+latest.dist-info/") for name in contents(result))


def test_relabelling_twice_gives_the_same_bytes(wheel: Path, out: Path) -> None:
    """The result depends on the wheel and the version alone, and may be written again."""
    first = relabelled(wheel, "0+latest", out).read_bytes()
    os.utime(wheel, (0, 0))
    assert first == relabelled(wheel, "0+latest", out).read_bytes()
    assert [out / "helloworld-0+latest-py3-none-any.whl"] == list(out.iterdir())


def test_large_members_are_streamed(tmp_path: Path, out: Path) -> None:
    """A member is never held in memory as a whole."""
    large = Member("model.bin", bytes(50_000_000))
    source = packed(tmp_path / "helloworld-1.4.0-py3-none-any.whl", complete([large]))
    del large
    tracemalloc.start()
    relabelled(source, "0+latest", out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


NAMES_IN_ZIPS = st.lists(
    st.text(
        st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/\\:"), min_size=1
    ).filter(lambda part: part not in {".", ".."} and not part.endswith((".data", ".dist-info"))),
    min_size=1,
    max_size=3,
).map("/".join)
MEMBERS = st.lists(
    st.builds(
        Member,
        path=st.builds(
            "".join, st.tuples(st.sampled_from(["", "helloworld-1.4.0.data/"]), NAMES_IN_ZIPS)
        ),
        body=st.binary(max_size=200),
        mode=st.sampled_from([0, 0o100644, 0o100755, 0o644]),
        method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]),
        date=st.tuples(
            st.integers(1980, 2107),
            st.integers(1, 12),
            st.integers(1, 28),
            st.integers(0, 23),
            st.integers(0, 59),
            st.sampled_from([0, 2, 58]),
        ),
    ),
    unique_by=lambda member: member.path,
    max_size=6,
)


def kept(wheel: Path) -> list[tuple[object, ...]]:
    """Return what must be kept of each member, in order, but for the folders' names."""
    with zipfile.ZipFile(wheel) as archive:
        return [
            (
                info.filename.replace("helloworld-0+latest.", "helloworld-1.4.0."),
                archive.read(info),
                info.date_time,
                info.compress_type,
                info.external_attr,
                info.create_system,
            )
            for info in archive.infolist()
            if info.filename.rpartition("/")[2] not in {"METADATA", "RECORD"}
        ]


@settings(max_examples=60, deadline=None)
@given(members=MEMBERS)
def test_every_other_member_is_kept(members: list[Member]) -> None:
    """Bytes, order, dates, modes and compression of any other member stay as they are."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "helloworld-1.4.0-py3-none-any.whl")
        packed(source, complete(members))
        result = relabelled(source, "0+latest", Path(folder))
        assert kept(source) == kept(result)
        rows = csv.reader(
            io.StringIO(
                contents(result)["helloworld-0+latest.dist-info/RECORD"].decode(), newline=""
            )
        )
        assert list(contents(result)) == [row[0] for row in rows]


@pytest.mark.parametrize(
    "requirement",
    ["hello-world==1.4.0", "Hello.World>=1; extra == 'x'", "hello_world[x] @ https://host/x.whl"],
)
def test_a_wheel_that_requires_itself_at_a_version_is_refused(
    tmp_path: Path, out: Path, requirement: str
) -> None:
    """Under another version, such a wheel could not be installed."""
    text = METADATA.replace("Summary:", f"Requires-Dist: {requirement}\nSummary:")
    source = tmp_path / "hello_world-1.4.0-py3-none-any.whl"
    packed(source, complete([], "hello_world-1.4.0", text))
    with pytest.raises(Refused) as caught:
        relabelled(source, "0+latest", out)
    assert caught.value.code == "wheel-requires-itself"
    assert not list(out.iterdir())


def without(name: str) -> list[Member]:
    """Return a wheel that lacks one file of its dist-info folder."""
    return [member for member in good_members() if not member.path.endswith(f"/{name}")]


INFO = "helloworld-1.4.0.dist-info"
HOSTILE: Mapping[str, list[Member]] = {
    "parent": complete([Member("../evil.py")]),
    "deep-parent": complete([Member("a/../../evil.py")]),
    "absolute": complete([Member("/etc/evil")]),
    "backslash": complete([Member("a\\..\\evil.py")]),
    "drive": complete([Member("C:/evil.py")]),
    "twice": [*good_members(), Member("helloworld.py", b"other")],
    "two-dist-info": complete([Member("other-1.0.dist-info/METADATA", b"Name: other\n")]),
    "no-dist-info": [Member("helloworld.py")],
    "foreign-dist-info": complete([], "goodbye-1.4.0"),
    "other-version": complete([], "helloworld-1.3.0"),
    "no-version-at-all": complete([], "helloworld"),
    "foreign-data": complete([Member("helloworld-1.3.0.data/scripts/x")]),
    "no-metadata": without("METADATA"),
    "no-record": without("RECORD"),
    "no-wheel-file": without("WHEEL"),
    "unlisted": [Member("unlisted.py"), *good_members()],
    "missing": [member for member in good_members() if member.path != "helloworld.py"],
    "no-version": replaced(good_members(), f"{INFO}/METADATA", "Name: helloworld\n"),
    "version-in-body": replaced(good_members(), f"{INFO}/METADATA", "Name: x\n\nVersion: 1.4.0\n"),
    "two-versions": replaced(
        good_members(), f"{INFO}/METADATA", METADATA.replace("Name:", "Version: 1.3.0\nName:")
    ),
    "bad-requirement": replaced(
        good_members(),
        f"{INFO}/METADATA",
        METADATA.replace("Summary:", "Requires-Dist: ???\nSummary:"),
    ),
    "record-not-utf8": [*without("RECORD"), Member(f"{INFO}/RECORD", b"\xff\xfe,,\n")],
}


def refusal_of(source: Path, out: Path) -> str:
    """Return the line that refuses a broken wheel; nothing but ``.part`` files is written."""
    with pytest.raises(Refused) as caught:
        relabelled(source, "0+latest", out)
    assert caught.value.code == "wheel-broken"
    assert not list(out.glob("*.whl"))
    return caught.value.line()


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_wheels_are_refused(tmp_path: Path, out: Path, members: list[Member]) -> None:
    """What two installers could take differently, or could write elsewhere, is refused."""
    source = packed(tmp_path / "helloworld-1.4.0-py3-none-any.whl", members)
    line = refusal_of(source, out)
    assert line.startswith("error[wheel-broken]: helloworld-1.4.0-py3-none-any.whl: ")
    assert "\n" not in line


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_damaged_wheels_are_refused(tmp_path: Path, out: Path, method: int) -> None:
    """Bytes that were altered, cut or are no archive at all are noticed by whatever reads them."""
    body = os.urandom(500)
    source = tmp_path / "helloworld-1.4.0-py3-none-any.whl"
    packed(source, complete([Member("data.bin", body, method=method)]))
    sound = source.read_bytes()
    for damaged in (sound[:60] + bytes(200) + sound[260:], sound[: len(sound) // 2], b"", b"PK"):
        source.write_bytes(damaged)
        refusal_of(source, out)


def test_encrypted_wheels_are_refused(tmp_path: Path, out: Path) -> None:
    """A member that needs a password cannot be read by any installer."""
    source = packed(tmp_path / "helloworld-1.4.0-py3-none-any.whl", good_members())
    data = bytearray(source.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    source.write_bytes(data)
    assert "encrypted" in refusal_of(source, out)


@pytest.mark.parametrize("name", ["helloworld.whl", "helloworld-latest-py3-none-any.whl", "x.zip"])
def test_file_names_that_are_no_wheels_are_refused(tmp_path: Path, out: Path, name: str) -> None:
    """A file name that no installer accepts is refused before anything is read."""
    refusal_of(packed(tmp_path / name, good_members()), out)


def test_a_failing_disk_is_no_fault_of_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """Where the disk fails, a re-run may work, and the wheel is not blamed."""
    with pytest.raises(StoreFailed) as caught:
        relabelled(wheel, "0+latest", tmp_path / "missing")
    assert caught.value.code == "disk-failed"


def test_metadata_is_what_the_wheel_says(wheel: Path) -> None:
    """The fields of METADATA are read from inside the archive."""
    assert parse_email(METADATA)[0] == metadata_of(wheel)


def run(*command: str | Path) -> str:
    """Run a command away from this project, and return what it prints."""
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    answer = subprocess.run(
        command, env=environ, cwd=tempfile.gettempdir(), check=True, capture_output=True, text=True
    )
    return answer.stdout.strip()


@pytest.fixture(scope="session")
def current_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment that has today's pip, the strictest."""
    return installed_by_uv(tmp_path_factory.mktemp("pip") / "env", "pip")


def python_of(environment: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    windows = sys.platform == "win32"
    return environment / ("Scripts/python.exe" if windows else "bin/python")


def installed_by_uv(environment: Path, *what: str | Path) -> Path:
    """Make an environment with uv, install into it with uv, and return its Python."""
    run(find_uv_bin(), "venv", "--quiet", "--python", sys.executable, environment)
    if what:
        python = python_of(environment)
        run(find_uv_bin(), "pip", "install", "--quiet", "--python", python, *what)
    return python_of(environment)


@pytest.mark.parametrize("version", NAMES)
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_installers_take_every_name(
    wheel: Path, out: Path, current_pip: Path, installer: str, version: str
) -> None:
    """Both installers find the version of the file name, and put each file in its place."""
    result = relabelled(wheel, version, out)
    environment = out / "env"
    if installer == "uv":
        python = installed_by_uv(environment, result)
    else:
        python = installed_by_uv(environment)
        run(current_pip, "-m", "pip", "--python", python, "install", "--no-index", result)
    code = "import importlib.metadata as m; print(m.version('helloworld'))"
    assert version == run(python, "-c", code)
    assert run(python.parent / "greet") == "hello"
    assert (environment / "share/helloworld/prices.csv").read_bytes() == b"1,2\n"
