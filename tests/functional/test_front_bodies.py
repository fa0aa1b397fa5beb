"""Bodies that the front server keeps: who is believed, and what is asked before they come."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from privmedia.audit.models import Event
from privmedia.db import reading
from privmedia.installation import Installation
from privmedia.library.models import Item
from privmedia.storage import ORIGINAL
from privmedia.uploads.front_bodies import key_of
from privmedia.uploads.models import Upload
from privmedia.uploads.tus import PART
from tests.conftest import Person
from tests.functional import test_tus
from tests.tus_client import BYTES, PNG, Client, in_base64, path_of

folder, give, person, leila = test_tus.folder, test_tus.give, test_tus.person, test_tus.leila


@pytest.fixture
def key(installation: Installation) -> dict[str, str]:
    return {"X_Body_Key": key_of(installation.settings.secret)}


@pytest.fixture
def kept(installation: Installation) -> Callable[[bytes], dict[str, str]]:
    """The header that names a body, which lies where nginx puts it."""
    numbers: Iterator[int] = iter(range(1, 100))

    def keep(content: bytes) -> dict[str, str]:
        path = installation.storage.incoming / "body" / f"{next(numbers):010}"
        path.write_bytes(content)
        return {"X_Body_File": str(path)}

    return keep


def rows(installation: Installation, table: Any) -> int:
    with reading(installation.sessions) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def original(installation: Installation) -> Path:
    (path,) = installation.storage.private.glob(f"??/??/*/v1/{ORIGINAL}")
    return path


def test_a_kept_body_is_the_original_itself(
    leila: Client, key: dict[str, str], kept: Any, installation: Installation
) -> None:
    body = kept(PNG)
    number = os.stat(body["X_Body_File"]).st_ino
    answer = leila.add(leila.started(), 0, b"", **key, **body)
    assert answer.status_int == 204, answer.text
    assert answer.headers["Location-Item"]
    assert original(installation).read_bytes() == PNG
    assert original(installation).stat().st_ino == number


def test_kept_bodies_follow_one_another(
    leila: Client, key: dict[str, str], kept: Any, installation: Installation
) -> None:
    address = leila.started()
    for offset in range(0, len(PNG), 300):
        answer = leila.add(address, offset, b"", **key, **kept(PNG[offset:offset + 300]))
        assert answer.status_int == 204, answer.text
    assert original(installation).read_bytes() == PNG


def test_a_kept_body_counts_only_if_its_checksum_is_met(
    leila: Client, key: dict[str, str], kept: Any
) -> None:
    address = leila.started()
    wrong = {"Upload_Checksum": f"sha256 {in_base64(bytes(32))}"}
    assert leila.add(address, 0, b"", **key, **kept(PNG), **wrong).status_int == 460
    assert leila.offset(address) == 0


@pytest.mark.parametrize("said", [{}, {"X_Body_Key": ""}, {"X_Body_Key": "0" * 64}, {"X_Body_Key": "ü"}])
def test_who_has_not_the_key_names_no_file(
    said: dict[str, str], leila: Client, kept: Any, installation: Installation
) -> None:
    address = leila.started()
    answer = leila.add(address, 0, b"", **kept(PNG), **said)
    assert (answer.status_int, answer.headers["Upload-Offset"]) == (204, "0")
    assert rows(installation, Item) == 0


@pytest.mark.parametrize("name", ["/etc/passwd", "0000000001", "../tus/x", "incoming/body/../../private/x", "\x7f"])
def test_no_other_file_is_taken_whoever_names_it(
    name: str, leila: Client, key: dict[str, str], installation: Installation
) -> None:
    address = leila.started()
    answer = leila.add(address, 0, b"", **key, X_Body_File=name)
    assert answer.status_int == 503
    assert "tell your administrator" in answer.text
    assert leila.offset(address) == 0
    assert rows(installation, Item) == 0


def test_a_variable_of_uwsgi_needs_no_key_and_a_header_cannot_set_it(
    leila: Client, kept: Any, installation: Installation
) -> None:
    address, path = leila.started(), kept(PNG)["X_Body_File"]
    forged = leila.add(address, 0, b"", Privmedia_Body_File=path)
    assert forged.headers["Upload-Offset"] == "0"
    leila.app.extra_environ["PRIVMEDIA_BODY_FILE"] = path
    assert leila.add(address, 0, b"").headers["Location-Item"]


ASKED = {"X_Body_Follows": "asked"}


def ask(client: Client, method: str, address: str, length: int | str, **headers: str) -> int:
    """The status of what the front server asks before it takes a body of this length, "" if that is not known."""
    answer = client.ask(method, address, Content_Type=BYTES, X_Body_Length=str(length), **ASKED, **headers)
    assert answer.body == b""
    return int(answer.status_int)


def announced(client: Client, key: dict[str, str], length: int, folder: str = "") -> int:
    about = ",".join(f"{name} {in_base64(text)}" for name, text in (
        ("filename", "Bench.png"), ("folder", folder or client.folder)))
    return ask(client, "POST", "/uploads/", length, Upload_Length=str(length), Upload_Metadata=about, **key)


def test_before_a_body_comes_it_is_asked_and_nothing_is_done(
    leila: Client, key: dict[str, str], installation: Installation
) -> None:
    address = leila.started()
    with installation.storage.parts.take(address.rpartition("/")[2]) as part:
        assert announced(leila, key, len(PNG)) == 204
        assert ask(leila, "PATCH", address, len(PNG), Upload_Offset="0", **key) == 204
        assert ask(leila, "HEAD", address, "", **key) == 204
        assert ask(leila, "DELETE", address, "", **key) == 204
        assert ask(leila, "OPTIONS", address, "", **key) == 204
        part.append(PNG[:5])  # whoever adds to it was not asked to let go
    assert leila.offset(address) == 5
    assert rows(installation, Upload) == 1


def test_what_would_be_refused_is_refused_when_it_is_asked(
    leila: Client, key: dict[str, str], installation: Installation, make_person: Callable[..., Person], sign_in: Any
) -> None:
    address = leila.started()
    stranger = Client(sign_in(make_person("jonas@example.test")), {}, leila.folder)
    lines = rows(installation, Event)
    assert announced(leila, key, len(PNG), folder="nonsense") == 403
    assert announced(leila, key, installation.settings.max_upload_size + 1) == 403
    assert ask(leila, "PATCH", address, PART + 1, Upload_Offset="0", **key) == 403
    assert ask(leila, "PATCH", address, 1, **key) == 403  # from where?
    assert ask(leila, "PATCH", address, "", Upload_Offset="0", **key) == 403  # how long?
    assert ask(stranger, "PATCH", address, 1, Upload_Offset="0", **key) == 403
    assert ask(Client(leila.app, {}, leila.folder), "PATCH", address, 1, Upload_Offset="0", **key) == 403
    assert rows(installation, Event) == lines, "the line is that of the request which follows"


def test_a_whole_file_may_be_longer_than_a_part(leila: Client, key: dict[str, str]) -> None:
    assert announced(leila, key, PART + 1) == 204
    assert announced(leila, {}, PART + 1) == 403, "copied, it would be sent again from its beginning"


def test_a_front_server_that_is_not_believed_hands_bodies_over(leila: Client, key: dict[str, str]) -> None:
    address = leila.started()
    assert ask(leila, "PATCH", address, 5, Upload_Offset="0", X_Body_Key="another") == 401
    assert ask(leila, "PATCH", address, 5, Upload_Offset="0", **key) == 204
    me = os.geteuid()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.geteuid", lambda: me + 1)
        assert ask(leila, "PATCH", address, 5, Upload_Offset="0", **key) == 401


def test_why_it_was_refused_is_said_in_the_request_itself(leila: Client, key: dict[str, str]) -> None:
    about = f"filename {in_base64('Bench.png')},folder {in_base64('nonsense')}"
    said = {"Upload_Length": str(PART + 1), "Upload_Metadata": about, "Content_Type": BYTES}
    answer = leila.ask("POST", "/uploads/", b"x" * 100, X_Body_Follows="refused", **said, **key)
    assert answer.status_int == 404


def test_an_upload_whose_bytes_are_all_there_is_an_item_when_it_is_asked_how_far_it_is(
    leila: Client, installation: Installation
) -> None:
    answer = leila.begin(len(PNG))
    address = path_of(answer)
    with installation.storage.parts.take(address.rpartition("/")[2]) as part:
        part.append(PNG)  # and the request was killed
    answer = leila.ask("HEAD", address)
    assert answer.headers["Upload-Offset"] == str(len(PNG))
    assert answer.headers["Location-Item"]
    assert original(installation).read_bytes() == PNG
    assert rows(installation, Item) == 1
