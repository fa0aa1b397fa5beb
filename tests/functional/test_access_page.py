"""The access page: rules set there decide at once what people find, and nobody locks himself out."""
from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from privmedia.access.permissions import ALL, Permission
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules
from tests.conftest import FakeClock
from tests.functional.access_site import Site

VIEW, DOWNLOAD, UPLOAD, EDIT, MANAGE = range(5)


def access_form(app: TestApp, address: str) -> Any:
    return app.get(address).forms["access-form"]


def tick(form: Any, row: str, *rights: int) -> None:
    for right in range(5):
        form.set(f"{row}-allow", right in rights, index=right)


def row_of(form: Any, name: str) -> str:
    """The row of a rule, by the name that stands in it."""
    label = f"{name}: View"
    boxes = [box for boxes in form.fields.values() for box in boxes if box.attrs.get("aria-label") == label]
    assert len(boxes) == 1, f"{name} has {len(boxes)} rows"
    return str(boxes[0].name).removesuffix("-allow")


def add(form: Any, name: str, typed: str, *rights: int) -> Any:
    """The form with a row for somebody, as typing the name and pressing Add makes it."""
    form["add"] = typed
    form = form.submit(status=200).forms["access-form"]
    tick(form, row_of(form, name), *rights)
    return form


def save(form: Any) -> Any:
    """Press Save, and agree to the effect."""
    answer = form.submit()
    while answer.status_int == 200 and "confirm-form" in answer.forms:
        answer = answer.forms["confirm-form"].submit("confirmed")
    assert answer.status_int == 303, answer.text
    return answer


def test_a_group_that_is_given_view_finds_the_folder_and_others_still_find_nothing(site: Site) -> None:
    ada = site.as_("ada")
    save(add(access_form(ada, f"/f/{site.training}/access"), "Service engineers", "Service engineers", VIEW))
    assert "Access saved." in ada.get(f"/f/{site.training}/access")
    site.as_("jonas").get(f"/f/{site.training}", status=200)
    site.as_("jonas").get(f"/m/{site.video}", status=200)
    site.as_("maren").get(f"/f/{site.training}", status=404)
    site.as_("maren").get(f"/m/{site.video}", status=404)


def test_a_rule_for_everyone_does_not_reach_guests(site: Site) -> None:
    save(add(access_form(site.as_("ada"), f"/f/{site.training}/access"), "Everyone", "everyone", VIEW))
    site.as_("maren").get(f"/f/{site.training}", status=200)
    site.as_("oskar").get(f"/f/{site.training}", status=404)


def test_a_rule_for_one_person_and_one_item_opens_that_item_alone(site: Site) -> None:
    save(add(access_form(site.as_("ada"), f"/m/{site.video}/access"), "Oskar Lund", "Oskar@Example.test", VIEW))
    oskar = site.as_("oskar")
    assert "Main bearing" in oskar.get(f"/m/{site.video}", status=200)
    page = oskar.get("/")
    assert "Thruster" not in page
    oskar.get(f"/f/{site.thruster}", status=404)


def test_who_may_only_add_files_sees_the_folder_and_not_what_others_added(site: Site) -> None:
    save(add(access_form(site.as_("ada"), f"/f/{site.training}/access"), "Maren Aasen", "maren", UPLOAD))
    assert "drop box" in site.as_("ada").get(f"/f/{site.training}/access")
    maren = site.as_("maren")
    assert "Main bearing" not in maren.get(f"/f/{site.thruster}", status=200)
    maren.get(f"/m/{site.video}", status=404)


def test_a_block_wins_over_every_other_rule_and_over_a_cut(site: Site) -> None:
    site.set("Product training", site.user("jonas"), deny=True)
    site.set("Product training/Thruster T4", site.user("jonas"), ALL)
    ada = site.as_("ada")
    form = access_form(ada, f"/f/{site.thruster}/access")
    form["inherits"] = False
    save(form)
    site.as_("jonas").get(f"/f/{site.thruster}", status=404)
    page = ada.get(f"/f/{site.thruster}/access")
    assert "Rules from Product training stop here." in page
    assert "Sees nothing in here, whatever other rules say." in page


