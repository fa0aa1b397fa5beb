"""The frame around every answer, through the real nginx: its own pages, redirects, refusals and files included."""
from __future__ import annotations

import email
import http.client
import os
import re
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from privmedia.access.permissions import Permission
from privmedia.ids import new_token, new_uid
from privmedia.operations.front_servers import NginxSite, render_nginx_program
from privmedia.operations.processes import Processes, Program
from privmedia.operations.stack import HOST, nginx_program
from tests import missing
from tests.functional.test_access_matrix import TABLE
from tests.sites import Answer, Site, behind_nginx, free_port

ON_EVERY_ANSWER = {
    "Content-Security-Policy": re.compile(r"(?!.*unsafe).*default-src 'none'.*frame-ancestors 'none'.*"),
    "Cross-Origin-Resource-Policy": re.compile(r"same-origin|cross-origin"),
    "Permissions-Policy": re.compile(r".*camera=\(\).*"),
    "Referrer-Policy": re.compile(r"no-referrer|same-origin|strict-origin"),
    "X-Content-Type-Options": re.compile("nosniff"),
}
IN_OTHER_PAGES = ON_EVERY_ANSWER | {
    "Content-Security-Policy": re.compile(r"(?!.*unsafe).*default-src 'none'.*frame-ancestors (?!'none').+"),
    "Referrer-Policy": re.compile("strict-origin-when-cross-origin"),
}
"""Of players, which stand in pages of other sites."""
NEVER = ("X-Powered-By", "X-Accel-Redirect", "X-Sendfile", "Access-Control-Allow-Origin", "Via")
WHO = {"gunicorn": ("", "manager", "administrator"), "uwsgi": ("manager",)}
"""Through nginx the two differ in how headers travel, not in who gets what."""
METHODS = ("GET", "POST", "OPTIONS", "TRACE")
TELL_THEIR_OPTIONS = ("tus", "tus_upload")
"""Routes of a protocol in which OPTIONS is answered."""


@dataclass(frozen=True)
class Library:
    """What the addresses of the table speak of."""

    ids: dict[str, str]


@pytest.fixture(scope="session")
def library(site: Site) -> Library:
    item = site.library.add_item(b"0123456789" * 100)
    site.library.add_person("administrator", admin=True)
    site.library.add_person("manager", allow=Permission.MANAGE)
    public = site.library.installation.storage.root / "public"
    public.mkdir(exist_ok=True)
    (public / "logo.png").write_bytes(b"\x89PNG")
    missing_id = new_uid()
    named = {"folder": site.library.folder, "item": item, "missing": missing_id}
    return Library(dict.fromkeys(ids_in_table(), missing_id) | named)


def ids_in_table() -> set[str]:
    """The names in braces of all addresses of the access matrix."""
    return {name for rows in TABLE.values() for pattern, _row in rows for name in re.findall(r"{(\w+)}", pattern)}


def faults(answer: Answer, *, https: bool = False, framed: bool = False) -> list[str]:
    """What is wrong with the frame of an answer; a header that came twice is wrong as well."""
    found = []
    for name, wanted in (IN_OTHER_PAGES if framed else ON_EVERY_ANSWER).items():
        values = set(answer.headers.get_all(name, []))
        if len(values) != 1 or not wanted.fullmatch(values.pop()):
            found.append(f"{name}: {answer.headers.get_all(name)}")
    found += [f"{name}: {answer.headers[name]}" for name in NEVER if name in answer.headers]
    if set(answer.headers.get_all("Server", [])) - {"nginx"}:
        found.append(f"Server: {answer.headers['Server']}")
    if https and answer.headers.get_all("Strict-Transport-Security") != ["max-age=31536000"]:
        found.append(f"Strict-Transport-Security: {answer.headers.get_all('Strict-Transport-Security')}")
    return found


def parsed(raw: bytes) -> Answer:
    """An answer as it came over the wire."""
    head, _, body = raw.partition(b"\r\n\r\n")
    line, _, headers = head.partition(b"\r\n")
    assert line.startswith(b"HTTP/1.1 "), raw[:200]
    message = email.message_from_bytes(headers + b"\r\n\r\n", http.client.HTTPMessage)
    return Answer(int(line.split(b" ", 2)[1]), message, body)


