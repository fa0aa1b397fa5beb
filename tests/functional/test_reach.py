"""Everything one person can reach, and through what: for administrators, and for oneself."""
from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import ApiToken, User
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.paths import Paths
from tests.conftest import FakeClock, Person
from tests.functional.why_library import Training, make_training


@pytest.fixture
def site(installation: Installation, clock: FakeClock, make_person: Callable[..., Person], sign_in: Any) -> Training:
    site = make_training(installation, clock, make_person, sign_in)
    with writing(installation.sessions) as session:
        for path in ("Product training/Thruster T4/Drafts", "Product training/Bridge", "Town halls", "Board papers"):
            Paths(session, installation).make_folders(path)
    site.set("Town halls", "everyone", Permission.VIEW)
    for path in ("Product training", "Product training/Bridge", "Town halls", "Board papers"):
        site.add_item(path, f"Film of {path.rpartition('/')[2]}")
    return site


NO_NUMBER = "\N{EN DASH}"
SOURCES = "aside[aria-label='Through what'] .rule"


def address(site: Training, name: str, more: str = "") -> str:
    with reading(site.installation.sessions) as session:
        uid = session.scalars(select(User.uid).where(User.id == site.people[name].id)).one()
    return f"/admin/users/{uid}/access{more}"


def lines(page: Any) -> list[tuple[str, str, str]]:
    """Name, number of items and reason of each line."""
    found = []
    for row in page.html.select("#items tr"):
        name, _may, because, items = (" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"]))
        found.append((name, items, because))
    return found


def look(site: Training, name: str, more: str = "", by: str = "ada") -> list[tuple[str, str, str]]:
    return lines(site.as_(by).get(address(site, name, more)))


def statements(site: Training, browser: TestApp, there: str) -> int:
    """How many statements a page takes."""
    asked = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(site.installation.engine, "before_cursor_execute", note)
    browser.get(there)
    event.remove(site.installation.engine, "before_cursor_execute", note)
    return len(asked)


def test_each_place_says_what_may_be_done_and_because_of_which_rule(site: Training) -> None:
    page = site.as_("ada").get(address(site, "jonas"))
    assert "4 of 5 items in 5 of 6 folders." in page
    assert "Worked out now from 2 rules and 1 group." in " ".join(page.text.split())
    assert lines(page) == [
        ("Product training", "1", "Service engineers has View and Download"),
        ("Bridge", "1", "the same, inherited"),
        ("Thruster T4", "1", "the same, inherited"),
        ("Drafts", "0", "the same, inherited"),
        ("Town halls", "1", "everyone has View"),
    ]
    rights = [item.text for item in page.html.select("#items tr")[0].select(".rights li.y")]
    assert rights == ["View: yes", "Download: yes"]


def test_a_cut_a_block_an_item_and_a_rule_for_one_person_have_lines_that_say_so(site: Training) -> None:
    site.cut("Product training/Thruster T4/Drafts")
    site.set("Product training/Bridge", site.group("Service engineers"), deny=True, by="ada")
    soon = site.clock.now + timedelta(days=7)
    site.set("Board papers/Film of Board papers", site.user("jonas"), Permission.VIEW, until=soon)
    site.set("Town halls", site.user("jonas"), Permission.VIEW)
    found = {name: (items, because) for name, items, because in look(site, "jonas")}
    assert found["Bridge"] == (NO_NUMBER, "blocked: Service engineers is blocked on Bridge by Ada Lind")
    assert found["Drafts"] == (NO_NUMBER, "does not take over rules, and no rule there names Jonas Bakke")
    assert found["“Film of Board papers”"] == ("1", "a rule on this item names Jonas Bakke, until 30 November 2026")
    assert found["Town halls"][1] == (
        "everyone has View a rule on Jonas Bakke alone gives the same again not needed"
    )
    assert "Board papers" not in found
    assert [name for name, *_ in look(site, "jonas", "?show=blocked")] == ["Bridge"]
    assert [name for name, *_ in look(site, "jonas", "?show=alone")] == ["“Film of Board papers”", "Town halls"]
    assert len(look(site, "jonas", "?show=all")) == 7


