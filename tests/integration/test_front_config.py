"""`privmedia front-config`: each front server takes what is printed for it, with and without TLS."""
from __future__ import annotations

import configparser
import http.client
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from privmedia.cli import cli
from privmedia.errors import Invalid
from privmedia.installation import Installation
from privmedia.operations.doctor.findings import Level
from privmedia.operations.doctor.versions import the_front_server_is_mended
from privmedia.operations.doctor.visiting import PublicAddress
from privmedia.operations.front_apache import MODULES_FOLDER, ApacheSite, render_apache_program
from privmedia.operations.front_commands import has_hole_in_http2
from privmedia.operations.front_servers import APP_SERVERS, AppServer, render_nginx_program
from privmedia.operations.processes import Processes, Program
from privmedia.operations.stack import front_program, nginx_program
from privmedia.settings import Settings
from tests import missing
from tests.sites import free_port, or_skipped

INI = """
[app:main]
use = egg:privmedia
sqlalchemy.url = sqlite:///{folder}/privmedia.sqlite
privmedia.media_root = {folder}/media
privmedia.base_url = https://media.example.com
privmedia.secret = 0f3a9c51e8b7426d95d4c7a61b02f8e3
privmedia.front_server = nginx
[server:main]
use = egg:gunicorn#main
bind = {bind}
[uwsgi]
socket = {folder}/app.sock
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("media/incoming", "nginx", "log", "tls"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def printed(folder: Path, *words: str, server: str = "nginx", bind: str = "unix:{folder}/app.sock") -> Result:
    ini = folder / "production.ini"
    ini.write_text(INI.format(folder=folder, bind=bind.format(folder=folder)))
    return CliRunner().invoke(cli, ["-c", str(ini), "front-config", server, *words])


def settings(folder: Path) -> Settings:
    config = configparser.RawConfigParser()
    config.read(folder / "production.ini")
    return Settings.read(dict(config["app:main"]), {})


def certificate(folder: Path) -> Path:
    if shutil.which("openssl") is None:
        missing("openssl is missing: apt-get install openssl")
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=media.example.com"]
    files = ["-keyout", folder / "tls" / "privkey.pem", "-out", folder / "tls" / "fullchain.pem"]
    subprocess.run([*make, *files], check=True, capture_output=True)
    return folder / "tls"


@pytest.mark.parametrize("app", APP_SERVERS)
@pytest.mark.parametrize("tls", [False, True])
def test_nginx_accepts_what_is_printed(app: AppServer, tls: bool, folder: Path) -> None:
    words = ["--tls", str(certificate(folder))] if tls else []
    result = printed(folder, "--app", app, *words)
    assert result.exit_code == 0, result.output
    text = result.output.replace("/var/log/nginx/", f"{folder}/log/")
    (folder / "nginx" / "privmedia.conf").write_text(text)
    user = "root" if os.geteuid() == 0 else None
    (folder / "nginx" / "nginx.conf").write_text(render_nginx_program(folder, user=user))
    command = [nginx_program(), "-t", "-c", folder / "nginx" / "nginx.conf", "-e", folder / "log" / "error.log"]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert ("return 301 https://media.example.com$request_uri;" in text) is tls
    assert 'Strict-Transport-Security "max-age=' in text


@pytest.mark.parametrize("server", ["apache", "lighttpd", "caddy"])
@pytest.mark.parametrize("tls", [False, True])
def test_the_other_front_servers_accept_what_is_printed(server: str, tls: bool, folder: Path) -> None:
    with or_skipped():
        program = front_program(server)
    words = ["--tls", str(certificate(folder))] if tls else []
    result = printed(folder, *words, server=server)
    assert result.exit_code == 0, result.output
    file = folder / "site.conf"
    file.write_text(re.sub(r"/var/log/\w+/", f"{folder}/log/", result.stdout))
    if server == "apache":
        (folder / "apache").mkdir()
        whole = render_apache_program(folder, ApacheSite.of(settings(folder), socket=folder / "x", app="gunicorn"))
        modules = "".join(
            f"LoadModule {name}_module {MODULES_FOLDER}/mod_{name}.so\n" for name in ("ssl", "socache_shmcb", "http2")
        )
        (folder / "whole.conf").write_text(whole.replace(f"{folder}/apache/privmedia.conf", str(file)) + modules)
        command = [program, "-t", "-f", folder / "whole.conf"]
    elif server == "lighttpd":
        # There is no such user where tests run.
        file.write_text(re.sub(r"server\.(user|group)name = .*", "", file.read_text()))
        command = [program, "-tt", "-f", file]
    else:
        command = [program, "validate", "--adapter", "caddyfile", "--config", file]
    home = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    checked = subprocess.run(command, check=False, capture_output=True, text=True, env=home)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "max-age=" in file.read_text()
    assert str(folder / "app.sock") in file.read_text()


@pytest.mark.parametrize("server", ["apache", "lighttpd", "caddy"])
def test_uwsgi_stands_behind_nginx_alone(server: str, folder: Path) -> None:
    result = printed(folder, "--app", "uwsgi", server=server)
    assert isinstance(result.exception, Invalid)
    assert "leave out --app" in str(result.exception)


def test_an_application_that_listens_on_no_socket_cannot_be_put_behind_nginx(folder: Path) -> None:
    result = printed(folder, bind="127.0.0.1:8000")
    assert isinstance(result.exception, Invalid)
    assert "unix socket" in str(result.exception)


@contextmanager
def caddy_running(folder: Path, text: str, port: int) -> Iterator[None]:
    """Caddy with what was printed, by HTTPS on a port of its own."""
    file, home = folder / "Caddyfile", {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    text = text.replace("https://media.example.com {", f"https://127.0.0.1:{port} {{")
    text = text.replace("\n:443 {", f"\n:{port} {{")
    # Port 80 is not ours where tests run.
    text = text.replace("\tadmin off\n", "\tadmin off\n\tauto_https disable_redirects\n")
    file.write_text(re.sub(r"/var/log/\w+/", f"{folder}/log/", text))
    programs = Processes()
    command = [front_program("caddy"), "run", "--adapter", "caddyfile", "--config", file]
    programs.start(Program("Caddy", command, folder, home, folder / "log" / "caddy.log"))
    try:
        until = time.monotonic() + 20
        while PublicAddress(f"https://127.0.0.1:{port}").speaks_http2() is None:
            programs.check()
            assert time.monotonic() < until
            time.sleep(0.05)
        yield
    finally:
        programs.stop()


def answer_under(name: str, port: int) -> tuple[int, str]:
    """Status and one of the headers that all answers have, asked for under a name that is not that of the site."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    with closing(connection):
        connection.request("GET", "/login", headers={"Host": name})
        answer = connection.getresponse()
        return answer.status, answer.headers["X-Content-Type-Options"]


