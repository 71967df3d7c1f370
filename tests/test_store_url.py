"""The addresses of stores: what is one, what is not, and which one was probably meant."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import Refused
from publisher.s3_request import Access
from publisher.store_file import FileStore
from publisher.store_s3 import S3Store
from publisher.store_url import StoreUrl, parse_store_url
from publisher.stores import open_store

WHERE = "pyproject.toml:7"


def parse(url: str) -> StoreUrl:
    return parse_store_url(url, WHERE)


@pytest.mark.parametrize(
    ("url", "bucket", "path", "normal"),
    [
        ("s3://acme-dev", "acme-dev", "", "s3://acme-dev"),
        ("s3://acme-dev/", "acme-dev", "", "s3://acme-dev"),
        ("s3://acme.dev/a/B_1=x/", "acme.dev", "a/B_1=x", "s3://acme.dev/a/B_1=x"),
        ("file:///srv/store/", "", "/srv/store", "file:///srv/store"),
        ("file:///~/store", "", "/~/store", "file:///~/store"),
        ("file:///my%20store+x", "", "/my store+x", "file:///my%20store%2Bx"),
        ("file:///C:/store", "", "/C:/store", "file:///C:/store"),
    ],
)
def test_an_address_has_one_normal_form(url: str, bucket: str, path: str, normal: str) -> None:
    """What was parsed prints as an address that parses to the same."""
    parsed = parse(url)
    assert (StoreUrl(bucket, path), normal) == (parsed, str(parsed))
    assert parsed == parse(normal)


@pytest.mark.parametrize(
    ("url", "nearest"),
    [
        ("s3:/typo/x", "s3://typo/x"),
        ("s3:///acme/x", "s3://acme/x"),
        ("s3:acme/x", "s3://acme/x"),
        ("S3://Acme_Dev/X", "s3://acme-dev/X"),
        ("s3a://acme/x", "s3://acme/x"),
        ("s3://acme//x/./y", "s3://acme/x/y"),
        ("s3://acme/../x", "s3://acme/x"),
        ("s3://acme/x?versionId=1", "s3://acme/x"),
        (" s3://acme/x\n", "s3://acme/x"),
        ("https://acme.s3.eu-west-1.amazonaws.com/x/", "s3://acme/x"),
        ("https://s3.eu-west-1.amazonaws.com/acme/x", "s3://acme/x"),
        ("arn:aws:s3:::acme/x", "s3://acme/x"),
        ("acme/x", "s3://acme/x"),
        ("file://folder/x", "file:///folder/x"),
        ("file:/folder/x", "file:///folder/x"),
        ("file://~/x", "file:///~/x"),
        ("FILE:///x", "file:///x"),
        ("file://localhost/x", "file:///x"),
        ("file:///a//b/../c", "file:///a/b/c"),
        ("/srv/x", "file:///srv/x"),
        ("~/x", "file:///~/x"),
        ("C:\\x\\y", "file:///C:/x/y"),
    ],
)
def test_a_slip_is_answered_with_the_nearest_address(url: str, nearest: str) -> None:
    """Whoever mistyped an address can copy the right one from the error."""
    with pytest.raises(Refused) as refused:
        parse(url)
    assert ("store-url", WHERE) == (refused.value.code, refused.value.where)
    assert f"write {nearest}" == refused.value.advice


@pytest.mark.parametrize(
    "url",
    [
        "",
        "  ",
        "s3://",
        "s3://ab",
        "s3://" + "a" * 64,
        "s3://192.168.5.4/x",
        "s3://a..b/x",
        "s3://-acme/x",
        "s3://xn--acme/x",
        "s3://acme--x-s3/x",
        "s3://acme-s3alias/x",
        "s3://acme:9000/x",
        "s3://acme/a*b",
        "s3://acme/a b",
        "s3://acme/\u202ex",
        "s3://acme/" + "x" * 300,
        "http://minio:9000/acme",
        "gs://acme/x",
        "./x",
        "file:///",
        "file:///~",
        "file:///a%2f..%2fb",
        "file:///a%00b",
    ],
)
def test_what_is_no_store_is_refused(url: str) -> None:
    """Buckets that S3 does not allow, wildcards, foreign schemes and escapes are no stores."""
    with pytest.raises(Refused) as refused:
        parse(url)
    assert "write s3://bucket/prefix or file:///folder" in refused.value.advice
    assert refused.value.line().isprintable()


@pytest.mark.parametrize("url", ["s3://KEY:SECRET@acme/x", "https://KEY:SECRET@host/acme"])
def test_credentials_in_an_address_are_not_repeated(url: str) -> None:
    """An error is read by everybody who can read a log."""
    with pytest.raises(Refused) as refused:
        parse(url)
    assert "SECRET" not in refused.value.line()


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("s3://acme/x", "s3://acme/x/", True),
        ("s3://acme/x", "s3://acme/x/y", True),
        ("s3://acme", "s3://acme/x", True),
        ("s3://acme/x", "s3://acme/xy", False),
        ("s3://acme/x", "s3://acme-2/x", False),
        ("file:///srv/a", "file:///srv/%61", True),
        ("file:///srv/a", "file:///srv/a/b", True),
        ("file:///srv/a", "file:///srv/ab", False),
        ("file:///~/a", "file:///home/zoe/a", True),
        ("s3://acme/x", "file:///acme/x", False),
    ],
)
def test_stores_that_share_a_place_are_recognised(
    monkeypatch: pytest.MonkeyPatch, one: str, other: str, overlap: bool
) -> None:
    """The same place is the same however it is spelled, and one store may not hold the other."""
    monkeypatch.setenv("HOME", "/home/zoe")
    monkeypatch.setenv("USERPROFILE", "/home/zoe")
    assert (overlap, overlap) == (
        parse(one).overlaps(parse(other)),
        parse(other).overlaps(parse(one)),
    )


def test_a_tilde_is_the_home_of_whoever_opens_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One setting fits every laptop."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert tmp_path / "a" / "b" == parse("file:///~/a/b").folder()


def test_an_address_opens_its_kind_of_store(tmp_path: Path) -> None:
    """Opening asks nothing of anybody: no folder is made, no credentials are looked for."""
    folder = open_store(f"{tmp_path.as_uri()}/store", environ={})
    bucket = open_store("s3://acme/x", environ={}, access=Access(role="arn:aws:iam::1:role/x"))
    assert (True, True) == (isinstance(folder, FileStore), isinstance(bucket, S3Store))
    assert ("s3://acme/x", "s3://acme/x/a/b+c.whl") == (bucket.url, bucket.uri("a/b+c.whl"))
    assert [] == list(tmp_path.iterdir())


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_no_text_is_too_odd(text: str) -> None:
    """Any text is a store in its normal form, or refused in one printable line."""
    for url in (text, f"s3://{text}", f"s3://acme/{text}", f"file:///{text}"):
        parsed = parsed_or_refused(url)
        if isinstance(parsed, StoreUrl):
            assert parsed == parse(str(parsed))
            assert ".." not in parsed.path.split("/")
        else:
            assert parsed.line().isprintable()


def parsed_or_refused(url: str) -> StoreUrl | Refused:
    try:
        return parse(url)
    except Refused as refused:
        return refused