def test_a_rule_with_an_end_ends_by_itself_after_its_last_day(site: Site, clock: FakeClock) -> None:
    form = add(access_form(site.as_("ada"), f"/f/{site.training}/access"), "Oskar Lund", "oskar lund", VIEW)
    form[f"{row_of(form, 'Oskar Lund')}-until"] = "2026-11-24"
    save(form)
    assert "1 day left" in site.as_("ada").get(f"/f/{site.training}/access")
    site.as_("oskar").get(f"/f/{site.training}", status=200)
    clock.now = clock.now.replace(day=24, hour=23, minute=59)
    site.as_("oskar").get(f"/f/{site.training}", status=200)
    clock.forward(minutes=1)
    site.as_("oskar").get(f"/f/{site.training}", status=404)
    assert "ended" in site.as_("ada").get(f"/f/{site.training}/access")


def test_removing_a_rule_takes_it_back_at_once(site: Site) -> None:
    site.set("Product training", site.user("maren"), Permission.VIEW)
    maren = site.as_("maren")
    maren.get(f"/f/{site.training}", status=200)
    form = access_form(site.as_("ada"), f"/f/{site.training}/access")
    form["rules-0-mode"] = "remove"
    save(form)
    maren.get(f"/f/{site.training}", status=404)


def test_a_manager_may_open_the_page_who_only_views_is_refused_and_a_stranger_finds_nothing(site: Site) -> None:
    site.set("Product training", site.user("maren"), Permission.MANAGE)
    site.set("Product training", site.user("jonas"), Permission.VIEW | Permission.EDIT)
    for address in (f"/f/{site.training}/access", f"/m/{site.video}/access"):
        site.as_("maren").get(address, status=200)
        assert "You do not have access to this" in site.as_("jonas").get(address, status=403)
        stranger = site.as_("oskar")
        other = new_uid()
        missing = stranger.get(address.replace(site.training, other).replace(site.video, other), status=404)
        denied = stranger.get(address, status=404).text
        assert denied.replace(site.training, other).replace(site.video, other) == missing.text


def test_a_manager_cannot_save_what_takes_manage_from_her(site: Site) -> None:
    site.set("Product training", site.user("maren"), Permission.MANAGE)
    maren = site.as_("maren")
    form = access_form(maren, f"/f/{site.training}/access")
    form["rules-0-mode"] = "remove"
    answer = form.submit(status=422)
    assert "You would lose Manage yourself." in answer
    form = access_form(maren, f"/f/{site.training}/access")
    tick(form, "rules-0", VIEW, EDIT)
    form.submit(status=422)
    form = access_form(maren, f"/f/{site.thruster}/access")
    form["inherits"] = False
    form.submit(status=422)
    form = access_form(maren, f"/f/{site.training}/access")
    save(add(form, "Jonas Bakke", "jonas@example.test", VIEW))
    assert [event.kind for event in site.events()] == ["access.set", "access.set"]


def test_a_manager_may_cut_a_folder_off_when_a_rule_keeps_her_in(site: Site) -> None:
    site.set("Product training", site.user("maren"), Permission.MANAGE)
    form = access_form(site.as_("maren"), f"/f/{site.thruster}/access")
    form["inherits"] = False
    save(add(form, "Maren Aasen", "maren@example.test", MANAGE))
    site.as_("maren").get(f"/f/{site.thruster}/access", status=200)


def test_an_administrator_needs_no_rule_to_cut_a_folder_off(site: Site) -> None:
    form = access_form(site.as_("ada"), f"/f/{site.thruster}/access")
    form["inherits"] = False
    save(form)
    assert "Only administrators can see this" in site.as_("ada").get(f"/f/{site.thruster}/access")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("nobody@example.test", "There is no person or group called that here."),
        ("gone", "There is no person or group called that here."),
        ("maren@example.test", "There is a rule for them here already."),
        ("x" * 300, "Field cannot be longer than 254 characters."),
    ],
)
def test_who_cannot_be_added_is_said_at_the_field_and_nothing_typed_is_lost(
    site: Site, make_person: Any, typed: str, sentence: str
) -> None:
    gone = make_person("gone@example.test", name="Gone Person")
    with writing(site.installation.sessions) as session:
        session.get_one(User, gone.id).disabled_at = site.installation.clock()
    site.set("Product training", site.user("maren"), Permission.VIEW)
    form = access_form(site.as_("ada"), f"/f/{site.training}/access")
    tick(form, "rules-0", VIEW, EDIT)
    form["add"] = typed
    answer = form.submit(status=422)
    assert sentence in answer
    assert answer.forms["access-form"]["add"].value == typed
    assert answer.forms["access-form"].get("rules-0-allow", index=EDIT).checked


