"""Who is signed in, said by a proxy through a real nginx: what a stranger sends from outside is not believed."""
from __future__ import annotations

import base64
import http.client
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from privmedia.audit.models import Event
from privmedia.db import reading
from privmedia.header_settings import KEY
from privmedia.operations.doctor.findings import Finding, Level
from privmedia.operations.doctor.service import examine
from privmedia.operations.front_servers import AppServer
from privmedia.operations.stack import HOST, nginx_program
from tests.sites import QUICK, Site, behind_nginx

PROXY, STRANGER = "127.0.0.2", "127.0.0.1"
SETTINGS = {
    "PRIVMEDIA_HEADER_MAKE_ACCOUNTS": "yes",
    "PRIVMEDIA_HEADER_EMAIL_DOMAIN": "skarvik.example",
}
DEMANDS = "auth_basic on;\nauth_basic_user_file {folder}/people;\n"
LEILA = "Basic " + base64.b64encode(b"leila:of leila").decode()


def running(folder: Path, app: AppServer, **settings: str) -> Iterator[Site]:
    more = {f"PRIVMEDIA_HEADER_{key.upper()}": text for key, text in settings.items()}
    with behind_nginx(folder, app, environment={**QUICK, **SETTINGS, **more}) as site:
        yield site


@pytest.fixture(scope="module")
def by_a_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """nginx believes a proxy in front of it, which is another address of this machine."""
    yield from running(tmp_path_factory.mktemp("proxy"), "gunicorn", sent_by=PROXY)


@pytest.fixture(scope="module")
def by_nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """nginx signs people in itself: here by passwords, as a module for GSSAPI does by tickets."""
    folder = tmp_path_factory.mktemp("itself")
    (folder / "people").write_text("leila:{PLAIN}of leila\n")
    (folder / "sign-in.conf").write_text(DEMANDS.format(folder=folder))
    include = str(folder / "sign-in.conf")
    yield from running(folder, "uwsgi", sent_by="front-server", nginx_include=include)


def signs_in(
    site: Site, headers: Mapping[str, str] | list[tuple[str, str]], *, address: str = STRANGER,
    path: str = "/login/header",
) -> bool:
    """Whether somebody who sends this from there has a session afterwards."""
    line = http.client.HTTPConnection(HOST, site.port, timeout=30, source_address=(address, 0))
    line.putrequest("GET", path)
    for name, value in headers if isinstance(headers, list) else headers.items():
        line.putheader(name, value)
    line.endheaders()
    answer = line.getresponse()
    answer.read()
    line.close()
    return any("session=" in cookie for cookie in answer.msg.get_all("Set-Cookie", []))


def refusals(site: Site) -> list[str]:
    with reading(site.library.installation.sessions) as session:
        lines = select(Event).where(Event.kind == "sign-in", Event.outcome == "failed").order_by(Event.id)
        return [line.detail["why"] for line in session.scalars(lines)]


FORGED: dict[str, Mapping[str, str] | list[tuple[str, str]]] = {
    "the header": {"X-Remote-User": "leila"},
    "with a key": {"X-Remote-User": "leila", KEY: "0" * 64},
    "underscores": {"X_Remote_User": "leila", "X_Remote_Key": "0" * 64},
    "small letters": {"x-remote-user": "leila"},
    "twice": [("X-Remote-User", "leila"), ("X-Remote-User", "moe")],
    "both spellings": [("X_Remote_User", "leila"), ("X-Remote-User", "leila")],
    "another address": {"X-Remote-User": "leila", "X-Forwarded-For": PROXY, "X-Real-IP": PROXY, "Forwarded": PROXY},
    "variables of the application": {"REMOTE_USER": "leila", "HTTP-X-REMOTE-USER": "leila", "Remote-User": "leila"},
}
ELSEWHERE = ("/", "/login", "//login/header", "/login/header/", "/login//header", "/LOGIN/header", "/login/./header")


