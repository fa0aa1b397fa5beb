"""The verbs of search: find, suggest, and put in what an item is to be found by."""
from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Select, and_, delete, insert, literal, or_, select
from sqlalchemy.orm import Session

from privmedia.access.visible import folder_seen, standing_of
from privmedia.accounts.identity import Identity
from privmedia.ids import is_uid
from privmedia.installation import Installation
from privmedia.library.models import ROOT_ID, Folder, Item, Kind
from privmedia.library.shelves import Shelves
from privmedia.search.hits import BEST, FOLDERS, Counts, FolderHit, ItemHit, Person, Results, Suggestions, Wanted
from privmedia.search.lines import lines_in
from privmedia.search.models import SearchPart
from privmedia.search.spelling import meant_by
from privmedia.search.statements import Statements
from privmedia.search.steps import steps_of
from privmedia.search.words import Marker, Query, words_of

FOLDERS_FIRST = 6
"""Folders shown above the items; the chip shows all."""
MOST_FOLDERS = 500
SUGGESTED, FOLDERS_SUGGESTED = 6, 3
AFTER = re.compile(r"([0-9])-([0-9a-z]{16})", re.ASCII)
TRIED = 3
"""Words tried for each that finds nothing."""


@dataclass(frozen=True)
class Passage:
    """A text an item is found by, and where in it: seconds from its beginning, or a page."""

    body: str
    at: float | None = None
    page: int | None = None

    @cached_property
    def words(self) -> str:
        return f" {' '.join(words_of(self.body))} "


def cut_beforehand(passages: Iterable[Passage]) -> list[Passage]:
    """Passages whose words are known: of a long text, before the transaction begins in which they are put."""
    known = list(passages)
    for passage in known:
        _ = passage.words
    return known