def test_a_caddy_with_the_hole_in_http2_is_safe_as_printed_and_the_doctor_knows_it(folder: Path) -> None:
    with or_skipped():
        front_program("caddy")
    if not has_hole_in_http2("caddy"):
        missing("Caddy is newer than Debian's 2.6.2: apt-get install caddy")
    text, port = printed(folder, "--tls", str(certificate(folder)), server="caddy").stdout, free_port()
    values = {**vars(settings(folder)), "front_server": "caddy", "base_url": f"https://127.0.0.1:{port}"}
    installation = Installation.open(Settings(**values))
    with closing(installation):
        with caddy_running(folder, text, port):
            assert PublicAddress(f"https://127.0.0.1:{port}").speaks_http2() is False
            assert answer_under("another-name.example", port) == (421, "nosniff")
            outcome = the_front_server_is_mended(installation)
            assert outcome.level is Level.GREEN
            assert "HTTP/2 (CVE-2023-44487), which is switched off here" in str(outcome.measured)
        opened = text.replace("\t\tprotocols h1\n", "")
        assert opened != text
        with caddy_running(folder, opened, port):
            assert PublicAddress(f"https://127.0.0.1:{port}").speaks_http2() is True
            outcome = the_front_server_is_mended(installation)
            assert outcome.level is Level.AMBER
            assert "which leaves HTTP/2 out" in str(outcome.cure)
            assert outcome.lines[1].startswith("privmedia front-config caddy > ")
    (folder / "opened").write_text(opened)
    said = printed(folder, "--tls", str(folder / "tls"), "--check", str(folder / "opened"), server="caddy")
    assert said.exit_code == 1
    assert "write `protocols h1`. One client of HTTP/2 can keep this version of Caddy busy" in said.output