def test_every_route_answers_everybody_within_the_frame(site: Site, library: Library) -> None:
    wrong, statuses = [], set()
    for route, rows in TABLE.items():
        for pattern, _row in rows:
            address = pattern.format(**library.ids)
            for name in WHO[site.stack.app]:
                for method in METHODS if name == "administrator" else METHODS[:2]:
                    answer = site.ask(address, name, method=method)
                    statuses.add(answer.status)
                    if bad := faults(answer, framed=route == "embed" and method == "GET"):
                        wrong.append(f"{method} {address} ({route}) by {name or 'nobody'}: {answer.status} {bad}")
                    told = method == "TRACE" or (method == "OPTIONS" and route not in TELL_THEIR_OPTIONS)
                    if answer.status >= 500 or (told and answer.status < 300):
                        wrong.append(f"{method} {address} by {name or 'nobody'}: {answer.status}")
    assert wrong == []
    assert statuses >= {200, 303, 403, 404, 405}


@pytest.mark.parametrize(
    ("status", "method", "address", "headers"),
    [
        (200, "GET", "/media/logo.png", {}),
        (200, "GET", "/static/manifest.json", {}),
        (206, "GET", "/media/logo.png", {"Range": "bytes=0-1"}),
        (206, "GET", "/smedia/{item}/play.mp4", {"Range": "bytes=0-1"}),
        (304, "GET", "/smedia/{item}/play.mp4", {"If-None-Match": "*"}),
        (304, "GET", "/static/manifest.json", {"If-None-Match": "*"}),
        (400, "GET", "/login", {"Host": ""}),
        (400, "GET", "/%00", {}),
        (400, "GET", "/f/%ff", {}),
        (400, "GET", "/?q=%ff", {}),
        (400, "GET", "/", {"X-Long": "x" * 9000}),
        (403, "POST", "/logout", {}),
        (404, "GET", "/nothing/here", {}),
        (404, "GET", "/static/nothing", {}),
        (404, "GET", "/static/", {}),
        (404, "GET", "/media/", {}),
        (404, "GET", "/pmedia/", {}),
        (404, "GET", "/smedia/{item}/nothing", {}),
        (405, "POST", "/static/manifest.json", {}),
        (405, "POST", "/media/logo.png", {}),
        (405, "POST", "/smedia/{item}/play.mp4", {}),
        (405, "GET", "/logout", {}),
        (405, "TRACE", "/", {}),
        (412, "GET", "/smedia/{item}/play.mp4", {"If-Match": '"x"'}),
        (414, "GET", "/" + "x" * 9000, {}),
        (416, "GET", "/smedia/{item}/play.mp4", {"Range": "bytes=9999-"}),
        (421, "GET", "/login", {"Host": "evil.example"}),
    ],
)
def test_every_status_comes_within_the_frame(
    status: int, method: str, address: str, headers: dict[str, str], site: Site, library: Library
) -> None:
    lines = {"Host": f"{HOST}:{site.port}", **site.library.cookie("manager"), "Connection": "close"} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    answer = parsed(site.send(f"{method} {address.format(**library.ids)} HTTP/1.1\r\n{head}\r\n".encode()))
    assert (answer.status, faults(answer)) == (status, [])


@pytest.mark.parametrize("address", ["/login", "/m/x", "/static/manifest.json", "/smedia/x/play.mp4"])
def test_a_body_that_is_too_long_is_refused_within_the_frame(address: str, site: Site) -> None:
    answer = site.ask(address, "member", method="POST", body=b"x" * (1 << 20) + b"x")
    assert (answer.status, faults(answer)) == (413, [])


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x y\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_within_the_frame(raw: bytes, site: Site) -> None:
    answer = parsed(site.send(raw))
    assert 400 <= answer.status <= 505
    assert faults(answer) == []
    assert b"nginx/" not in answer.body


def test_every_refused_method_is_told_what_is_allowed(site: Site, library: Library) -> None:
    wrong = []
    for rows in TABLE.values():
        for pattern, _row in rows:
            answer = site.ask(pattern.format(**library.ids), "administrator", method="DELETE")
            of_nginx = pattern.startswith("/static/")
            if answer.status == 405 and not of_nginx and not {"GET", "POST"} & set(
                answer.headers.get("Allow", "").split(", ")
            ):
                wrong.append(f"{pattern}: {answer.headers.get('Allow')}")
    assert wrong == []


def test_no_answer_gives_another_site_anything(site: Site, library: Library) -> None:
    for origin in ("https://evil.example", "null", f"http://{HOST}.evil.example"):
        for address in ("/", "/login", "/smedia/{item}/play.mp4", "/static/manifest.json", "/healthz"):
            headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
            for method in ("GET", "OPTIONS"):
                answer = site.ask(address.format(**library.ids), "manager", method=method, headers=headers)
                assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_every_address_that_is_a_key_is_masked_in_the_log(site: Site, log_folder: Path) -> None:
    keys = {f"/setup/{new_token()}", f"/invite/{new_token()}", f"/reset/{new_token()}", f"/account/email/{new_token()}"}
    for address in keys:
        site.ask(address)
        site.ask(address.replace("account/", "account%2f"))
    logs = "".join(path.read_text(errors="replace") for path in log_folder.iterdir())
    assert not [address for address in keys if address.rpartition("/")[2] in logs]


