"""Uploads through real servers: decided before the file is sent, taken as a stream, gone when they break off."""
from __future__ import annotations

import contextlib
import http.client
import os
import re
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from privmedia.access.permissions import Permission
from privmedia.db import reading
from privmedia.installation import Installation
from privmedia.jobs.models import Job
from privmedia.library.models import Item
from privmedia.operations.stack import HOST
from privmedia.uploads.jobs import clear_away
from tests.sites import Answer, Site, behind_nginx, without_front_server
from tests.unit.media.conftest import picture

PATIENCE = 30.0  # seconds
PNG = picture("PNG")
MIB = 1 << 20
BOUNDARY = b"xYz"


@pytest.fixture(scope="module", params=["gunicorn", "uwsgi"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with behind_nginx(tmp_path_factory.mktemp(request.param), request.param) as site:
        yield peopled(site)


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """One for tests that break it."""
    with behind_nginx(tmp_path, "gunicorn") as site:
        yield peopled(site)


def peopled(site: Site) -> Site:
    site.library.add_person("leila", allow=Permission.VIEW | Permission.UPLOAD)
    site.library.add_person("jonas", allow=Permission.VIEW)
    return site


def part(head: str, content: bytes = b"") -> bytes:
    return b"--" + BOUNDARY + f"\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content


def before_the_file(token: str, folder: str, filename: str = "crew.png") -> bytes:
    """Everything up to where the file's bytes begin."""
    return (
        part('name="csrf_token"', token.encode() + b"\r\n")
        + part('name="folder"', folder.encode() + b"\r\n")
        + part('name="title"', b"\r\n")
        + part(f'name="file"; filename="{filename}"')
    )


END = b"\r\n--" + BOUNDARY + b"--\r\n"


def token_of(site: Site, name: str) -> str:
    page = site.ask("/upload/plain", name).body.decode()
    found = re.search(r'name="csrf_token" value="(\w+)"', page)
    assert found is not None
    return found[1]


class Sending:
    """One POST of which the test decides what is sent, and when."""

    def __init__(self, site: Site, name: str, length: int | None) -> None:
        self._socket = socket.create_connection((HOST, site.port), timeout=PATIENCE)
        cookie = "".join(f"{key}: {value}\r\n" for key, value in site.library.cookie(name).items())
        size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        self.send(
            f"POST /upload/plain HTTP/1.1\r\nHost: {HOST}:{site.port}\r\n{cookie}{size}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY.decode()}\r\n\r\n".encode()
        )

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self) -> Answer:
        response = http.client.HTTPResponse(self._socket)
        response.begin()
        return Answer(response.status, response.msg, response.read())

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Sending:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()


def upload(site: Site, content: bytes, *, name: str = "leila", folder: str | None = None) -> Answer:
    start = before_the_file(token_of(site, name), site.library.folder if folder is None else folder)
    with Sending(site, name, len(start) + len(content) + len(END)) as sending:
        sending.send(start + content + END)
        return sending.answer()


def received(installation: Installation) -> list[Path]:
    return [path for path in (installation.storage.incoming / "form").iterdir() if path.stat().st_size]


def leftovers(installation: Installation) -> list[Path]:
    return [path for path in installation.storage.incoming.rglob("*") if not path.is_dir()]


def counted(installation: Installation) -> tuple[int, int, int]:
    """Items, jobs, and versions on the disk."""
    with reading(installation.sessions) as session:
        items, jobs = (session.scalar(select(func.count()).select_from(table)) or 0 for table in (Item, Job))
    return items, jobs, len(list(installation.storage.private.glob("*/*/*/v*")))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def newest(installation: Installation) -> Path:
    with reading(installation.sessions) as session:
        uid = session.scalars(select(Item.uid).order_by(Item.id.desc()).limit(1)).one()
    return installation.storage.version_folder(uid, 1) / "original"


def test_a_file_arrives_as_it_was_sent(site: Site) -> None:
    content = PNG + os.urandom(5 * MIB) + b"\r\n--xY"
    answer = upload(site, content)
    assert answer.status == 303
    assert answer.headers["Location"].startswith(f"http://{HOST}:{site.port}/m/")
    assert newest(site.library.installation).read_bytes() == content
    assert leftovers(site.library.installation) == []


def test_a_file_without_a_stated_length_arrives_as_it_was_sent(site: Site) -> None:
    content = PNG + os.urandom(MIB)
    body = before_the_file(token_of(site, "leila"), site.library.folder) + content + END
    with Sending(site, "leila", None) as sending:
        for start in range(0, len(body), 100_000):
            chunk = body[start:start + 100_000]
            sending.send(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        sending.send(b"0\r\n\r\n")
        assert sending.answer().status == 303
    assert newest(site.library.installation).read_bytes() == content


def test_under_the_built_in_server_files_arrive_too(tmp_path: Path) -> None:
    with without_front_server(tmp_path) as site:
        peopled(site)
        content = PNG + os.urandom(MIB)
        assert upload(site, content).status == 303
        assert newest(site.library.installation).read_bytes() == content
        assert upload(site, b"MZ" + bytes(range(256)) * 400).status == 422


@pytest.mark.parametrize("what", ["nobody", "forged", "missing folder", "not allowed", "too much"])
def test_a_refusal_comes_before_the_first_byte_of_the_file_is_sent(site: Site, what: str) -> None:
    """The client sends what stands before the file, and waits. A server that wanted the file would wait as well."""
    folder, length = site.library.folder, 50 * MIB
    name, status = "leila", 0
    token = token_of(site, "leila")
    match what:
        case "nobody":
            name, status = "", 303
        case "forged":
            token, status = "f" * 64, 403
        case "missing folder":
            folder, status = "0" * 16, 404
        case "not allowed":
            name, status = "jonas", 403
            token = csrf_token_elsewhere(site, "jonas")
        case "too much":
            length, status = 30_000 * MIB, 413
    before = counted(site.library.installation)
    with Sending(site, name, length) as sending:
        sending.send(before_the_file(token, folder))
        assert sending.answer().status == status
    assert counted(site.library.installation) == before
    assert leftovers(site.library.installation) == []


def csrf_token_elsewhere(site: Site, name: str) -> str:
    """From another page: who may add nowhere gets no upload form."""
    page = site.ask("/account", name).body.decode()
    found = re.search(r'name="csrf_token" value="(\w+)"', page)
    assert found is not None
    return found[1]


def test_a_refusal_is_heard_by_a_client_that_sends_everything_first(site: Site) -> None:
    answer = upload(site, os.urandom(8 * MIB), folder="0" * 16)
    assert answer.status == 404
    assert b"There is nothing here for you" in answer.body


def test_the_only_file_is_refused_as_soon_as_its_beginning_is_there(site: Site) -> None:
    start = part('name="csrf_token"', token_of(site, "leila").encode() + b"\r\n")
    start += part('name="count"', b"1\r\n") + part('name="folder"', site.library.folder.encode() + b"\r\n")
    start += part('name="file"; filename="setup.mp4"') + b"MZ" + bytes(range(256)) * 4096
    with Sending(site, "leila", 100 * MIB) as sending:
        sending.send(start + bytes(2 * MIB))
        answer = sending.answer()
    assert answer.status == 422
    assert b"Programs cannot be played here." in answer.body


def test_an_upload_that_breaks_off_leaves_nothing(site: Site) -> None:
    installation = site.library.installation
    before = counted(installation)
    start = before_the_file(token_of(site, "leila"), site.library.folder)
    with Sending(site, "leila", 50 * MIB) as sending:
        sending.send(start + PNG + bytes(5 * MIB))
        wait_for(lambda: received(installation) != [])
    wait_for(lambda: leftovers(installation) == [])
    assert counted(installation) == before


def test_what_a_killed_server_leaves_is_cleared_away_and_nothing_else(own_site: Site) -> None:
    installation = own_site.library.installation
    assert upload(own_site, PNG).status == 303
    before = counted(installation)
    start = before_the_file(token_of(own_site, "leila"), own_site.library.folder)
    with Sending(own_site, "leila", 50 * MIB) as sending:
        sending.send(start + PNG + bytes(5 * MIB))
        wait_for(lambda: received(installation) != [])
        for pid in application(own_site):
            os.kill(pid, signal.SIGKILL)
    assert len(leftovers(installation)) == 1
    clear_away(installation)
    assert len(leftovers(installation)) == 1, "it may still be under way"
    clear_away(installation, older_than=timedelta(seconds=-5))
    assert leftovers(installation) == []
    assert counted(installation) == before
    assert newest(installation).read_bytes() == PNG


def application(site: Site) -> list[int]:
    """The application server's processes, the first one first."""
    assert site.stack is not None
    name = str(site.stack.socket)
    listed = subprocess.run(["ss", "-xlpH", "src", name], capture_output=True, text=True, check=True).stdout
    return by_age(listed)


def by_age(listed: str) -> list[int]:
    """The processes that `ss -p` lists, the oldest first: numbers begin anew after the largest."""
    begun = {}
    for pid in {int(pid) for pid in re.findall(r"pid=(\d+)", listed)}:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # ended meanwhile
            after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            begun[pid] = int(after_name[19])  # starttime of proc(5), in clock ticks since the machine started
    return sorted(begun, key=lambda pid: (begun[pid], pid))


@contextlib.contextmanager
def hardly_any_room(site: Site) -> Iterator[None]:
    """For the application, from now on, there is no room for more than a few MB."""
    limits = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in application(site)}
    for pid in limits:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (6 * MIB, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for pid, limit in limits.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)


def test_a_disk_that_fills_up_meanwhile_gives_a_clear_page_and_nothing_stays(own_site: Site) -> None:
    installation = own_site.library.installation
    with hardly_any_room(own_site):
        answer = upload(own_site, PNG + os.urandom(20 * MIB))
        assert answer.status == 507
        assert b"The server has no space left for this file." in answer.body
        assert leftovers(installation) == []
        assert counted(installation) == (0, 0, 0)
        assert upload(own_site, PNG).status == 303, "what fits is still taken"
    assert upload(own_site, PNG + os.urandom(20 * MIB)).status == 303


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(tmp_path)]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root can mount a small file system; the limit on file size is tested instead")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def test_a_full_file_system_is_told_before_and_while_a_file_is_sent(small_disk: Path) -> None:
    (small_disk / "site").mkdir()
    with behind_nginx(small_disk / "site", "gunicorn") as site:
        peopled(site)
        installation = site.library.installation
        answer = upload(site, PNG + os.urandom(20 * MIB))
        assert (answer.status, b"The server has no space left." in answer.body) == (507, True)
        start = before_the_file(token_of(site, "leila"), site.library.folder)
        content = PNG + os.urandom(4 * MIB)
        with Sending(site, "leila", len(start) + len(content) + len(END)) as sending:
            sending.send(start + content[:MIB])
            wait_for(lambda: received(installation) != [])
            filler = small_disk / "filler"
            with filler.open("wb") as file:
                file.write(bytes(installation.storage.free_space() - MIB))
            sending.send(content[MIB:] + END)
            answer = sending.answer()
        assert answer.status == 507
        assert b"The server has no space left for this file." in answer.body
        assert leftovers(installation) == []
        assert counted(installation) == (0, 0, 0)
        filler.unlink()
        assert upload(site, content).status == 303
