"""Where in an item the words stand: lines of what is said at a time or on a page, of the description, of names."""
from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select
from sqlalchemy.orm import Session

from privmedia.library.models import Item, ItemTag, Version
from privmedia.search.hits import Line
from privmedia.search.models import SearchPart
from privmedia.search.words import Marker, Query, Term

MOST = 3
"""Lines shown of one item."""
_MARKS = re.compile(
    r"^[ \t]*(?:\#{1,6}|>|[-*+]|\d{1,9}[.)])[ \t]+|\*\*|__|~~|`|!?\[([^\]\n]*)\]\([^)\s]*\)", re.MULTILINE
)
"""What Markdown puts around words: headings, lists, quotes, emphasis, and the addresses of links."""


def lines_in(session: Session, query: Query, ids: Collection[int]) -> dict[int, list[Line]]:
    """The lines of items, which the caller can see; those that have most of the words, in order of time or page."""
    if not ids:
        return {}
    marker = Marker(query)
    lines: dict[int, list[Line]] = defaultdict(list)
    for item_id, line in [*_tags(session, marker, ids), *_names_and_descriptions(session, marker, ids)]:
        lines[item_id].append(line)
    for row in session.execute(_parts(query, ids)):
        pieces = marker.excerpt(row.body)
        if pieces is not None:
            lines[row.item_id].append(Line(pieces, at=row.at, page=row.page))
    return {item_id: some[:MOST] for item_id, some in lines.items()}


def _tags(session: Session, marker: Marker, ids: Collection[int]) -> list[tuple[int, Line]]:
    rows = session.execute(select(ItemTag.item_id, ItemTag.name).where(ItemTag.item_id.in_(ids)).order_by(ItemTag.key))
    return [(row.item_id, Line(marker.marked(row.name), name_of="tag")) for row in rows if marker.spans(row.name)]


def _names_and_descriptions(session: Session, marker: Marker, ids: Collection[int]) -> list[tuple[int, Line]]:
    """What the title does not show: the description, and the name of the file if only that has the words."""
    rows = session.execute(
        select(Item.id, Item.title, Item.description, Version.filename)
        .outerjoin(Version, (Version.item_id == Item.id) & (Version.number == Item.current))
        .where(Item.id.in_(ids))
    )
    found = []
    for row in rows:
        described = marker.excerpt(_MARKS.sub(r"\1", row.description))
        if described is not None:
            found.append((row.id, Line(described)))
        elif not marker.spans(row.title) and marker.spans(row.filename or ""):
            found.append((row.id, Line(marker.marked(row.filename), name_of="file")))
    return found


def _parts(query: Query, ids: Collection[int]) -> Select[Any]:
    last = len(query.terms) - 1
    has = [_has(term, begins=query.last_begins and n == last) for n, term in enumerate(query.terms)]
    count: ColumnElement[int] = literal(0)
    for one in has:
        count = count + case((one, 1), else_=0)
    place = func.row_number().over(
        partition_by=SearchPart.item_id, order_by=(count.desc(), SearchPart.at, SearchPart.page, SearchPart.id)
    )
    columns = (SearchPart.item_id, SearchPart.id, SearchPart.at, SearchPart.page, SearchPart.body)
    found = (
        select(*columns, place.label("place"))
        .join(Item, Item.id == SearchPart.item_id)
        .where(SearchPart.item_id.in_(ids), is_shown(), or_(*has))
        .subquery()
    )
    return (
        select(found)
        .where(found.c.place <= MOST)
        .order_by(found.c.item_id, found.c.at, found.c.page, found.c.id)
    )


def is_shown() -> ColumnElement[bool]:
    """Whether a part belongs to what is shown of its item, in a statement that joins both."""
    return or_(SearchPart.version.is_(None), SearchPart.version == Item.current)


def _has(term: Term, *, begins: bool) -> ColumnElement[bool]:
    return SearchPart.words.contains(f" {' '.join(term)}{'' if begins else ' '}", autoescape=True)
