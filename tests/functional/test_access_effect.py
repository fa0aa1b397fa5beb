"""Before rules are saved their effect is told, and what was told is what happens."""
from __future__ import annotations

import re
from typing import Any

import pytest

from privmedia.access.permissions import ALL, Permission
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.db import reading, writing
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules
from privmedia.library.why import Why
from tests.functional.access_site import Site
from tests.functional.test_access_page import (
    DOWNLOAD,
    EDIT,
    MANAGE,
    UPLOAD,
    VIEW,
    access_form,
    add,
    row_of,
    save,
    tick,
)

TRAINING = "Product training"
DRAFTS = "Product training/Thruster T4/Drafts"


def group(site: Site, name: str, *members: str) -> str:
    """The principal of a group with these people, made if it is missing."""
    with writing(site.installation.sessions) as session:
        groups = Groups(session, site.installation)
        found = next((one for one, _size in groups.groups() if one.name == name), None) or groups.add_group(name=name)
        groups.join(group=found, users=[session.get_one(User, site.people[member].id) for member in members])
        return f"group:{found.id}"


def shown(answer: Any) -> str:
    """The text of an answer, with its white space as one sees it."""
    return re.sub(r" ([:,.])", r"\1", " ".join(answer.html.get_text(" ").split()))


def live(form: Any, app: Any) -> Any:
    """What the page shows while somebody is still changing the form."""
    return app.post(form.action + "/effect", form.submit_fields())


@pytest.fixture
def training(site: Site) -> str:
    return f"/f/{site.training}/access"


def test_the_effect_is_told_in_numbers_and_names_before_anything_is_saved(site: Site, training: str) -> None:
    group(site, "Service engineers", "maren")
    site.set(TRAINING, site.user("oskar"), Permission.VIEW)
    ada = site.as_("ada")
    form = add(access_form(ada, training), "Service engineers", "service", VIEW)
    tick(form, row_of(form, "Oskar Lund"), VIEW, DOWNLOAD)
    page = form.submit(status=200)
    assert "2 people gain View, 1 gains Download, nobody loses anything." in shown(page)
    assert "Before 1 person, after 3" in shown(page)
    assert "Service engineers 2 people gain View: Jonas Bakke and Maren Aasen" in shown(page)
    assert "Oskar Lund gains Download" in shown(page)
    assert len(site.events()) == 1
    site.as_("maren").get(f"/f/{site.training}", status=404)
    page.forms["confirm-form"].submit("confirmed", status=303)
    site.as_("maren").get(f"/f/{site.training}", status=200)


def test_the_live_effect_says_the_same_and_writes_nothing(site: Site, training: str) -> None:
    ada = site.as_("ada")
    form = add(access_form(ada, training), "Service engineers", "service", VIEW)
    answer = live(form, ada)
    assert "1 change not saved." in answer
    assert "Jonas Bakke gains View, nobody loses anything." in shown(answer)
    assert site.events() == []


def test_a_pure_gain_that_was_shown_is_saved_without_another_question(site: Site, training: str) -> None:
    ada = site.as_("ada")
    form = add(access_form(ada, training), "Service engineers", "service", VIEW)
    form["shown"] = live(form, ada).html.find(id="access-effect")["data-digest"]
    form.submit(status=303)
    site.as_("jonas").get(f"/f/{site.training}", status=200)


def test_another_effect_than_the_one_that_was_shown_is_asked_about(site: Site, training: str) -> None:
    ada = site.as_("ada")
    form = add(access_form(ada, training), "Service engineers", "service", VIEW)
    form["shown"] = live(form, ada).html.find(id="access-effect")["data-digest"]
    group(site, "Service engineers", "maren")
    page = form.submit(status=200)
    assert "2 people gain View" in shown(page)
    assert site.events() == []


def test_what_takes_rights_is_confirmed_even_if_it_was_shown(site: Site, training: str) -> None:
    site.set(TRAINING, site.user("maren"), Permission.VIEW)
    ada = site.as_("ada")
    form = access_form(ada, training)
    form["rules-0-mode"] = "remove"
    form["shown"] = live(form, ada).html.find(id="access-effect")["data-digest"]
    page = form.submit(status=200)
    assert "Save access, 1 person loses View" in shown(page)
    assert "Maren Aasen loses View, nobody gains anything." in shown(page)
    site.as_("maren").get(f"/f/{site.training}", status=200)
    page.forms["confirm-form"].submit("confirmed", status=303)
    site.as_("maren").get(f"/f/{site.training}", status=404)


def test_going_back_keeps_everything_that_was_typed(site: Site, training: str) -> None:
    site.set(TRAINING, site.user("maren"), Permission.VIEW)
    ada = site.as_("ada")
    form = add(access_form(ada, training), "Everyone", "everyone", UPLOAD)
    form["rules-0-mode"] = "block"
    form[f"{row_of(form, 'Everyone')}-until"] = "2026-12-24"
    form = form.submit(status=200).forms["confirm-form"].submit("back", status=200).forms["access-form"]
    row = row_of(form, "Everyone")
    assert [form.get(f"{row}-allow", index=right).checked for right in range(5)] == [False, False, True, False, False]
    assert form[f"{row}-until"].value == "2026-12-24"
    assert form["rules-0-mode"].value == "block"
    assert len(site.events()) == 1


