"""`privmedia front-config nginx`: nginx takes what is printed, for either application server, with and without TLS."""
from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from privmedia.cli import cli
from privmedia.errors import Invalid
from privmedia.operations.front_servers import APP_SERVERS, AppServer, render_nginx_program
from privmedia.operations.stack import nginx_program
from tests import missing

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


def printed(folder: Path, *words: str, bind: str = "unix:{folder}/app.sock") -> Result:
    ini = folder / "production.ini"
    ini.write_text(INI.format(folder=folder, bind=bind.format(folder=folder)))
    return CliRunner().invoke(cli, ["-c", str(ini), "front-config", "nginx", *words])


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


def test_an_application_that_listens_on_no_socket_cannot_be_put_behind_nginx(folder: Path) -> None:
    result = printed(folder, bind="127.0.0.1:8000")
    assert isinstance(result.exception, Invalid)
    assert "unix socket" in str(result.exception)
