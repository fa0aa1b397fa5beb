"""The pages of the audit log: what an administrator reads, finds and takes along."""
from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.access.principals import group, user
from privmedia.accounts.groups import Groups
from privmedia.accounts.service import Accounts
from privmedia.admin.log.views import ON_A_PAGE
from privmedia.audit.models import Event
from privmedia.audit.seals import seal_all
from privmedia.audit.service import DENIED, Audit, NamedAuthor
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from tests.conftest import FakeClock

MAREN = NamedAuthor("Maren Aasen", "maren@example.test", None, "192.0.2.22", request_id="7f3a91c27f3a91c2")


@pytest.fixture
def ingrid(make_person: Callable[..., Any], sign_in: Callable[..., TestApp]) -> TestApp:
    return sign_in(make_person("ingrid@example.test", name="Ingrid Solheim", admin=True))


def record(installation: Installation, kind: str, **more: Any) -> None:
    with writing(installation.sessions) as session:
        Audit(session, installation).record(kind, **{"identity": MAREN, **more})


def rows(page: Any) -> list[str]:
    return [" ".join(row.find_all("td")[2].get_text(" ").split()) for row in page.html.select("#items tr")]


def test_a_rule_reads_as_a_sentence_with_ways_to_what_it_speaks_of(
    ingrid: TestApp, installation: Installation, make_person: Any
) -> None:
    jonas = make_person("jonas@example.test", name="Jonas Bakke")
    with writing(installation.sessions) as session:
        folder = Paths(session, installation).make_folders("Training/Thruster T4")[-1]
        made = Groups(session, installation).add_group(name="Gdynia contractors")
        Rules(session, installation).set(folder, Wanted(group(made.id), Permission.VIEW), by=MAREN)
        Rules(session, installation).set(folder, Wanted(user(jonas.id), deny=True), by=MAREN)
    page = ingrid.get("/admin/audit")
    assert rows(page)[:2] == ["blocked Jonas Bakke at Thruster T4", "gave Gdynia contractors View on Thruster T4"]
    assert page.html.find("a", string="Thruster T4")["href"] == f"http://media.example.test/f/{folder.uid}" or (
        page.html.find("a", string="Thruster T4")["href"] == f"/f/{folder.uid}"
    )


def test_a_failed_sign_in_says_as_whom_and_why(ingrid: TestApp, testapp: TestApp) -> None:
    form = testapp.get("/login").forms["login-form"]
    form["email"], form["password"] = "jonas@example.test", "wrong"
    form.submit(status=401)
    page = ingrid.get("/admin/audit")
    assert rows(page)[0] == "was refused at sign-in as jonas@example.test , there is no such account"
    assert "Unknown" in page.html.select("#items tr")[0].get_text()


def test_what_was_done_as_somebody_else_or_with_a_token_says_so(ingrid: TestApp, installation: Installation) -> None:
    author = NamedAuthor("Ingrid Solheim", "ingrid@example.test", 1, through="seeing as Jonas Bakke <j@example.test>")
    record(installation, "item.view", identity=author, target="item:0123456789abcdef", detail={"version": 1})
    assert rows(ingrid.get("/admin/audit"))[0] == "viewed item:0123456789abcdef (seeing as Jonas Bakke)"


def test_markup_and_control_characters_in_names_are_only_text(ingrid: TestApp, installation: Installation) -> None:
    record(installation, "group.add", target="<b>x</b>\n\x1b[31mred")
    page = ingrid.get("/admin/audit")
    assert rows(page)[0] == "made the group <b>x</b>\\n\\x1b[31mred"
    assert "\x1b" not in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"who": "maren"}, ["group.add"]),
        ({"who": "command line"}, ["user.add"]),
        ({"who": "nobody"}, ["sign-in"]),
        ({"what": "people"}, ["user.disable", "group.add", "user.add"]),
        ({"what": "refusals"}, []),
        ({"to": "The board"}, ["group.add"]),
        ({"to": "jonas@example.test"}, ["user.disable", "sign-in"]),
        ({"to": "JONAS@"}, ["user.disable", "sign-in"]),
        ({"outcome": "refused"}, ["sign-in"]),
        ({"outcome": "done", "what": "sign-in"}, ["sign-in"]),
        ({"since": "2026-11-24"}, ["user.disable"]),
        ({"until": "2026-11-23", "what": "people"}, ["group.add", "user.add"]),
        ({"since": "2026-11-23", "until": "2026-11-23", "who": "maren"}, ["group.add"]),
        ({"who": "ingrid", "to": "The board"}, []),
    ],
)
def test_the_filters_find_what_they_say(
    query: dict[str, str], found: list[str], ingrid: TestApp, installation: Installation, clock: FakeClock
) -> None:
    record(installation, "group.add", target="The board")
    record(installation, "sign-in", identity=None, outcome=DENIED, target="jonas@example.test", detail={"why": "x"})
    clock.forward(hours=11)
    ingrid.get("/account")
    clock.forward(hours=2)
    ingrid_author = NamedAuthor("Ingrid Solheim", "ingrid@example.test", 1)
    record(installation, "user.disable", identity=ingrid_author, target="jonas@example.test")
    page = ingrid.get("/admin/audit", query)
    numbers = [int(link["href"].rsplit("/", 1)[1]) for link in page.html.select("#items [data-unfold]")]
    with reading(installation.sessions) as session:
        kinds = {event.id: event.kind for event in session.scalars(select(Event))}
    assert [kinds[number] for number in numbers] == found


