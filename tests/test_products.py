"""Three projects as people write them: their keys, manifests and metadata, and using them."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

import pytest

from publisher import __version__
from publisher.seaweed import SeaweedServer
from tests.support.desk import ADDRESS, Desk, bucket_desk, folder_desk
from tests.support.products import BRANCH, publish_products, three_products
from tests.support.shelves import Bucket

KEY = re.compile(r"[a-z0-9][a-z0-9._/+-]*")
TYPES = {
    ".py": "text/x-python; charset=utf-8",
    ".whl": "application/zip",
    ".json": "application/json",
}
RELEASES = {
    "holidays-eu": {
        "holidays-eu-2.0.0rc1.py",
        "holidays_eu-2.0.0rc1-py3-none-any.whl",
        "releases/2.0.0rc1.json",
    },
    "prices": {"prices-0.1.0.py", "prices-latest.py", "releases/0.1.0.json", "latest.json"},
    "sales-reports": {
        "sales-reports-1.4.0.py",
        "clean_up-1.4.0.py",
        "sales_reports-1.4.0-py3-none-any.whl",
        "sales-reports-latest.py",
        "clean_up-latest.py",
        "sales_reports-0+latest-py3-none-any.whl",
        "releases/1.4.0.json",
        "latest.json",
    },
}
BRANCHES = {
    "holidays-eu": {
        "holidays-eu-feature-add-prices.py",
        "holidays_eu-2.0.0rc1.dev0+feature.add.prices-py3-none-any.whl",
    },
    "prices": {"prices-feature-add-prices.py"},
    "sales-reports": {
        "sales-reports-feature-add-prices.py",
        "clean_up-feature-add-prices.py",
        "sales_reports-1.4.0.dev0+feature.add.prices-py3-none-any.whl",
    },
}


@dataclass(frozen=True)
class Published:
    """The three projects, released from main and changed on a branch, and all that it made."""

    desk: Desk[Bucket]
    dev: Mapping[str, bytes]
    prod: Mapping[str, bytes]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, seaweed: SeaweedServer) -> Published:
    """What was published on SeaweedFS."""
    desk = bucket_desk(tmp_path_factory.mktemp("products"), seaweed)
    publish_products(desk)
    return Published(desk, desk.dev.files(), desk.prod.files())


def keys_below(made: Published, root: str) -> set[str]:
    """Return the keys below a folder, without the blobs."""
    found = (key.removeprefix(root) for key in made.dev if key.startswith(root))
    return {key for key in found if not key.startswith("blobs/")}


def document(files: Mapping[str, bytes], key: str) -> Any:
    return json.loads(files[key])


def content(made: Published, commit: str, folder: str) -> str:
    """Return what the design says that source.content is, from Git's own listing."""
    listing = made.desk.git("ls-tree", "-r", "-z", f"{commit}:{folder}")
    entries = [line.partition("\t") for line in listing.split("\0") if line]
    digest = hashlib.sha256()
    for head, _, path in sorted(entries, key=lambda entry: entry[2].encode()):
        mode, _, oid = head.split()
        digest.update(f"{mode} {oid}\t{path}\0".encode())
    return digest.hexdigest()


def test_every_name_is_where_the_design_says(made: Published) -> None:
    """Below each project lie its versions, latest, the branch's names, and nothing else."""
    for project, released in RELEASES.items():
        expected = released | BRANCHES[project]
        assert expected == keys_below(made, f"analytics/{project}/")
    expected = {f"{project}.json" for project in RELEASES}
    assert expected == keys_below(made, "analytics/features/add-prices/")
    teams = {key.split("/")[0] for key in made.dev}
    folders = {key.split("/")[1] for key in made.dev}
    assert ({"analytics"}, {"features", *RELEASES}) == (teams, folders)


def test_prod_has_the_releases_and_no_branch(made: Published) -> None:
    """What dev has of releases prod has, byte for byte; of branches it has nothing."""
    dev, prod = made.dev, made.prod
    assert {key: body for key, body in dev.items() if "feature" not in key} == prod


