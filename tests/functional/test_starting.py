"""Starting: what stands in the way is said in a sentence, before anything runs."""
from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from privmedia.cli import cli
from privmedia.errors import DomainError
from privmedia.operations.migrations import migrate


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration for trying, whose database does not exist yet."""
    path = tmp_path / "trying.ini"
    path.write_text(
        f"""
[DEFAULT]
port = 6543
[app:main]
use = egg:privmedia
sqlalchemy.url = sqlite:///{tmp_path}/privmedia.sqlite
privmedia.media_root = {tmp_path}/media
privmedia.base_url = http://127.0.0.1:%(port)s
privmedia.secret = only for this test
[server:main]
use = egg:waitress#main
listen = 127.0.0.1:%(port)s
"""
    )
    return path


def call(config: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["-c", str(config), *words])


def refusal(result: Result) -> str:
    assert isinstance(result.exception, DomainError)
    return str(result.exception)


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_database_without_its_schema_is_told_what_to_do(config: Path, command: str) -> None:
    assert "privmedia migrate" in refusal(call(config, command))


def test_a_port_in_use_is_named(config: Path, tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/privmedia.sqlite")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"Port {port} cannot be used" in refusal(call(config, "serve", "--port", str(port)))


def test_a_percent_sign_that_is_written_once_is_explained_and_its_value_not_shown(config: Path) -> None:
    config.write_text(config.read_text().replace("= only for this test", "= a%b-secret"))
    for command in ("serve", "worker", "migrate"):
        said = refusal(call(config, command))
        assert "a % is written %%. Look at privmedia.secret." in said
        assert "b-secret" not in said


def test_all_wrong_settings_are_named_together(config: Path) -> None:
    config.write_text(config.read_text().replace("http://127.0.0.1:%(port)s", "nowhere").replace("secret", "sekret"))
    said = refusal(call(config, "migrate"))
    for word in ("base_url", "'privmedia.secret' is missing", "Did you mean 'privmedia.secret'?"):
        assert word in said


def test_a_configuration_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "nowhere.ini" in refusal(call(tmp_path / "nowhere.ini", "migrate"))


def test_a_fresh_folder_is_migrated_and_gets_its_set_up_link(config: Path) -> None:
    assert call(config, "migrate").exit_code == 0
    first = call(config, "setup-link").output.strip()
    assert "/setup/" in first
    assert call(config, "user", "add", "ingrid@example.test", "--admin").exit_code == 0
    assert "administrator already" in refusal(call(config, "setup-link"))
    assert call(config, "setup-link", "--if-needed").output == ""
