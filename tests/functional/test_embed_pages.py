"""Making, changing and ending players on their page, what other pages say of them, and oEmbed with its consumers."""
from __future__ import annotations

import html
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import NOTHING, Permission
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.embedding.models import Embed
from privmedia.embedding.pages import Pages
from privmedia.embedding.service import Embeds
from privmedia.library.models import Kind
from privmedia.library.service import Library
from tests.conftest import ADDRESS
from tests.embeds import INTRANET, make_embed, make_site_key, tell, token_for
from tests.private_library import PrivateLibrary


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return {**ini, "privmedia.front_server": "builtin", "privmedia.embed_sites": "https://intra.corp.example"}


@pytest.fixture
def library(installation: Any) -> PrivateLibrary:
    library = PrivateLibrary(installation)
    library.add_person("maker", allow=Permission.MANAGE)
    library.add_person("viewer", allow=Permission.VIEW)
    library.add_person("stranger")
    library.add_person("administrator", admin=True)
    return library


@pytest.fixture
def item(library: PrivateLibrary) -> str:
    return library.add_item(b"the film")


@pytest.fixture
def person(browser: Callable[[], TestApp], library: PrivateLibrary) -> Callable[[str], TestApp]:
    def signed_in(name: str) -> TestApp:
        found = browser()
        found.set_cookie("session", library.tokens[name])
        return found

    return signed_in


def seen_on(library: PrivateLibrary, embed: str, page: str) -> None:
    with writing(library.installation.sessions) as session:
        standing = Embeds(session, library.installation).find(embed)
        Pages(session, library.installation).saw(standing, page)


def test_the_code_of_a_sound_calls_it_no_video(
    library: PrivateLibrary, item: str, person: Callable[[str], TestApp]
) -> None:
    with writing(library.installation.sessions) as session:
        Library(session, library.installation).item(item).kind = Kind.AUDIO
    embed = make_embed(library.installation, item, library.user_ids["maker"])
    code = html.unescape(person("maker").get(f"/m/{item}/embed?player={embed}").html.select_one("#embed-code").text)
    assert 'title="Recording"' in code
    assert ">Recording (opens in privmedia)<" in code