def test_where_it_comes_from_is_counted_for_each_group(site: Training) -> None:
    site.set("Town halls", site.user("jonas"), Permission.VIEW)
    page = site.as_("ada").get(address(site, "jonas"))
    sources = [" ".join(rule.get_text(" ").split()) for rule in page.html.select(SOURCES)]
    assert sources == [
        "Service engineers 1 place, and what lies inside 3 items",
        "Everyone 1 place, and what lies inside 1 item",
        "Rules on Jonas Bakke alone 1 place, and what lies inside "
        "nothing that does not come from elsewhere as well 1 item",
    ]


def test_what_if_somebody_leaves_a_group_shows_what_would_go_and_changes_nothing(site: Training) -> None:
    form = site.as_("ada").get(address(site, "jonas")).forms["leave-form"]
    form["without"].select(text="Service engineers")
    page = form.submit()
    said = " ".join(page.html.select_one(".alert[role=status]").text.split())
    assert said == (
        "If Jonas Bakke left Service engineers: 3 of 4 items would go. 4 of 5 folders would go. "
        "Nothing is changed by looking."
    )
    assert [name for name, *_ in lines(page)] == ["Product training", "Bridge", "Thruster T4", "Drafts"]
    assert "would lose View and Download" in lines(page)[0][2]
    site.set("Product training", site.user("jonas"), Permission.VIEW | Permission.DOWNLOAD)
    assert "nothing would change" in form.submit()


def test_leaving_a_group_that_is_blocked_would_open_something(site: Training) -> None:
    site.set("Town halls", site.group("Service engineers"), deny=True)
    form = site.as_("ada").get(address(site, "jonas")).forms["leave-form"]
    form["without"].select(text="Service engineers")
    assert "would gain View" in " ".join(because for *_, because in lines(form.submit()))


def test_a_drop_box_own_uploads_and_tokens_are_other_ways_in(site: Training) -> None:
    site.set("Board papers", site.user("oskar"), Permission.UPLOAD)
    site.add_item("Board papers", "From outside", by="oskar")
    site.add_item("Town halls", "From before", by="oskar")
    with writing(site.installation.sessions) as session:
        session.add(
            ApiToken(
                uid=new_uid(),
                token_hash="0" * 64,
                user_id=site.people["oskar"].id,
                name="render box",
                scopes="read,upload",
                created_at=site.clock.now,
            )
        )
    page = site.as_("ada").get(address(site, "oskar"))
    assert lines(page) == [("Board papers", "1", "a rule on this folder names Oskar Lund")]
    text = " ".join(page.text.split())
    assert "2 uploads of their own" in text
    assert "1 of them they can no longer open." in text
    assert "API token “render box”" in text
    assert "For read, upload." in text


def test_disabled_people_and_administrators_are_told_as_what_they_are(site: Training) -> None:
    site.change("jonas", disabled_at=site.clock.now)
    assert "The account is disabled since 23 November 2026" in site.as_("ada").get(address(site, "jonas"))
    page = site.as_("ada").get(address(site, "ada"))
    assert "Ada Lind is an administrator" in page
    assert "5 of 5 items in 6 of 6 folders." in page


def test_the_table_to_keep_has_every_place_and_no_cell_is_a_formula(site: Training) -> None:
    with writing(site.installation.sessions) as session:
        Paths(session, site.installation).make_folders("Town halls/=SUM(A1)")
    answer = site.as_("ada").get(address(site, "jonas", ".csv"))
    assert answer.content_type == "text/csv"
    assert b"\r\n" in answer.body
    table = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert [row["path"] for row in table] == [
        "Product training",
        "Product training/Bridge",
        "Product training/Thruster T4",
        "Product training/Thruster T4/Drafts",
        "Town halls",
        "Town halls/=SUM(A1)",
    ]
    assert table[0] | {"because": ""} == {
        "path": "Product training",
        "kind": "folder",
        "view": "yes",
        "download": "yes",
        "upload": "no",
        "edit": "no",
        "manage": "no",
        "blocked": "no",
        "items": "1",
        "because": "",
    }


