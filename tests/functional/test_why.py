"""Who can see this, and why: the list with its reasons, and the box that answers for one person."""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from privmedia.access.permissions import Permission
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.library.service import Library
from tests.conftest import FakeClock, Person
from tests.functional.why_library import Training, make_training


@pytest.fixture
def site(installation: Installation, clock: FakeClock, make_person: Callable[..., Person], sign_in: Any) -> Training:
    return make_training(installation, clock, make_person, sign_in)


def test_the_box_tells_the_path_from_the_person_to_the_rule_with_who_set_it_and_when(site: Training) -> None:
    answer = site.ask("Jonas Bakke")
    assert "Jonas Bakke can View and Download here." in answer
    assert (
        "View and Download, because Jonas Bakke is in Service engineers, which has View and Download on "
        "Product training. Set by Ada Lind on 23 November 2026."
    ) in answer
    assert "Upload, Edit and Manage: no rule gives these to Jonas Bakke or to a group Jonas Bakke is in." in answer
    assert "The account is active, and was never used." in answer


def test_part_of_a_name_is_enough_and_several_who_match_are_offered(site: Training) -> None:
    assert "Jonas Bakke can View" in site.ask("jona")
    assert "Jonas Bakke can View" in site.ask("bakke")
    assert "Jonas Bakke can View" in site.ask("JONAS@example.test")
    answer = site.ask("example.test")
    assert "5 people match “example.test”. Choose one:" in answer
    page = site.as_("ada").get(f"/f/{site.thruster}/who?person=example.test")
    assert "Leila Haddad can View" in page.click(href="person=leila")
    assert "Nobody here is called “Nobody”." in site.ask("Nobody")
    assert "There is no account nobody@example.test." in site.ask("nobody@example.test")


def test_a_block_is_told_with_what_it_stands_against(site: Training) -> None:
    site.set("Product training/Thruster T4", site.user("jonas"), deny=True, by="maren")
    answer = site.ask("jonas")
    assert "Jonas Bakke is blocked here." in answer
    assert "Jonas Bakke is in Service engineers, which has View and Download on Product training." in answer
    assert (
        "But Jonas Bakke is blocked here, and a Block always wins. Set by Maren Aasen on 23 November 2026." in answer
    )
    assert "The Block also reaches everything inside" in answer


def test_a_rule_that_gives_what_another_gives_as_well_is_not_needed(site: Training) -> None:
    site.set("Product training/Thruster T4", site.user("jonas"), Permission.VIEW, by="maren")
    answer = site.ask("jonas")
    assert "View, because Jonas Bakke has View on this folder. not needed Set by Maren Aasen" in answer
    site.set("Product training/Thruster T4", site.user("jonas"), Permission.EDIT)
    assert "not needed" not in site.ask("jonas")


def test_a_rule_that_outlives_the_other_is_needed(site: Training) -> None:
    soon = site.clock.now + timedelta(days=3)
    site.set("Product training", site.group("Service engineers"), Permission.VIEW, until=soon)
    site.set("Product training/Thruster T4", site.user("jonas"), Permission.VIEW)
    answer = site.ask("jonas")
    assert "which has View on Product training until 26 November 2026. not needed" in answer
    assert "has View on this folder. Set on" in answer


def test_a_disabled_account_can_do_nothing_whatever_its_rules_say(site: Training) -> None:
    site.change("jonas", disabled_at=site.clock.now - timedelta(days=4))
    answer = site.ask("jonas")
    assert "Jonas Bakke can do nothing: the account is disabled." in answer
    assert "Nothing at all, because the account of Jonas Bakke is disabled since 19 November 2026." in answer
    assert "View: no" in answer


def test_what_ended_and_what_a_cut_keeps_out_is_told(site: Training) -> None:
    site.set("Product training", site.user("oskar"), Permission.VIEW, until=site.clock.now + timedelta(hours=1))
    site.cut("Product training/Thruster T4")
    site.clock.forward(hours=2)
    assert (
        "A rule on Product training gave Oskar Lund View; it ended on 23 November 2026." in site.ask("oskar")
    )
    assert "Oskar Lund cannot see this." in site.ask("oskar")
    answer = site.ask("jonas")
    assert (
        "A rule on Product training gives Jonas Bakke View and Download, but rules from there stop on the way to here."
    ) in answer


def test_guests_drop_boxes_and_administrators_are_told_as_what_they_are(site: Training) -> None:
    site.set("Product training", "everyone", Permission.VIEW)
    site.set("Product training/Thruster T4", site.user("oskar"), Permission.UPLOAD)
    answer = site.ask("oskar")
    assert "Oskar Lund can add files here, and sees only what Oskar Lund added." in answer
    assert "Upload alone is a drop box" in answer
    assert "Oskar Lund is a guest, so the rule for everyone on Product training does not count." in answer
    assert "Ada Lind can do everything here." in site.ask("Ada")
    assert "Everything, because Ada Lind is an administrator." in site.ask("Ada")


def test_an_upload_of_ones_own_and_one_that_is_not_shown_yet_are_told(site: Training) -> None:
    site.set("Product training", site.user("leila"), Permission.UPLOAD)
    answer = site.ask("leila", address=f"/m/{site.video}/who")
    assert "Edit, because Leila Haddad added this and may still upload here." in answer
    with writing(site.installation.sessions) as session:
        Library(session, site.installation).item(site.video).shown = False
    answer = site.ask("jonas", address=f"/m/{site.video}/who")
    assert "Jonas Bakke cannot see this." in answer
    assert "There is nothing to view yet." in answer


