"""What is measured side by side: who stands behind nginx, how it is started, and how it is asked."""
from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.library import FILE, STREAM, Item, token_of
from tests.bench.prepared import PRODUCTION, Site


def by_item(item: Item) -> str:
    return f"/smedia/{item.uid}/{FILE}"


def by_file(item: Item) -> str:
    return f"/smedia/{item.path}"


def by_stream(item: Item) -> str:
    return f"/smedia/{item.uid}/hls/v1/{STREAM}"


def privmedia_cookie(user: int) -> str:
    return f"session={token_of(user)}"


def nobodys_cookie(_user: int) -> str:
    return ""


@dataclass
class Stack:
    """One way to answer a request for a file."""

    key: str
    name: str
    speaks: str
    """How nginx reaches it: `uwsgi` or `http`; `direct`: nginx has the file itself; `alone`: without nginx."""
    port: int
    socket: Path
    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    cookie_of: Callable[[int], str] = nobodys_cookie
    """By what a person of the library is known."""
    path: Callable[[Item], str] = by_item
    stream: Callable[[Item], str] | None = None
    """Where a film lies for players that take it in segments, if that is another address."""
    decides: bool = True
    """It tells what a member may see from what she may not; otherwise it only sends, to all who may come in."""
    remembers: int = 0
    """Seconds for which nginx keeps a yes."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def decisions(self) -> Path:
        """Where nginx keeps them."""
        return self.socket.parent / f"decisions-{self.key}"

    @property
    def cookie(self) -> str:
        """The member's."""
        return self.cookie_of(1)

    def segment_of(self, film: Item) -> str:
        return (self.stream or self.path)(film)


def nginx_alone(port: int, run: Path) -> Stack:
    return Stack("nginx", "nginx, the file itself", "direct", port, run / "none", path=by_file, decides=False)


def empty_view(port: int, run: Path) -> Stack:
    socket = run / "empty.sock"
    command = [_program("uwsgi"), *uwsgi_options(), f"--socket={socket}", f"--venv={sys.prefix}"]
    command.append("--module=tests.bench.empty_site")
    name = "Pyramid, a view that decides nothing, uWSGI"
    return Stack("empty", name, "uwsgi", port, socket, command, path=lambda item: f"/{item.path}", decides=False)


def prototype(port: int, run: Path, site: Site) -> Stack:
    socket = run / "prototype.sock"
    command = [_program("uwsgi"), *uwsgi_options(), f"--socket={socket}", f"--venv={sys.prefix}"]
    command.append("--module=tests.bench.prototype_site")
    name = "Pyramid, the prototype with one query, uWSGI"
    environment = {"BENCH_DATABASE": site.url}
    return Stack("prototype", name, "uwsgi", port, socket, command, environment, privmedia_cookie)


def privmedia_uwsgi(port: int, run: Path, site: Site, key: str = "privmedia", remembers: int = 0) -> Stack:
    socket = run / f"{key}.sock"
    command = [_program("uwsgi"), f"--ini-paste={site.ini(port, socket, remembers=remembers)}"]
    return _ours(key, "uWSGI", "uwsgi", port, socket, command, remembers)


def privmedia_handed_over(port: int, run: Path, site: Site) -> Stack:
    """The same, and it takes nothing that nginx keeps: as where the two are different users."""
    socket = run / "handed.sock"
    command = [_program("uwsgi"), f"--ini-paste={site.ini(port, socket, 'builtin')}"]
    return _ours("handed", "uWSGI, bodies handed over", "uwsgi", port, socket, command, 0)


def privmedia_gunicorn(port: int, run: Path, site: Site, key: str = "gunicorn", remembers: int = 0) -> Stack:
    socket = run / f"{key}.sock"
    command = [_program("pserve"), str(site.ini(port, socket, remembers=remembers))]
    return _ours(key, "gunicorn", "http", port, socket, command, remembers)


def _ours(
    key: str, app: str, speaks: str, port: int, socket: Path, command: list[str], remembers: int
) -> Stack:
    name = f"**privmedia**, {app}" + (", decisions kept" if remembers else "")
    return Stack(
        key, name, speaks, port, socket, command,
        cookie_of=privmedia_cookie, stream=by_stream, remembers=remembers,
    )  # fmt: skip


def django(port: int, run: Path, site: Site) -> Stack:
    socket = run / "django.sock"
    command = [str(site.django_venv / "bin" / "uwsgi"), *uwsgi_options(), f"--socket={socket}"]
    command += [f"--venv={site.django_venv}", "--module=django_site.wsgi"]
    name = "Django, sessions, guardian, django-sendfile2, uWSGI"
    return Stack("django", name, "uwsgi", port, socket, command, site.django_environment, site.django_cookie)


def copyparty(port: int, run: Path, site: Site) -> Stack:
    """A file server with an account and a volume that only it may read. It sends by itself, with nobody in front."""
    command = [str(site.copyparty_venv / "bin" / "python"), "-m", "copyparty", "-i", "127.0.0.1", "-p", str(port)]
    command += ["-a", "member:password", "-v", f"{site.media_root / 'private'}::r,member", "-nc", "4096", "-q"]
    name = "copyparty, an account and a volume, on its own"
    environment = {"XDG_CONFIG_HOME": str(run)}
    return Stack(
        "copyparty", name, "alone", port, run / "none", command, environment,
        cookie_of=lambda _user: "cppwd=password", path=lambda item: f"/{item.path}", decides=False,
    )  # fmt: skip


def uwsgi_options() -> list[str]:
    """How production.ini runs uWSGI, with one worker: for those who have no ini of their own."""
    config = configparser.RawConfigParser()
    config.read(PRODUCTION)
    options = {**config["uwsgi"], "processes": "1"}
    del options["socket"]
    return [f"--{name}" if value == "true" else f"--{name}={value}" for name, value in options.items()]


def _program(name: str) -> str:
    return os.path.join(sys.prefix, "bin", name)