def test_a_player_is_made_changed_and_ended_on_its_page(
    person: Callable[[str], TestApp], library: PrivateLibrary, item: str
) -> None:
    maker = person("maker")
    form = maker.get(f"/m/{item}/embed").forms["embed-form"]
    assert form["audience"].value == "people"
    assert form["appears"].value == "nowhere"
    form["name"], form["appears"], form["sites"] = "Wiki", "sites", "https://Wiki.example/\nhttp://wiki.example"
    form["start"], form["names_title"] = "4:06", True
    page = form.submit().follow()
    code = html.unescape(page.html.select_one("#embed-code").text)
    assert 'src="http://media.example.test/embed/' in code
    assert 'allow="autoplay; fullscreen; picture-in-picture; storage-access" allowfullscreen' in code
    assert 'referrerpolicy="strict-origin-when-cross-origin"' in code
    assert 'title="T4"' in code
    assert "style=\"aspect-ratio:16/9;width:100%;height:auto;border:0\"" in code
    assert f'<p><a href="http://media.example.test/m/{item}">T4 (opens in privmedia)</a></p>' in code
    assert page.html.select_one("iframe[title]")["src"].startswith("/embed/")
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    form = page.forms["embed-form"]
    assert (form["start"].value, form["sites"].value) == ("4:06", "https://wiki.example\nhttp://wiki.example")
    form["names_title"], form["names_pages"] = False, True
    page = form.submit().follow()
    code = html.unescape(page.html.select_one("#embed-code").text)
    assert "T4" not in code
    assert 'referrerpolicy="no-referrer-when-downgrade"' in code
    ask = page.click("End this player…")
    done = ask.forms["end-form"].submit().follow()
    assert "“Wiki” plays no more." in done.text
    with reading(library.installation.sessions) as session:
        kinds = session.scalars(select(Event.kind).where(Event.kind.like("embed.%")).order_by(Event.id)).all()
        assert kinds == ["embed.add", "embed.change", "embed.remove"]
        gone = session.scalars(select(Embed)).one().uid
    assert maker.get(f"/m/{item}/embed?player={gone}", expect_errors=True).status_int == 404
    assert maker.get(f"/embed/{gone}", expect_errors=True).status_int == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "Say which page it is for"),
        ({"appears": "sites", "sites": ""}, "Name the sites it may appear on"),
        ({"appears": "sites", "sites": "https://wiki.example/page"}, "https://wiki.example/page: Write the site alone"),
        ({"appears": "sites", "sites": "wiki.example"}, "wiki.example: Write it with https://"),
        ({"appears": "everywhere", "audience": "open"}, "cannot appear on any site"),
        ({"start": "noon"}, "Write a time such as 4:06"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_the_form_comes_back_filled_in(
    person: Callable[[str], TestApp], library: PrivateLibrary, item: str, fields: dict[str, str], words: str
) -> None:
    form = person("maker").get(f"/m/{item}/embed").forms["embed-form"]
    form["name"] = "Wiki"
    for name, value in fields.items():
        form[name] = value
    page = form.submit(status=422)
    assert words in html.unescape(page.text)
    assert all(page.forms["embed-form"][name].value == value for name, value in fields.items())
    with reading(library.installation.sessions) as session:
        assert session.scalars(select(Embed)).all() == []


def test_the_list_of_the_intranet_is_one_choice(person: Callable[[str], TestApp], item: str) -> None:
    form = person("maker").get(f"/m/{item}/embed").forms["embed-form"]
    form["name"], form["appears"] = "News", "intranet"
    src = form.submit().follow().html.select_one("iframe[title]")["src"]
    policy = person("viewer").get(src).headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self' https://intra.corp.example")


def test_the_item_says_where_it_is_used_and_deleting_moving_and_replacing_warn_of_it(
    person: Callable[[str], TestApp], library: PrivateLibrary, item: str
) -> None:
    embed = make_embed(library.installation, item, library.user_ids["maker"], names_pages=True)
    maker = person("maker")
    assert "seen on no page yet" in maker.get(f"/m/{item}").html.select_one("#embeds").text
    seen_on(library, embed, f"{INTRANET}/news?q=1")
    assert "www.intra.example/news" in maker.get(f"/m/{item}").html.select_one("#embeds").text
    assert person("viewer").get(f"/m/{item}").html.select_one("#embeds") is None
    for address in (f"/m/{item}/delete", f"/f/{library.folder}/delete"):
        page = maker.get(address)
        assert "1 page will show a dead player." in page.text
        assert "www.intra.example/news" in page.text
    for address in (f"/m/{item}/replace", f"/m/{item}/access"):
        assert "1 page of another site shows this." in maker.get(address).text, address


def test_a_draft_and_moving_several_warn_of_it_as_well(
    person: Callable[[str], TestApp], library: PrivateLibrary, item: str
) -> None:
    says = "1 page of another site shows this."
    embed, other = make_embed(library.installation, item, library.user_ids["maker"]), library.add_item(b"another")
    maker = person("maker")
    assert says not in maker.get(f"/m/{item}/edit").text
    seen_on(library, embed, f"{INTRANET}/t4")
    assert says in maker.get(f"/m/{item}/edit").html.select_one("#draft-form").text
    assert says not in maker.get(f"/m/{other}/edit").text
    with writing(library.installation.sessions) as session:
        service = Library(session, library.installation)
        to = service.add_folder(parent=service.folder(library.folder), name="Elsewhere").uid
    moving = maker.get(f"/move?item={item}&item={other}&to={to}")
    assert says in moving.html.select_one("#choice").text
    assert says not in maker.get(f"/move?item={other}&to={to}").text


def test_the_code_and_the_preview_follow_what_is_typed_and_nothing_is_saved(
    person: Callable[[str], TestApp], library: PrivateLibrary, item: str
) -> None:
    embed = make_embed(library.installation, item, library.user_ids["maker"])
    maker = person("maker")
    form = maker.get(f"/m/{item}/embed?player={embed}").forms["embed-form"]
    form["width"], form["start"], form["loop"], form["names_title"] = "960", "1:06", True, True
    fields = dict(form.submit_fields())
    page = maker.post(f"/m/{item}/embed?player={embed}", {**fields, "preview": "1"})
    code = page.html.select_one("#embed-code").text
    assert 'width="960" height="540"' in code
    assert 'title="T4"' in code
    frame = maker.get(page.html.select_one("iframe")["src"]).html
    assert frame.video["src"].endswith("#t=66.0")
    assert "loop" in frame.video.attrs
    with reading(library.installation.sessions) as session:
        kept = Embeds(session, library.installation).find(embed).embed
        assert (kept.width, kept.start, kept.loop, kept.names_title) == (640, 0, False, False)
    # While it is no time yet, the player stands there as it is kept.
    odd = maker.post(f"/m/{item}/embed?player={embed}", {**fields, "start": "1:", "preview": "1"})
    assert 'width="640"' in odd.html.select_one("#embed-code").text
    for start in ("nan", "1e999", "-5", "x"):
        assert maker.get(f"/embed/{embed}?look=1&start={start}").status_int == 200


def test_it_is_seen_as_those_see_it_who_may_not_watch(
    person: Callable[[str], TestApp], library: PrivateLibrary, item: str, testapp: TestApp
) -> None:
    embed = make_embed(library.installation, item, library.user_ids["maker"])
    maker, words = person("maker"), {"ask": "This video is private", "denied": "You do not have access to this video"}
    for seen_as, heading in words.items():
        page = maker.get(f"/m/{item}/embed?player={embed}&as={seen_as}")
        assert page.html.select_one("nav[aria-label='Preview as'] [aria-current]")["href"].endswith(f"as={seen_as}")
        frame = maker.get(page.html.select_one("iframe")["src"]).html
        assert frame.main["data-state"] == "preview"
        assert frame.select_one("[data-screen]:not([hidden]) h1").text == heading
        assert "/smedia/" not in str(frame)
    # Nobody else is shown anything else by it.
    assert testapp.get(f"/embed/{embed}?as=denied").html.main["data-state"] == "ask"
    assert person("stranger").get(f"/embed/{embed}?as=ask").html.main["data-state"] == "denied"


def test_who_opens_an_items_page_finds_the_link_by_which_programs_ask(
    person: Callable[[str], TestApp], item: str
) -> None:
    viewer = person("viewer")
    link = viewer.get(f"/m/{item}").html.select_one("link[type='application/json+oembed']")["href"]
    assert viewer.get(link).json["title"] == "T4"


def test_administrators_see_every_player_and_end_one_of_an_item_in_the_bin(
    person: Callable[[str], TestApp], library: PrivateLibrary, item: str
) -> None:
    embed = make_embed(library.installation, item, library.user_ids["maker"])
    make_embed(library.installation, item, library.user_ids["maker"], name="For all", audience="open")
    admin = person("administrator")
    assert "Yard intranet" in admin.get("/admin/embeds").text
    assert "Yard intranet" not in admin.get("/admin/embeds?show=open").text
    assert "For all" in admin.get("/admin/embeds?show=open").text
    assert "Yard intranet" in admin.get("/admin/embeds?show=all&q=intra.example").text
    assert "No players" in admin.get("/admin/embeds?show=broken").text
    admin.get(f"/m/{item}/delete").forms["delete-form"].submit()
    broken = admin.get("/admin/embeds?show=broken")
    assert "its item is in the bin" in broken.text
    admin.get(f"/admin/embeds/{embed}/end").forms["end-form"].submit()
    assert "plays no more" in admin.get("/admin/embeds").text
    assert "Yard intranet" not in admin.get("/admin/embeds?show=broken").text


def test_who_loses_view_has_an_open_player_that_asks_people_to_sign_in(
    person: Callable[[str], TestApp], library: PrivateLibrary, item: str
) -> None:
    make_embed(library.installation, item, library.user_ids["maker"], audience="open")
    library.set_rule("maker", NOTHING)
    assert "asks people to sign in now" in person("administrator").get("/admin/embeds?show=broken").text


# --- oEmbed ----------------------------------------------------------------------------------------------------------

REQUIRED = {"type", "version", "html", "width", "height"}
OPTIONAL = {"title", "author_name", "author_url", "provider_name", "provider_url", "cache_age", "thumbnail_url",
            "thumbnail_width", "thumbnail_height"}


def test_a_players_address_is_answered_to_anybody_with_the_fields_of_the_specification(
    testapp: TestApp, library: PrivateLibrary, item: str
) -> None:
    embed = make_embed(library.installation, item, library.user_ids["maker"])
    answer = testapp.get("/oembed", {"url": f"{ADDRESS}/embed/{embed}", "format": "json"})
    assert answer.content_type == "application/json"
    assert REQUIRED <= set(answer.json) <= REQUIRED | OPTIONAL
    assert (answer.json["type"], answer.json["version"]) == ("video", "1.0")
    assert "title" not in answer.json
    assert "T4" not in answer.text
    assert (answer.json["width"], answer.json["height"]) == (640, 360)
    small = testapp.get("/oembed", {"url": f"{ADDRESS}/embed/{embed}", "maxwidth": "320", "maxheight": "90"}).json
    assert (small["width"], small["height"]) == (160, 90)
    said = make_embed(library.installation, item, library.user_ids["maker"], names_title=True)
    assert testapp.get("/oembed", {"url": f"{ADDRESS}/embed/{said}"}).json["title"] == "T4"


def test_an_items_page_is_answered_only_to_who_may_view_it(
    testapp: TestApp, person: Callable[[str], TestApp], library: PrivateLibrary, item: str
) -> None:
    ask = {"url": f"{ADDRESS}/m/{item}"}
    assert person("viewer").get("/oembed", ask).json == {
        "type": "link", "version": "1.0", "title": "T4", "provider_name": "privmedia", "provider_url": ADDRESS,
    }
    embed = make_embed(library.installation, item, library.user_ids["maker"])
    found = person("viewer").get("/oembed", ask).json
    assert found["title"] == "T4"
    assert f"/embed/{embed}" in found["html"]
    key, _secret = make_site_key(library.installation)
    make_embed(library.installation, item, library.user_ids["maker"], audience="signed", key=key)
    assert person("viewer").get("/oembed", ask).json == found, "whose address needs no signature"
    assert testapp.get("/oembed", ask, expect_errors=True).status_int == 401
    assert person("stranger").get("/oembed", ask, expect_errors=True).status_int == 404


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"url": "https://elsewhere.example/embed/0000000000000000"}, 404),
        ({"url": f"{ADDRESS}/embed/0000000000000000"}, 404),
        ({"url": f"{ADDRESS}/embed/0000000000000000/token"}, 404),
        ({"url": f"{ADDRESS}/embed/%00"}, 404),
        ({"url": "http://[nonsense"}, 404),
        ({}, 404),
        ({"url": f"{ADDRESS}/embed/0000000000000000", "format": "xml"}, 501),
        ({"url": f"{ADDRESS}/embed/0000000000000000", "maxwidth": "-5"}, 400),
    ],
)
def test_anything_else_is_refused_in_json(testapp: TestApp, asked: dict[str, str], status: int) -> None:
    answer = testapp.get("/oembed", asked, expect_errors=True)
    assert answer.status_int == status
    assert set(answer.json) == {"error"}


