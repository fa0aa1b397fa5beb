"""Finding things: what the page of results shows, and what is suggested while one types."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Deletion, Item, Kind
from privmedia.library.paths import Paths
from privmedia.library.service import Library
from privmedia.search.upkeep import differences
from tests.conftest import FakeClock, Person
from tests.functional.search_library import (
    CLOSED,
    ENGINEERS,
    OPEN,
    SearchSite,
    chips,
    heading,
    lead,
    make_search_site,
    marked,
    titles,
)

both_databases = pytest.mark.both_databases


@pytest.fixture
def site(installation: Installation, make_person: Callable[..., Person], sign_in: Any) -> SearchSite:
    return make_search_site(installation, make_person, sign_in)


@both_databases
def test_words_are_found_in_titles_descriptions_names_tags_and_what_is_said(site: SearchSite) -> None:
    site.add(OPEN, "A title with bearing")
    site.add(OPEN, "By description", description="- About the **bearing** of [a thruster](/m/x).")
    site.add(OPEN, "By file", filename="worn-bearing.wav", kind=Kind.AUDIO)
    site.add(OPEN, "By tag", tags=("bearing",))
    site.add(OPEN, "By captions", said={246.4: "draw the old bearing", 300.0: "and wait"})
    site.add(OPEN, "By page", pages={88: "Main bearing: removal and fitting"}, kind=Kind.DOCUMENT)
    site.add(OPEN, "Another film")
    page = site.as_("jonas").get("/search", {"q": "bearing"})
    assert titles(page) == [
        "A title with bearing",
        "By tag",
        "By file",
        "By description",
        "By page",
        "By captions",
    ]
    assert heading(page) == "Results for “bearing”"
    assert lead(page) == "6 items, from what you can open"
    assert marked(page) == ["bearing"] * 6
    assert "About the bearing of a thruster." in page.html.select_one("#items").get_text()
    hits = {link.get_text(" ", strip=True): link["href"] for link in page.html.select("a.tline")}
    assert [text.split()[:2] for text in hits] == [["page", "88"], ["at", "4:06"]]
    assert [address.partition("#")[2] for address in hits.values()] == ["page=88", "t=246"]
    assert "worn-" in page.html.select_one("#items").get_text()


@both_databases
def test_all_words_have_to_be_there_wherever_they_stand(site: SearchSite) -> None:
    site.add(OPEN, "Main bearing", description="How to fit it", said={3: "warm the housing"})
    site.add(OPEN, "Main seal", description="How to fit it")
    jonas = site.as_("jonas")
    assert titles(jonas.get("/search", {"q": "fit bearing housing"})) == ["Main bearing"]
    assert titles(jonas.get("/search", {"q": "main fit"})) == ["Main seal", "Main bearing"]
    assert heading(jonas.get("/search", {"q": "bearing seal"})) == "Nothing found for “bearing seal”"


@both_databases
def test_case_accents_and_the_end_of_the_last_word_do_not_matter(site: SearchSite) -> None:
    site.add(OPEN, "Müllers Straße in Łódź")
    jonas = site.as_("jonas")
    for query in ("muller", "MÜLLERS", "Mu\u0308ll", "strasse", "STRASSE", "lodz", "Łódź", "mullers str"):
        assert titles(jonas.get("/search", {"q": query})) == ["Müllers Straße in Łódź"], query
    for query in ("uller", "ller", "mull strasse"):
        assert titles(jonas.get("/search", {"q": query})) == [], query


@both_databases
def test_nothing_that_is_typed_is_an_operator(site: SearchSite) -> None:
    site.add(OPEN, "Thruster T4-12: 100% NOT (bearing) AND seal* \"kit\" NEAR")
    jonas = site.as_("jonas")
    for query in (
        "T4-12", "100%", "NOT bearing", "(bearing)", "AND", "seal*", '"kit"', '"', "NEAR(", "title:thruster",
        "thruster:*", "'thruster'", "thruster & seal", "!thruster", "thruster | seal", "^thruster", "{title}:thruster",
        "thruster\\", "\u202eseal", "-thruster", "seal OR thruster NOT",
    ):
        page = jonas.get("/search", {"q": query})
        found = titles(page)
        expected = [] if query in ('"', "title:thruster", "{title}:thruster", "seal OR thruster NOT") else 1
        assert len(found) == (expected or 0), query
    for query in ("*", "%", "()", "  ", "a" * 5000, "q " * 5000, "🎬", "שלום", "\ufffe", "日本" * 500):
        assert titles(jonas.get("/search", {"q": query})) == [], query


@both_databases
def test_signs_and_pictures_are_found_one_by_one(site: SearchSite) -> None:
    site.add(OPEN, "日本語の字幕 🎬")
    jonas = site.as_("jonas")
    for query in ("日本", "字幕", "本語", "🎬", "字幕 🎬"):
        assert titles(jonas.get("/search", {"q": query})) == ["日本語の字幕 🎬"], query
    assert titles(jonas.get("/search", {"q": "語字"})) == []


def test_what_was_found_is_escaped_and_marked(site: SearchSite) -> None:
    site.add(OPEN, "<b>Bearing</b> & co", description="x <script>alert(1)</script> bearing")
    page = site.as_("jonas").get("/search", {"q": '<script>"bearing'})
    assert "<script>alert" not in page
    assert titles(page) == ["<b>Bearing</b> & co"]
    assert marked(page) == ["Bearing", "script", "script", "bearing"]


@both_databases
def test_nobody_finds_what_they_may_not_see(site: SearchSite) -> None:
    site.add(OPEN, "Bearing for all")
    site.add(ENGINEERS, "Bearing for engineers")
    site.add(CLOSED, "Bearing for the board")
    found = {name: titles(site.as_(name).get("/search", {"q": "bearing"})) for name in site.people}
    assert found == {
        "jonas": ["Bearing for all"],
        "leila": ["Bearing for engineers", "Bearing for all"],
        "ada": ["Bearing for the board", "Bearing for engineers", "Bearing for all"],
    }
    page = site.as_("leila").get("/search", {"q": "thruster"})
    assert titles(page) == ["Thruster T4"]
    assert lead(page) == "1 folder, from what you can open"
    assert heading(site.as_("jonas").get("/search", {"q": "thruster"})) == "Nothing found for “thruster”"
    where = site.as_("leila").get("/search?q=engineers").html.select_one(".stxt .xs")
    assert where.get_text(" ", strip=True) == "Product training / Thruster T4 · Leila Haddad · just now"


@both_databases
def test_chips_count_the_kinds_and_show_one_of_them(site: SearchSite) -> None:
    for number in range(3):
        site.add(OPEN, f"Bearing film {number}")
    site.add(OPEN, "Bearing manual", kind=Kind.DOCUMENT)
    site.add(CLOSED, "Bearing budget", kind=Kind.DOCUMENT)
    site.folder("Town halls/Bearing days")
    jonas = site.as_("jonas")
    page = jonas.get("/search", {"q": "bearing"})
    assert chips(page) == {"All": "5", "Video": "3", "Documents": "1", "Folders": "1"}
    assert lead(page) == "4 items and 1 folder, from what you can open"
    documents = page.click("Documents")
    assert titles(documents) == ["Bearing manual"]
    assert chips(documents) == chips(page)
    assert titles(page.click("Folders")) == ["Bearing days"]
    assert jonas.get("/search?q=bearing&kind=image").html.select_one(".empty h2").get_text() == "Nothing of this kind"
    assert titles(jonas.get("/search?q=bearing&kind=everything")) == titles(page)


@both_databases
def test_a_search_is_narrowed_to_a_folder_a_person_and_a_time(site: SearchSite, clock: FakeClock) -> None:
    site.add(ENGINEERS, "Old bearing", by="ada")
    clock.forward(days=20)
    site.add(ENGINEERS, "Bearing of a week", by="leila")
    site.add(OPEN, "Bearing outside", by="leila")
    leila = site.as_("leila")
    training = site.folder_uid("Product training")
    form = leila.get("/search?q=bearing").forms["narrow-search"]
    assert [text for _value, _chosen, text in form["by"].options] == ["Anyone", "Ada Lind", "Leila Haddad"]
    form["in"] = training
    page = form.submit()
    assert titles(page) == ["Bearing of a week", "Old bearing"]
    form = page.forms["narrow-search"]
    form["since"] = "week"
    assert titles(form.submit()) == ["Bearing of a week"]
    form["since"] = ""
    form["by"].select(text="Ada Lind")
    page = form.submit()
    assert titles(page) == ["Old bearing"]
    assert chips(page)["All"] == "1"
    hidden = leila.get("/search", {"q": "bearing", "in": site.folder_uid(CLOSED)})
    assert titles(hidden) == ["Bearing outside", "Bearing of a week", "Old bearing"]
    assert hidden.text == leila.get("/search", {"q": "bearing", "in": "z" * 16}).text
    nothing = leila.get("/search?q=seal&since=week")
    assert lead(nothing) == "Only a part of what you can open was searched. Search everything"


def test_best_match_first_or_newest_first(site: SearchSite, clock: FakeClock) -> None:
    site.add(OPEN, "Bearing")
    site.add(OPEN, "Bearings")
    site.add(OPEN, "Talk", said={0: "a bearing"})
    jonas = site.as_("jonas")
    assert titles(jonas.get("/search?q=bearing")) == ["Bearing", "Bearings", "Talk"]
    assert titles(jonas.get("/search?q=bearing&order=newest")) == ["Talk", "Bearings", "Bearing"]


@both_databases
@pytest.mark.parametrize("order", ["best", "newest"])
def test_pages_follow_one_another_without_gaps(site: SearchSite, order: str) -> None:
    for number in range(60):
        site.add(OPEN, f"Bearing {number}" if number % 3 else f"Film {number}", description="bearing")
    jonas = site.as_("jonas")
    first = jonas.get("/search", {"q": "bearing", "order": order})
    second = first.click(linkid="more")
    assert len(titles(first)) == 48
    assert second.html.select_one("#more") is None
    assert sorted(titles(first) + titles(second)) == sorted(
        f"Bearing {number}" if number % 3 else f"Film {number}" for number in range(60)
    )
    assert lead(second) == lead(first)
    for nowhere in ("x", "9-" + "z" * 16, "0-" + "z" * 16, "0-"):
        assert titles(jonas.get("/search", {"q": "bearing", "order": order, "after": nowhere})) == []


def test_nothing_found_says_what_was_searched(site: SearchSite) -> None:
    site.add(OPEN, "Main bearing")
    site.add(CLOSED, "Bering sea")
    page = site.as_("jonas").get("/search", {"q": "submarine"})
    assert heading(page) == "Nothing found for “submarine”"
    assert lead(page) == "You searched everything you can open: 1 item in 1 folder."
    assert page.html.select_one(".empty h2").get_text() == "No item and no folder has all of these words"


@both_databases
def test_a_word_with_a_wrong_letter_is_set_right_if_one_may_see_it(site: SearchSite) -> None:
    site.add(OPEN, "Main bearing and seal")
    site.add(CLOSED, "Budget bearings")
    jonas = site.as_("jonas")
    for typed, meant in {
        "bering seal": "bearing seal",
        "baering": "bearing",
        "bearign seal": "bearing seal",
        "bearring": "bearing",
        "main bearinf": "main bearing",
    }.items():
        page = jonas.get("/search", {"q": typed})
        assert page.html.select_one(".empty h2").get_text() == f"Did you mean “{meant}”?", typed
        assert titles(page.click(meant)) == ["Main bearing and seal"]
    hidden = jonas.get("/search", {"q": "budgt"})
    assert hidden.html.select_one(".empty h2").get_text() == "No item and no folder has all of these words"
    assert site.as_("ada").get("/search", {"q": "budgt"}).html.select_one(".empty h2 a").get_text() == "budget"


def test_what_is_typed_is_suggested(site: SearchSite) -> None:
    site.add(ENGINEERS, "Thruster film")
    site.add(CLOSED, "Thruster budget")
    options = site.as_("leila").get("/search/suggest", {"q": "thr"}).html.select("[role=option]")
    texts = [" ".join(option.get_text(" ", strip=True).split()) for option in options]
    assert texts == [
        "Thr uster T4 Product training",
        "Thr uster film Product training / Thruster T4",
        "Search for “thr”",
    ]
    assert site.as_("jonas").get("/search/suggest", {"q": "thr"}).text.count("role=\"option\"") == 1
    assert site.as_("jonas").get("/search/suggest", {"q": " "}).text.strip() == ""
    nobody = site.as_("jonas")
    nobody.reset()
    assert nobody.get("/search/suggest?q=thr").status_int == 303


def test_the_field_of_a_folders_page_offers_to_search_in_it_alone(site: SearchSite) -> None:
    site.add(ENGINEERS, "Thruster film")
    leila = site.as_("leila")
    training = site.folder_uid("Product training")
    form = leila.get(f"/f/{training}").forms["search-box"]
    assert form["from"].value == training
    form["q"] = "thruster"
    assert (training, False, "Product training") in form.submit().forms["narrow-search"]["in"].options
    options = leila.get("/search/suggest", {"q": "thr", "from": training}).html
    assert options.select_one("#suggestion-only-in").get_text() == "“thr” in Product training only"
    closed = site.folder_uid(CLOSED)
    assert options != leila.get("/search/suggest", {"q": "thr", "from": closed}).html
    assert leila.get("/search/suggest", {"q": "thr", "from": closed}).html.select_one("#suggestion-only-in") is None


def test_what_changes_is_found_by_its_new_name_at_once(site: SearchSite, installation: Installation) -> None:
    uid = site.add(OPEN, "Bearing")
    with writing(installation.sessions) as session:
        library = Library(session, installation)
        library.describe_item(item=library.item(uid), title="Gearbox", description="")
        library.rename_folder(folder=Paths(session, installation).folder(OPEN), name="Assemblies")
    jonas = site.as_("jonas")
    assert titles(jonas.get("/search?q=bearing")) == []
    assert titles(jonas.get("/search?q=gearbox")) == ["Gearbox"]
    assert titles(jonas.get("/search?q=assem")) == ["Assemblies"]
    assert titles(jonas.get("/search?q=town")) == []


def test_search_without_words_explains_itself(site: SearchSite) -> None:
    page = site.as_("jonas").get("/search")
    assert heading(page) == "Search"
    assert "Things you have no access to never show up here." in page


@both_databases
def test_what_lies_in_the_bin_is_not_found_until_it_is_brought_back(
    site: SearchSite, installation: Installation
) -> None:
    uid = site.add(OPEN, "Bearing", description="Main")
    jonas = site.as_("jonas")
    with writing(installation.sessions) as session:
        deletion = Deletion(uid=new_uid(), is_item=True, top_uid=uid, deleted_at=installation.clock())
        session.add(deletion)
        session.flush()
        session.execute(update(Item).where(Item.uid == uid).values(deletion_id=deletion.id, description="Gone"))
    for typed in ("bearing", "bering"):
        assert heading(jonas.get("/search", {"q": typed})) == f"Nothing found for “{typed}”"
    assert jonas.get("/search?q=bering").html.select_one(".empty h2 a") is None
    assert "Bearing" not in jonas.get("/search/suggest?q=bear")
    with writing(installation.sessions) as session:
        session.execute(update(Item).where(Item.uid == uid).values(deletion_id=None))
    assert titles(jonas.get("/search?q=bearing+gone")) == ["Bearing"]
    with reading(installation.sessions) as session:
        assert list(differences(session)) == []
