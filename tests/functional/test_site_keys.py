"""Keys of sites, as administrators make and remove them."""
from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.audit.models import Event
from privmedia.db import reading
from privmedia.embedding.models import SiteKey
from privmedia.embedding.site_keys import SiteKeys
from privmedia.installation import Installation
from tests.conftest import FakeClock
from tests.embeds import make_embed, make_site_key
from tests.private_library import PrivateLibrary

PAGE = "/admin/embeds/keys"


@pytest.fixture
def ini(ini: dict[str, str], request: pytest.FixtureRequest) -> dict[str, str]:
    return {**ini, "privmedia.front_server": "builtin", **getattr(request, "param", {})}


@pytest.fixture
def library(installation: Installation) -> PrivateLibrary:
    library = PrivateLibrary(installation)
    library.add_person("ada", admin=True)
    library.add_person("maker", allow=Permission.MANAGE)
    return library


@pytest.fixture
def ada(browser: Callable[[], TestApp], library: PrivateLibrary) -> TestApp:
    found = browser()
    found.set_cookie("session", library.tokens["ada"])
    return found


def add(app: TestApp, name: str = "Yard intranet", sites: str = "https://Www.Intra.example", status: int = 200) -> Any:
    form = app.get(PAGE).forms["site-key-form"]
    form["name"], form["sites"] = name, sites
    return form.submit(status=status)


def kinds(installation: Installation) -> list[str]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Event.kind).where(Event.kind.like("site-key.%")).order_by(Event.id)))


def test_a_secret_is_shown_once_and_kept_nowhere(
    installation: Installation, library: PrivateLibrary, ada: TestApp
) -> None:
    page = add(ada)
    secret = page.html.select_one("#new-secret").text
    assert re.fullmatch(r"pms_[0-9a-f]{64}", secret)
    assert page.headers["Cache-Control"] == "no-store"
    assert secret not in ada.get(PAGE).text
    with reading(installation.sessions) as session:
        key = session.scalars(select(SiteKey)).one()
        assert key.sites == "https://www.intra.example"
        assert SiteKeys(session, installation).secret(key) == secret
        raw = session.connection().connection.driver_connection
        assert secret not in "\n".join(raw.iterdump())
        assert secret[4:] not in "\n".join(raw.iterdump())
    assert kinds(installation) == ["site-key.add"]


def test_another_secret_of_the_installation_makes_another_of_the_key(installation: Installation) -> None:
    from dataclasses import replace

    key, secret = make_site_key(installation)
    settings = replace(installation.settings, secret="another secret of thirty-two or more")
    other = replace(installation, settings=settings)
    with reading(installation.sessions) as session:
        row = session.scalars(select(SiteKey).where(SiteKey.uid == key)).one()
        assert SiteKeys(session, other).secret(row) != secret


@pytest.mark.parametrize(
    ("name", "sites", "says"),
    [
        (" ", "https://a.example", "a name to know it by"),
        ("Yard", "", "Name the sites"),
        ("Yard", "intranet", "Write it with https:// in front"),
        ("Yard", "https://a.example/path", "without what follows its name"),
        ("Yard", "\n".join(f"https://h{number}.example" for number in range(21)), "20 sites are the most."),
        ("Yard intranet", "https://a.example", "There is a key of this name already."),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(
    installation: Installation, ada: TestApp, name: str, sites: str, says: str
) -> None:
    make_site_key(installation)
    page = add(ada, name, sites, status=422)
    assert says in page.html.select_one(".invalid-feedback").text
    assert page.forms["site-key-form"]["sites"].value.strip() == sites
    assert kinds(installation) == ["site-key.add"]


def test_removing_one_says_what_goes_by_it_and_is_noted(
    installation: Installation, library: PrivateLibrary, ada: TestApp
) -> None:
    key = make_site_key(installation)
    make_embed(installation, library.add_item(b"x"), library.user_ids["maker"], audience="signed", key=key[0])
    assert "1 player goes by it." in ada.get(f"{PAGE}/{key[0]}/remove").text
    page = ada.get(f"{PAGE}/{key[0]}/remove").forms["remove-form"].submit().follow()
    assert "What is signed with “Yard intranet” counts no more." in page.text
    assert "No site has a key" in page.text
    assert ada.get(f"{PAGE}/{key[0]}/remove", expect_errors=True).status_int == 404
    assert kinds(installation) == ["site-key.add", "site-key.remove"]
    listed = ada.get("/admin/embeds?show=broken").html.select_one("#items").text
    assert "asks people to sign in now" in listed
    assert "its key is gone" in listed


def test_both_ask_for_the_password_again_where_it_was_said_long_ago(
    installation: Installation, ada: TestApp, clock: FakeClock
) -> None:
    key = make_site_key(installation)
    clock.now += timedelta(hours=3)
    assert "Say your password again" in add(ada, "Another", status=403).text
    asked = ada.get(f"{PAGE}/{key[0]}/remove").forms["remove-form"].submit(expect_errors=True)
    assert (asked.status_int, "Say your password again" in asked.text) == (403, True)
    assert kinds(installation) == ["site-key.add"]


@pytest.mark.parametrize("ini", [{"privmedia.embed_signed": "forbidden"}], indirect=True)
def test_an_administrator_can_forbid_it(
    installation: Installation, library: PrivateLibrary, ada: TestApp, browser: Callable[[], TestApp]
) -> None:
    page = ada.get(PAGE)
    assert "site-key-form" not in page.forms
    assert "are forbidden here" in page.text
    sent = ada.post(
        PAGE, {"csrf_token": page.html.select_one("[name=csrf_token]")["value"], "name": "x",
               "sites": "https://a.example"}, expect_errors=True,
    )
    assert sent.status_int == 409
    item = library.add_item(b"x")
    maker = browser()
    maker.set_cookie("session", library.tokens["maker"])
    assert "its site vouches" not in maker.get(f"/m/{item}/embed").text


def test_who_makes_a_player_chooses_whose_word_counts(
    installation: Installation, library: PrivateLibrary, browser: Callable[[], TestApp]
) -> None:
    item = library.add_item(b"x")
    maker = browser()
    maker.set_cookie("session", library.tokens["maker"])
    assert "its site vouches" not in maker.get(f"/m/{item}/embed").text
    key = make_site_key(installation)
    form = maker.get(f"/m/{item}/embed").forms["embed-form"]
    form["name"], form["audience"] = "T4 job page", "signed"
    form["key"].force_value("k0k0k0k0k0k0k0k0")
    wrong = form.submit(status=422)
    assert "Choose whose word counts." in wrong.text
    form = wrong.forms["embed-form"]
    form["key"] = key[0]
    page = form.submit().follow()
    assert "Yard intranet vouches" in page.text
    assert f"for the key {key[0]} and the item {item}." in page.text
    assert page.forms["embed-form"]["key"].value == key[0]
    assert page.forms["embed-form"]["audience"].value == "signed"
