"""Links in the effect of rules, among those who can see a place, and with people who leave."""
from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import NOTHING, Permission
from privmedia.accounts.groups import Groups
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.errors import Conflict
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted, wanted_of
from privmedia.sharing.models import Link
from privmedia.sharing.service import Links
from privmedia.sharing.stopping import Stopping
from tests.functional.access_site import Site
from tests.functional.test_access_effect import group, live, shown
from tests.functional.test_access_page import access_form, row_of
from tests.shared_links import make_link

TRAINING, THRUSTER = "Product training", "Product training/Thruster T4"


@pytest.fixture
def jonas_link(site: Site) -> str:
    """A link of Jonas's to the video, which he may view by a rule on the folder above."""
    site.set(TRAINING, site.user("jonas"), Permission.VIEW)
    return make_link(site.installation, site.video, site.people["jonas"].id, opened=None).uid


def remove(form: Any, name: str) -> Any:
    """The form with somebody's rule to be taken away."""
    form[f"{row_of(form, name)}-mode"] = "remove"
    return form


def test_the_effect_counts_and_names_the_links_that_stop(site: Site, jonas_link: str) -> None:
    ada = site.as_("ada")
    form = remove(access_form(ada, f"/f/{site.training}/access"), "Jonas Bakke")
    told = live(form, ada)
    assert "1 share link stops working." in shown(told)
    page = form.submit(status=200)
    assert "1 share link stops working." in shown(page)
    assert "Link “Gdynia contractors” stops working: Jonas Bakke could not view Main bearing any more" in shown(page)
    page.forms["confirm-form"].submit("confirmed", status=303)
    with reading(site.installation.sessions) as session:
        assert not Links(session, site.installation).find(jonas_link).works


def test_nothing_is_said_of_links_where_none_stops(site: Site, jonas_link: str) -> None:
    site.set(THRUSTER, site.user("jonas"), Permission.VIEW)
    ada = site.as_("ada")
    form = remove(access_form(ada, f"/f/{site.training}/access"), "Jonas Bakke")
    assert "share link" not in shown(form.submit(status=200))


def test_who_can_see_it_says_links_too(site: Site, jonas_link: str) -> None:
    site.set(TRAINING, site.user("maren"), Permission.MANAGE)
    maren = site.as_("maren")
    assert "And anyone with 1 share link." in shown(maren.get(f"/m/{site.video}"))
    listed = maren.get(f"/m/{site.video}/who")
    assert "Link “Gdynia contractors” by Jonas Bakke, until 23 December 2026 View by link" in shown(listed)
    asked = maren.get(f"/m/{site.video}/who", {"person": "oskar@example.test"})
    assert "Whoever has this link can see it without signing in: Gdynia contractors" in shown(asked)
    assert "share link" not in shown(maren.get(f"/f/{site.thruster}"))
    make_link(site.installation, site.training, site.people["maren"].id, folder=True, name="Yard", opened=None)
    assert "And anyone with 2 share links." in shown(maren.get(f"/m/{site.video}"))
    assert "And anyone with 1 share link." in shown(maren.get(f"/f/{site.thruster}"))
    viewer = site.as_("jonas").get(f"/m/{site.video}")
    assert "And anyone with 2 share links." in shown(viewer)
    assert "Gdynia" not in viewer


def test_leaving_says_which_links_stop_and_revokes_them(site: Site, jonas_link: str, browser: Any) -> None:
    with reading(site.installation.sessions) as session:
        jonas = session.get_one(User, site.people["jonas"].id).uid
    ada: TestApp = site.as_("ada")
    page = ada.get(f"/admin/users/{jonas}/disable")
    assert "1 share link of theirs stops, for good Gdynia contractors" in shown(page)
    done = page.forms["disable-form"].submit(status=303).follow()
    assert "1 share link" in shown(done)
    assert "Gdynia contractors" in done.html.select_one("#links").text
    done.forms["enable-form"].submit(status=303)
    with reading(site.installation.sessions) as session:
        assert session.scalars(select(Link)).one().revoked_by == "Ada Lind"
        kinds = session.scalars(select(Event.kind).where(Event.kind.like("link.%")).order_by(Event.id)).all()
    assert list(kinds) == ["link.add", "link.revoke"]


def test_a_groups_end_says_which_links_stop(site: Site) -> None:
    group(site, "Service engineers", "jonas")
    ada = site.as_("ada")
    with writing(site.installation.sessions) as session:
        found = next(one for one, _n in Groups(session, site.installation).groups() if one.name == "Service engineers")
        uid, principal = found.uid, f"group:{found.id}"
    site.set(TRAINING, principal, Permission.VIEW)
    make_link(site.installation, site.video, site.people["jonas"].id, opened=None)
    assert "1 share link stops working" in shown(ada.get(f"/admin/groups/{uid}/delete"))


