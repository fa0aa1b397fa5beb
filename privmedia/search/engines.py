"""The two indexes behind one verb: which documents have all the words, and in which of their columns.

Both hold the words as `privmedia.search.words` cuts them and do nothing to them: so what is found is the same on both.
How often a word occurs elsewhere counts for nothing: an order made of it would tell of what one may not see.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    Dialect,
    FromClause,
    SQLColumnExpression,
    TextClause,
    cast,
    column,
    literal_column,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from privmedia.search.words import Query, Term

Row = dict[str, Any]
COLUMNS = ("title", "names", "description", "said")


class Index:
    """The index as the statements use it. `key` is the id of a document."""

    source: FromClause
    key: ColumnElement[int]
    newest_first: ClassVar[bool]
    """Whether matches are read from the end of the index, as far as they are needed; or all of them, to be sorted."""
    ADD: ClassVar[TextClause]
    REMOVE: ClassVar[TextClause]
    CLEAR: ClassVar[TextClause]

    def has(self, query: Query, within: Sequence[str] = COLUMNS, *, whole: bool = False) -> str:
        """All terms of the query in these columns, in the index's own language.

        `whole`: the last word does not go on.
        """
        last = len(query.terms) - 1
        begins = query.last_begins and not whole
        return self._all([self._term(term, within, begins and n == last) for n, term in enumerate(query.terms)], within)

    def matches(self, expression: str) -> ColumnElement[bool]:
        """Whether the row of the index is one of those."""
        raise NotImplementedError

    def matches_word(self, word: SQLColumnExpression[str]) -> ColumnElement[bool]:
        """Whether the row of the index has the word of a column of the statement around it."""
        raise NotImplementedError

    def but_not(self, expression: str, other: str) -> str:
        """Documents of the one expression without those of the other."""
        raise NotImplementedError

    def add(self, session: Session, rows: list[Row]) -> None:
        """Put documents in."""
        session.execute(self.ADD, rows)

    def remove(self, session: Session, rows: list[Row]) -> None:
        """Take documents out, given as they were put in."""
        session.execute(self.REMOVE, rows)

    def clear(self, session: Session) -> None:
        """Take everything out."""
        session.execute(self.CLEAR)

    def fits(self, session: Session) -> bool:
        """Whether the index says what the documents say."""
        raise NotImplementedError

    def _term(self, term: Term, within: Sequence[str], begins: bool) -> str:
        raise NotImplementedError

    def _all(self, terms: list[str], within: Sequence[str]) -> str:
        raise NotImplementedError


class Fts5(Index):
    """SQLite. Words have no quotes or other signs in them, so that nothing in a query can be an operator."""

    newest_first = True
    ADD = text(
        "INSERT INTO search_index (rowid, title, names, description, said) "
        "VALUES (:id, :title, :names, :description, :said)"
    )
    REMOVE = text(
        "INSERT INTO search_index (search_index, rowid, title, names, description, said) "
        "VALUES ('delete', :id, :title, :names, :description, :said)"
    )
    CLEAR = text("INSERT INTO search_index (search_index) VALUES ('delete-all')")
    FITS = text("INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)")

    def __init__(self) -> None:
        self.source = table("search_index", column("rowid"))
        self.key = self.source.c.rowid

    def matches(self, expression: str) -> ColumnElement[bool]:
        return self._itself.op("MATCH", is_comparison=True)(expression)

    def matches_word(self, word: SQLColumnExpression[str]) -> ColumnElement[bool]:
        quoted = literal_column("'\"'").concat(word).concat(literal_column("'\"'"))
        return self._itself.op("MATCH", is_comparison=True)(quoted)

    def fits(self, session: Session) -> bool:
        try:
            session.execute(self.FITS)
        except DatabaseError:
            return False
        return True

    @property
    def _itself(self) -> ColumnElement[Any]:
        return literal_column("search_index")

    def but_not(self, expression: str, other: str) -> str:
        return f"({expression}) NOT ({other})"

    def _term(self, term: Term, within: Sequence[str], begins: bool) -> str:
        return f'"{" ".join(term)}"{" *" if begins else ""}'

    def _all(self, terms: list[str], within: Sequence[str]) -> str:
        return f"{{{' '.join(within)}}} : ({' AND '.join(terms)})"


class TsVector(Index):
    """PostgreSQL. The columns are the four weights; nothing goes through its own reading of texts."""

    newest_first = False
    ADD = text(
        "INSERT INTO search_index (id, words) VALUES (:id, search_vector(:title, :names, :description, :said))"
    )
    REMOVE = text("DELETE FROM search_index WHERE id = :id")
    CLEAR = text("DELETE FROM search_index")
    WRONG = text(
        "SELECT 1 FROM search_index i FULL JOIN search_documents d ON d.id = i.id "
        "WHERE i.words IS DISTINCT FROM search_vector(d.title, d.names, d.description, d.said) LIMIT 1"
    )

    def __init__(self) -> None:
        self.source = table("search_index", column("id"), column("words"))
        self.key = self.source.c.id

    def matches(self, expression: str) -> ColumnElement[bool]:
        return self.source.c.words.op("@@", is_comparison=True)(cast(expression, TSQUERY))

    def matches_word(self, word: SQLColumnExpression[str]) -> ColumnElement[bool]:
        quoted = literal_column("''''").concat(word).concat(literal_column("''''"))
        return self.source.c.words.op("@@", is_comparison=True)(cast(quoted, TSQUERY))

    def but_not(self, expression: str, other: str) -> str:
        return f"({expression}) & !({other})"

    def fits(self, session: Session) -> bool:
        return session.execute(self.WRONG).first() is None

    def _term(self, term: Term, within: Sequence[str], begins: bool) -> str:
        weights = "".join("ABCD"[COLUMNS.index(name)] for name in within)
        labels = [f":{'*' if begins and n == len(term) - 1 else ''}{weights}" for n in range(len(term))]
        return " <-> ".join(f"'{word}'{label}" for word, label in zip(term, labels, strict=True))

    def _all(self, terms: list[str], within: Sequence[str]) -> str:
        return " & ".join(f"({term})" for term in terms)


def index_of(dialect: Dialect) -> Index:
    """The index of this kind of database."""
    return TsVector() if dialect.name == "postgresql" else Fts5()