def test_the_account_says_when_it_was_last_used(site: Training) -> None:
    site.change("jonas", last_seen_at=site.clock.now.replace(hour=7, minute=51))
    assert "The account is active, last used today at 07:51 (UTC)." in site.ask("jonas")
    site.change("jonas", last_seen_at=site.clock.now - timedelta(days=5))
    assert "The account is active, last used on 18 November 2026." in site.ask("jonas")


def test_places_a_manager_cannot_see_are_not_named_to_him(site: Training) -> None:
    answer = site.ask("jonas", by="maren")
    assert "which has View and Download on a folder above." in answer
    assert "Product training" not in site.as_("maren").get(f"/f/{site.thruster}/who?person=jonas")
    assert "Product training" not in site.as_("maren").get(f"/f/{site.thruster}/who")


def test_the_list_has_everybody_with_rights_and_reasons_and_whom_a_block_keeps_out(site: Training) -> None:
    site.set("Product training/Thruster T4", site.user("leila"), deny=True, by="maren")
    site.set("Product training/Thruster T4", site.user("oskar"), Permission.UPLOAD)
    maren = site.as_("maren")
    page = maren.get(f"/f/{site.thruster}/who")
    rows = [" ".join(row.get_text(" ").split()) for row in page.html.select("#items tr")]
    assert [row.partition(" View:")[0] for row in rows] == [
        "JB Jonas Bakke jonas@example.test",
        "MA Maren Aasen maren@example.test",
    ]
    assert "View: yes Download: yes Upload: no Edit: no Manage: no" in rows[0]
    assert "is in Service engineers, which has View and Download" in rows[0]
    chips = [" ".join(chip.text.split()) for chip in page.html.select(".chip")]
    assert chips == ["Can see it 2", "Can only add 1", "Blocked 1", "Administrators 1"]
    blocked = page.click(href="which=blocked", index=0)
    (row,) = blocked.html.select("#items tr")
    assert "But Leila Haddad is blocked here, and a Block always wins. Set by Maren Aasen" in " ".join(row.text.split())
    assert "Oskar Lund" in page.click(href="which=add").html.select_one("#items").text
    assert "Ada Lind" in page.click(href="which=administrators").html.select_one("#items").text


def test_the_list_is_found_in_by_name_and_by_what_people_come_through(site: Training) -> None:
    maren = site.as_("maren")
    page = maren.get(f"/f/{site.thruster}/who")
    form = page.forms["who-form"]
    form["q"] = "JONAS"
    found = form.submit()
    assert [row.b.text for row in found.html.select("#items tr")] == ["Jonas Bakke"]
    group = page.click("List them with their reasons")
    assert [row.b.text for row in group.html.select("#items tr")] == ["Jonas Bakke", "Leila Haddad"]
    assert "Nobody found" in maren.get(f"/f/{site.thruster}/who?q=nobody")
    for odd in ("through=nonsense", "through=user:9x", "which=all", "page=0", "page=x", "page=99999", "q=%22%3E"):
        maren.get(f"/f/{site.thruster}/who?{odd}", status=200)


def test_a_long_list_is_paged(site: Training, make_person: Callable[..., Person]) -> None:
    crowd = [make_person(f"p{number:03}@example.test", name=f"Person {number:03}") for number in range(60)]
    with writing(site.installation.sessions) as session:
        groups = Groups(session, site.installation)
        members = [session.get_one(User, person.id) for person in crowd]
        groups.join(group=groups.add_group(name="Crowd"), users=members)
    site.set("Product training", site.group("Crowd"), Permission.VIEW)
    page = site.as_("ada").get(f"/f/{site.thruster}/who")
    assert len(page.html.select("#items tr")) == 50
    second = page.click("Show more")
    assert len(second.html.select("#items tr")) == 13
    assert "Show more" not in second


def test_the_list_is_for_those_who_manage_and_everybody_else_sees_the_sentence(site: Training) -> None:
    jonas = site.as_("jonas")
    jonas.get(f"/f/{site.thruster}/who", status=403)
    page = jonas.get(f"/f/{site.thruster}")
    assert "3 people can see this folder" in page
    assert f"/f/{site.thruster}/who" not in page
    assert 'name="person"' not in page
    site.as_("oskar").get(f"/f/{site.thruster}/who", status=404)


def test_folders_and_items_have_the_box_for_those_who_manage(site: Training) -> None:
    maren = site.as_("maren")
    for address in (f"/f/{site.thruster}", f"/m/{site.video}"):
        form = maren.get(address).forms["can-see-form"]
        form["person"] = "jonas"
        assert "Jonas Bakke can View and Download here." in form.submit()


def test_what_people_call_themselves_is_text_on_the_page(site: Training) -> None:
    site.change("jonas", name="<b>${person}</b> & co")
    page = site.as_("ada").get(f"/f/{site.thruster}/who?person=jonas@example.test")
    assert "<b>${person}</b> & co can View" in " ".join(page.html.select_one("#check-answer").text.split())
    assert "<b>${person}" not in page
