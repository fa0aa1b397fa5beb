"""Resumable uploads through real servers: a published client, connections that are torn, workers that are killed."""
from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import os
import re
import signal
import socket
import struct
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from tusclient.client import TusClient

from privmedia.access.permissions import Permission
from privmedia.accounts.tokens import Tokens
from privmedia.db import writing
from privmedia.operations.stack import HOST
from privmedia.scopes import Scope
from privmedia.uploads.tus import PART
from tests.faults import FULL
from tests.faults.cutting import line
from tests.integration.test_uploading import application, by_age, wait_for
from tests.shared_links import make_link
from tests.sites import Answer, Site, behind_nginx, without_front_server
from tests.unit.media.conftest import picture

MIB = 1 << 20
LONG = (5000 if FULL else 200) * MIB
PNG = picture("PNG")
TIMES_CUT = 20
CLIENT = Path(__file__).with_name("tus_client.mjs")
KEPT_AS_IT_COMES = "application/offset+octet-stream"


@pytest.fixture(scope="module", params=["gunicorn", "uwsgi"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with behind_nginx(tmp_path_factory.mktemp(request.param), request.param) as site:
        site.library.add_person("leila", allow=Permission.VIEW | Permission.UPLOAD)
        yield site


def key(site: Site) -> dict[str, str]:
    """The header of a token for uploads."""
    with writing(site.library.installation.sessions) as session:
        owner = site.library.user(session, "leila")
        tokens = Tokens(session, site.library.installation)
        text = tokens.add(user=owner, name="cart", scopes=(Scope.UPLOAD,), lasts=timedelta(days=1))[1]
    return {"Authorization": f"Bearer {text}"}


def film(path: Path, size: int, seed: int = 4) -> str:
    """A file that is taken for a picture, as long as wanted; its SHA-256."""
    chance, block, left = Random(seed), PNG, size
    with path.open("wb") as file:
        while left:
            left -= file.write(block[:left])
            block = chance.randbytes(MIB)
    return sum_of(path)


def sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stored(site: Site, sha256: str) -> bool:
    """Whether an original with this sum lies in its place. Long ones go: they would fill the disk."""
    for path in site.library.installation.storage.private.glob("??/??/*/v1/original"):
        if sum_of(path) == sha256:
            if path.stat().st_size >= 200 * MIB:
                path.unlink()
            return True
    return False


def under_way(site: Site) -> list[Path]:
    incoming = site.library.installation.storage.incoming
    return [path for name in ("tus", "placing") for path in (incoming / name).iterdir()]


def tus(site: Site, method: str, address: str, headers: dict[str, str], body: bytes = b"") -> Answer:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(HOST, site.port, timeout=60)
    try:
        connection.request(method, address, body=body or None, headers={"Tus-Resumable": "1.0.0", **headers})
        response = connection.getresponse()
        return Answer(response.status, response.msg, response.read())
    finally:
        connection.close()


def begun(site: Site, headers: dict[str, str], length: int) -> str:
    about = {"filename": "bench.png", "folder": site.library.folder}
    pairs = ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in about.items())
    answer = tus(site, "POST", "/uploads/", {**headers, "Upload-Length": str(length), "Upload-Metadata": pairs})
    assert answer.status == 201, answer.body
    return "/uploads/" + answer.headers["Location"].rpartition("/")[2]


def offset_of(site: Site, address: str, headers: dict[str, str]) -> int:
    return int(tus(site, "HEAD", address, headers).headers["Upload-Offset"])


def test_a_published_client_uploads_in_parts_and_goes_on_later(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "Prüfstand 4 %22.png"
    sha256 = film(path, 20 * MIB + 7)
    client = TusClient(f"http://{HOST}:{site.port}/uploads/", headers=key(site))
    about = {"filename": path.name, "folder": site.library.folder, "title": "Bench 4", "tags": "bearing,bench"}
    with path.open("rb") as file:
        uploader = client.uploader(file_stream=file, chunk_size=4 * MIB, metadata=about)
        uploader.upload_chunk()
        uploader.upload_chunk()
        assert uploader.offset == 8 * MIB
        later = client.uploader(file_stream=file, chunk_size=4 * MIB, url=uploader.url)
        assert later.offset == 8 * MIB
        later.upload()
    assert stored(site, sha256)
    assert under_way(site) == []


def whole(
    site: Site, headers: dict[str, str], folder: str, content: bytes, address: str = "/uploads/"
) -> Answer:
    """A file that comes in the request which announces it."""
    about = {"filename": "bench.png", "folder": folder}
    pairs = ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in about.items())
    said = {"Upload-Length": str(len(content)), "Upload-Metadata": pairs, "Content-Type": KEPT_AS_IT_COMES}
    return tus(site, "POST", address, {**headers, **said}, content)


def read_by_the_application(site: Site) -> int:
    """Bytes that the application's processes have read so far, of files and sockets, cached or not."""
    return sum(int(Path(f"/proc/{pid}/io").read_text().split()[1]) for pid in application(site))


def test_a_whole_file_becomes_an_item_without_being_read(site: Site) -> None:
    content = PNG + Random(6).randbytes(40 * MIB)
    headers = key(site)
    assert whole(site, headers, site.library.folder, PNG).status == 201  # everything is imported
    before = read_by_the_application(site)
    answer = whole(site, headers, site.library.folder, content)
    assert answer.status == 201, answer.body
    assert answer.headers["Location-Item"]
    assert read_by_the_application(site) - before < MIB
    assert stored(site, hashlib.sha256(content).hexdigest())
    assert under_way(site) == []


def test_what_is_sent_by_a_link_is_not_read_either(site: Site) -> None:
    library = site.library
    library.add_person("tomasz", allow=Permission.MANAGE)
    link = make_link(
        library.installation, library.folder, library.user_ids["tomasz"], folder=True, name="Photos", upload=True
    )
    page = tus(site, "GET", f"/upload/send/{link.uid}", link.cookie)
    (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page.body.decode()))
    cookie = f"{link.cookie['Cookie']}; {page.headers['Set-Cookie'].partition(';')[0]}"
    headers = {"Cookie": cookie, "X-CSRF-Token": token, "Origin": f"http://{HOST}:{site.port}"}
    address = f"/uploads/send/{link.uid}/"
    content = PNG + Random(8).randbytes(9 * MIB)
    assert whole(site, headers, "", PNG, address).status == 201
    before = read_by_the_application(site)
    assert whole(site, headers, "", content, address).status == 201
    assert read_by_the_application(site) - before < MIB
    assert stored(site, hashlib.sha256(content).hexdigest())
    stranger = {**headers, "Cookie": cookie.replace(link.visit, "another")}
    assert whole(site, stranger, "", content, address).status == 410


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_is_refused_is_refused_before_its_body_is_sent(method: str, site: Site) -> None:
    headers = key(site)
    address = begun(site, headers, MIB) if method == "PATCH" else "/uploads/"
    said = {"Upload-Length": str(MIB), "Upload-Offset": "0", "Content-Type": KEPT_AS_IT_COMES}
    connection = http.client.HTTPConnection(HOST, site.port, timeout=10)
    try:
        connection.putrequest(method, address)
        for name, value in {"Tus-Resumable": "1.0.0", **said, "Content-Length": str(MIB)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()  # of a body that never comes
        assert response.status == 401
        assert response.headers["Tus-Resumable"] == "1.0.0"
    finally:
        connection.close()
    if method == "PATCH":
        assert tus(site, "DELETE", address, headers).status == 204
    assert list((site.library.installation.storage.incoming / "body").iterdir()) == []


def test_no_client_can_say_what_only_nginx_says(site: Site) -> None:
    headers, secret = key(site), site.library.installation.storage.root / "secret.png"
    secret.write_bytes(PNG)
    forged = {
        "X-Body-File": str(secret), "X-Body-Key": "x", "X-Body-Follows": "asked", "X-Body-Length": "1",
        "Privmedia-Body-File": str(secret), "X-Privmedia-Body-File": str(secret),
    }
    address = begun(site, headers, len(PNG))
    sent = {**headers, **forged, "Content-Type": KEPT_AS_IT_COMES, "Upload-Offset": "0"}
    assert tus(site, "PATCH", address, sent, PNG[:9]).headers["Upload-Offset"] == "9"
    assert tus(site, "HEAD", address, {**headers, **forged}).headers["Upload-Offset"] == "9"
    assert tus(site, "PATCH", address, {**sent, "Upload-Offset": "9"}, PNG[9:]).headers["Location-Item"]
    assert tus(site, "GET", "/privmedia-asks", headers).status == 404


def test_however_often_it_is_torn_the_file_arrives_as_it_was_sent(site: Site, tmp_path: Path) -> None:
    size, chance, path = LONG, Random(11), tmp_path / "long.png"
    sha256 = film(path, size)
    headers = key(site)
    address, acknowledged, torn = begun(site, headers, size), 0, 0
    while (offset := offset_of(site, address, headers)) < size:
        assert offset >= acknowledged
        acknowledged = offset
        with path.open("rb") as file:
            file.seek(offset)
            part = file.read(chance.randrange(6 * MIB, PART))
        if torn < TIMES_CUT and chance.random() < 0.7:
            torn += 1
            tear(site, address, headers, offset, part, chance.randrange(len(part)))
            if torn % 7 == 0:
                kill_a_worker(site)
            continue
        sent = {**headers, "Content-Type": KEPT_AS_IT_COMES, "Upload-Offset": str(offset)}
        with contextlib.suppress(http.client.HTTPException, ConnectionError):
            tus(site, "PATCH", address, sent, part)
    path.unlink()
    assert torn == TIMES_CUT
    assert stored(site, sha256)
    assert under_way(site) == []


def test_a_published_client_goes_on_however_often_the_line_is_cut_and_servers_end(site: Site, tmp_path: Path) -> None:
    path, chance = tmp_path / "line.png", Random(13)
    sha256 = film(path, LONG, seed=6)

    def on_cut(number: int) -> None:
        if number % 5 == 0:
            (kill_a_worker, kill_nginx, kill_all_workers)[number // 5 % 3](site)

    headers = {**key(site), "Host": f"{HOST}:{site.port}"}
    cuts = [chance.randrange(1000, LONG // TIMES_CUT) for _ in range(TIMES_CUT)]
    with line(site.port, cuts, on_cut) as cut, path.open("rb") as file:
        address = begun(site, headers, LONG)
        client = TusClient(f"http://{HOST}:{cut.port}/uploads/", headers=headers)
        uploader = client.uploader(
            file_stream=file, url=f"http://{HOST}:{cut.port}{address}", chunk_size=8 * MIB, retries=300, retry_delay=0.1
        )
        acknowledged = 0
        while uploader.offset < LONG:
            uploader.upload_chunk()
            assert uploader.offset > acknowledged
            acknowledged = uploader.offset
        assert cut.cuts == TIMES_CUT
    path.unlink()
    assert stored(site, sha256)
    assert under_way(site) == []


def test_the_client_of_the_page_uploads_from_node_however_often_it_is_cut(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "Prüfstand 5.png"
    sha256 = film(path, LONG, seed=5)
    token = key(site)["Authorization"].partition(" ")[2]
    command = ["node", CLIENT, f"http://{HOST}:{site.port}/uploads/", token, site.library.folder, path, str(TIMES_CUT)]
    cut = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        lines = []
        for line in client.stdout:
            lines.append(line.strip())
            cut += line == "cut\n"
            if cut in (5, 12) and line == "cut\n":
                kill_a_worker(site)
    path.unlink()
    assert client.returncode == 0
    assert cut == TIMES_CUT
    assert lines[-1].startswith("/m/")
    assert stored(site, sha256)
    assert under_way(site) == []


def tear(site: Site, address: str, headers: dict[str, str], offset: int, part: bytes, sent: int) -> None:
    """Send some of a part, then reset the connection."""
    everything = {
        "Host": f"{HOST}:{site.port}",
        "Tus-Resumable": "1.0.0",
        "Content-Type": KEPT_AS_IT_COMES,
        "Upload-Offset": str(offset),
        "Content-Length": str(len(part)),
        **headers,
    }
    head = f"PATCH {address} HTTP/1.1\r\n" + "".join(f"{name}: {text}\r\n" for name, text in everything.items())
    with socket.create_connection((HOST, site.port), timeout=60) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(head.encode() + b"\r\n" + part[:sent])


def kill_a_worker(site: Site) -> None:
    """End a process of the application as a crash does; its parent starts another."""
    before = application(site)
    os.kill(before[-1], signal.SIGKILL)
    wait_for(lambda: len(application(site)) >= len(before) and before[-1] not in application(site))


def kill_nginx(site: Site) -> None:
    """End the process of nginx that passes bytes on; its parent starts another."""

    def listening() -> list[int]:
        port = f"sport = :{site.port}"
        listed = subprocess.run(["ss", "-tlpH", port], capture_output=True, text=True, check=True).stdout
        return by_age(listed)

    before = listening()
    os.kill(before[-1], signal.SIGKILL)
    wait_for(lambda: len(listening()) >= len(before) and before[-1] not in listening())


def kill_all_workers(site: Site) -> None:
    """For a moment nobody answers but nginx, as while the application is started anew."""
    before = application(site)
    for worker in before[1:]:
        os.kill(worker, signal.SIGKILL)
    wait_for(lambda: len(application(site)) >= len(before) and not set(before[1:]) & set(application(site)))


def test_a_part_that_nginx_does_not_take_is_refused_with_the_setting_to_change(site: Site) -> None:
    headers = key(site)
    address = begun(site, headers, 40 * MIB)
    sent = {**headers, "Content-Type": KEPT_AS_IT_COMES, "Upload-Offset": "0"}
    answer = tus(site, "PATCH", address, sent, bytes(PART + 1))
    assert answer.status == 413
    assert b"client_max_body_size" in answer.body
    assert str(PART).encode() in answer.body
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert offset_of(site, address, headers) == 0


def test_without_a_front_server_what_arrived_of_a_torn_part_stays(tmp_path: Path) -> None:
    with without_front_server(tmp_path) as site:
        site.library.add_person("leila", allow=Permission.VIEW | Permission.UPLOAD)
        sha256 = film(tmp_path / "short.png", 3 * MIB)
        client = TusClient(f"http://{HOST}:{site.port}/uploads/", headers=key(site))
        about = {"filename": "short.png", "folder": site.library.folder}
        with (tmp_path / "short.png").open("rb") as file:
            client.uploader(file_stream=file, chunk_size=MIB, metadata=about).upload()
        assert stored(site, sha256)
        assert under_way(site) == []
