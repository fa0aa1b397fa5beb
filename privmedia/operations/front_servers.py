"""Configurations of front servers, rendered from one source: for an installation, for `privmedia stack`, for the tests.

The headers of private files come from `privmedia.delivery.headers`, which the built-in sender uses as well.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from privmedia.delivery.headers import (
    BARE_ANSWER_HEADERS,
    PRIVATE_FILE_CACHING,
    PRIVATE_FILE_HEADERS,
    PUBLIC_FILE_CACHING,
    PUBLIC_FILE_HEADERS,
    STATIC_FILE_HEADERS,
)
from privmedia.delivery.senders.nginx import DECIDED_TYPES
from privmedia.errors import Invalid
from privmedia.header_settings import KEY as SIGN_IN_KEY
from privmedia.header_settings import SPOKEN, VALUES, TrustedHeader
from privmedia.providers.header import key_of as sign_in_key_of
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
    # Who is signed in: only our front server says that, in one place, and there only what it knows itself.
    *SPOKEN,
    "Range",
    "If-Range",
)
# What nginx itself says, where it keeps a body, asks whether it may, or was told no.
SAID_OF_BODIES = {
    "": (),
    "kept": (KEY, FILE),
    "asked": (KEY, FOLLOWS, LENGTH),
    "refused": (KEY, FOLLOWS, LENGTH),
    "decided": (KEY,),
    "signing-in": (),
}
# Addresses that are a key in themselves: what follows stands in no log.
KEYS = "s|give|setup|invite|reset|unfollow|account/email"
# Bytes of a request's body; the application says itself how long uploads may be.
BODY_LIMIT = 1 << 20
LONGER_BODIES = {"/upload/captions/": 8 << 20, "/upload/poster/": 32 << 20}
STREAMED_BODIES = "^/upload/(?:plain$|replace/|send/)"
PASSED_ON = "$privmedia_said_"
"""How nginx's variables begin in which stands what a proxy in front of it said, if that one is believed."""
TYPES = {
    "application/javascript": ("js", "mjs"),
    "application/json": ("json",),
    "application/pdf": ("pdf",),
    "audio/flac": ("flac",),
    "audio/mp4": ("m4a",),
    "audio/mpeg": ("mp3",),
    "audio/ogg": ("ogg", "opus"),
    "audio/wav": ("wav",),
    "font/woff2": ("woff2",),
    "image/avif": ("avif",),
    "image/gif": ("gif",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/svg+xml": ("svg",),
    "image/webp": ("webp",),
    "image/x-icon": ("ico",),
    "text/css": ("css",),
    "text/vtt": ("vtt",),
    "video/mp4": ("mp4", "m4v"),
    "video/webm": ("webm",),
}
"""Of files a front server sends by itself: public ones, scripts, styles, fonts."""
_UNFIT = re.compile(r"[\x00-\x1f\x7f$\"\\]")


@dataclass(frozen=True, kw_only=True)
class FrontSite:
    """What a front server has to know of one installation."""

    server: ClassVar[str]
    log_folder_of_debian: ClassVar[Path]

    base_url: str
    media_root: Path
    static_root: Path
    socket: Path
    app: AppServer = "gunicorn"
    log_folder: Path = Path()
    """Where the log is written; empty: where Debian's package writes its own."""
    tls: Path | None = None
    """Folder of fullchain.pem and privkey.pem; None: plain HTTP for now."""
    body_key: str = "WRITTEN-BY-FRONT-CONFIG"
    """By which the application believes what nginx says of bodies: `front_bodies.key_of` its secret."""
    listen: tuple[str, ...] = ()
    """Addresses to listen on; empty: the usual ports on all of them."""
    decision_cache: int = 0
    """Seconds for which nginx keeps a yes; 0: none."""
    person_connections: int = 0
    link_connections: int = 0
    header: TrustedHeader | None = None
    """Who is believed to say who is signed in, if anybody is."""
    sign_in_key: str = ""
    """By which the application believes that it is the front server who says so."""

    @classmethod
    def of(cls, settings: Settings, *, socket: Path, app: AppServer, tls: Path | None = None) -> Self:
        return cls(
            base_url=settings.base_url,
            media_root=settings.media_root,
            static_root=settings.static_root,
            socket=socket,
            app=app,
            tls=tls,
            body_key=key_of(settings.secret),
            decision_cache=settings.decision_cache,
            person_connections=settings.person_connections,
            link_connections=settings.link_connections,
            header=settings.header,
            sign_in_key=sign_in_key_of(settings.secret),
        )

    @property
    def names(self) -> list[str]:
        host = urlsplit(self.base_url).hostname or ""
        return sorted(LOOPBACK) if host in LOOPBACK else [host]

    @property
    def logs(self) -> Path:
        return self.log_folder if self.log_folder != Path() else self.log_folder_of_debian

    @property
    def stripped(self) -> tuple[str, ...]:
        """Request headers that nobody may send."""
        own = self.header.header_names if self.header is not None else ()
        return tuple(dict.fromkeys((*STRIPPED, *own)))

    def render(self) -> str:
        """The configuration. Raises Invalid for what this front server cannot be told."""
        raise NotImplementedError

    def facts(self) -> dict[str, Any]:
        """What every template is given."""
        https = self.base_url.startswith("https://")
        transport = dict([TRANSPORT]) if https else {}
        return {
            "base_url": self.base_url,
            "https": https,
            "names": self.names,
            "media_root": str(self.media_root),
            "static_root": str(self.static_root),
            "socket": str(self.socket),
            "log_folder": str(self.logs),
            "tls": str(self.tls) if self.tls else "",
            "keys": KEYS,
            "body_limit": BODY_LIMIT,
            "longer_bodies": LONGER_BODIES,
            "streamed_bodies": STREAMED_BODIES,
            "part_size": PART,
            "types": TYPES,
            "stripped": self.stripped,
            "page_headers": BARE_ANSWER_HEADERS | transport,
            "private_headers": PRIVATE_FILE_HEADERS | transport,
            "public_headers": PUBLIC_FILE_HEADERS | transport,
            "public_caching": PUBLIC_FILE_CACHING,
            "static_headers": STATIC_FILE_HEADERS | transport,
        }


@dataclass(frozen=True, kw_only=True)
class NginxSite(FrontSite):
    """nginx: a file for its http context."""

    server = "nginx"
    log_folder_of_debian = Path("/var/log/nginx")

    decisions_folder: Path = Path("/run/privmedia-decisions")
    """Where nginx keeps decisions, if it does: in memory, because the credentials they are for stand in it."""

    @property
    def ports(self) -> tuple[str, ...]:
        if self.listen:
            return self.listen
        return ("443 ssl http2", "[::]:443 ssl http2") if self.tls else ("80", "[::]:80")

    def render(self) -> str:
        """The text for nginx's http context. Raises Invalid for a path that nginx cannot be told."""
        protocol = "uwsgi" if self.app == "uwsgi" else "proxy"
        return environment(quoted).get_template("site.conf.jinja2").render(
            **self.facts(),
            command="privmedia front-config nginx" + (" --app uwsgi" if self.app == "uwsgi" else ""),
            listen=self.ports,
            uwsgi=self.app == "uwsgi",
            protocol=protocol,
            **{"pass": f"{protocol}_pass {'' if self.app == 'uwsgi' else 'http://'}privmedia_application;"},
            body="",
            body_key=self.body_key,
            remember=self.decision_cache,
            decisions_folder=str(self.decisions_folder),
            decided_types=DECIDED_TYPES,
            private_caching=PRIVATE_FILE_CACHING,
            connections={"person": self.person_connections, "link": self.link_connections},
            said_of_bodies=SAID_OF_BODIES,
            header=self.header,
            said_of_people=self._said_of_people(),
        )

    def _said_of_people(self) -> dict[str, str]:
        """In which header nginx says what of who is signed in."""
        if self.header is None:
            return {}
        said = {}
        for value in VALUES:
            variable = getattr(self.header, f"nginx_{value}") if self.header.by_front_server else PASSED_ON + value
            if variable:
                said[getattr(self.header, value)] = variable
        return {**said, SIGN_IN_KEY: quoted(self.sign_in_key)}


def render_nginx_program(folder: Path, *, user: str | None) -> str:
    """A whole nginx.conf that keeps everything in `folder`; `user` only where nginx is started by root."""
    return environment(quoted).get_template("nginx.conf.jinja2").render(folder=str(folder), user=user or "")


def quoted(text: str) -> str:
    """A word of nginx's configuration. nginx has no way to write a dollar sign in a path. Raises Invalid."""
    if _UNFIT.search(text):
        raise Invalid(f"nginx cannot be told the path {text!r}: choose one without $, quotes and backslashes.")
    return f'"{text}"'


def variable(name: str) -> str:
    """A header's name as nginx spells it in variables: `x_content_type_options`."""
    return name.lower().replace("-", "_")


def environment(quoted: Callable[[str], str]) -> Environment:
    """The templates, with this front server's way to write a word."""
    # Nothing is escaped as in HTML; `quoted` does it as the front server wants it.
    templates = Environment(
        loader=PackageLoader("privmedia.operations", "front"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=select_autoescape(()),
    )
    templates.filters.update(quoted=quoted, variable=variable)
    return templates