def test_what_if_they_leave_a_group_counts_their_links(site: Site) -> None:
    principal = group(site, "Service engineers", "jonas")
    site.set(TRAINING, principal, Permission.VIEW)
    make_link(site.installation, site.video, site.people["jonas"].id, opened=None)
    with reading(site.installation.sessions) as session:
        jonas = session.get_one(User, site.people["jonas"].id).uid
        groups = Groups(session, site.installation).groups()
        uid = next(one.uid for one, _size in groups if one.name == "Service engineers")
    ada = site.as_("ada")
    page = ada.get(f"/admin/users/{jonas}/access", {"without": uid})
    assert "1 share link of theirs would stop working." in shown(page)
    assert "Opens Main bearing for whoever has it, until 23 December 2026." in shown(page)
    site.set(THRUSTER, "everyone", Permission.VIEW)
    page = ada.get(f"/admin/users/{jonas}/access", {"without": uid})
    assert "would stop working" not in shown(page)


def test_what_the_effect_says_of_links_is_what_happens(site: Site) -> None:
    """Random rules at three places; the links that are said to stop are those that do."""
    chance = random.Random(7)
    installation = site.installation
    paths = (TRAINING, THRUSTER, f"{THRUSTER}/Main bearing")
    principals = [site.user(name) for name in ("maren", "jonas", "oskar")] + ["everyone"]
    gives = [Permission.VIEW, Permission.UPLOAD, Permission.DOWNLOAD, Permission.MANAGE]
    stopped = 0

    def works(uid: str) -> bool:
        with reading(installation.sessions) as session:
            return Links(session, installation).find(uid).works

    def change(session: Any, path: str) -> tuple[Any, list[Wanted], bool]:
        place, rules = Paths(session, installation).place(path), Rules(session, installation)
        changed = Wanted(chance.choice(principals), chance.choice(gives), deny=chance.random() < 0.1)
        if changed.deny or chance.random() < 0.3:
            changed = Wanted(changed.principal, NOTHING, changed.deny)
        kept = [wanted_of(rule) for rule in rules.own(place) if rule.principal != changed.principal]
        after = kept + ([changed] if changed.allow or changed.deny else [])
        inherits = rules.inherits(place) if chance.random() < 0.8 else chance.random() < 0.7
        return place, after, inherits

    with reading(installation.sessions) as session:
        ada = session.get_one(User, site.people["ada"].id)
        reader = Identity(
            user_id=ada.id, session_id=None, name=ada.name, email=ada.email, is_admin=True, is_guest=False,
            group_ids=frozenset(), csrf_secret="", last_used_at=ada.created_at,
        )
    for _ in range(80):
        for name in ("maren", "jonas", "oskar"):
            for place, folder in ((site.video, False), (site.thruster, True)):
                try:
                    make_link(installation, place, site.people[name].id, folder=folder, opened=None)
                except Conflict:
                    continue
        with writing(installation.sessions) as session:
            place, after, inherits = change(session, chance.choice(paths))
            stopping = Stopping(session, installation).by_rules(place, after, inherits, reader=reader)
            said = {one.link.uid for one in stopping}
            before = {one.link.uid for one in Links(session, installation).everywhere() if one.works}
            rules = Rules(session, installation)
            for rule in rules.own(place):
                rules.clear(place, rule.principal)
            for wanted in after:
                rules.set(place, wanted)
            rules.set_inherits(place, inherits)
            session.flush()
            standing = {one.link.uid for one in Links(session, installation).everywhere() if one.works}
            assert said == before - standing
            stopped += len(said)
            for one in Links(session, installation).everywhere():
                session.delete(one.link)
    assert stopped > 15


def test_deleting_says_how_many_links_stop_and_stops_them(site: Site, jonas_link: str, browser: Any) -> None:
    make_link(site.installation, site.training, site.people["jonas"].id, folder=True, name="Yard", opened=None)
    other = make_link(site.installation, site.video, site.people["jonas"].id, name="Again", opened=None)
    ada = site.as_("ada")
    assert "3 links stop now." in shown(ada.get(f"/f/{site.training}/delete"))
    page = ada.get(f"/m/{site.video}/delete")
    assert "2 links stop now." in shown(page)
    browser().get(other.path, status=303)
    page.forms["delete-form"].submit(status=303)
    browser().get(other.path, status=410)
    assert "Again" not in ada.get("/admin/links")


def test_moving_names_the_links_that_stop(site: Site, jonas_link: str) -> None:
    with writing(site.installation.sessions) as session:
        paths = Paths(session, site.installation)
        closed = paths.make_folders("Board papers")[-1].uid
        open_to_him = paths.make_folders("Town halls")[-1].uid
    site.set("Town halls", site.user("jonas"), Permission.VIEW)
    ada = site.as_("ada")
    stops = "Link “Gdynia contractors” stops working: Jonas Bakke could not view Main bearing any more"
    assert stops in shown(ada.get(f"/m/{site.video}/move", {"to": closed}))
    assert "stops working" not in shown(ada.get(f"/m/{site.video}/move", {"to": open_to_him}))
    moved = ada.get(f"/m/{site.video}/move", {"to": closed}).forms["move-form"]
    moved.submit(status=303)
    with reading(site.installation.sessions) as session:
        assert not Links(session, site.installation).find(jonas_link).works


def test_a_block_says_that_links_go_on(site: Site, jonas_link: str) -> None:
    ada = site.as_("ada")
    assert "can still use it" not in ada.get(f"/f/{site.training}/access")
    make_link(site.installation, site.training, site.people["jonas"].id, folder=True, opened=None)
    page = ada.get(f"/f/{site.training}/access")
    assert "Sees nothing in here, whatever other rules say. Whoever has a share link can still use it." in shown(page)
