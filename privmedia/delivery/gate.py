"""The gate: one statement that brings caller, file and the caller's rights, for every request of a private byte.

It stands on a connection of its own per thread, without transactions, so that each question sees the latest commit: a
right that was taken away is gone at the next request. It remembers nothing, and any fault of the database is a refusal.
"""
from __future__ import annotations

import contextlib
import logging
import os
import threading
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Boolean, ColumnElement, Select, String, bindparam, literal_column, select, type_coerce
from sqlalchemy.engine import Dialect, Engine

from privmedia.access.visible import bits_for
from privmedia.accounts.duty import is_free
from privmedia.accounts.identity import SEEN_BY, Holder, live_sessions
from privmedia.accounts.models import ApiToken, SignIn, User
from privmedia.accounts.tokens import LAST_USED
from privmedia.accounts.tokens import is_live as token_is_live
from privmedia.db import UtcDateTime, make_gate_engine
from privmedia.delivery import by_embed, by_link
from privmedia.delivery.by_embed import ByEmbed
from privmedia.delivery.by_link import ByLink
from privmedia.delivery.files import RULED_BY, THE_FILE, to_the_file
from privmedia.errors import Unavailable
from privmedia.library.models import Item

log = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What the gate found. Times are milliseconds since 1970; `rights` is the number of `access.Decision.of_bits`."""

    rights: int
    shown: bool
    uploader_id: int | None
    current: int
    number: int
    filename: str
    stored_as: str
    media_type: str
    user_id: int
    session_id: int | None
    last_used_at: int
    user_name: str
    email: str
    is_admin: bool
    is_guest: bool
    seen_by: int | None
    holder_name: str
    holder_email: str
    token_id: int | None
    token_name: str
    scopes: str


NO_TEXT: ColumnElement[str] = literal_column("''")


def question(*, by_token: bool = False) -> Select[*tuple[Any, ...]]:
    """The one statement, for a browser's session or for an API token.

    Parameters: token (its hash), now, item, version (None: the current one), file.
    """
    now = bindparam("now", type_=UtcDateTime())
    guest = type_coerce(User.is_guest, Boolean)
    rights = bits_for(RULED_BY, User.id, guest, now)
    session = (literal_column("NULL"), LAST_USED) if by_token else (SignIn.id, SignIn.last_used_at)
    looker = (literal_column("NULL"), User.name, User.email) if by_token else (SEEN_BY, Holder.name, Holder.email)
    token = (ApiToken.id, ApiToken.name, ApiToken.scopes) if by_token else (literal_column("NULL"), *[NO_TEXT] * 2)
    found = select(
        rights,
        Item.shown,
        Item.uploader_id,
        Item.current,
        *THE_FILE,
        User.id,
        *session,
        User.name,
        User.email,
        User.is_admin,
        User.is_guest,
        *looker,
        *token,
    )
    key = ApiToken if by_token else SignIn
    if by_token:
        callers = found.join_from(ApiToken, User).where(token_is_live(now))
    else:
        callers = live_sessions(now, found).where(is_free(Holder, now))
    return to_the_file(callers).where(key.token_hash == bindparam("token", type_=String))


Text: TypeAlias = tuple[str, dict[str, Any]]
"""A statement for the driver, and the values of its constants."""
Texts: TypeAlias = tuple[dict[bool, Text], dict[bool, Text], Text]
"""The questions by whether they come with a token, those of links by whether for a preview, and that of players."""
_TEXTS: dict[str, Texts] = {}
"""What was compiled in this process, by the name of the database."""


def compiled(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> Text:
    """A statement as text for the driver, with the values of its constants as the driver takes them."""
    text = statement.compile(dialect=dialect)
    constants = {}
    for name, parameter in text.binds.items():
        if not parameter.required:
            process = parameter.type.dialect_impl(dialect).bind_processor(dialect)
            constants[name] = process(parameter.value) if process else parameter.value
    return str(text), constants


def _texts(dialect: Dialect) -> Texts:
    if dialect.name not in _TEXTS:
        _TEXTS[dialect.name] = (
            {by_token: compiled(question(by_token=by_token), dialect) for by_token in (False, True)},
            {preview: compiled(by_link.question(preview=preview), dialect) for preview in (False, True)},
            compiled(by_embed.question(), dialect),
        )
    return _TEXTS[dialect.name]


class Gate:
    """Asks the question. One per process and per worker thread a connection; safe to make before a fork."""

    def __init__(self, url: str) -> None:
        self._engine = make_gate_engine(url)
        self._questions, self._by_link, self._by_embed = _texts(self._engine.dialect)
        self._here = threading.local()

    def ask(
        self, *, token: str, now: int, item: str, version: int | None, file: str, by_token: bool = False
    ) -> Answer | None:
        """What the session with this token hash finds under an item's file name; None if anything is missing.

        `by_token`: the hash is that of an API token. Raises Unavailable if the database does not answer.
        """
        values = {"token": token, "now": now, "item": item, "version": version, "file": file}
        rows = self._answers(self._questions[by_token], values)
        return Answer._make(rows[0]) if rows else None

    def ask_by_link(
        self, *, token: str, now: int, item: str, version: int | None, file: str, preview: bool = False
    ) -> ByLink | None:
        """The same for a browser with this token hash in which links were opened: what the best of them finds.

        `preview`: for whoever has the public id of a link, given as `token`, whose maker allowed a preview.
        """
        values = {"token": token, "now": now, "item": item, "version": version, "file": file}
        return by_link.best_of(self._answers(self._by_link[preview], values))

    def ask_by_embed(self, *, token: str, now: int, item: str, version: int | None, file: str) -> ByEmbed | None:
        """The same for a player in a page of another site, by the hash of the token in its addresses."""
        values = {"token": token, "now": now, "item": item, "version": version, "file": file}
        return by_embed.answer_of(self._answers(self._by_embed, values))

    def _answers(self, asked: tuple[str, dict[str, Any]], values: dict[str, Any]) -> list[Any]:
        """Raises Unavailable if the database does not answer at the second try either."""
        text, constants = asked
        values = {**constants, **values}
        try:
            try:
                return self._rows(text, values)
            except self._engine.dialect.loaded_dbapi.Error:
                self._drop()
                return self._rows(text, values)
        except Exception as error:
            self._drop()
            log.exception("the gate's database did not answer: everything is refused")
            raise Unavailable from error

    def close(self) -> None:
        """Close the calling thread's connection; the others close theirs when they end."""
        self._drop()

    def _rows(self, text: str, values: dict[str, Any]) -> list[Any]:
        cursor = self._mine().cursor
        cursor.execute(text, values)
        # To the end: an unfinished SELECT would hold its snapshot, and the next one see old rules.
        return list(cursor.fetchall())

    def _mine(self) -> _Kept:
        """The calling thread's connection and cursor. After anything that breaks both are new."""
        kept: _Kept | None = getattr(self._here, "kept", None)
        if kept is None or kept.process != os.getpid():
            if kept is not None:
                # What a parent process opened is neither used nor closed: closing would end it for the parent as well.
                _of_parents.append(kept)
            kept = self._here.kept = _Kept(self._engine)
        return kept

    def _drop(self) -> None:
        self._here.__dict__.clear()


# Kibibytes that SQLite may keep of the database per connection: the upper pages of the indexes the question uses.
CACHE_SIZE = 16 * 1024


class _Kept:
    """A thread's connection, outside the pool; closed when nobody holds it any more."""

    def __init__(self, engine: Engine) -> None:
        self.process = os.getpid()
        checked_out = engine.raw_connection()
        checked_out.detach()
        connection: Any = checked_out.dbapi_connection
        if engine.dialect.name == "sqlite":
            connection.execute(f"PRAGMA cache_size = -{CACHE_SIZE}").close()
        self.connection = connection
        self.cursor = connection.cursor()

    def __del__(self) -> None:
        if self.process == os.getpid():
            with contextlib.suppress(Exception):
                self.connection.close()


_of_parents: list[_Kept] = []