def test_who_keeps_a_right_through_another_rule_is_said_to_keep_it(site: Site, training: str) -> None:
    site.set(TRAINING, group(site, "Service engineers"), Permission.VIEW)
    site.set(TRAINING, site.user("jonas"), Permission.VIEW)
    form = access_form(site.as_("ada"), training)
    form[f"{row_of(form, 'Jonas Bakke')}-mode"] = "remove"
    page = form.submit(status=200)
    assert "Nobody gains or loses anything." in shown(page)
    assert "Jonas Bakke keeps View, through Service engineers" in shown(page)


def test_a_block_takes_what_a_group_gives(site: Site, training: str) -> None:
    site.set(TRAINING, group(site, "Service engineers", "maren"), Permission.VIEW | Permission.DOWNLOAD)
    form = add(access_form(site.as_("ada"), training), "Jonas Bakke", "jonas")
    form[f"{row_of(form, 'Jonas Bakke')}-mode"] = "block"
    assert "Jonas Bakke loses View and Download, nobody gains anything." in shown(form.submit(status=200))


def test_a_drop_box_is_told_as_one(site: Site, training: str) -> None:
    group(site, "Service engineers", "maren")
    form = add(access_form(site.as_("ada"), training), "Service engineers", "service", UPLOAD)
    assert "2 people can add files and see only what they added" in shown(form.submit(status=200))


def test_a_block_reaches_places_inside_with_rules_of_their_own_and_the_effect_says_so(site: Site) -> None:
    with writing(site.installation.sessions) as session:
        Paths(session, site.installation).make_folders(DRAFTS)
    site.set(DRAFTS, site.user("jonas"), Permission.VIEW)
    form = add(access_form(site.as_("ada"), f"/f/{site.training}/access"), "Jonas Bakke", "jonas")
    form[f"{row_of(form, 'Jonas Bakke')}-mode"] = "block"
    page = form.submit(status=200)
    assert "1 person loses something in places inside" in shown(page)
    assert "Jonas Bakke loses View, in 1 place inside with rules of its own" in shown(page)
    save(form)
    with reading(site.installation.sessions) as session:
        place = Paths(session, site.installation).place(DRAFTS)
        jonas = session.get_one(User, site.people["jonas"].id)
        assert not Why(session, site.installation).explain(jonas, place).rights


def test_what_is_given_above_a_cut_is_not_said_to_reach_behind_it(site: Site) -> None:
    with writing(site.installation.sessions) as session:
        drafts = Paths(session, site.installation).make_folders(DRAFTS)[-1]
        Rules(session, site.installation).set_inherits(drafts, False)
    site.set(DRAFTS, site.user("jonas"), Permission.VIEW)
    site.set(TRAINING, site.user("jonas"), Permission.VIEW)
    form = access_form(site.as_("ada"), f"/f/{site.training}/access")
    tick(form, "rules-0", VIEW, EDIT)
    page = form.submit(status=200)
    assert "Jonas Bakke gains Edit, nobody loses anything." in shown(page)
    assert "inside" not in shown(page)


def test_the_effect_says_nothing_of_places_inside_that_its_reader_cannot_see(site: Site) -> None:
    with writing(site.installation.sessions) as session:
        hidden = Paths(session, site.installation).make_folders(DRAFTS)[-1]
        Rules(session, site.installation).set_inherits(hidden, False)
    site.set(TRAINING, site.user("maren"), ALL)
    site.set(DRAFTS, site.user("jonas"), Permission.VIEW)
    form = add(access_form(site.as_("maren"), f"/f/{site.training}/access"), "Jonas Bakke", "jonas")
    form[f"{row_of(form, 'Jonas Bakke')}-mode"] = "block"
    page = form.submit(status=200)
    assert "Nobody gains or loses anything." in shown(page)
    assert "inside" not in shown(page)


def test_cutting_a_folder_off_tells_whom_it_shuts_out(site: Site) -> None:
    site.set(TRAINING, group(site, "Service engineers", "maren"), Permission.VIEW)
    ada = site.as_("ada")
    form = access_form(ada, f"/f/{site.thruster}/access")
    form["inherits"] = False
    page = form.submit(status=200)
    assert "2 people lose View, nobody gains anything." in shown(page)
    page.forms["confirm-form"].submit("confirmed", status=303)
    page = ada.get(f"/f/{site.thruster}/access")
    assert "Rules from Product training stop here." in page
    assert "The 2 Service engineers do not see this folder, its name or its count." in page


def test_whom_a_cut_shuts_out_is_not_told_to_a_manager_who_cannot_see_where_they_come_from(site: Site) -> None:
    site.set(TRAINING, group(site, "Service engineers"), Permission.VIEW)
    site.set("Product training/Thruster T4", site.user("maren"), ALL)
    with writing(site.installation.sessions) as session:
        Rules(session, site.installation).set_inherits(Paths(session, site.installation).place(
            "Product training/Thruster T4"), False)
    page = site.as_("maren").get(f"/f/{site.thruster}/access")
    assert "Rules from a folder above stop here." in page
    assert "Service engineers" not in page
    assert "Product training" not in page


