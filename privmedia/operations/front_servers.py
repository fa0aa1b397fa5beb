"""Configurations of front servers, rendered from one source: for an installation, for `privmedia stack`, for the tests.

The headers of private files come from `privmedia.delivery.headers`, which the built-in sender uses as well.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from privmedia.delivery.headers import (
    BARE_ANSWER_HEADERS,
    PRIVATE_FILE_HEADERS,
    PUBLIC_FILE_CACHING,
    PUBLIC_FILE_HEADERS,
    STATIC_FILE_HEADERS,
)
from privmedia.errors import Invalid
from privmedia.settings import Settings
from privmedia.uploads.front_bodies import FILE, FOLLOWS, KEY, LENGTH, key_of
from privmedia.uploads.tus import PART
from privmedia.web.address import LOOPBACK
from privmedia.web.headers import TRANSPORT

AppServer = Literal["gunicorn", "uwsgi"]
APP_SERVERS: tuple[AppServer, ...] = ("gunicorn", "uwsgi")

# Request headers that would steer a front server, name a file, or say something about the connection.
STRIPPED = (
    "X-Accel-Redirect",
    "X-Accel-Mapping",
    "X-Accel-Buffering",
    "X-Accel-Charset",
    "X-Accel-Expires",
    "X-Accel-Limit-Rate",
    KEY,
    FILE,
    FOLLOWS,
    LENGTH,
    "X-Sendfile",
    "X-Sendfile-Type",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Server",
    "X-Original-Url",
    "X-Rewrite-Url",
    "Forwarded",
    "Proxy",
    "Range",
    "If-Range",
)
# What nginx itself says, where it keeps a body, asks whether it may, or was told no.
SAID_OF_BODIES = {
    "": (),
    "kept": (KEY, FILE),
    "asked": (KEY, FOLLOWS, LENGTH),
    "refused": (KEY, FOLLOWS, LENGTH),
}
_UNFIT = re.compile(r"[\x00-\x1f\x7f$\"\\]")


@dataclass(frozen=True, kw_only=True)
class NginxSite:
    """What nginx has to know of one installation."""

    base_url: str
    media_root: Path
    static_root: Path
    socket: Path
    app: AppServer = "gunicorn"
    log_folder: Path = Path("/var/log/nginx")
    tls: Path | None = None
    """Folder of fullchain.pem and privkey.pem; None: plain HTTP for now."""
    body_key: str = "WRITTEN-BY-FRONT-CONFIG"
    """By which the application believes what nginx says of bodies: `front_bodies.key_of` its secret."""
    listen: tuple[str, ...] = ()
    """Addresses to listen on; empty: the usual ports on all of them."""

    @classmethod
    def of(cls, settings: Settings, *, socket: Path, app: AppServer, tls: Path | None = None) -> NginxSite:
        return cls(
            base_url=settings.base_url,
            media_root=settings.media_root,
            static_root=settings.static_root,
            socket=socket,
            app=app,
            tls=tls,
            body_key=key_of(settings.secret),
        )

    @property
    def names(self) -> list[str]:
        host = urlsplit(self.base_url).hostname or ""
        return sorted(LOOPBACK) if host in LOOPBACK else [host]

    @property
    def ports(self) -> tuple[str, ...]:
        if self.listen:
            return self.listen
        return ("443 ssl http2", "[::]:443 ssl http2") if self.tls else ("80", "[::]:80")

    def render(self) -> str:
        """The text for nginx's http context. Raises Invalid for a path that nginx cannot be told."""
        transport = dict([TRANSPORT]) if self.base_url.startswith("https://") else {}
        protocol = "uwsgi" if self.app == "uwsgi" else "proxy"
        return _environment().get_template("site.conf.jinja2").render(
            command="privmedia front-config nginx" + (" --app uwsgi" if self.app == "uwsgi" else ""),
            base_url=self.base_url,
            https=self.base_url.startswith("https://"),
            names=self.names,
            listen=self.ports,
            media_root=str(self.media_root),
            static_root=str(self.static_root),
            socket=str(self.socket),
            log_folder=str(self.log_folder),
            tls=str(self.tls) if self.tls else "",
            uwsgi=self.app == "uwsgi",
            protocol=protocol,
            **{"pass": f"{protocol}_pass {'' if self.app == 'uwsgi' else 'http://'}privmedia_application;"},
            part_size=PART,
            body="",
            body_key=self.body_key,
            said_of_bodies=SAID_OF_BODIES,
            stripped=STRIPPED,
            page_headers=BARE_ANSWER_HEADERS | transport,
            private_headers=PRIVATE_FILE_HEADERS | transport,
            public_headers=PUBLIC_FILE_HEADERS | transport,
            public_caching=PUBLIC_FILE_CACHING,
            static_headers=STATIC_FILE_HEADERS | transport,
        )


def render_nginx_program(folder: Path, *, user: str | None) -> str:
    """A whole nginx.conf that keeps everything in `folder`; `user` only where nginx is started by root."""
    return _environment().get_template("nginx.conf.jinja2").render(folder=str(folder), user=user or "")


def quoted(text: str) -> str:
    """A word of nginx's configuration. nginx has no way to write a dollar sign in a path. Raises Invalid."""
    if _UNFIT.search(text):
        raise Invalid(f"nginx cannot be told the path {text!r}: choose one without $, quotes and backslashes.")
    return f'"{text}"'


def variable(name: str) -> str:
    """A header's name as nginx spells it in variables: `x_content_type_options`."""
    return name.lower().replace("-", "_")


def _environment() -> Environment:
    # Nothing is escaped as in HTML; `quoted` does it as nginx wants it.
    environment = Environment(
        loader=PackageLoader("privmedia.operations", "front"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=select_autoescape(()),
    )
    environment.filters.update(quoted=quoted, variable=variable)
    return environment
