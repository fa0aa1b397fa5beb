"""`privmedia link …`, and links in `privmedia access why` and `access list`."""
from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from privmedia.access.permissions import Permission
from privmedia.access.principals import user
from privmedia.cli import cli
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Item, Kind
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.sharing.service import Links
from tests.conftest import FakeClock, Person

Run = Callable[..., Result]


@pytest.fixture
def run(installation: Installation, make_person: Callable[..., Person]) -> Run:
    """The program on a library with "A/B", a film in B, Leila who manages A, and Ada, who administers."""
    make_person("ada@example.test", name="Ada", admin=True)
    leila = make_person("leila@example.test", name="Leila")
    with writing(installation.sessions) as session:
        a, b = Paths(session, installation).make_folders("A/B")
        Rules(session, installation).set(a, Wanted(user(leila.id), Permission.MANAGE))
        session.add(
            Item(
                uid=new_uid(),
                folder_id=b.id,
                kind=Kind.VIDEO,
                title="Film",
                shown=True,
                created_at=installation.clock(),
            )
        )

    class Line:
        def __init__(self) -> None:
            self.installation = installation

    def invoke(*arguments: str, typed: str = "") -> Result:
        command = cli.commands[arguments[0]]
        return CliRunner().invoke(command, list(arguments[1:]), obj=Line(), input=typed)

    return invoke


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output + str(result.exception)
    return result.stdout


def test_a_link_is_made_listed_and_revoked(run: Run, installation: Installation) -> None:
    address = done(run("link", "add", "A/B/Film", "--expires", "7d", "--download", "--views", "3", "--name", "Yard"))
    assert re.fullmatch(r"http://media\.example\.test/s/[A-Za-z0-9_-]{43}\n", address)
    (listed,) = json.loads(done(run("link", "list", "--json")))
    uid = listed.pop("id")
    assert listed == {
        "path": "A/B/Film",
        "kind": "item",
        "name": "Yard",
        "note": "",
        "maker": "ada@example.test",
        "allow": ["view", "download"],
        "password": False,
        "state": "works",
        "created": "2026-11-23T12:00:00+00:00",
        "expires": "2026-11-30T12:00:00+00:00",
        "revoked": None,
        "viewings": 0,
        "most_viewings": 3,
        "last_used": None,
    }
    assert f"{uid}  A/B/Film  Yard  by ada@example.test  view,download  works" in done(run("link", "list"))
    assert done(run("link", "revoke", uid)) == "“Yard” to “Film” works no more.\n"
    assert json.loads(done(run("link", "list", "--json")))[0]["state"] == "revoked"


def test_a_link_to_send_files_by_is_made_listed_and_revoked(run: Run) -> None:
    limits = ("--size", "5GB", "--files", "20", "--expires", "7d")
    made = run("link", "add", "A", "--upload", "--text", "With a ruler.", *limits)
    assert re.fullmatch(r"http://media\.example\.test/give/[A-Za-z0-9_-]{43}\n", done(made))
    assert "as long as ada@example.test may manage it." in made.stderr
    (listed,) = json.loads(done(run("link", "list", "--json")))
    assert listed | {
        "path": "A",
        "allow": ["upload"],
        "state": "works",
        "text": "With a ruler.",
        "files": 0,
        "most_files": 20,
        "bytes": 0,
        "most_bytes": 5 * 10**9,
    } == listed
    assert "upload  works  until 2026-11-30T12:00:00+00:00  0 files, 0 bytes" in done(run("link", "list"))
    done(run("link", "revoke", listed["id"]))
    assert json.loads(done(run("link", "list", "--json")))[0]["state"] == "revoked"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--upload", "--download"),
        ("--upload", "--views", "3"),
        ("--size", "5GB"),
        ("--files", "3"),
        ("--text", "With a ruler."),
        ("--upload", "--size", "much"),
        ("--upload", "--files", "0"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("link", "add", "A", *arguments).exit_code == 2
    assert json.loads(done(run("link", "list", "--json"))) == []


def test_a_password_is_read_from_standard_input(run: Run, installation: Installation) -> None:
    done(run("link", "add", "A", "--password-stdin", typed="copper gannet 41\n"))
    with reading(installation.sessions) as session:
        (standing,) = Links(session, installation).everywhere()
    assert (standing.link.password_hash or "").startswith("v1$")
    weak = run("link", "add", "A", "--password-stdin", typed="1234\n")
    assert "too short" in str(weak.exception)


def test_it_is_somebodys_and_ends_with_their_right(run: Run, installation: Installation) -> None:
    done(run("link", "add", "A", "--by", "leila@example.test"))
    with writing(installation.sessions) as session:
        Rules(session, installation).clear(Paths(session, installation).folder("A"), user(2))
    assert json.loads(done(run("link", "list", "--json")))[0]["state"] == "maker lost it"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("add", "A/C"), "There is no folder or item “C” in “A”."),
        (("add", "/"), "not the library itself"),
        (("add", "A/B/Film", "--upload"), "Files are sent to a folder."),
        (("add", "A", "--upload", "--text", "x" * 1001), "1,000 characters"),
        (("add", "A", "--expires", "500d"), "365 days is the longest"),
        (("add", "A", "--by", "nobody@example.test"), "nobody@example.test"),
        (("revoke", "x"), "There is no such link."),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_sentence(run: Run, arguments: tuple[str, ...], sentence: str) -> None:
    result = run("link", *arguments)
    assert sentence in str(result.exception)
    assert json.loads(done(run("link", "list", "--json"))) == []


def test_wrong_usage_ends_with_2(run: Run) -> None:
    for arguments in (("add",), ("add", "A", "--views", "0"), ("add", "A", "--expires", "soon"), ("revoke",)):
        assert run("link", *arguments).exit_code == 2


def test_why_and_the_list_of_access_name_links(run: Run, clock: FakeClock) -> None:
    done(run("link", "add", "A", "--by", "leila@example.test", "--name", "Yard"))
    sentence = "may view without signing in, by the right of leila@example.test, until 2026-12-23T12:00:00+00:00."
    assert sentence in done(run("access", "why", "ada@example.test", "A/B/Film"))
    (link,) = json.loads(done(run("access", "why", "ada@example.test", "A/B/Film", "--json")))["links"]
    assert (link["name"], link["path"]) == ("Yard", "A")
    assert f"A: Whoever has the link “Yard” ({link['id']}) {sentence}" in done(run("access", "list"))
    clock.forward(days=31)
    assert "Yard" not in done(run("access", "list"))


def test_a_link_is_extended_from_now_on_and_a_revoked_one_is_not(run: Run, clock: FakeClock) -> None:
    done(run("link", "add", "A", "--expires", "1d"))
    clock.forward(days=3)
    (link,) = json.loads(done(run("link", "list", "--json")))
    assert link["state"] == "expired"
    assert "2026-12-10T12:00:00+00:00" in done(run("link", "extend", link["id"], "--expires", "2w"))
    assert json.loads(done(run("link", "list", "--json")))[0]["state"] == "works"
    assert "365 days is the longest" in str(run("link", "extend", link["id"], "--expires", "500d").exception)
    done(run("link", "revoke", link["id"]))
    assert "has been revoked" in str(run("link", "extend", link["id"]).exception)