def test_a_manager_who_would_lose_manage_is_offered_ways_out_that_work(site: Site, training: str) -> None:
    site.set(TRAINING, group(site, "Trainers", "maren"), ALL)
    maren = site.as_("maren")
    form = access_form(maren, training)
    form[f"{row_of(form, 'Trainers')}-mode"] = "remove"
    page = form.submit(status=422)
    assert "You would lose Manage yourself." in page
    assert "1 change cannot be saved." in page
    form = page.forms["access-form"]
    for principal, name in ((f"group:{group(site, 'Trainers').removeprefix('group:')}", "Trainers"),
                            (site.user("maren"), "Maren Aasen")):
        assert page.html.find("button", {"name": "keep", "value": principal})
        kept = maren.post(training, [*form.submit_fields(), ("keep", principal)], status=200).forms["access-form"]
        assert kept.get(f"{row_of(kept, name)}-allow", index=MANAGE).checked
    save(kept)
    maren.get(training, status=200)


def test_an_administrator_confirms_that_nobody_else_would_manage(site: Site, training: str) -> None:
    site.set(TRAINING, site.user("maren"), ALL)
    form = access_form(site.as_("ada"), training)
    tick(form, "rules-0", VIEW, EDIT)
    page = form.submit(status=200)
    assert "Only administrators would manage this afterwards." in page
    page.forms["confirm-form"].submit("confirmed", status=303)
    form = access_form(site.as_("ada"), training)
    tick(form, "rules-0", VIEW)
    assert "Only administrators would manage this afterwards." not in form.submit(status=200)


def test_of_two_people_at_once_the_second_is_told_and_nothing_is_overwritten(site: Site, training: str) -> None:
    site.set(TRAINING, site.user("maren"), ALL)
    site.set(TRAINING, site.user("jonas"), Permission.VIEW)
    ada, maren = site.as_("ada"), site.as_("maren")
    hers = add(access_form(ada, training), "Oskar Lund", "oskar", VIEW)
    his = access_form(maren, training)
    tick(his, row_of(his, "Jonas Bakke"), VIEW, UPLOAD)
    save(his)
    page = hers.submit(status=409)
    assert "Maren Aasen changed these rules" in shown(page)
    assert "while this page was open" in shown(page)
    assert "Jonas Bakke Upload added" in shown(page)
    assert "Oskar Lund View added" in shown(page)
    assert "Your change goes on top." in shown(page)
    form = page.forms["access-form"]
    assert form.get(f"{row_of(form, 'Jonas Bakke')}-allow", index=UPLOAD).checked
    assert form.get(f"{row_of(form, 'Oskar Lund')}-allow", index=VIEW).checked
    site.as_("oskar").get(f"/f/{site.training}", status=404)
    save(form)
    form = access_form(ada, training)
    assert form.get(f"{row_of(form, 'Jonas Bakke')}-allow", index=UPLOAD).checked
    assert form.get(f"{row_of(form, 'Oskar Lund')}-allow", index=VIEW).checked


def test_the_same_rule_changed_by_two_keeps_the_choice_of_the_second_on_top_of_the_first(
    site: Site, training: str
) -> None:
    site.set(TRAINING, site.user("maren"), Permission.VIEW)
    ada = site.as_("ada")
    form = access_form(ada, training)
    site.set(TRAINING, site.user("maren"), Permission.VIEW | Permission.DOWNLOAD)
    tick(form, "rules-0", VIEW, EDIT)
    save(form.submit(status=409).forms["access-form"])
    form = access_form(ada, training)
    assert [form.get("rules-0-allow", index=right).checked for right in range(5)] == [True, False, False, True, False]


def test_a_rule_that_somebody_took_away_meanwhile_is_not_brought_back_by_a_save(site: Site, training: str) -> None:
    site.set(TRAINING, site.user("maren"), Permission.VIEW)
    site.set(TRAINING, site.user("jonas"), Permission.VIEW)
    ada = site.as_("ada")
    form = access_form(ada, training)
    tick(form, row_of(form, "Jonas Bakke"), VIEW, DOWNLOAD)
    other = access_form(ada, training)
    other[f"{row_of(other, 'Maren Aasen')}-mode"] = "remove"
    save(other)
    page = form.submit(status=409)
    assert "You changed these rules" in shown(page)
    save(page.forms["access-form"])
    site.as_("maren").get(f"/f/{site.training}", status=404)


def test_sending_the_same_form_twice_does_it_once(site: Site, training: str) -> None:
    ada = site.as_("ada")
    page = add(access_form(ada, training), "Service engineers", "service", VIEW).submit(status=200)
    page.forms["confirm-form"].submit("confirmed", status=303)
    page.forms["confirm-form"].submit("confirmed", status=303)
    assert len(site.events()) == 1
