"""The real thing in one folder, without privileges: a front server, an application server and a worker on this machine.

It stands on what production uses: production.ini with other paths, and the same nginx configuration.
"""
from __future__ import annotations

import configparser
import fcntl
import http.client
import os
import pwd
import re
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from privmedia.errors import Conflict, DomainError, Invalid
from privmedia.operations.front_apache import ApacheSite, as_ordinary_user, render_apache_program
from privmedia.operations.front_caddy import CaddySite
from privmedia.operations.front_lighttpd import LighttpdSite
from privmedia.operations.front_servers import AppServer, FrontSite, NginxSite, render_nginx_program
from privmedia.operations.migrations import migrate
from privmedia.operations.processes import Processes, Program
from privmedia.providers.header import key_of as sign_in_key_of
from privmedia.settings import Settings
from privmedia.storage import Storage
from privmedia.uploads.front_bodies import key_of

PRODUCTION = Path(__file__).parent.parent.parent / "production.ini"
HOST = "127.0.0.1"
LONGEST_SOCKET = 100  # characters; the system's limit for the path of a socket is 107
READY_WITHIN = 60.0  # seconds
_PLAIN_PATH = re.compile(r"[\w./-]+", re.ASCII)
# What an ini file, a database address or nginx's configuration could not carry.
_UNFIT = re.compile(r"[%?#$\"\\\x00-\x1f\x7f]")
# Not in an ordinary user's PATH on Debian.
_SYSTEM_PROGRAMS = "/usr/local/sbin:/usr/sbin:/sbin"
PROGRAMS = {
    "nginx": ("nginx", "nginx-light"),
    "apache": ("apache2", "apache2-bin libapache2-mod-xsendfile"),
    "lighttpd": ("lighttpd", "lighttpd"),
    "caddy": ("caddy", "caddy"),
}
"""Each front server's program, and Debian's packages of it."""
Site = TypeVar("Site", bound=FrontSite)


