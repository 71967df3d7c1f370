"""Repositories' addresses: one spelling each, and never a credential in it."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.address import repository_url

DATA = "https://github.com/acme/data"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (DATA, DATA),
        (f"{DATA}/", DATA),
        (f"{DATA}.git", DATA),
        (f"{DATA}.git/", DATA),
        (f" {DATA}.git\n", DATA),
        ("https://GitHub.com/acme/data", DATA),
        ("HTTPS://github.com/acme/data", DATA),
        ("http://github.com/acme/data", DATA),
        ("git://github.com/acme/data.git", DATA),
        ("git@github.com:acme/data.git", DATA),
        ("git@GITHUB.com:/acme/data", DATA),
        ("github.com:acme/data", DATA),
        ("ssh://git@github.com/acme/data.git", DATA),
        ("ssh://git@github.com:22/acme/data", DATA),
        ("git+ssh://git@github.com/acme/data", DATA),
        ("https://github.com:8443/acme/data", "https://github.com:8443/acme/data"),
        ("https://github.com/acme/Data", "https://github.com/acme/Data"),
        ("https://host/acme/@scope/data", "https://host/acme/@scope/data"),
        ("ssh://git@[::1]:22/acme/data", "https://[::1]/acme/data"),
        ("https://host", "https://host"),
        ("/srv/git/data.git", "/srv/git/data"),
        ("../data", "../data"),
        ("C:/git/data", "C:/git/data"),
        ("file:///srv/git/data", "file:///srv/git/data"),
        ("", ""),
    ],
)
def test_an_address_has_one_spelling(address: str, expected: str) -> None:
    """However a clone was made, the repository is the same."""
    assert expected == repository_url(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://s3cret@github.com/acme/data.git",
        "https://x-access-token:s3cret@github.com/acme/data",
        "https://oauth2:s3cret@github.com/acme/data",
        "https://user:s3cret@s3cret@github.com/acme/data",
        "https://user:@s3cret:@github.com/acme/data",
        "HTTPS://user:s3cret@github.com/acme/data",
        "http://user:s3cret@github.com/acme/data",
        "ssh://git:s3cret@github.com:2222/acme/data",
        "ftp://user:s3cret@github.com/acme/data",
        "git+https://s3cret@github.com/acme/data",
        "s3cret@github.com:acme/data",
        "user:s3cret@github.com:acme/data",
        "https://github.com/acme/data?private_token=s3cret",
        "https://github.com/acme/data.git?access_token=s3cret#s3cret",
        "https://github.com/acme/data#s3cret",
    ],
)
def test_credentials_in_an_address_never_survive(address: str) -> None:
    """Manifests and pointers are read by many."""
    assert DATA == repository_url(address)


@pytest.mark.parametrize("address", ["https://s3cret@", "https://s3cret@/x", "https://s3cret@host"])
def test_credentials_in_a_broken_address_never_survive_either(address: str) -> None:
    """Nor where there is no host, or no path."""
    assert "s3cret" not in repository_url(address)


@given(
    scheme=st.sampled_from(["https", "http", "ssh", "git", "HTTPS", "git+https", "ftp"]),
    user=st.text(st.characters(exclude_characters="/?#\n"), max_size=12),
    host=st.from_regex(r"[a-z]{2,9}(\.[a-z]{2,5}){1,2}(:[0-9]{1,5})?", fullmatch=True),
    path=st.from_regex(r"[a-z]{1,6}/[a-z]{1,6}", fullmatch=True),
)
@example(scheme="https", user="@", host="h.example", path="a/b")
def test_what_stands_before_the_host_makes_no_difference(
    scheme: str, user: str, host: str, path: str
) -> None:
    """With any user and password, or none, an address is the same."""
    plain = repository_url(f"{scheme}://{host}/{path}.git")
    assert plain == repository_url(f"{scheme}://{user}@{host}/{path}")
    assert re.fullmatch(r"https://[^@]*", plain)


@given(address=st.text())
def test_any_text_is_an_address(address: str) -> None:
    """Nothing that a remote is set to stops the run."""
    assert isinstance(repository_url(address), str)