def test_an_empty_answer_names_the_filter_and_the_ways_out(ingrid: TestApp, installation: Installation) -> None:
    page = ingrid.get("/admin/audit", {"who": "Hilde", "what": "access", "since": "2026-11-16", "until": "2026-11-20"})
    said = " ".join(page.html.select_one(".empty").get_text(" ").split())
    assert said.startswith(
        "Nothing matches There is no entry by “Hilde”, in “Access and sharing”, "
        "from 16 November 2026, up to 20 November 2026."
    )
    assert [link.get_text() for link in page.html.select(".empty a")] == ["Show everything “Hilde” did", "Any time"]


def test_a_day_that_is_none_is_said_at_its_field_and_the_rest_is_kept(ingrid: TestApp) -> None:
    page = ingrid.get("/admin/audit", {"since": "2026-02-31", "who": "ingrid", "until": "9999-12-31"}, status=422)
    assert "That is no day." in page.html.find(id="since-error").get_text()
    assert page.forms["log-filter"]["who"].value == "ingrid"
    assert rows(page) == ["signed in"]


@pytest.mark.parametrize("query", ["what=nonsense", "before=1.x", "before=..", f"who={'a' * 5000}", "outcome=maybe"])
def test_nonsense_in_the_address_breaks_nothing(query: str, ingrid: TestApp) -> None:
    assert ingrid.get(f"/admin/audit?{query}", status="*").status_int in (200, 422)


def test_pages_go_on_where_the_last_ended_also_among_lines_of_one_moment(
    ingrid: TestApp, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        audit = Audit(session, installation)
        for number in range(ON_A_PAGE * 2):
            audit.record("group.add", identity=MAREN, target=f"group {number:03}")
            session.flush()
    seen: list[str] = []
    page = ingrid.get("/admin/audit", {"what": "people", "to": "group"})
    assert f"{ON_A_PAGE * 2} entries, newest first" in page.text
    while True:
        seen += rows(page)
        more = page.html.find(id="more")
        if more is None:
            break
        page = ingrid.get(more["href"])
    assert seen == [f"made the group group {number:03}" for number in reversed(range(ON_A_PAGE * 2))]


def test_the_details_have_all_that_is_known_and_the_seal(ingrid: TestApp, installation: Installation) -> None:
    record(installation, "group.rename", target="Board", detail={"before": "The board"})
    with reading(installation.sessions) as session:
        number = session.scalars(select(Event.id).where(Event.kind == "group.rename")).one()
    facts = ingrid.get(f"/admin/audit/{number}").html.find(id="entry").get_text(" ", strip=True)
    for word in ("Maren Aasen <maren@example.test>", "group.rename, done", "The board", "192.0.2.22", "not sealed yet"):
        assert word in facts
    assert "7f3a91c27f3a91c2" in facts
    seal_all(installation)
    assert "not sealed yet" not in ingrid.get(f"/admin/audit/{number}").text
    ingrid.get("/admin/audit/99999", status=404)
    ingrid.get("/admin/audit/x", status=404)


def test_the_file_has_the_same_lines_is_harmless_in_a_spreadsheet_and_is_logged(
    ingrid: TestApp, installation: Installation
) -> None:
    record(installation, "group.add", target="=cmd|'/c calc'!A0", detail={"why": 'say "no", twice'})
    record(installation, "group.add", identity=NamedAuthor("@SUM(1)", ""), target="-2+3")
    page = ingrid.get("/admin/audit", {"what": "people"})
    answer = ingrid.get(page.html.find("a", download=True)["href"])
    assert answer.content_type == "text/csv"
    assert 'filename="audit-2026-11-23.csv"' in answer.headers["Content-Disposition"]
    assert answer.body.count(b"\r\n") == 4
    table = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert [row["on"] for row in table] == ["'-2+3", "'=cmd|'/c calc'!A0", "ingrid@example.test"]
    assert table[0]["who"] == "'@SUM(1)"
    assert json.loads(table[1]["detail"]) == {"why": 'say "no", twice'}
    assert rows(ingrid.get("/admin/audit"))[0] == "exported this log"


def test_the_file_is_whole_however_long(ingrid: TestApp, installation: Installation) -> None:
    with writing(installation.sessions) as session:
        audit = Audit(session, installation)
        for number in range(1203):
            audit.record("group.add", identity=MAREN, target=f"group {number}")
    answer = ingrid.get("/admin/audit.csv", {"to": "group"})
    assert len(list(csv.reader(io.StringIO(answer.body.decode(), newline="")))) == 1204


@pytest.mark.parametrize("address", ["/admin/audit", "/admin/audit.csv", "/admin/audit/1"])
def test_nobody_but_administrators_reads_it(address: str, make_person: Any, sign_in: Any, testapp: TestApp) -> None:
    sign_in(make_person("jonas@example.test")).get(address, status=404)
    testapp.get(address, status=303)


def test_somebody_who_is_gone_keeps_the_name_of_then(
    ingrid: TestApp, installation: Installation, make_person: Any
) -> None:
    jonas = make_person("jonas@example.test", name="Jonas Bakke")
    record(installation, "group.add", identity=NamedAuthor("Jonas Bakke", "jonas@example.test", jonas.id), target="x")
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        session.delete(accounts.user_by_email("jonas@example.test"))
    page = ingrid.get("/admin/audit", {"who": "jonas"})
    assert rows(page) == ["made the group x"]
    assert "Jonas Bakke" in page.html.select("#items tr")[0].get_text()
