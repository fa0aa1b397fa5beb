"""What senders write for their front servers: paths none of them misreads, and whose limits count."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.testing import DummyRequest

from privmedia.delivery.senders import apache, caddy, lighttpd
from privmedia.delivery.senders.apache import ApacheSender
from privmedia.delivery.senders.file import DecidedFile
from privmedia.delivery.senders.nginx import Limits, NginxSender
from privmedia.storage import Storage

UID = "abcd0123abcd0123"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    storage = Storage(tmp_path)
    storage.make_folders()
    (storage.version_folder(UID, 1)).mkdir(parents=True)
    (storage.version_folder(UID, 1) / "original").write_bytes(b"film")
    return storage


def decided(**who: int) -> DecidedFile:
    return DecidedFile(UID, 1, "original", "video/mp4", "inline", **who)


def asked() -> Any:
    return DummyRequest(method="GET", headers={})


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1))
def test_a_path_is_written_so_that_it_is_read_as_it_is_or_refused(path: str) -> None:
    assert lighttpd.encoded(path).isascii()
    assert not set(lighttpd.encoded(path)) & set("?# \r\n\t")
    try:
        written = apache.encoded(path).encode("latin-1")
    except ValueError:
        pass
    else:
        assert written == os.fsencode(path)
        assert not any(byte < 32 or byte in (127, ord("%")) for byte in written)
    try:
        written_for_caddy = caddy.encoded(path)
    except ValueError:
        pass
    else:
        assert written_for_caddy == f"/{path}"
        assert not set(path) & set("?%{} \r\n")
        assert ".." not in path


@pytest.mark.parametrize("path", ["100%.mp4", "a\nb", "a\x7fb", " a", "a "])
def test_apache_is_told_no_path_it_would_read_in_another_way(path: str) -> None:
    with pytest.raises(ValueError, match="Apache cannot be told"):
        apache.encoded(path)


@pytest.mark.parametrize("path", ["a?b", "a%20b", "{env.HOME}", "a/../b", "/etc/passwd", "", "é"])
def test_caddy_is_told_no_path_it_would_read_in_another_way(path: str) -> None:
    with pytest.raises(ValueError, match="Caddy cannot be told"):
        caddy.encoded(path)


def test_a_folder_in_the_place_of_a_file_is_sent_by_nobody(storage: Storage) -> None:
    (storage.version_folder(UID, 1) / "original").unlink()
    (storage.version_folder(UID, 1) / "original").mkdir()
    for sender in (ApacheSender(storage), NginxSender(storage)):
        with pytest.raises(FileNotFoundError):
            sender.answer(asked(), decided(person=7))


def test_nginx_is_told_whose_limits_count_and_how_fast(storage: Storage) -> None:
    sender = NginxSender(storage, Limits(person=4_000_000, link=2_000_000))
    person, link = (sender.answer(asked(), file).headers for file in (decided(person=7), decided(link=3)))
    assert (person["X-Accel-Person"], person["X-Accel-Limit-Rate"], "X-Accel-Link" in person) == ("7", "4000000", False)
    assert (link["X-Accel-Link"], link["X-Accel-Limit-Rate"], "X-Accel-Person" in link) == ("3", "2000000", False)
    assert "X-Accel-Limit-Rate" not in NginxSender(storage).answer(asked(), decided(person=7)).headers


def test_what_nginx_would_send_under_another_type_is_not_for_keeping(storage: Storage) -> None:
    sender = NginxSender(storage)
    answer = sender.decision(decided(person=7), "play.mp4")
    assert answer.headers["X-Accel-Path"] == storage.relative_path(UID, 1, "original")
    for name in ("sound-1-x.m4a", "page-1.webp", "original", "play.mov"):
        with pytest.raises(ValueError, match="would not send"):
            sender.decision(decided(person=7), name)
