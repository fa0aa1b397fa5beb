"""What is measured side by side: who stands behind nginx, how it is started, and how it is asked."""
from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.library import FILE, Item

ROOT = Path(__file__).parent.parent.parent
# One worker of four threads for all. Threads that hand Python's lock to each other across cores lose a third or more of
# their speed, with Django as with Pyramid: each worker keeps to one core, as in the [uwsgi] section of production.ini.
UWSGI = (
    "--master", "--processes=1", "--threads=4", "--cpu-affinity=1", "--single-interpreter", "--need-app",
    "--die-on-term", "--disable-logging", "--buffer-size=16384", "--thunder-lock",
)
GUNICORN = ("--worker-class=gthread", "--workers=1", "--threads=4", "--log-level=warning")


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
    command = [_program("uwsgi"), *UWSGI, f"--socket={socket}", f"--venv={sys.prefix}"]
    command.append("--module=tests.bench.empty_site")
    name = "Pyramid, a view that decides nothing, uWSGI"
    return Stack("empty", name, "uwsgi", port, socket, command, path=lambda item: f"/{item.path}", decides=False)


def privmedia_uwsgi(port: int, run: Path, ini: Path, cookie: str) -> Stack:
    socket = run / "privmedia-uwsgi.sock"
    command = [_program("uwsgi"), *UWSGI, f"--socket={socket}", f"--venv={sys.prefix}", f"--ini-paste={ini}"]
    return Stack("privmedia", "**privmedia**, uWSGI", "uwsgi", port, socket, command, cookie=cookie)


def privmedia_gunicorn(port: int, run: Path, ini: Path, cookie: str) -> Stack:
    socket = run / "privmedia-gunicorn.sock"
    command = [_program("gunicorn"), *GUNICORN, f"--bind=unix:{socket}", f"--paste={ini}"]
    return Stack("gunicorn", "**privmedia**, gunicorn", "http", port, socket, command, cookie=cookie)


def django(port: int, run: Path, venv: Path, environment: dict[str, str], cookie: str) -> Stack:
    socket = run / "django.sock"
    command = [str(venv / "bin" / "uwsgi"), *UWSGI, f"--socket={socket}", f"--venv={venv}"]
    command.append("--module=tests.bench.django_site.wsgi")
    name = "Django, sessions, guardian, django-sendfile2, uWSGI"
    return Stack("django", name, "uwsgi", port, socket, command, environment, cookie)


def _program(name: str) -> str:
    return os.path.join(sys.prefix, "bin", name)