@pytest.mark.parametrize(
    ("rights", "until", "sentence"),
    [
        ((), "", "Choose at least one right, or Block."),
        ((VIEW,), "2026-11-22", "The end of the rule is over already."),
        ((VIEW,), "soon", "Choose a day, or leave it empty."),
        ((VIEW,), "9999-12-31", "That day is too far away."),
    ],
)
def test_what_cannot_be_a_rule_is_refused_with_its_sentence(
    site: Site, rights: tuple[int, ...], until: str, sentence: str
) -> None:
    form = add(access_form(site.as_("ada"), f"/f/{site.training}/access"), "Jonas Bakke", "jonas", *rights)
    form[f"{row_of(form, 'Jonas Bakke')}-until"] = until
    assert sentence in form.submit(status=422)
    assert site.events() == []


def test_a_name_that_may_mean_several_leads_to_a_choice(site: Site) -> None:
    ada = site.as_("ada")
    form = access_form(ada, f"/f/{site.training}/access")
    form["add"] = "e"
    page = form.submit(status=200)
    offered = page.html.find_all("button", {"name": "pick"})
    assert site.user("maren") in [button["value"] for button in offered]
    assert "Service engineers 1 person" in " ".join(button.get_text(" ", strip=True) for button in offered)
    fields = [*page.forms["access-form"].submit_fields(), ("pick", site.user("maren"))]
    form = ada.post(f"/f/{site.training}/access", fields, status=200).forms["access-form"]
    assert form.get(f"{row_of(form, 'Maren Aasen')}-allow", index=VIEW).checked
    assert site.events() == []


def test_suggestions_find_a_part_of_a_name_without_its_marks(site: Site, make_person: Any) -> None:
    make_person("tomasz@example.test", name="Tomasz Wójcik")
    make_person("lukasz@example.test", name="Łukasz Nowak")
    ada = site.as_("ada")

    def suggested(typed: str) -> list[str]:
        found = ada.get(f"/f/{site.training}/access/suggest", {"q": typed}).json
        return [one["name"] for one in found]

    assert suggested("wojc") == ["Tomasz Wójcik"]
    assert suggested("łuk") == suggested("LUKASZ") == ["Łukasz Nowak"]
    assert suggested("maren@") == ["Maren Aasen"]
    assert suggested("every") == ["Everyone"]
    assert suggested("service") == ["Service engineers"]
    assert suggested("") == suggested("%") == suggested("_") == []


def test_a_guest_who_manages_finds_no_other_guests(site: Site, make_person: Any) -> None:
    make_person("other@example.test", name="Other Guest", guest=True)
    site.set("Product training", site.user("oskar"), ALL)
    oskar = site.as_("oskar")
    assert oskar.get(f"/f/{site.training}/access/suggest?q=other").json == []
    assert [one["name"] for one in oskar.get(f"/f/{site.training}/access/suggest?q=jonas").json] == ["Jonas Bakke"]


def test_a_guest_who_manages_learns_no_other_guest_by_number(site: Site, make_person: Any) -> None:
    other = make_person("other@example.test", name="Other Guest", guest=True)
    site.set("Product training", site.user("oskar"), ALL)
    oskar, address = site.as_("oskar"), f"/f/{site.training}/access"
    fields = access_form(oskar, address).submit_fields()
    row = [("rules-9-principal", f"user:{other.id}"), ("rules-9-mode", "allow"), ("rules-9-allow", "VIEW")]
    for more in ([("pick", f"user:{other.id}")], [("keep", f"user:{other.id}")], row, [*row, ("back", "")]):
        assert "Other Guest" not in oskar.post(address, fields + more, expect_errors=True).text
    assert "Other Guest" not in oskar.post(f"{address}/effect", fields + row, expect_errors=True).text
    site.set("Product training", f"user:{other.id}", Permission.VIEW)
    assert "Other Guest" in oskar.get(address).text, "who has a rule here is no secret to who manages it"


def test_who_does_not_manage_looks_nobody_up(site: Site) -> None:
    site.set("Product training", site.user("jonas"), Permission.VIEW | Permission.EDIT)
    site.as_("jonas").get(f"/f/{site.training}/access/suggest?q=a", status=403)
    site.as_("maren").get(f"/f/{site.training}/access/suggest?q=a", status=404)


def test_the_cross_marks_a_rule_and_a_second_press_keeps_it(site: Site) -> None:
    site.set("Product training", site.user("maren"), Permission.VIEW)
    form = access_form(site.as_("ada"), f"/f/{site.training}/access")
    form = form.submit("toggle", status=200).forms["access-form"]
    assert form["rules-0-mode"].value == "remove"
    form = form.submit("toggle", status=200).forms["access-form"]
    assert form["rules-0-mode"].value == "allow"
    assert len(site.events()) == 1


