"""What is measured side by side: who stands behind nginx, how it is started, and how it is asked."""
from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.library import FILE, Item
from tests.bench.prepared import PRODUCTION, Site


def by_item(item: Item) -> str:
    return f"/smedia/{item.uid}/{FILE}"


def by_file(item: Item) -> str:
    return f"/smedia/{item.path}"


@dataclass
class Stack:
    """One way to answer a request for a file."""

    key: str
    name: str
    speaks: str
    """How nginx reaches it: `direct` (not at all), `uwsgi` or `http`."""
    port: int
    socket: Path
    command: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    cookie: str = ""
    path: Callable[[Item], str] = by_item
    decides: bool = True
    """It tells members from others; without, it only sends."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def nginx_alone(port: int, run: Path) -> Stack:
    return Stack("nginx", "nginx, the file itself", "direct", port, run / "none", path=by_file, decides=False)


def empty_view(port: int, run: Path) -> Stack:
    socket = run / "empty.sock"
    command = [_program("uwsgi"), *uwsgi_options(), f"--socket={socket}", f"--venv={sys.prefix}"]
    command.append("--module=tests.bench.empty_site")
    name = "Pyramid, a view that decides nothing, uWSGI"
    return Stack("empty", name, "uwsgi", port, socket, command, path=lambda item: f"/{item.path}", decides=False)


def privmedia_uwsgi(port: int, run: Path, site: Site) -> Stack:
    socket = run / "privmedia.sock"
    command = [_program("uwsgi"), f"--ini-paste={site.ini(port, socket)}"]
    return Stack("privmedia", "**privmedia**, uWSGI", "uwsgi", port, socket, command, cookie=site.privmedia_cookie())


def privmedia_handed_over(port: int, run: Path, site: Site) -> Stack:
    """The same, and it takes nothing that nginx keeps: as where the two are different users."""
    socket = run / "handed.sock"
    command = [_program("uwsgi"), f"--ini-paste={site.ini(port, socket, 'builtin')}"]
    name = "**privmedia**, uWSGI, bodies handed over"
    return Stack("handed", name, "uwsgi", port, socket, command, cookie=site.privmedia_cookie())


def privmedia_gunicorn(port: int, run: Path, site: Site) -> Stack:
    socket = run / "gunicorn.sock"
    command = [_program("pserve"), str(site.ini(port, socket))]
    return Stack("gunicorn", "**privmedia**, gunicorn", "http", port, socket, command, cookie=site.privmedia_cookie())


def django(port: int, run: Path, site: Site) -> Stack:
    socket = run / "django.sock"
    command = [str(site.django_venv / "bin" / "uwsgi"), *uwsgi_options(), f"--socket={socket}"]
    command += [f"--venv={site.django_venv}", "--module=django_site.wsgi"]
    name = "Django, sessions, guardian, django-sendfile2, uWSGI"
    return Stack("django", name, "uwsgi", port, socket, command, site.django_environment, site.django_cookie)


def uwsgi_options() -> list[str]:
    """How production.ini runs uWSGI, with one worker: for those who have no ini of their own."""
    config = configparser.RawConfigParser()
    config.read(PRODUCTION)
    options = {**config["uwsgi"], "processes": "1"}
    del options["socket"]
    return [f"--{name}" if value == "true" else f"--{name}={value}" for name, value in options.items()]


def _program(name: str) -> str:
    return os.path.join(sys.prefix, "bin", name)
