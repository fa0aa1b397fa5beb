"""`privmedia embed …`: players made, listed and ended from the command line."""
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from privmedia.cli import cli
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.library.models import Item
from tests.conftest import Person
from tests.private_library import PrivateLibrary

Run = Callable[..., Result]


@pytest.fixture
def library(installation: Installation, make_person: Callable[..., Person]) -> PrivateLibrary:
    make_person("ada@example.test", name="Ada", admin=True)
    return PrivateLibrary(installation)


@pytest.fixture
def run(installation: Installation, ini: dict[str, str], tmp_path: Path) -> Run:
    config = tmp_path / "embeds.ini"
    values = "\n".join(f"{key} = {value}" for key, value in ini.items())
    config.write_text(f"[app:main]\nuse = egg:privmedia\n{values}\n")
    return lambda *words: CliRunner().invoke(cli, ["-c", str(config), "embed", *words])


@pytest.fixture
def path(library: PrivateLibrary, installation: Installation) -> str:
    uid = library.add_item(b"the film")
    with writing(installation.sessions) as session:
        item = session.query(Item).filter_by(uid=uid).one()
        return f"{item.folder.name}/{item.title}"


def test_a_player_is_made_listed_and_ended(run: Run, path: str) -> None:
    made = run("add", path, "--site", "https://Intra.example", "--site", "http://intra.example:8080")
    assert made.exit_code == 0, made.output
    assert '<iframe src="http://media.example.test/embed/' in made.stdout
    (row,) = json.loads(run("list", "--json").stdout)
    assert row["sites"] == ["https://intra.example", "http://intra.example:8080"]
    assert (row["path"], row["where"], row["open"], row["state"]) == (path, "sites", False, "works")
    assert row["id"] in run("list").stdout
    assert "plays no more" in run("remove", row["id"]).stdout
    assert json.loads(run("list", "--json").stdout) == []
    assert run("remove", row["id"]).exit_code == 0


def test_an_open_player_needs_sites_and_a_folder_is_no_item(run: Run, path: str) -> None:
    refused = run("add", path, "--everywhere", "--open")
    assert refused.exit_code == 2
    assert "name the sites" in refused.stderr
    assert run("add", path, "--open", "--site", "https://intra.example").exit_code == 0
    assert run("add", path, "--everywhere").exit_code == 0
    assert run("add", path).exit_code == 0
    assert [row["where"] for row in json.loads(run("list", "--json").stdout)] == ["nowhere", "everywhere", "sites"]
    for wrong in ((path.rpartition("/")[0],), (path, "--site", "https://intra.example/news"), (path, "--site", "x")):
        result = run("add", *wrong)
        assert result.exception is not None, wrong
        assert str(result.exception), wrong


def test_keys_of_sites_are_made_listed_chosen_and_removed(run: Run, path: str) -> None:
    made = run("key", "add", "Yard intranet", "--site", "https://Intra.example")
    assert made.exit_code == 0, made.output
    key, secret = (line.split()[1] for line in made.stdout.splitlines())
    assert secret.startswith("pms_")
    assert run("key", "add", "Yard intranet", "--site", "https://intra.example").exit_code == 1
    assert run("key", "add", "Yard", "--site", "intranet").exit_code == 1
    assert run("add", path, "--signed", key, "--open").exit_code == 2
    assert run("add", path, "--signed", "k0k0k0k0k0k0k0k0").exit_code == 1
    assert run("add", path, "--signed", key).exit_code == 0
    (row,) = json.loads(run("list", "--json").stdout)
    assert (row["key"], row["sites"], row["open"]) == ("Yard intranet", ["https://intra.example"], False)
    assert "by the word of Yard intranet" in run("list").stdout
    (listed,) = json.loads(run("key", "list", "--json").stdout)
    assert (listed["id"], listed["players"], listed["last_used"]) == (key, 1, None)
    assert secret not in run("key", "list").stdout
    assert "counts no more" in run("key", "remove", key).stdout
    assert run("key", "remove", key).exit_code == 1
    assert json.loads(run("list", "--json").stdout)[0]["state"] == "closed"