@dataclass
class Stack:
    """One installation with all its servers, kept in `folder`. `environment` is added to what the programs see."""

    folder: Path
    port: int
    app: AppServer = "gunicorn"
    environment: Mapping[str, str] = field(default_factory=dict)
    quiet: bool = False
    """Whether the programs print into `log/` instead of here."""
    front: str = "nginx"
    """The front server, by the name it has in the settings."""

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self.processes = Processes()
        self._held = ExitStack()
        unfit = _UNFIT.search(str(self.folder))
        if unfit:
            raise Invalid(f"The folder {self.folder} cannot be used: its path has {unfit[0]!r} in it.")

    @property
    def ini(self) -> Path:
        return self.folder / "stack.ini"

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def settings(self) -> Settings:
        """As the programs will read them."""
        return Settings.read(dict(self._read(self.ini)["app:main"]), {**os.environ, **self.environment})

    @cached_property
    def socket(self) -> Path:
        """Where the application listens: in the folder, or, if a socket cannot have that path, in one of its own."""
        usual = self.folder / "run" / "app.sock"
        if len(str(usual)) <= LONGEST_SOCKET and _PLAIN_PATH.fullmatch(str(usual)):
            return usual
        return Path(tempfile.mkdtemp(prefix="privmedia-")) / "app.sock"

    def prepare(self) -> None:
        """Write every file and bring the database to the newest schema. Raises Conflict if folder or port is in use."""
        for name in ("media", "run", "log", self.front):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "run").chmod(0o700)
        self._lock()
        require_free_port(self.port)
        self._write_ini()
        self._write_front_server()
        migrate(self.settings.sqlalchemy_url)
        Storage(self.folder / "media").make_folders()  # for nginx, which may start before anybody else needs them

    def site(self, kind: type[Site]) -> Site:
        """What a front server of this kind is told of it."""
        return kind(
            base_url=self.base_url,
            media_root=self.folder / "media",
            static_root=self.settings.static_root,
            socket=self.socket,
            app=self.app,
            log_folder=self.folder / "log",
            listen=(f"{HOST}:{self.port}",),
            body_key=key_of(self.settings.secret),
            decision_cache=self.settings.decision_cache,
            person_connections=self.settings.person_connections,
            link_connections=self.settings.link_connections,
            header=self.settings.header,
            sign_in_key=sign_in_key_of(self.settings.secret),
        )

    def _write_front_server(self) -> None:
        folder = self.folder / self.front
        match self.front:
            case "nginx":
                nginx = replace(self.site(NginxSite), decisions_folder=folder / "decisions")
                (folder / "privmedia.conf").write_text(nginx.render())
                user = pwd.getpwuid(0).pw_name if os.geteuid() == 0 else None
                (folder / "nginx.conf").write_text(render_nginx_program(self.folder, user=user))
            case "apache":
                site = self.site(ApacheSite)
                (folder / "privmedia.conf").write_text(site.render())
                (folder / "apache.conf").write_text(render_apache_program(self.folder, site))
            case "lighttpd":
                alone = replace(self.site(LighttpdSite), user="", run_folder=self.folder / "run")
                (folder / "lighttpd.conf").write_text(alone.render())
            case "caddy":
                (folder / "Caddyfile").write_text(self.site(CaddySite).render())

    def start(self, *, worker: bool = True) -> None:
        """Start everything and wait until it answers. Raises Ended or DomainError; call `stop` in any case."""
        self.start_application()
        if worker:
            self._start("the worker", [beside_python("privmedia"), "-c", self.ini, "worker"])
        self._wait_for("the application", lambda: is_accepting(self.socket))
        self.start_front_server()
        self._wait_for(self.base_url, lambda: is_answering(self.port))

    def start_application(self) -> None:
        """The application server alone."""
        if self.app == "uwsgi":
            self._start("uWSGI", [beside_python("uwsgi"), "--ini-paste", self.ini])
        else:
            self._start("gunicorn", [beside_python("pserve"), self.ini])

    def start_front_server(self) -> None:
        """The front server alone."""
        folder = self.folder / self.front
        program = front_program(self.front)
        match self.front:
            case "nginx":
                errors = self.folder / "log" / "nginx-error.log"
                self._start("nginx", [program, "-p", folder, "-c", folder / "nginx.conf", "-e", errors])
            case "apache":
                command: list[str | Path] = [program, "-d", self.folder, "-f", folder / "apache.conf", "-DFOREGROUND"]
                self._start("Apache", [*as_ordinary_user(), *command])
            case "lighttpd":
                self._start("lighttpd", [program, "-D", "-f", folder / "lighttpd.conf"])
            case "caddy":
                own = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
                self._start("Caddy", [program, "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile"], own)

    def stop(self) -> None:
        """Stop everything and let go of the folder."""
        self.processes.stop()
        self._held.close()

    def _start(self, name: str, command: list[str | Path], own: Mapping[str, str] | None = None) -> None:
        output = self.folder / "log" / f"{name.rsplit(maxsplit=1)[-1].lower()}.log" if self.quiet else None
        self.processes.start(Program(name, command, self.folder, {**self.environment, **(own or {})}, output))

    def _wait_for(self, what: str, is_there: Callable[[], bool]) -> None:
        until = time.monotonic() + READY_WITHIN
        while not is_there():
            self.processes.check()
            if time.monotonic() > until:
                raise DomainError(f"{what} did not answer within {READY_WITHIN:.0f} seconds.")
            time.sleep(0.05)

    def _write_ini(self) -> None:
        config = self._read(PRODUCTION)
        changed = {
            "sqlalchemy.url": f"sqlite:///{self.folder}/privmedia.sqlite",
            "privmedia.media_root": str(self.folder / "media"),
            "privmedia.base_url": self.base_url,
            "privmedia.secret": self._secret(),
            "privmedia.front_server": self.front,
        }
        for key, value in changed.items():
            config["app:main"][key] = value
        config["server:main"]["bind"] = f"unix:{self.socket}"
        config["uwsgi"]["socket"] = str(self.socket)
        config["alembic"]["script_location"] = str(PRODUCTION.parent / "alembic")
        handle = os.open(self.ini.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write("# Written by `privmedia stack` at each start from production.ini; only the secret is kept.\n\n")
            config.write(file)
        self.ini.with_suffix(".new").replace(self.ini)

    def _secret(self) -> str:
        if self.ini.exists():
            kept = self._read(self.ini).get("app:main", "privmedia.secret", fallback="")
            if kept:
                return kept
        return secrets.token_hex(32)

    @staticmethod
    def _read(path: Path) -> configparser.RawConfigParser:
        config = configparser.RawConfigParser()
        with path.open() as file:
            config.read_file(file)
        return config

    def _lock(self) -> None:
        # The lock is held as long as this object lives.
        lock = (self.folder / "run" / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._held.callback(lock.close)
        except OSError as error:
            lock.close()
            raise Conflict(f"A stack is running already in {self.folder}.") from error


def require_free_port(port: int) -> None:
    """Raises Conflict if nobody can listen on this port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Conflict(f"Port {port} cannot be used: {error.strerror}. Choose another one.") from error


def nginx_program() -> str:
    """The nginx program. Raises DomainError that names the package."""
    return front_program("nginx")


def front_program(front: str) -> str:
    """The program of a front server. Raises DomainError that names the package."""
    name, packages = PROGRAMS[front]
    found = shutil.which(name) or shutil.which(name, path=_SYSTEM_PROGRAMS)
    if found is None:
        raise DomainError(f"{name} is missing. On Debian: apt-get install {packages}")
    return found


def beside_python(name: str) -> str:
    """A program of our own virtual environment. Raises DomainError."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise DomainError(f"{name} is missing. Install it with: pip install 'privmedia[production]'")
    return found


def is_accepting(path: Path) -> bool:
    """Whether somebody listens on this socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def is_answering(port: int) -> bool:
    """Whether the site on this port of this machine says it is well."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