@pytest.mark.parametrize(
    "junk", [{"rules-0-allow": "GOD"}, {"rules-0-mode": "?"}, {"rules-99999999999999999999-mode": "allow"}]
)
def test_what_no_form_of_ours_sends_is_refused(site: Site, junk: dict[str, str]) -> None:
    site.set("Product training", site.user("maren"), Permission.VIEW)
    ada = site.as_("ada")
    fields = [pair for pair in access_form(ada, f"/f/{site.training}/access").submit_fields() if pair[0] not in junk]
    ada.post(f"/f/{site.training}/access", [*fields, *junk.items()], status=422)
    ada.post(f"/f/{site.training}/access/effect", [*fields, *junk.items()], status=200)
    assert len(site.events()) == 1


@pytest.mark.parametrize("principal", ["nonsense", "user:999999", "user:99999999999999999999", "", "user:-1"])
def test_a_row_for_a_principal_that_does_not_exist_is_refused(site: Site, principal: str) -> None:
    site.set("Product training", site.user("maren"), Permission.VIEW)
    form = access_form(site.as_("ada"), f"/f/{site.training}/access")
    form["rules-0-principal"].force_value(principal)
    form["rules-0-was"].force_value("")
    assert "There is no such person or group." in form.submit(status=422)


def test_checking_somebodys_access_says_why_without_naming_what_the_manager_cannot_see(site: Site) -> None:
    with reading(site.installation.sessions) as session:
        engineers = f"group:{Groups(session, site.installation).group_by_name('Service engineers').id}"
    site.set("Product training", engineers, Permission.VIEW)
    page = site.as_("ada").get(f"/f/{site.thruster}/access?person=jonas@example.test")
    assert "Jonas Bakke can View here." in page
    assert (
        "View, because Jonas Bakke is in Service engineers, which has View on Product training." in page.html.text
    )
    site.set("Product training/Thruster T4", site.user("maren"), Permission.MANAGE)
    page = site.as_("maren").get(f"/f/{site.thruster}/access?person=jonas@example.test")
    assert "which has View on a folder above." in page.html.text
    assert "Product training" not in page
    page = site.as_("maren").get(f"/f/{site.thruster}/access?person=nobody@example.test")
    assert "There is no account nobody@example.test." in page


def test_every_change_is_in_the_audit_log_with_who_and_what(site: Site) -> None:
    ada = site.as_("ada")
    save(add(access_form(ada, f"/f/{site.training}/access"), "Maren Aasen", "maren@example.test", EDIT))
    form = access_form(ada, f"/f/{site.training}/access")
    form["inherits"] = False
    form["rules-0-mode"] = "block"
    save(form)
    form = access_form(ada, f"/f/{site.training}/access")
    form["rules-0-mode"] = "remove"
    save(form)
    access_form(ada, f"/f/{site.training}/access").submit(status=303)
    events = site.events()
    assert [event.kind for event in events] == ["access.set", "access.set", "access.stop", "access.clear"]
    assert {event.target for event in events} == {f"folder:{site.training}"}
    assert {event.actor_id for event in events} == {site.people["ada"].id}
    assert events[1].detail == {"principal": site.user("maren"), "before": "9:", "after": "block:"}


def test_a_folder_with_hundreds_of_rules_can_be_saved(site: Site) -> None:
    with writing(site.installation.sessions) as session:
        accounts, rules = Accounts(session, site.installation), Rules(session, site.installation)
        own = rules.pointers.give_own(Paths(session, site.installation).place("Product training"))
        for number in range(300):
            person = accounts.add_user(email=f"p{number}@example.test")
            rules.access.set_rule(own, f"user:{person.id}", allow=ALL, deny=False, until=None, by_id=None)
    ada = site.as_("ada")
    form = access_form(ada, f"/f/{site.training}/access")
    form["rules-299-mode"] = "remove"
    save(form)
    with reading(site.installation.sessions) as session:
        place = Paths(session, site.installation).place("Product training")
        assert len(Rules(session, site.installation).own(place)) == 299


def test_the_rules_of_the_whole_library_are_set_like_any_others(site: Site) -> None:
    save(add(access_form(site.as_("ada"), "/f/top/access"), "Everyone", "everyone", VIEW))
    site.as_("maren").get(f"/f/{site.training}", status=200)
