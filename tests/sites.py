"""Real servers for tests: started on free ports of this machine, talked to by plain HTTP, stopped at the end."""
from __future__ import annotations

import configparser
import http.client
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from privmedia.errors import DomainError
from privmedia.installation import Installation
from privmedia.operations.front_servers import AppServer
from privmedia.operations.migrations import migrate
from privmedia.operations.processes import Processes, Program
from privmedia.operations.stack import HOST, Stack, beside_python, front_program, is_answering
from privmedia.settings import Settings
from tests import missing
from tests.private_library import PrivateLibrary

QUICK = {"PRIVMEDIA_BCRYPT_ROUNDS": "4", "PYTHONWARNINGS": "ignore"}
SECRET = "b0a1f6d2c49e4f0e9d1f7a3c5e8b2d64"
OF_THE_RUN: dict[str, str] = {}
"""Settings of all sites of a run of the tests: where they share their compiled templates."""


@dataclass(frozen=True)
class Answer:
    """What came back. Header names are as the server wrote them; `headers` finds them in any case."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass
class Site:
    """A running installation and what is in it."""

    port: int
    library: PrivateLibrary
    ini: Path
    processes: Processes
    stack: Stack | None = None
    server: int = 0
    """The process that answers, where there is one alone."""
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(HOST, self.port, timeout=30)

    def ask(
        self,
        address: str,
        name: str = "",
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One request on a connection that stays open, signed in as a person of the library."""
        everything = {**self.library.cookie(name), **(headers or {})}
        try:
            self.connection.request(method, address, body=body, headers=everything)
            response = self.connection.getresponse()
            return Answer(response.status, response.msg, response.read())
        except (http.client.HTTPException, ConnectionError):
            self.connection.close()
            raise

    def send(self, raw: bytes) -> bytes:
        """Bytes as they are on a connection of their own; all that comes back until the server closes it."""
        with socket.create_connection((HOST, self.port), timeout=30) as connection:
            connection.sendall(raw)
            received = b""
            while block := connection.recv(65536):
                received += block
            return received

    def privmedia(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run the command line on this installation, as a process of its own; `typed` is what it reads."""
        command = [beside_python("privmedia"), "-c", str(self.ini), *words]
        return subprocess.run(command, input=typed, capture_output=True, text=True, check=True, timeout=60)


@contextmanager
def with_a_library_of_its_own(site: Site) -> Iterator[Site]:
    """Another folder and other people in the same installation, for tests that share its servers."""
    own = replace(site, library=PrivateLibrary(site.library.installation))
    yield own
    own.connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _add_settings(ini: Path) -> None:
    config = configparser.RawConfigParser()
    config.read(ini)
    config["app:main"].update(OF_THE_RUN)
    with ini.open("w") as file:
        config.write(file)


@contextmanager
def or_skipped() -> Iterator[None]:
    """Skip where a front server is not installed, named with its package."""
    try:
        yield
    except DomainError as error:
        if "apt-get install" not in str(error):
            raise
        missing(str(error))


@contextmanager
def behind_nginx(
    folder: Path,
    app: AppServer,
    *,
    worker: bool = False,
    front: str = "nginx",
    environment: Mapping[str, str] = QUICK,
) -> Iterator[Site]:
    """nginx, or another front server, in front of a real application server, as `make stack` runs them."""
    stack = Stack(folder, free_port(), app, environment, quiet=True, front=front)
    with or_skipped():
        front_program(front)
        stack.prepare()
    _add_settings(stack.ini)
    installation = Installation.open(stack.settings)
    try:
        stack.start(worker=worker)
        site = Site(stack.port, PrivateLibrary(installation), stack.ini, stack.processes, stack)
        yield site
        site.connection.close()
    finally:
        stack.stop()
        installation.close()


@contextmanager
def without_front_server(folder: Path, *, threads: int = 4, settings_say: str = "builtin") -> Iterator[Site]:
    """The built-in sender under waitress, as `make run` starts it. What is in the folder already goes on.

    `settings_say` which front server it stands behind: a test that plays it can say what nginx says.
    """
    port = free_port()
    ini = folder / "site.ini"
    values = {
        "sqlalchemy.url": f"sqlite:///{folder}/privmedia.sqlite",
        "privmedia.media_root": str(folder / "media"),
        "privmedia.base_url": f"http://{HOST}:{port}",
        "privmedia.secret": SECRET,
        "privmedia.front_server": settings_say,
        **OF_THE_RUN,
    }
    (folder / "media").mkdir(exist_ok=True)
    settings = "\n".join(f"{key} = {value}" for key, value in values.items())
    server = f"[server:main]\nuse = egg:waitress#main\nlisten = {HOST}:{port}\nthreads = {threads}\nident =\n"
    ini.write_text(f"[app:main]\nuse = egg:privmedia\n{settings}\n\n{server}")
    migrate(values["sqlalchemy.url"])
    installation = Installation.open(Settings.read(values, QUICK))
    processes = Processes()
    try:
        program = Program("waitress", [beside_python("pserve"), ini], folder, QUICK, folder / "waitress.log")
        server = processes.start(program)
        while not is_answering(port):
            processes.check()
        site = Site(port, PrivateLibrary(installation), ini, processes, server=server.pid)
        yield site
        site.connection.close()
    finally:
        processes.stop()
        installation.close()


def started(folder: Path, kind: str) -> AbstractContextManager[Site]:
    """An installation by what stands in front of it and, after a plus, behind: `caddy`, `nginx+uwsgi`, `builtin`."""
    front, _, app = kind.partition("+")
    if front == "builtin":
        return without_front_server(folder)
    return behind_nginx(folder, "uwsgi" if app == "uwsgi" else "gunicorn", front=front)
