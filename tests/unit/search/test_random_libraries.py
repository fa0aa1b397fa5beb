"""On random libraries, for everybody in them: what is found is what matches and what they may see, nothing else."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privmedia.accounts.identity import Identity
from privmedia.installation import Installation
from privmedia.library.models import Folder, Item, Kind, Version
from privmedia.search.hits import BEST, FOLDERS, NEWEST, Wanted
from privmedia.search.service import Passage, Search
from privmedia.search.upkeep import bring_up_to_date
from privmedia.search.words import Query, words_of
from tests.conftest import FakeClock
from tests.unit.access.test_random_trees import Built, built, many
from tests.unit.access.worlds import UPLOAD, VIEW, Oracle, World, worlds

pytestmark = pytest.mark.both_databases
VOCABULARY = ("bearing", "bear", "main", "seal", "müller", "T4-12")
some_words = st.lists(st.sampled_from(VOCABULARY), max_size=3).map(" ".join)
queries = st.lists(st.sampled_from((*VOCABULARY, "be", "MUL", "t4")), min_size=1, max_size=2).map(" ".join)


class ByTwos(Search):
    """Two on a page, and no more than three counted: so that few items are many."""

    page = 2
    counted = 3


def label(made: Built, installation: Installation, texts: list[str]) -> dict[int, str]:
    """Give every place words: folders by name, items by title, description or what is said in them, in turn."""
    search, of_place = Search(made.session, installation), {}
    for number, place in enumerate(made.places):
        words = texts[number % len(texts)]
        if isinstance(place, Folder):
            place.name = f"Folder {words}"
        else:
            place.title, place.description = ("Item", words) if number % 3 == 0 else (f"Item {words}", "")
            now = installation.clock()
            made.session.add(Version(item_id=place.id, filename="a.mp4", size=1, created_at=now))
            place.kind = (Kind.VIDEO, Kind.DOCUMENT)[number % 2]
            if number % 3 == 2:
                place.title = "Item"
                search.put(place.id, "captions-en", [Passage(words, at=1)])
        of_place[number] = words
    made.session.flush()
    bring_up_to_date(made.session)
    return of_place


def matches(query: Query, text: str) -> bool:
    words = f" {' '.join(words_of(text))} "
    ends = [" "] * (len(query.terms) - 1) + ["" if query.last_begins else " "]
    return all(f" {' '.join(term)}{end}" in words for term, end in zip(query.terms, ends, strict=True))


def found(search: Search, identity: Identity, wanted: Wanted) -> list[str]:
    """Public ids of all items on all pages."""
    results = search.find(identity, wanted)
    uids = [hit.card.uid for hit in results.items]
    while results.next:
        wanted = Wanted(query=wanted.query, kind=wanted.kind, order=wanted.order, after=results.next)
        results = search.find(identity, wanted)
        assert results.items, "a page that follows has something on it"
        uids += [hit.card.uid for hit in results.items]
    return uids


@many
@given(
    world=worlds(),
    texts=st.lists(some_words, min_size=1, max_size=6),
    typed=queries,
    few=st.sampled_from((0, 1000)),
)
def test_what_is_found_is_what_matches_and_exists_for_the_caller(
    world: World, texts: list[str], typed: str, few: int, installation: Installation, clock: FakeClock
) -> None:
    query = Query.read(typed)
    with pytest.MonkeyPatch.context() as patch, built(world, installation, clock) as made:
        patch.setattr("privmedia.library.lists.FEW", few)
        patch.setattr("privmedia.search.statements.WINDOWS", (1, 4))
        words, oracle = label(made, installation, texts), Oracle(made.world)
        whole, by_twos = Search(made.session, installation), ByTwos(made.session, installation)
        for user, identity in made.callers():
            items, folders = [], []
            for number, place in enumerate(made.places):
                rights = oracle.rights(user, number)
                if not matches(query, words[number]):
                    continue
                if isinstance(place, Item) and rights & VIEW:
                    items.append(place)
                elif isinstance(place, Folder) and number and rights & (VIEW | UPLOAD):
                    folders.append(place.uid)
            results = whole.find(identity, Wanted(query=query))
            assert {hit.card.uid for hit in results.items} == {item.uid for item in items}
            assert results.counts.items == len(items)
            assert results.counts.folders == len(folders)
            listed = whole.find(identity, Wanted(query=query, kind=FOLDERS))
            assert {hit.uid for hit in listed.folders} == set(folders)
            newest = [item.uid for item in sorted(items, key=lambda item: -item.id)]
            assert found(by_twos, identity, Wanted(query=query, order=NEWEST)) == newest
            best = [hit.card.uid for hit in results.items]
            assert found(by_twos, identity, Wanted(query=query, order=BEST)) == best
            documents = [item.uid for item in items if item.kind == Kind.DOCUMENT]
            only = Wanted(query=query, kind=Kind.DOCUMENT)
            assert sorted(found(by_twos, identity, only)) == sorted(documents)
            assert bool(results.meant) <= (not items and not folders)
            if results.meant:
                assert whole.find(identity, Wanted(query=results.meant)).counts.all


@many
@given(world=worlds(), texts=st.lists(some_words, min_size=1, max_size=6))
def test_what_is_suggested_exists_for_the_caller(
    world: World, texts: list[str], installation: Installation, clock: FakeClock
) -> None:
    with built(world, installation, clock) as made:
        label(made, installation, texts)
        oracle = Oracle(made.world)
        for user, identity in made.callers():
            visible = {
                place.uid
                for number, place in enumerate(made.places)
                if oracle.rights(user, number) & (VIEW if isinstance(place, Item) else VIEW | UPLOAD)
            }
            for typed in ("item", "folder", "bear"):
                suggested = Search(made.session, installation).suggest(identity, Query.read(typed))
                assert {hit.card.uid for hit in suggested.items} | {hit.uid for hit in suggested.folders} <= visible