def test_keys_are_plain(made: Published) -> None:
    """Keys have no characters that shells or consoles read otherwise; + in wheels alone."""
    for key in made.dev:
        assert KEY.fullmatch(key)
        assert len(key) <= 512
        assert key.endswith(".whl") or "+" not in key


def test_blobs_are_under_their_own_digest(made: Published) -> None:
    """A blob's key says the SHA-256 of its bytes."""
    blobs = {key: body for key, body in made.dev.items() if "/blobs/" in key}
    assert blobs
    for key, body in blobs.items():
        assert hashlib.sha256(body).hexdigest() == key.split("/")[-2]


def test_objects_say_what_they_are_and_where_they_come_from(made: Published) -> None:
    """Content types, and the commit, version and SHA-256 on every artifact."""
    main, branch = made.desk.git("rev-parse", "main"), made.desk.git("rev-parse", BRANCH)
    versions = {"holidays-eu": "2.0.0rc1", "prices": "0.1.0", "sales-reports": "1.4.0"}
    for key, body in made.dev.items():
        answer = made.desk.dev.get(key)
        assert TYPES[Path(key).suffix] == answer["ContentType"]
        project = key.split("/")[1]
        if project in versions and not key.endswith(".json"):
            assert {
                "commit": branch if "feature" in key else main,
                "version": versions[project],
                "sha256": hashlib.sha256(body).hexdigest(),
            } == answer["Metadata"]


def artifact(
    made: Published, kind: str, name: str, file: str, at: str, root: str
) -> dict[str, object]:
    """Return how a manifest has to describe the file that lies at a key."""
    body = made.dev[at]
    sha256 = hashlib.sha256(body).hexdigest()
    blob = f"blobs/{sha256}/{file}"
    assert body == made.dev[root + blob]
    told = {"kind": kind, "name": name} if kind else {}
    return {**told, "file": file, "blob": blob, "sha256": sha256, "size": len(body)}


def common(made: Published, commit: str, branch: str, number: int) -> dict[str, object]:
    """Return the part of the manifests of sales-reports that its artifacts do not decide."""
    return {
        "schema": 1,
        "project": "sales-reports",
        "team": "analytics",
        "version": "1.4.0",
        "description": "Reports of sales, für alle",
        "authors": ["Zoe <zoe@example.com>", "Max"],
        "requires_python": ">=3.10",
        "dependencies": ["six>=1.16"],
        "source": {
            "repository": ADDRESS,
            "commit": commit,
            "branch": branch,
            "content": content(made, commit, "reports"),
        },
        "build": {
            "ci": "github",
            "run": f"{ADDRESS}/actions/runs/{7000 + number}",
            "number": number,
            "publisher": __version__,
        },
    }


def without_time(manifest: Any) -> Any:
    """Return a manifest without the time, which has to be in UTC to the second."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", manifest.pop("published"))
    return manifest


def test_the_manifest_of_a_release_has_exactly_these_fields(made: Published) -> None:
    """Schema 1, field by field, the wheel's twin for latest included."""
    root, twin = "analytics/sales-reports/", "sales_reports-0+latest-py3-none-any.whl"
    names = {"sales-reports": "sales-reports-1.4.0.py", "clean_up": "clean_up-1.4.0.py"}
    wheel = "sales_reports-1.4.0-py3-none-any.whl"
    artifacts = [artifact(made, "script", n, f, root + f, root) for n, f in names.items()]
    latest = artifact(made, "", "", twin, root + twin, root)
    artifacts.append(
        {**artifact(made, "wheel", "sales-reports", wheel, root + wheel, root), "latest": latest}
    )
    expected = common(made, made.desk.git("rev-parse", "main"), "main", 1)
    assert {**expected, "kind": "release", "artifacts": artifacts} == without_time(
        document(made.prod, f"{root}releases/1.4.0.json")
    )