class Search:
    """Finds what exists for somebody. Every question is one statement with the rules inside it."""

    page = 48
    counted = 1000
    """Items counted for one search, as on the page of the library. Counting all would cost more than the page."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.shelves = Shelves(session, installation)
        self.now = installation.clock()

    def put(self, item_id: int, part: str, passages: Iterable[Passage], *, version: int | None = None) -> None:
        """Let an item be found by these texts, in place of those that were put before under the same name.

        `part` says what they are of: `captions-en`, `chapters`, `pages`; without any it is taken away. `version` is the
        number of the version they are of: as long as another one is shown, they are not found.
        """
        self.session.flush()
        same = SearchPart.version == version if version is not None else SearchPart.version.is_(None)
        self.session.execute(delete(SearchPart).where(SearchPart.item_id == item_id, SearchPart.part == part, same))
        of = {"item_id": item_id, "part": part, "version": version}
        rows = [of | {"at": one.at, "page": one.page, "body": one.body, "words": one.words} for one in passages]
        if rows:
            self.session.execute(insert(SearchPart), rows)

    def passages(self, item_id: int, part: str, *, version: int) -> Select[float | None, str]:
        """What was put under a name: time and text, in the order of time."""
        return (
            select(SearchPart.at, SearchPart.body)
            .where(SearchPart.item_id == item_id, SearchPart.part == part, SearchPart.version == version)
            .order_by(SearchPart.at, SearchPart.id)
        )

    def carry(self, item_id: int, part: str, old: int, new: int, *, until: float | None) -> None:
        """Let a version be found by the texts of another, in place of its own; none from the second `until` on."""
        self.session.flush()
        of_it = (SearchPart.item_id == item_id, SearchPart.part == part)
        self.session.execute(delete(SearchPart).where(*of_it, SearchPart.version == new))
        same = (SearchPart.item_id, SearchPart.part, literal(new), SearchPart.at, SearchPart.page)
        texts = select(*same, SearchPart.body, SearchPart.words).where(*of_it, SearchPart.version == old)
        if until is not None:
            texts = texts.where(or_(SearchPart.at.is_(None), SearchPart.at < until))
        columns = ["item_id", "part", "version", "at", "page", "body", "words"]
        self.session.execute(insert(SearchPart).from_select(columns, texts.order_by(SearchPart.id)))

    def forget_version(self, item_id: int, version: int) -> None:
        """Take away the texts of a version that goes."""
        self.session.execute(delete(SearchPart).where(SearchPart.item_id == item_id, SearchPart.version == version))

    def find(self, identity: Identity, wanted: Wanted) -> Results:
        """One page of what was found, with how much there is of each kind."""
        if not wanted.query.terms:
            return Results(items=[], folders=[], counts=Counts())
        asking = self._asking(identity, wanted)
        newest = asking.newest(self.counted + 1)
        folders = [] if wanted.only_items else self.session.execute(asking.folders().limit(MOST_FOLDERS)).all()
        counts = _counts(wanted, newest[: self.counted], len(folders), more=len(newest) > self.counted)
        ids: list[int] = []
        following = None
        if wanted.kind != FOLDERS:
            ids, following = self._page(asking) if counts.more else self._page_of_few(asking, newest)
        shown = _folders_shown(wanted, folders)
        return Results(
            items=self._hits(identity, wanted.query, ids, with_lines=True),
            folders=self._folder_hits(identity, wanted.query, shown),
            counts=counts,
            next=following,
            meant=self._meant(asking) if not newest and not folders else None,
        )

    def suggest(self, identity: Identity, query: Query) -> Suggestions:
        """A few items and folders that have the words in their names."""
        if not query.last_begins:
            return Suggestions([], [])
        asking = self._asking(identity, Wanted(query=query))
        ids: list[int] = []
        for step in asking.steps()[:3]:  # where the names are
            ids += self.session.scalars(asking.items(step).limit(SUGGESTED - len(ids)))
            if len(ids) == SUGGESTED:
                break
        rows = self.session.execute(asking.folders().limit(FOLDERS_SUGGESTED)).all()
        return Suggestions(self._hits(identity, query, ids), self._folder_hits(identity, query, rows))

    def folder_named(self, identity: Identity, uid: str) -> Folder | None:
        """The folder to look in, if it exists for the caller."""
        seen = folder_seen(Folder.acl_id, identity, now=self.now)
        found = select(Folder).where(Folder.uid == uid, Folder.id != ROOT_ID, seen)
        return self.session.scalar(found) if is_uid(uid) else None

    def _asking(self, identity: Identity, wanted: Wanted) -> Statements:
        folder = self.folder_named(identity, wanted.folder)
        return Statements(self.session, self.shelves.lists, identity, wanted, folder.id if folder else None)

    def _page(self, asking: Statements) -> tuple[list[int], str | None]:
        """Ids of one page, and where the next one begins: read off the index step by step, until the page is full."""
        steps = asking.steps()
        first, last = self._end_of(asking, steps)
        found: list[tuple[int, int]] = []
        for step in range(first, len(steps)):
            statement = asking.items(steps[step], after=last if step == first else None)
            found += [(step, one) for one in self.session.scalars(statement.limit(self.page + 1 - len(found)))]
            if len(found) > self.page:
                break
        return self._cut(found)

    def _page_of_few(self, asking: Statements, newest: Sequence[Any]) -> tuple[list[int], str | None]:
        """The same where all that was found is known: it is put into its steps here."""
        wanted = asking.wanted
        ids = [
            row.id
            for row in newest
            if wanted.kind in ("", row.kind) and wanted.uploader in ("", row.uploader)
        ]
        steps = steps_of(self.session, wanted.query, ids) if wanted.order == BEST else dict.fromkeys(ids, 0)
        found = sorted(((steps[one], one) for one in ids), key=lambda place: (place[0], -place[1]))
        if wanted.after:
            read = AFTER.fullmatch(wanted.after)
            last = self.session.scalar(select(Item.id).where(Item.uid == read[2], Item.id.in_(ids))) if read else None
            place = (steps[last], last) if last is not None else None
            found = found[found.index(place) + 1 :] if place is not None else []
        return self._cut(found)

    def _cut(self, found: list[tuple[int, int]]) -> tuple[list[int], str | None]:
        """The ids of the page, and where the next one begins: the step and the public id of the last item."""
        ids = [one for _step, one in found[: self.page]]
        if len(found) <= self.page:
            return ids, None
        uid = self.session.scalar(select(Item.uid).where(Item.id == ids[-1]))
        return ids, f"{found[self.page - 1][0]}-{uid}"

    def _end_of(self, asking: Statements, steps: list[str]) -> tuple[int, int | None]:
        """Where the page before ended. What the caller cannot find is as good as missing: nothing follows it."""
        if not asking.wanted.after:
            return 0, None
        read = AFTER.fullmatch(asking.wanted.after)
        if read is None or int(read[1]) >= len(steps):
            return len(steps), None
        number = int(read[1])
        last = self.session.scalar(asking.items(steps[number]).where(Item.uid == read[2]))
        return (number, last) if last is not None else (len(steps), None)

    def _folder_hits(self, identity: Identity, query: Query, rows: Iterable[Any]) -> list[FolderHit]:
        rows = list(rows)
        paths = self._paths(identity, [row.id for row in rows])
        marker = Marker(query)
        return [FolderHit(row.uid, marker.marked(row.name), " / ".join(paths[row.id][:-1])) for row in rows]

    def _hits(self, identity: Identity, query: Query, ids: list[int], *, with_lines: bool = False) -> list[ItemHit]:
        cards = self.shelves.cards(identity, ids)
        paths = self._paths(identity, {card.folder_id for card in cards.values()})
        lines = lines_in(self.session, query, ids) if with_lines else {}
        marker = Marker(query)
        return [
            ItemHit(
                card=cards[one],
                title=marker.marked(cards[one].title),
                path=" / ".join(paths[cards[one].folder_id]),
                lines=lines.get(one, []),
            )
            for one in ids
            if one in cards
        ]

    def _paths(self, identity: Identity, folder_ids: Collection[int]) -> dict[int, list[str]]:
        """The names down to each folder and of itself: of those that exist for the caller."""
        start = select(Folder.id, Folder.parent_id).where(Folder.id.in_(set(folder_ids)))
        above = start.cte("way_up", recursive=True)
        above = above.union(select(Folder.id, Folder.parent_id).join(above, Folder.id == above.c.parent_id))
        standing = standing_of(self.session, identity, self.now)
        seen = and_(Folder.id != ROOT_ID, folder_seen(Folder.acl_id, identity, now=self.now, standing=standing))
        columns = (Folder.id, Folder.parent_id, Folder.name, seen.label("seen"))
        named = select(*columns).join(above, above.c.id == Folder.id)
        rows = {row.id: row for row in self.session.execute(named)} if folder_ids else {}
        paths: dict[int, list[str]] = {}
        for folder_id in folder_ids:
            step: int | None = folder_id
            path = []
            while step is not None and step in rows:
                path += [rows[step].name] if rows[step].seen else []
                step = rows[step].parent_id
            paths[folder_id] = path[::-1]
        return paths

    def _finds(self, asking: Statements, query: Query) -> bool:
        """Whether a query finds anything."""
        return any(self.session.scalar(statement) is not None for statement in asking.anything(query))

    def _meant(self, asking: Statements) -> Query | None:
        """The same with words that are found in place of those that are not, if that finds something."""
        query = asking.wanted.query
        choices: list[list[tuple[str, str]]] = []
        for word in dict.fromkeys(word for term in query.terms for word in term):
            alone = Query(word, ((word,),))
            if self._finds(asking, alone):
                continue
            near = meant_by(self.session, word, asking.occurs())[:TRIED]
            if not near:
                return None
            choices.append([(word, other) for other in near])
        for chosen in itertools.islice(itertools.product(*choices), TRIED**2):
            meant = query.with_words(dict(chosen))
            if chosen and self._finds(asking, meant):
                return meant
        return None


def _counts(wanted: Wanted, newest: Sequence[Any], folders: int, *, more: bool) -> Counts:
    """How much was found of each kind, by the person looked for, and who else added some of it."""
    kinds = Counter(Kind(row.kind) for row in newest if wanted.uploader in ("", row.uploader))
    people = {row.uploader: row.name for row in newest if row.uploader is not None}
    named = sorted(people.items(), key=lambda one: (one[1].casefold(), one[0]))
    return Counts(
        kinds=dict(kinds),
        folders=folders,
        more=more,
        people=[Person(uid, name) for uid, name in named],
    )


def _folders_shown(wanted: Wanted, found: Sequence[Any]) -> Sequence[Any]:
    """Some before the items of the first page, or all if folders are asked for."""
    if wanted.kind == FOLDERS:
        return found
    return found[:FOLDERS_FIRST] if not wanted.kind and not wanted.after else []