def test_what_a_stranger_sends_is_not_believed_and_in_the_log(by_a_proxy: Site) -> None:
    assert signs_in(by_a_proxy, {"X-Remote-User": "leila"}, address=PROXY), "the proxy itself is not believed"
    for how, headers in FORGED.items():
        before = len(refusals(by_a_proxy))
        assert not signs_in(by_a_proxy, headers), how
        assert len(refusals(by_a_proxy)) == before + 1, how
    assert all(f"{STRANGER} is not among those who may say so" in why for why in refusals(by_a_proxy))
    for path in ELSEWHERE:
        assert not signs_in(by_a_proxy, {"X-Remote-User": "leila", KEY: "0" * 64}, path=path), path


def test_what_the_proxy_says_counts_in_one_place_and_once(by_a_proxy: Site) -> None:
    for path in ("/", "/login", "/account"):
        assert not signs_in(by_a_proxy, {"X-Remote-User": "leila"}, address=PROXY, path=path), path
    assert not signs_in(by_a_proxy, {"X-Remote-User": "leila,moe"}, address=PROXY)
    assert not signs_in(by_a_proxy, {"X_Remote_User": "leila"}, address=PROXY)


def test_who_nginx_has_signed_in_itself_is_believed_and_nobody_else(by_nginx: Site) -> None:
    assert signs_in(by_nginx, {"Authorization": LEILA})
    wrong = "Basic " + base64.b64encode(b"leila:wrong").decode()
    for headers in (*FORGED.values(), {"Authorization": wrong, "X-Remote-User": "leila"}):
        assert not signs_in(by_nginx, headers)
    # Somebody who may come in is nobody else by what they send besides.
    assert signs_in(by_nginx, {"Authorization": LEILA, "X-Remote-User": "admin", "X-Remote-Email": "admin@x.example"})
    with reading(by_nginx.library.installation.sessions) as session:
        entered = session.scalars(select(Event).where(Event.kind == "sign-in", Event.outcome == "done")).all()
    assert {event.target for event in entered} == {"leila@skarvik.example"}


def test_the_doctor_sees_whether_a_stranger_is_believed(by_a_proxy: Site, by_nginx: Site) -> None:
    for site in (by_a_proxy, by_nginx):
        before = len(refusals(site))
        assert finding(site).level is Level.GREEN, finding(site).measured
        assert len(refusals(site)) == before, "the doctor fills the log"
    assert by_nginx.stack is not None
    include = by_nginx.stack.folder / "sign-in.conf"
    with changed(by_nginx, include, ""):
        # Nobody has looked at what a browser claims: $remote_user is what it says.
        found = finding(by_nginx)
        assert found.level is Level.RED
        assert "A stranger who sent Authorization was believed" in str(found.measured)
    assert finding(by_nginx).level is Level.GREEN


@contextmanager
def changed(site: Site, file: Path, text: str) -> Iterator[None]:
    """nginx with another text in a file of its configuration, meanwhile."""
    before = file.read_text()
    try:
        file.write_text(text)
        _reload(site)
        yield
    finally:
        file.write_text(before)
        _reload(site)


def _reload(site: Site) -> None:
    assert site.stack is not None
    folder = site.stack.folder / "nginx"
    errors = site.stack.folder / "log" / "nginx-error.log"
    command = [nginx_program(), "-p", folder, "-c", folder / "nginx.conf", "-e", errors, "-s", "reload"]
    workers = _workers(folder)
    subprocess.run(command, check=True, capture_output=True)
    while not _workers(folder) - workers or _workers(folder) & workers:
        time.sleep(0.02)  # the workers of before still answer


def _workers(folder: Path) -> set[str]:
    master = (folder / "nginx.pid").read_text().strip()
    return set(Path(f"/proc/{master}/task/{master}/children").read_text().split())


def finding(site: Site) -> Finding:
    (*_, found) = examine(site.library.installation, patience=0, only=("sign-in-header",))
    return found