def test_the_manifest_of_a_branch_has_exactly_these_fields(made: Published) -> None:
    """The same schema, with a suffix, without latest, the blobs in the branch's own folder."""
    names, root = "analytics/sales-reports/", "analytics/features/add-prices/"
    files = {
        ("script", "sales-reports"): "sales-reports-feature-add-prices.py",
        ("script", "clean_up"): "clean_up-feature-add-prices.py",
        ("wheel", "sales-reports"): "sales_reports-1.4.0.dev0+feature.add.prices-py3-none-any.whl",
    }
    artifacts = [artifact(made, k, n, file, names + file, root) for (k, n), file in files.items()]
    more = {"kind": "feature", "suffix": "feature-add-prices", "artifacts": artifacts}
    expected = {**common(made, made.desk.git("rev-parse", BRANCH), BRANCH, 2), **more}
    assert expected == without_time(document(made.dev, f"{root}sales-reports.json"))


def test_a_project_of_a_script_alone_has_a_manifest_without_wheel(made: Published) -> None:
    """No dependency, nothing beside the script: one artifact, and empty fields are there."""
    manifest = document(made.prod, "analytics/prices/releases/0.1.0.json")
    assert ["script"] == [item["kind"] for item in manifest["artifacts"]]
    assert ("", [], "", []) == (
        manifest["description"],
        manifest["authors"],
        manifest["requires_python"],
        manifest["dependencies"],
    )


def test_wheels_hold_their_modules_and_agree_with_their_names(made: Published) -> None:
    """Each wheel's METADATA has its file name's version; helpers are in it, other files are not."""
    wheels = {k: b for k, b in made.dev.items() if k.endswith(".whl")}
    assert wheels
    for key, body in wheels.items():
        file = key.rpartition("/")[2]
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            info = "-".join(file.split("-")[:2]) + ".dist-info"
            metadata = HeaderParser().parsestr(archive.read(f"{info}/METADATA").decode())
            modules = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert file.split("-")[1] == metadata["Version"]
        helpers = {"holidays_rules/__init__.py", "holidays_rules/easter.py"}
        scripts = {"sales_reports.py", "Clean_Up.py"}
        assert (helpers if file.startswith("holidays") else scripts) == modules


def shown(said: Any) -> dict[str, set[str]]:
    """Return the names that a plan or a publication says it writes, by project and store."""
    return {
        f"{project['project']} {env}": {
            wrote["uri"] for wrote in told["writes"] if wrote["stage"] in {"name", "follower"}
        }
        for project in said.document["projects"]
        for env, told in project["environments"].items()
    }


@pytest.mark.parametrize("branch", ["main", BRANCH])
def test_a_plan_names_what_is_then_published(tmp_path: Path, branch: str) -> None:
    """publish writes the names that plan showed, no more and no fewer."""
    desk = folder_desk(tmp_path)
    three_products(desk)
    if branch != "main":
        desk.switch(branch)
        desk.write("reports/src/Clean_Up.py", "print('changed')\n")
        desk.commit()
    planned = desk.publisher("plan", "--json")
    assert {} == desk.dev.files()
    assert shown(planned) == shown(desk.ci("--json", ref=f"heads/{branch}"))


@pytest.mark.parametrize(
    ("mode", "more", "expected"),
    [
        ("auto", "", False),
        ("auto", 'dependencies = ["six"]\n', True),
        ("always", "", True),
        ("never", 'dependencies = ["six"]\n', False),
    ],
)
def test_the_setting_decides_whether_there_is_a_wheel(
    tmp_path: Path, mode: str, more: str, expected: bool
) -> None:
    """auto: with dependencies; always and never: as they say."""
    desk = folder_desk(tmp_path)
    project = f'[project]\nname = "prices"\nversion = "0.1.0"\n{more}'
    desk.write("prices/pyproject.toml", f'{project}[tool.publisher]\nwheel = "{mode}"\n')
    desk.write("prices/src/prices.py", "print('prices')\n")
    desk.commit()
    assert 0 == desk.ci().code
    manifest = json.loads(desk.prod.files()["analytics/prices/releases/0.1.0.json"])
    kinds = ["script", "wheel"] if expected else ["script"]
    assert kinds == [item["kind"] for item in manifest["artifacts"]]