def test_a_long_list_is_paged(site: Training) -> None:
    with writing(site.installation.sessions) as session:
        for number in range(120):
            Paths(session, site.installation).make_folders(f"Town halls/Year {number:03}")
    ada = site.as_("ada")
    page = ada.get(address(site, "jonas"))
    assert ("Town halls and 120 folders inside: the same", "1", "everyone has View") in lines(page)
    page = ada.get(address(site, "jonas", "?show=all"))
    assert len(lines(page)) == 100
    assert len(lines(page.click("Show more"))) == 26


def test_odd_questions_are_answered_like_none(site: Training) -> None:
    ada = site.as_("ada")
    for odd in ("?show=everything", "?without=nonsense", "?page=0", "?page=999999", "?page=x"):
        ada.get(address(site, "jonas", odd), status=200)


def test_people_see_what_they_can_reach_themselves_and_no_trace_of_anything_else(site: Training) -> None:
    site.cut("Product training/Thruster T4/Drafts")
    site.set("Product training/Bridge", site.group("Service engineers"), deny=True)
    page = site.as_("jonas").get("/account/reach")
    assert lines(page) == [
        ("Product training", "1", "Service engineers has View and Download"),
        ("Thruster T4", "1", "the same, inherited"),
        ("Town halls", "1", "everyone has View"),
    ]
    assert "3 items in 3 folders." in page
    for hidden in ("Drafts", "Bridge", "Board papers", "of 5"):
        assert hidden not in page


def test_the_name_of_a_hidden_folder_is_in_no_reason_and_no_path(site: Training) -> None:
    site.set("Product training/Thruster T4", site.user("oskar"), Permission.VIEW)
    page = site.as_("oskar").get("/account/reach")
    assert lines(page) == [
        ("Thruster T4", "1", "a rule on this folder names Oskar Lund"),
        ("Drafts", "0", "the same, inherited"),
    ]
    assert "Product training" not in page


def test_the_number_of_statements_does_not_grow_with_the_library(site: Training) -> None:
    ada, there = site.as_("ada"), address(site, "jonas")
    few = statements(site, ada, there)
    with writing(site.installation.sessions) as session:
        for number in range(80):
            Paths(session, site.installation).make_folders(f"Town halls/Year {number:03}")
    for number in range(20):
        site.set(f"Town halls/Year {number:03}", site.user("jonas"), Permission.EDIT)
    assert statements(site, ada, there) == few


def test_the_page_is_for_administrators(site: Training) -> None:
    browser: TestApp = site.as_("maren")
    browser.get(address(site, "jonas"), status=404)
    browser.get(address(site, "jonas", ".csv"), status=404)


def test_a_group_the_person_is_not_in_is_not_asked_about(site: Training) -> None:
    with writing(site.installation.sessions) as session:
        other = Groups(session, site.installation).add_group(name="Others").uid
    page = site.as_("ada").get(address(site, "jonas", f"?without={other}"))
    assert page.html.select_one(".alert[role=status]") is None


def test_the_page_of_a_person_says_in_one_sentence_how_much_that_is(site: Training) -> None:
    ada, there = site.as_("ada"), address(site, "jonas").removesuffix("/access")
    page = ada.get(there)
    assert "Jonas Bakke can see 4 of 5 items" in page
    assert "In 5 of 6 folders." in page
    assert page.click("Everything they can reach").status_int == 200
    site.change("jonas", disabled_at=site.clock.now)
    page = ada.get(there)
    assert "Jonas Bakke can see 0 of 5 items" in page
    assert "The account is disabled, so nothing can be seen with it." in page


def test_ones_own_account_leads_to_what_one_can_reach(site: Training) -> None:
    page = site.as_("jonas").get("/account").click("What you can reach")
    assert page.request.path == "/account/reach"
