"""The library on https, and pages of other sites beside it: host names on loopback, TLS by a certificate of the tests.

`media.corp.test` and `www.corp.test` are one site, `www.intra.example` is another, `outer.example` a third.
"""
from __future__ import annotations

import http.client
import json
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, Playwright

from privmedia.installation import Installation
from privmedia.operations.stack import HOST, Stack, is_accepting
from tests import missing
from tests.private_library import PrivateLibrary
from tests.sites import QUICK, Site, free_port

MEDIA, SAME_SITE, CROSS_SITE, OUTER = "media.corp.test", "www.corp.test", "www.intra.example", "outer.example"
FOREIGN = (SAME_SITE, CROSS_SITE, OUTER)
SERVER = """
    server {{
        listen {listen} ssl;
        server_name {name};
        root {root};
        default_type text/html;
        location ~ ^/coop-(?<policy>[a-z-]+)/ {{
            add_header Cross-Origin-Opener-Policy $policy;
        }}
    }}
"""
"""What lies below `/coop-…/` comes with that policy of windows it opens."""
# Playwright switches off what is tested here: that windows need a click, and that storage is kept apart for each site.
SWITCHED_OFF = ("--disable-popup-blocking",)
# The last list of features counts, so this one stands in place of Playwright's.
FEATURES_OFF = "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter,OptimizationHints"


class SecureStack(Stack):
    """As `make stack`, on https and under a name, with the pages of other sites on the same port."""

    @property
    def base_url(self) -> str:
        return f"https://{MEDIA}:{self.port}"

    def prepare(self) -> None:
        super().prepare()
        folder = self.folder / "nginx"
        make_certificate(folder)
        site = folder / "privmedia.conf"
        listen = f"{HOST}:{self.port}"
        site.write_text(site.read_text().replace(f"listen {listen}", f"listen {listen} ssl"))
        program = folder / "nginx.conf"
        keys = f"ssl_certificate {folder}/cert.pem;\n    ssl_certificate_key {folder}/key.pem;\n"
        servers = "".join(SERVER.format(listen=listen, name=name, root=self.pages(name)) for name in FOREIGN)
        off = "    access_log off;\n"
        program.write_text(program.read_text().replace(off, f"{off}    {keys}{servers}"))

    def pages(self, name: str) -> Path:
        """The folder of a site's pages."""
        folder = self.folder / "sites" / name
        folder.mkdir(parents=True, exist_ok=True)
        for path in (self.folder, folder.parent, folder):
            path.chmod(0o755)
        return folder


@dataclass
class Sites:
    """The library and the others."""

    site: Site
    stack: SecureStack

    @property
    def library(self) -> PrivateLibrary:
        return self.site.library

    def url(self, name: str, path: str = "/") -> str:
        return f"https://{name}:{self.stack.port}{path}"

    def status(self, address: str, session: str = "", *, sent: int = 0) -> int:
        """What is answered; to somebody with a session, if there is one; to so many bytes that are only announced."""
        return status_of(self.stack.port, address, session, sent=sent)

    def logs(self) -> str:
        """Everything that nginx, the application server and the application have written."""
        return "".join(path.read_text(errors="replace") for path in (self.stack.folder / "log").iterdir())

    def page(self, name: str, path: str, html: str) -> str:
        """Put a page on one of the other sites; answers its address."""
        text = f"<!doctype html><html lang=en><meta charset=utf-8><title>{name}</title><body>{html}</body></html>"
        file = self.stack.pages(name) / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return self.url(name, f"/{path}")


@contextmanager
def with_other_sites(folder: Path, *, port: int = 0, settings: Mapping[str, str] | None = None) -> Iterator[Sites]:
    """All of them, running; `settings` are further ones of the library, as the environment names them."""
    stack = SecureStack(folder, port or free_port(), "gunicorn", {**QUICK, **(settings or {})}, quiet=True)
    stack.prepare()
    installation = Installation.open(stack.settings)
    try:
        stack.start_application()
        wait_for(lambda: is_accepting(stack.socket), stack)
        stack.start_front_server()
        wait_for(lambda: answers(stack.port), stack)
        site = Site(stack.port, PrivateLibrary(installation), stack.ini, stack.processes, stack)
        yield Sites(site, stack)
    finally:
        stack.stop()
        installation.close()


def make_certificate(folder: Path) -> None:
    program = shutil.which("openssl")
    if program is None:
        missing("openssl is missing: apt-get install openssl")
    names = ",".join(f"DNS:{name}" for name in (MEDIA, *FOREIGN))
    command = [program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days"]
    command += ["2", "-subj", "/CN=tests", "-addext", f"subjectAltName={names}"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)


def answers(port: int) -> bool:
    try:
        return status_of(port, "/healthz") == 200
    except (OSError, http.client.HTTPException):
        return False


def status_of(port: int, address: str, session: str = "", *, sent: int = 0) -> int:
    """What the library answers on a connection of its own, without any cookie but a session."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(HOST, port, timeout=5, context=context)
    try:
        headers = {"Host": f"{MEDIA}:{port}", **({"Cookie": f"__Host-session={session}"} if session else {})}
        if sent:
            headers["Content-Length"] = str(sent)
        connection.request("POST" if sent else "GET", address, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def posted(port: int, address: str, form: Mapping[str, str]) -> int:
    """What the library answers to a form that somebody without any cookie posts."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(HOST, port, timeout=5, context=context)
    try:
        headers = {"Host": f"{MEDIA}:{port}", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", address, body=urlencode(form), headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def wait_for(is_there: object, stack: Stack) -> None:
    until = time.monotonic() + 60
    while not is_there():  # type: ignore[operator] # a function
        stack.processes.check()
        assert time.monotonic() < until
        time.sleep(0.05)


@contextmanager
def profile(
    playwright: Playwright, program: str, folder: Path, *, third_party_cookies: bool
) -> Iterator[BrowserContext]:
    """A browser profile of its own, in which cookies of other sites are allowed or blocked; never as it comes."""
    preferences = folder / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    preferences.write_text(json.dumps({"profile": {"cookie_controls_mode": 0 if third_party_cookies else 1}}))
    context = playwright.chromium.launch_persistent_context(
        str(folder),
        executable_path=program,
        ignore_https_errors=True,
        ignore_default_args=list(SWITCHED_OFF),
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--autoplay-policy=no-user-gesture-required",
            FEATURES_OFF,
            f"--host-resolver-rules=MAP *.test {HOST}, MAP *.example {HOST}",
        ],
    )
    try:
        yield context
    finally:
        context.close()
