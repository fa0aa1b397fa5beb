"""Origins as policies name them: what is taken, what is refused, and what a browser would let frame."""
from __future__ import annotations

import pytest

from privmedia.origins import is_listed, origin_of, origins_in, page_of


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://intranet.example.com", "https://intranet.example.com"),
        (" HTTPS://Intranet.Example.COM/ ", "https://intranet.example.com"),
        ("https://intranet.example.com:443", "https://intranet.example.com"),
        ("http://intranet:8080/", "http://intranet:8080"),
        ("http://intranet.example.com:443", "http://intranet.example.com:443"),
        ("https://*.example.com", "https://*.example.com"),
        ("https://192.0.2.7:8443", "https://192.0.2.7:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(typed: str, origin: str) -> None:
    assert origin_of(typed) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "intranet.example.com",
        "//intranet.example.com",
        "https:intranet.example.com",
        "ftp://intranet.example.com",
        "javascript://intranet.example.com",
        "https://intranet.example.com/news",
        "https://intranet.example.com?x",
        "https://intranet.example.com#x",
        "https://user@intranet.example.com",
        "https://intranet.example.com:port",
        "https://intranet.example.com:99999",
        "https://[2001:db8::1]",
        "https://*",
        "https://*.com",
        "https://*.192.0.2.7",
        "https://in*.example.com",
        "https://a.*.example.com",
        "https://intranet_1.example.com",
        "https://intranet.example.com; script-src *",
        "https://intranet.example.com'",
        "https://-a.example",
        "https://straße.example",
        "https://a..example",
        "'self'",
        "*",
    ],
)
def test_what_is_no_origin_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        origin_of(typed)


def test_a_list_has_each_origin_once() -> None:
    assert origins_in("https://a.example, https://b.example\nhttps://A.example/") == (
        "https://a.example",
        "https://b.example",
    )


def test_a_page_is_told_without_its_query() -> None:
    assert page_of("https://intra.example/news/1?token=s3cret#x") == ("https://intra.example", "/news/1")
    assert page_of("https://intra.example") == ("https://intra.example", "/")
    for no_page in ("", "about:blank", "file:///x", "https://*.example/", "null", "https://" + "a" * 9000):
        assert page_of(no_page) is None


def test_what_is_listed_is_what_a_browser_lets_frame() -> None:
    listed = ("https://a.example:8443", "https://*.b.example")
    assert is_listed("https://a.example:8443", listed)
    assert is_listed("https://x.b.example", listed)
    assert is_listed("https://x.y.b.example", listed)
    for other in ("https://a.example", "http://a.example:8443", "https://b.example", "http://x.b.example"):
        assert not is_listed(other, listed), other
    assert not is_listed("https://evilb.example", listed)
