"""Tags: written on the page that edits an item, shown on its page, suggested to those who may see where they are."""
from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Kind
from privmedia.library.paths import Paths
from privmedia.library.service import Library, Received
from privmedia.library.tags import Tags
from tests.functional.access_site import Site


def save(app: TestApp, uid: str, tags: list[str], status: int = 303) -> Any:
    page = app.get(f"/m/{uid}/edit")
    form = page.forms["item-form"]
    fields = [("csrf_token", form["csrf_token"].value), ("title", form["title"].value), ("description", "")]
    return app.post(f"/m/{uid}/edit", [*fields, *(("tags", tag) for tag in tags)], status=status)


def shown(app: TestApp, uid: str) -> list[str]:
    return [tag.text for tag in app.get(f"/m/{uid}").html.select(".tags .tag")]


def offered(app: TestApp, uid: str) -> list[str]:
    return [option["value"] for option in app.get(f"/m/{uid}/edit").html.select("#tags-offered option")]


@pytest.fixture
def editor(site: Site) -> TestApp:
    site.set("Product training/Thruster T4", site.user("maren"), Permission.EDIT)
    return site.as_("maren")


def test_tags_are_written_with_commas_and_each_is_kept_once(site: Site, editor: TestApp) -> None:
    save(editor, site.video, ["T4, Bergen yard", "t4", "  service   level 2 ", ""])
    assert shown(editor, site.video) == ["Bergen yard", "service level 2", "T4"]


def test_what_is_not_ticked_any_more_is_gone(site: Site, editor: TestApp) -> None:
    save(editor, site.video, ["T4", "bearing"])
    form = editor.get(f"/m/{site.video}/edit").forms["item-form"]
    assert [field.value for field in form.fields["tags"]] == ["bearing", "T4", ""]
    form.fields["tags"][0].checked = False
    form.submit(status=303)
    assert shown(editor, site.video) == ["T4"]


def test_a_tag_leads_to_the_list_of_what_has_it(site: Site, editor: TestApp) -> None:
    save(editor, site.video, ["R&D, bearing"])
    links = editor.get(f"/m/{site.video}").html.select(".tags a")
    assert [link.get_text() for link in links] == ["bearing", "R&D"]
    for link in links:
        assert f"/m/{site.video}" in editor.get(link["href"])


@pytest.mark.parametrize("tags", [["x" * 61], [f"tag {number}" for number in range(31)]])
def test_too_long_or_too_many_is_refused_and_nothing_typed_is_lost(
    site: Site, editor: TestApp, tags: list[str]
) -> None:
    save(editor, site.video, ["T4"])
    page = save(editor, site.video, tags, status=422)
    assert [field.value for field in page.forms["item-form"].fields["tags"]] == [*tags, ""]
    assert shown(editor, site.video) == ["T4"]


def test_only_tags_of_items_one_may_see_are_offered(site: Site, installation: Installation, editor: TestApp) -> None:
    save(editor, site.video, ["bearing"])
    with writing(installation.sessions) as session:
        board = Paths(session, installation).make_folders("Board")[-1]
        received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=1, kind=Kind.VIDEO)
        version = Library(session, installation).add_item(folder=board, title="Plans", received=received, by=None)
        version.item.shown = True
        Tags(session, installation).put(version.item, ["takeover", "BEARING"])
    assert offered(editor, site.video) == ["bearing"]
    assert "takeover" in offered(site.as_("ada"), site.video)


def test_who_may_only_view_sees_the_tags_and_changes_none(site: Site, editor: TestApp) -> None:
    save(editor, site.video, ["T4"])
    site.set("Product training/Thruster T4", site.user("jonas"), Permission.VIEW)
    viewer = site.as_("jonas")
    assert shown(viewer, site.video) == ["T4"]
    viewer.get(f"/m/{site.video}/edit", status=403)
