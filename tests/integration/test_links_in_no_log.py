"""A link's address and its password are in no log, no Referer, no line of the audit log and on no error page.

Through the real nginx and the real gunicorn and uWSGI: as it is used, with what is mistyped, too large or too long, by
browsers that go away in the middle, and while the application is gone. The token of an open player goes the same ways.
"""
from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from privmedia.access.permissions import Permission
from privmedia.accounts import passwords
from privmedia.audit.models import Event
from privmedia.db import reading
from privmedia.operations.front_servers import APP_SERVERS
from tests.embeds import make_embed, token_for
from tests.shared_links import MadeLink, make_link
from tests.sites import Answer, Site, behind_nginx

PASSWORD = "copper-gannet-canary-41"
WRONG = "wrong-canary-of-a-password-7"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module", params=APP_SERVERS)
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with behind_nginx(tmp_path_factory.mktemp("canaries"), request.param) as site:
        site.library.add_person("maker", allow=Permission.MANAGE)
        yield site


def token_of(link: MadeLink) -> str:
    return link.path.rpartition("/")[2]


def every_way_to_write(token: str, place: str) -> list[str]:
    """The address of a link, and what is made of it by hand, by mail programs and by bad proxies."""
    return [
        f"/{place}/{token}", f"/{place}/{token}/", f"/{place.upper()}/{token}", f"//{place}/{token}",
        f"/%{ord(place[0]):x}{place[1:]}/{token}", f"/{place}%2f{token}", f"/x/../{place}/{token}",
        f"/{place}/{token}/x", f"/{place}/{token}%ff", f"/{place}/{token}%00",
        f"/{place}/{token}?next=/", f"/{place}/{token}." + "x" * 9000,
    ]  # fmt: skip


def answers_of(site: Site, token: str, place: str, cookie: str) -> list[tuple[str, Answer]]:
    """All of it by GET, and by POST with a password, right, wrong, and in a form that is too large."""
    asked = [(address, site.ask(address)) for address in every_way_to_write(token, place)]
    uid = cookie.partition("=")[0].removeprefix("link-")
    page = site.ask(f"/link/{uid}", headers={"Cookie": cookie})
    csrf = re.search(rb'name="csrf_token" value="([^"]*)"', page.body)
    given = page.headers.get_all("Set-Cookie") or []
    cookies = "; ".join([cookie, *(each.partition(";")[0] for each in given)])
    for typed in (WRONG, PASSWORD, PASSWORD + "x" * 2_000_000):
        fields = {"csrf_token": csrf[1].decode() if csrf else "", "password": typed}
        body, headers = urlencode(fields).encode(), {**FORM, "Cookie": cookies}
        for address in (f"/link/{uid}", f"/{place}/{token}"):
            asked.append((address, site.ask(address, method="POST", headers=headers, body=body)))
    return asked


def go_away(site: Site, address: str) -> None:
    """Ask, and be gone before the answer; announce a form, and be gone in the middle of it."""
    host = f"HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n"
    form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 90000\r\n\r\npassword=" + PASSWORD
    for sent in (f"GET {address} {host}\r\n", f"POST {address} {host}{form}"):
        with socket.create_connection(("127.0.0.1", site.port)) as connection:
            connection.sendall(sent.encode())


def test_a_links_address_and_password_are_written_nowhere(servers: Site) -> None:
    site = servers
    assert site.stack is not None
    maker, installation = site.library.user_ids["maker"], site.library.installation
    item = site.library.add_item(b"every byte of it")
    hashed = passwords.new_hash(PASSWORD, rounds=4)
    link = make_link(installation, item, maker, opened=None, password_hash=hashed, preview=True)
    asking = make_link(installation, site.library.folder, maker, folder=True, opened=None, upload=True)
    watched, renewed = token_for(installation, make_embed(installation, item, maker, audience="open"), None)
    played = [f"/smedia/{way}{watched}/{item}/{name}" for way in ("~", "%7E") for name in ("play.mp4", "no")]

    arrived = site.ask(link.path)
    assert (arrived.status, arrived.headers["Referrer-Policy"]) == (303, "no-referrer")
    assert token_of(link) not in arrived.headers["Location"]
    cookie = arrived.headers["Set-Cookie"].partition(";")[0]
    answers = answers_of(site, token_of(link), "s", cookie)
    answers += [(address, site.ask(address)) for address in every_way_to_write(token_of(asking), "give")]
    answers += [(address, site.ask(address)) for address in played]
    for address in (link.path, asking.path, *played):
        go_away(site, address)
    assert {answer.status for _address, answer in answers} >= {303, 401, 404, 413, 414}

    application = next(process for name, process in site.processes._running if name != "nginx")
    os.killpg(application.pid, signal.SIGKILL)
    application.wait(30)
    while_gone = answers_of(site, token_of(link), "s", cookie)
    while_gone += [(address, site.ask(address)) for address in every_way_to_write(token_of(asking), "give")]
    while_gone += [(address, site.ask(address)) for address in played]
    assert {answer.status for _address, answer in while_gone} >= {413, 503}

    canaries = [token_of(link), token_of(asking), watched, renewed, PASSWORD, WRONG]
    shown = [
        (address[:60], canary)
        for address, answer in [*answers, *while_gone]
        if answer.status != 303
        for canary in canaries
        if canary in answer.body.decode(errors="replace") + str(answer.headers)
    ]
    assert shown == []
    written = {path.name: path.read_text(errors="replace") for path in site.ini.parent.rglob("*.log")}
    assert {f"{site.stack.app}.log", "nginx-error.log", "privmedia-access.log"} <= written.keys()
    assert "connect() to unix:" in written["privmedia-error.log"]
    assert "/s/..." in written["privmedia-access.log"]
    assert [(name, canary) for name, text in written.items() for canary in canaries if canary in text] == []
    with reading(installation.sessions) as session:
        events = [str(vars(event)) for event in session.scalars(select(Event))]
    assert any("link.open" in event for event in events)
    assert [canary for event in events for canary in canaries if canary in event] == []