def test_when_the_application_is_gone_its_page_stands_within_the_frame(tmp_path: Path) -> None:
    with behind_nginx(tmp_path / "stack", "gunicorn") as alone:
        running = dict(alone.processes._running)
        application = next(process for name, process in running.items() if name != "nginx")
        os.killpg(application.pid, signal.SIGKILL)
        application.wait(30)
        for address in ("/", "/login", "/smedia/x/play.mp4", "/upload/plain", "/healthz"):
            answer = alone.ask(address)
            assert (answer.status, faults(answer)) == (503, [])


@dataclass(frozen=True)
class OverHttps:
    """nginx as it is printed with `--tls`."""

    port: int
    plain_port: int
    context: ssl.SSLContext

    def ask(self, address: str, *, method: str = "GET", host: str = "localhost") -> Answer:
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=30, context=self.context)
        return self._asked(connection, method, address, f"{host}:{self.port}")

    def ask_plainly(self, port: int, address: str) -> Answer:
        return self._asked(http.client.HTTPConnection(HOST, port, timeout=30), "GET", address, "localhost")

    @staticmethod
    def _asked(connection: http.client.HTTPConnection, method: str, address: str, host: str) -> Answer:
        try:
            connection.request(method, address, headers={"Host": host})
            response = connection.getresponse()
            return Answer(response.status, response.msg, response.read())
        finally:
            connection.close()


@pytest.fixture
def over_https(tmp_path: Path) -> Iterator[OverHttps]:
    """nginx with TLS as it is printed, and no application behind it."""
    if shutil.which("openssl") is None:
        missing("openssl is missing: apt-get install openssl")
    for name in ("media/incoming", "nginx", "log", "tls"):
        (tmp_path / name).mkdir(parents=True)
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    files = ["-keyout", tmp_path / "tls" / "privkey.pem", "-out", tmp_path / "tls" / "fullchain.pem"]
    names = ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*make, *names, *files], check=True, capture_output=True)
    port = free_port()
    site = NginxSite(
        base_url=f"https://localhost:{port}",
        media_root=tmp_path / "media",
        static_root=tmp_path / "static",
        socket=tmp_path / "nobody.sock",
        log_folder=tmp_path / "log",
        tls=tmp_path / "tls",
        listen=(f"{HOST}:{port} ssl",),
    )
    # The way from port 80 to HTTPS cannot be tried where others may listen on that port already.
    plain = free_port()
    text = site.render().replace("listen 80 default", f"listen {HOST}:{plain} default")
    text = text.replace("    listen [::]:80 default_server;\n", "")
    (tmp_path / "nginx" / "privmedia.conf").write_text(text)
    user = "root" if os.geteuid() == 0 else None
    (tmp_path / "nginx" / "nginx.conf").write_text(render_nginx_program(tmp_path, user=user))
    command = [nginx_program(), "-p", tmp_path / "nginx", "-c", tmp_path / "nginx" / "nginx.conf"]
    processes = Processes()
    try:
        processes.start(Program("nginx", [*command, "-e", tmp_path / "log" / "e.log"], tmp_path, {}, None))
        while not is_listening(port):
            processes.check()
        context = ssl.create_default_context(cafile=str(tmp_path / "tls" / "fullchain.pem"))
        yield OverHttps(port, plain, context)
    finally:
        processes.stop()


def is_listening(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def test_over_https_every_answer_asks_for_https_from_now_on(over_https: OverHttps) -> None:
    for status, address, method, host in (
        (404, "/static/nothing", "GET", "localhost"),
        (404, "/pmedia/x", "GET", "localhost"),
        (404, "/static/", "POST", "localhost"),
        (503, "/", "GET", "localhost"),
        (400, "/%00", "GET", "localhost"),
        (414, "/" + "x" * 9000, "GET", "localhost"),
        (405, "/", "TRACE", "localhost"),
        (421, "/", "GET", "evil.example"),
    ):
        answer = over_https.ask(address, method=method, host=host)
        assert (answer.status, faults(answer, https=True)) == (status, []), address


def test_plain_http_only_leads_to_https_within_the_frame(over_https: OverHttps) -> None:
    answer = over_https.ask_plainly(over_https.plain_port, "/m/x?y=1")
    assert (answer.status, faults(answer)) == (301, [])
    assert answer.headers["Location"] == f"https://localhost:{over_https.port}/m/x?y=1"
    spoken_wrongly = over_https.ask_plainly(over_https.port, "/")
    assert (spoken_wrongly.status, faults(spoken_wrongly)) == (400, [])
