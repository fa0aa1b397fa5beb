"""Email addresses: what may be one of an account."""
from __future__ import annotations

import pytest

from privmedia.accounts.addresses import checked_email
from privmedia.errors import Invalid


@pytest.mark.parametrize("text", ["maren@media", "Maren.Aasen+films@Example.org ", "o'neil@x.media.local"])
def test_what_people_and_intranets_use_is_an_address(text: str) -> None:
    assert checked_email(text) == text.strip().lower()


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "a@b.org\r\nBcc: x@y.org",
        "a@b.org, c@d.org",
        "Maren <a@b.org>",
        '"a b"@c.org',
        "a@[127.0.0.1]",
        "a..b@c.org",
        "@c.org",
        "",
    ],
)
def test_what_would_mean_something_else_in_a_letter_is_none(text: str) -> None:
    with pytest.raises(Invalid, match="no email address"):
        checked_email(text)


@pytest.mark.parametrize("text", ["jürgen@example.org", "İ@example.org", "用户@例子.广告"])
def test_letters_that_no_letter_can_be_sent_to_are_refused_with_the_reason(text: str) -> None:
    with pytest.raises(Invalid, match="plain letters"):
        checked_email(text)
