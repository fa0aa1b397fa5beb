"""`privmedia stack`: everything in one folder, stopped together, and nothing served without a decision."""
from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from privmedia.access.permissions import Permission
from privmedia.errors import Conflict, Invalid
from privmedia.operations.front_servers import APP_SERVERS, AppServer
from privmedia.operations.processes import Ended
from privmedia.operations.stack import Stack, beside_python
from privmedia.settings import Settings
from tests.sites import QUICK, Site, behind_nginx, free_port

CONTENT = b"every byte of it"


@pytest.fixture(params=APP_SERVERS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A stack of the test's own, because it gets broken."""
    with behind_nginx(tmp_path / "stack", request.param) as site:
        site.library.add_person("member", allow=Permission.VIEW)
        yield site


def processes_of(site: Site) -> dict[str, subprocess.Popen[bytes]]:
    return dict(site.processes._running)


def test_with_the_application_stopped_nothing_private_is_served(site: Site) -> None:
    item = site.library.add_item(CONTENT)
    address = f"/smedia/{item}/play.mp4"
    first = site.ask(address, "member")
    assert first.body == CONTENT
    application = next(process for name, process in processes_of(site).items() if name != "nginx")
    os.killpg(application.pid, signal.SIGKILL)
    application.wait(30)
    for headers in ({}, {"Range": "bytes=0-1"}, {"If-None-Match": first.headers["ETag"]}):
        answer = site.ask(address, "member", headers=headers)
        assert answer.status == 503
        assert CONTENT not in answer.body
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Retry-After"]
    page = site.ask("/", "member")
    assert page.status == 503
    assert b"Try again in a moment" in page.body
    assert site.ask("/healthz").status in (502, 503)
    assert site.ask("/static/manifest.json").status == 200


def test_without_a_database_everything_is_refused_and_health_says_so(site: Site) -> None:
    item = site.library.add_item(CONTENT)
    assert site.ask(f"/smedia/{item}/play.mp4", "member").status == 200
    assert site.ask("/healthz").body == b'{"status": "ok"}'
    assert site.stack is not None
    with site.library.installation.engine.connect() as connection:
        for table in ("items", "alembic_version"):
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO gone_{table}")
        connection.commit()
    answer = site.ask(f"/smedia/{item}/play.mp4", "member")
    assert answer.status == 503
    assert CONTENT not in answer.body
    health = site.ask("/healthz")
    assert (health.status, health.body) == (503, b'{"status": "unavailable"}')


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[Stack]:
    """A stack whose files are written and that holds its folder."""
    stack = Stack(tmp_path / "prepared", free_port(), environment=QUICK, quiet=True)
    stack.prepare()
    yield stack
    stack.stop()


def test_when_one_program_ends_all_are_stopped_and_it_says_which(prepared: Stack) -> None:
    prepared.start_application()
    prepared.start_front_server()
    running = dict(prepared.processes._running)
    running["nginx"].kill()
    with pytest.raises(Ended, match="nginx was ended by SIGKILL"), prepared.processes.together():
        prepared.processes.watch()
    assert all(process.poll() is not None for process in running.values())


def test_a_second_stack_in_the_same_folder_is_refused(prepared: Stack) -> None:
    with pytest.raises(Conflict, match="running already"):
        Stack(prepared.folder, free_port(), environment=QUICK).prepare()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        stack = Stack(tmp_path, taken.getsockname()[1], environment=QUICK)
        with pytest.raises(Conflict, match=f"Port {stack.port}"):
            stack.prepare()
        stack.stop()


def test_the_secret_is_random_kept_and_readable_for_its_owner_only(tmp_path: Path) -> None:
    secrets = []
    for folder in ("one", "one", "two"):
        stack = Stack(tmp_path / folder, free_port(), environment=QUICK)
        stack.prepare()
        stack.stop()
        secrets.append(stack.settings.secret)
        assert stat.S_IMODE(stack.ini.stat().st_mode) == 0o600
    assert secrets[0] == secrets[1] != secrets[2]


@pytest.mark.parametrize("name", ["100%", "what?", "a$b", 'say "hi"', "back\\slash"])
def test_a_folder_that_configurations_cannot_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be used"):
        Stack(tmp_path / name, 8080)


def test_a_folder_with_spaces_behind_a_link_with_a_very_long_path_works(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    with behind_nginx(tmp_path / "link" / "a folder; with {odd} things" / ("long" * 30), "gunicorn") as site:
        site.library.add_person("member", allow=Permission.VIEW)
        assert site.ask(f"/smedia/{site.library.add_item(CONTENT)}/play.mp4", "member").body == CONTENT


@pytest.mark.parametrize(("number", "app"), [(signal.SIGTERM, "uwsgi"), (signal.SIGINT, "gunicorn")])
def test_the_command_starts_all_prints_the_way_in_and_stops_all(
    number: signal.Signals, app: AppServer, tmp_path: Path
) -> None:
    port, folder = free_port(), tmp_path / "var"
    command = [beside_python("privmedia"), "stack", "--folder", folder, "--port", str(port), "--app", app]
    environment = {**os.environ, **QUICK}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as stack:
        giving_up = threading.Timer(90, stack.kill)
        giving_up.start()
        try:
            assert stack.stdout is not None
            lines: list[str] = []
            while not any("privmedia is at" in line for line in lines):
                line = stack.stdout.readline()
                assert line, lines
                lines.append(line)
            assert any(f"http://127.0.0.1:{port}/setup/" in line for line in lines)
            assert stat.S_IMODE((folder / "privmedia.sqlite").stat().st_mode) == 0o600
            stack.send_signal(number)
            assert stack.wait(60) == 0
        finally:
            giving_up.cancel()
    settings = Settings.read({"privmedia.front_server": "nginx"} | ini_of(folder), QUICK)
    assert settings.base_url == f"http://127.0.0.1:{port}"
    assert not (folder / "nginx" / "nginx.pid").exists()
    assert not (folder / "run" / "app.sock").exists()


def ini_of(folder: Path) -> dict[str, str]:
    return dict(Stack._read(folder / "stack.ini")["app:main"])
