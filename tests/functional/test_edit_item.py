"""The page that edits an item: its description with a preview, and keeping it a draft until it is released."""
from __future__ import annotations

from privmedia.access.permissions import Permission
from tests.functional.access_site import Site

THRUSTER = "Product training/Thruster T4"


def test_the_description_is_shown_as_it_was_meant_and_previewed_before_it_is_saved(site: Site) -> None:
    site.set(THRUSTER, site.user("maren"), Permission.EDIT)
    app = site.as_("maren")
    form = app.get(f"/m/{site.video}/edit").forms["item-form"]
    form["description"] = "The **40-tonne puller** first.\n\n<script>alert(1)</script>"
    preview = form.submit("preview")
    assert preview.html.select_one("#preview strong").text == "40-tonne puller"
    assert "40-tonne" not in app.get(f"/m/{site.video}")
    preview.forms["item-form"].submit(status=303)
    page = app.get(f"/m/{site.video}")
    assert page.html.select_one(".prose strong").text == "40-tonne puller"
    assert "<script>alert" not in page


def test_a_draft_is_seen_by_who_made_it_until_it_is_released(site: Site) -> None:
    site.set("Product training", site.user("maren"), Permission.MANAGE)
    site.set("Product training", site.user("jonas"), Permission.EDIT)
    maren, jonas = site.as_("maren"), site.as_("jonas")
    assert "draft-form" not in jonas.get(f"/m/{site.video}/edit").forms
    made = maren.get(f"/m/{site.video}/edit").forms["draft-form"].submit("do", value="draft", status=303).follow()
    assert "It is a draft" in made
    jonas.get(f"/m/{site.video}", status=404)
    assert maren.get(f"/m/{site.video}")
    made.forms["draft-form"].submit("do", value="release", status=303)
    assert jonas.get(f"/m/{site.video}")
    assert "draft" not in maren.get(f"/m/{site.video}/edit").html.select_one("#draft-form p").text