class Consumer(HTMLParser):
    """As WordPress and Discourse do it: looks for the discovery link, asks it, and keeps an iframe of what it gets."""

    def __init__(self, asks: TestApp) -> None:
        super().__init__()
        self.asks, self.found, self.frame = asks, "", {}

    def embed(self, address: str) -> dict[str, Any]:
        self.feed(self.asks.get(address.removeprefix(ADDRESS)).text)
        answer = self.asks.get(urljoin(ADDRESS, self.found).removeprefix(ADDRESS)).json
        self.feed(answer["html"])
        return answer

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag == "link" and named.get("type") == "application/json+oembed":
            self.found = named["href"] or ""
        if tag == "iframe":
            self.frame = named


def test_a_consumer_finds_the_link_renders_the_code_and_the_player_plays_in_it(
    testapp: TestApp, browser: Callable[[], TestApp], library: PrivateLibrary, item: str
) -> None:
    embed = make_embed(library.installation, item, library.user_ids["maker"], audience="open")
    consumer = Consumer(testapp)
    answer = consumer.embed(f"{ADDRESS}/embed/{embed}")
    assert consumer.frame["src"] == f"{ADDRESS}/embed/{embed}"
    assert (consumer.frame["width"], consumer.frame["height"]) == (str(answer["width"]), str(answer["height"]))
    reader = browser()
    assert reader.get(consumer.frame["src"].removeprefix(ADDRESS)).status_int == 200
    base = tell(reader, f"/embed/{embed}/token", {}).json["base"]
    assert reader.get(f"{base}{item}/play.mp4").body == b"the film"


def test_open_players_are_forbidden_by_a_setting_and_those_there_are_ask_people_to_sign_in(
    ini: dict[str, str], library: PrivateLibrary, item: str
) -> None:
    from dataclasses import replace

    from privmedia.errors import Invalid
    from tests import applications

    embed = make_embed(library.installation, item, library.user_ids["maker"], audience="open")
    token, _renew = token_for(library.installation, embed, None)
    forbidding = replace(library.installation, settings=replace(library.installation.settings, embed_open="forbidden"))
    app = TestApp(applications.application(ini, forbidding), extra_environ={"HTTP_HOST": "media.example.test"})
    assert app.get(f"/smedia/~{token}/{item}/play.mp4", expect_errors=True).status_int == 404
    assert tell(app, f"/embed/{embed}/token", {}).status_int == 401
    with pytest.raises(Invalid, match="forbids players without sign-in"):
        make_embed(forbidding, item, library.user_ids["maker"], audience="open")
