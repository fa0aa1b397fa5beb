"""The access commands: what they do, what they print, how they refuse."""
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from privmedia.access.models import Ace
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.db import writing
from privmedia.errors import DomainError
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Item, Kind
from privmedia.library.paths import Paths
from privmedia.library.rules_commands import access
from tests.conftest import FakeClock, Person

Run = Callable[..., Result]


@pytest.fixture
def run(installation: Installation, make_person: Callable[..., Person]) -> Run:
    """`privmedia access …` on a library with "A/B", a film in B, Leila in the group Crew, and Ada, who administers."""
    make_person("ada@example.test", name="Ada", admin=True)
    leila = make_person("leila@example.test", name="Leila")
    make_person("milo@example.test", name="Milo")
    with writing(installation.sessions) as session:
        groups = Groups(session, installation)
        groups.join(group=groups.add_group(name="Crew"), users=[session.get_one(User, leila.id)])
        _a, b = Paths(session, installation).make_folders("A/B")
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

    return lambda *arguments: CliRunner().invoke(access, list(arguments), obj=Line())


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output + str(result.exception)
    return result.output


def refused(result: Result) -> str:
    assert isinstance(result.exception, DomainError)
    return str(result.exception)


def test_why_tells_the_decision_and_its_path(run: Run) -> None:
    done(run("set", "A", "--group", "crew", "--allow", "view,download"))
    lines = done(run("why", "Leila@example.test", "A/B/Film")).splitlines()
    assert lines == [
        "Leila can View and Download here.",
        "View and Download, because Leila is in Crew, which has View and Download on A. Set on 23 November 2026.",
        "Upload, Edit and Manage: no rule gives these to Leila or to a group Leila is in.",
        "The account is active, and was never used.",
    ]
    assert done(run("why", "milo@example.test", "A")).splitlines()[0] == "Milo cannot see this."
    assert done(run("why", "ada@example.test", "/")).splitlines()[0].startswith("Ada can do everything here.")


def test_the_list_says_who_may_what_where_in_a_stable_order(run: Run) -> None:
    done(run("set", "A/B", "--user", "milo@example.test", "--allow", "manage"))
    done(run("set", "A", "--group", "Crew", "--allow", "view", "--until", "2026-12-24"))
    done(run("set", "A/B/Film", "--user", "leila@example.test", "--deny"))
    done(run("inherit", "A/B", "off"))
    listed = json.loads(done(run("list", "--json")))
    assert listed["administrators"] == ["ada@example.test"]
    assert [place["path"] for place in listed["places"]] == ["/", "A", "A/B", "A/B/Film"]
    top, above, below, film = listed["places"]
    assert top["people"] == {}
    assert above["rules"] == [
        {
            "who": "group Crew",
            "allow": ["view"],
            "deny": False,
            "until": "2026-12-25T00:00:00+00:00",
            "ended": False,
            "set_by": None,
            "set_at": "2026-11-23T12:00:00+00:00",
        }
    ]
    assert above["people"] == {"leila@example.test": ["view"]}
    assert (below["inherits"], list(below["people"])) == (False, ["milo@example.test"])
    assert film["rules"][0]["deny"]
    assert film["blocked"] == ["leila@example.test"]
    assert listed["disabled"] == []
    text = done(run("list"))
    assert text == done(run("list"))
    assert "A/B  (rules from above stop here)" in text
    assert "  none  leila@example.test  blocked" in text
    assert "  rule  group Crew  view  until 2026-12-25T00:00:00+00:00  set 2026-11-23" in text


def test_why_and_the_list_tell_scripts_of_blocks_disabled_accounts_and_who_set_what(
    run: Run, installation: Installation, clock: FakeClock
) -> None:
    done(run("set", "A", "--group", "Crew", "--allow", "view"))
    done(run("set", "A/B", "--user", "leila@example.test", "--deny"))
    with writing(installation.sessions) as session:
        ada = session.scalars(select(User).where(User.email == "ada@example.test")).one()
        session.scalars(select(Ace).where(Ace.deny)).one().created_by = ada.id
        milo = session.scalars(select(User).where(User.email == "milo@example.test")).one()
        milo.disabled_at = clock.now
    answer = json.loads(done(run("why", "leila@example.test", "A/B/Film", "--json")))
    assert (answer["can"], answer["blocked"], answer["disabled"]) == ([], True, None)
    assert answer["permissions"]["view"] == {
        "given": False,
        "because": ["But Leila is blocked on B, and a Block always wins."],
    }
    block = next(step for step in answer["steps"] if step["kind"] == "stops")
    assert (block["set_by"], block["set_at"]) == ("Ada", "2026-11-23T12:00:00+00:00")
    text = done(run("why", "leila@example.test", "A/B"))
    assert "But Leila is blocked here, and a Block always wins. Set by Ada on 23 November 2026." in text
    answer = json.loads(done(run("why", "milo@example.test", "A", "--json")))
    assert (answer["can"], answer["disabled"]) == ([], "2026-11-23T12:00:00+00:00")
    assert json.loads(done(run("list", "--json")))["disabled"] == ["milo@example.test"]
    assert "milo@example.test  nothing, disabled" in done(run("list"))


def test_a_cleared_rule_is_gone_and_clearing_again_is_refused(run: Run) -> None:
    done(run("set", "A", "--everyone", "--allow", "view"))
    done(run("clear", "A", "--everyone"))
    assert done(run("why", "milo@example.test", "A")).startswith("Milo cannot see this.")
    assert refused(run("clear", "A", "--everyone")) == "There is no such rule at “A”."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("set", "A/Nowhere", "--everyone", "--allow", "view"), "There is no folder or item “Nowhere” in “A”."),
        (("set", "A/Nowhere/C", "--everyone", "--allow", "view"), "There is no folder “Nowhere” in “A”."),
        (("set", "A", "--user", "nobody@example.test", "--allow", "view"), "There is no account nobody@example.test."),
        (("set", "A", "--group", "None", "--allow", "view"), "There is no group “None”."),
        (("set", "A", "--everyone", "--deny", "--until", "2020-01-01"), "The end of the rule is over already."),
        (("inherit", "/", "off"), "There is nothing above the library itself."),
        (("why", "nobody@example.test", "A"), "There is no account nobody@example.test."),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_sentence(run: Run, arguments: tuple[str, ...], sentence: str) -> None:
    assert refused(run(*arguments)) == sentence


@pytest.mark.parametrize(
    "arguments",
    [
        ("set", "A", "--everyone"),
        ("set", "A", "--everyone", "--allow", "view", "--deny"),
        ("set", "A", "--allow", "view"),
        ("set", "A", "--everyone", "--group", "Crew", "--allow", "view"),
        ("set", "A", "--everyone", "--allow", "view,fly"),
        ("set", "A", "--everyone", "--allow", ""),
        ("set", "A", "--everyone", "--allow", "view", "--until", "tomorrow"),
        ("inherit", "A", "maybe"),
    ],
)
def test_wrong_usage_ends_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_title_that_two_items_have_is_refused(run: Run, installation: Installation, clock: FakeClock) -> None:
    with writing(installation.sessions) as session:
        b: Any = Paths(session, installation).folder("A/B")
        session.add(
            Item(uid=new_uid(), folder_id=b.id, kind=Kind.VIDEO, title="Film", shown=True, created_at=clock.now)
        )
    assert "2 items in “A/B” are called “Film”" in refused(run("why", "milo@example.test", "A/B/Film"))
