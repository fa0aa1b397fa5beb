"""The database: base class, column types, engines. No Pyramid.

SQLite as its driver comes opens no transaction for a SELECT, so that reading and then updating loses writes silently;
therefore the driver's own transaction handling is switched off and `BEGIN` is sent by us. Which BEGIN belongs to the
verb: sessions read by default, and `writing()` opens the short write transactions.
"""
from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Dialect,
    Engine,
    ForeignKey,
    MetaData,
    SQLColumnExpression,
    Text,
    TypeDecorator,
    bindparam,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    mapped_column,
    sessionmaker,
    with_loader_criteria,
)
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine, UserDefinedType

from privmedia.errors import SettingsError

Answer = TypeVar("Answer")

BUSY_TIMEOUT = 10_000  # milliseconds
# Whoever reads first and writes later takes the write lock at once: SQLite does not wait when a reader turns writer.
WRITES = "privmedia_writes"
KEPT = "privmedia_kept"
WITH_BIN = {"privmedia_with_bin": True}
"""Execution options of a statement that is to find what lies in the bin as well. Without them nothing does."""
NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, stored as whole milliseconds since 1970 in UTC: the same number, order and cost on every database."""

    impl = BigInteger
    cache_ok = True
    _epoch = datetime(1970, 1, 1, tzinfo=UTC)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else self._epoch + timedelta(milliseconds=value)


class Binnable:
    """A table whose rows can lie in the bin. While they do, no statement of a session finds them.

    The condition is put into every SELECT that names the table, into its joins, subqueries and aliases too, so that no
    list, count or decision can forget it. Who needs the others says so, by WITH_BIN. Not touched are objects that are
    loaded already, what they refer to, and UPDATE and DELETE. The gate, which has no session, has the condition in its
    one statement.
    """

    deletion_id: Mapped[int | None] = mapped_column(ForeignKey("deletions.id"))


_PRESENT = with_loader_criteria(
    Binnable, lambda table: table.deletion_id.is_(None), include_aliases=True, propagate_to_loaders=False
)


@event.listens_for(Session, "do_orm_execute")
def _leave_the_bin_out(state: ORMExecuteState) -> None:
    loads_more = state.is_column_load or state.is_relationship_load
    if state.is_select and not loads_more and not state.execution_options.get(*WITH_BIN):
        state.statement = state.statement.options(_PRESENT)


def milliseconds(moment: datetime) -> int:
    """A moment as the database stores it."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be stored")
    return (moment - UtcDateTime._epoch) // timedelta(milliseconds=1)


def make_engine(url: str, **options: Any) -> Engine:
    """The application's engine: our own BEGIN on SQLite, liveness checks on PostgreSQL."""
    address = _checked(url)
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, connect_args={"timeout": BUSY_TIMEOUT / 1000}, **options)
        event.listen(engine, "connect", prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(address, pool_pre_ping=True, **options)
        event.listen(engine, "connect", prepare_postgresql)
        _end_readings_by_commit(engine)
    return engine


def _end_readings_by_commit(engine: Engine) -> None:
    """Have transactions that only read end by COMMIT: psycopg forgets all it has prepared with each ROLLBACK, and
    PostgreSQL would plan every statement anew, which takes it as long as answering most of them.
    """
    roll_back = engine.dialect.do_rollback

    def end(connection: Any) -> None:
        if connection.read_only:
            connection.commit()
        else:
            roll_back(connection)

    engine.dialect.do_rollback = end  # type: ignore[assignment, method-assign]


def make_gate_engine(url: str) -> Engine:
    """An engine whose connections never hold a transaction open, so that each statement sees the latest commit.

    It has no begin listener on purpose: a kept connection inside a transaction would hold one snapshot of SQLite's WAL
    and never see a revocation. Parameters are named on both databases.
    """
    address = _checked(url)
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"}
    if address.get_backend_name() == "sqlite":
        options |= {"paramstyle": "named", "connect_args": {"timeout": BUSY_TIMEOUT / 1000, "check_same_thread": False}}
    engine = create_engine(address, **options)
    if address.get_backend_name() == "sqlite":
        event.listen(engine, "connect", prepare_sqlite)
    return engine


def make_sessionmaker(engine: Engine) -> sessionmaker[Session]:
    """Sessions whose objects stay readable after commit."""
    return sessionmaker(engine, expire_on_commit=False)


def write_mode(session: Session) -> Session:
    """Make the session's next transaction a writing one. Call it before the first statement."""
    session.connection(execution_options={WRITES: True})
    return session


@contextmanager
def writing(factory: sessionmaker[Session]) -> Iterator[Session]:
    """One short write transaction: committed at the end, rolled back on any error."""
    with factory() as session, session.begin():
        yield write_mode(session)


@contextmanager
def reading(factory: sessionmaker[Session]) -> Iterator[Session]:
    """One read transaction; nothing done in it is kept."""
    with factory() as session:
        yield read_mode(session)


def read_mode(session: Session) -> Session:
    """Promise that the session only reads. Its statements then see one state of the database, on every database."""
    session.info[KEPT] = None
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
    return session


def once(session: Session, key: Hashable, read: Callable[[], Answer]) -> Answer:
    """What `read` answers, asked at most once in a transaction that only reads; where rules may change, each time."""
    if not only_reads(session):
        return read()
    kept = _kept(session)
    if key not in kept:
        kept[key] = read()
    found: Answer = kept[key]
    return found


def only_reads(session: Session) -> bool:
    """Whether the session was promised to read only."""
    return KEPT in session.info


def _kept(session: Session) -> dict[Any, Any]:
    """What was read once in the session's transaction."""
    transaction = session.get_transaction()
    kept: tuple[object, dict[Any, Any]] | None = session.info[KEPT]
    if kept is None or transaction is None or kept[0] is not transaction:
        session.connection()
        kept = session.info[KEPT] = (session.get_transaction(), {})
    return kept[1]


class Numbers:
    """Any number of numbers for one parameter, written down once however many statements are asked with them."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.written = ",".join(map(str, numbers))
        """The numbers with commas between."""


class _Numbers(TypeDecorator[Numbers]):
    """A parameter of numbers: an array, or JSON where there are no arrays."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_WrittenArray() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Numbers | None, dialect: Dialect) -> str:
        written = value.written if value is not None else ""
        return f"{{{written}}}" if dialect.name == "postgresql" else f"[{written}]"


class _WrittenArray(UserDefinedType[str]):
    """An array of PostgreSQL as a text: its driver writes lists number by number, which takes longer than the query."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_more: Any) -> str:
        return "BIGINT[]"


class OneOf(FunctionElement[bool]):
    """`column IN (numbers)`, the same statement however many numbers there are."""

    inherit_cache = True
    type = Boolean()


def one_of(column: SQLColumnExpression[Any], numbers: Numbers) -> ColumnElement[bool]:
    """Whether the column is one of the numbers. Thousands of them are no matter."""
    return OneOf(column, bindparam(None, numbers, _Numbers()))


@compiles(OneOf)
def _one_of_json(element: OneOf, compiler: SQLCompiler, **more: Any) -> str:
    column, numbers = element.clauses
    each = func.json_each(numbers).table_valued("value")
    return f"({compiler.process(column.in_(select(each.c.value)), **more)})"


@compiles(OneOf, "postgresql")
def _one_of_array(element: OneOf, compiler: SQLCompiler, **more: Any) -> str:
    column, numbers = (compiler.process(clause, **more) for clause in element.clauses)
    # As a subquery they are put into a table of hashes once; an array would be searched through for each row.
    return f"({column} IN (SELECT unnest({numbers})))"


def is_busy(error: Exception) -> bool:
    """Whether trying again may help: SQLite was locked, PostgreSQL had to choose one of two."""
    if not isinstance(error, OperationalError):
        return False
    original = error.orig
    if isinstance(original, sqlite3.OperationalError):
        return getattr(original, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(original, "sqlstate", None) in ("40001", "40P01", "55P03")


def prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Pragmas of each new connection. FULL: an acknowledged commit survives a power cut."""
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "trusted_schema = OFF",
        "cell_size_check = ON",
        "mmap_size = 0",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


MOST_PREPARED = 400
"""Statements that a connection to PostgreSQL keeps prepared. A page asks some thirty; each takes some ten kilobytes."""


def prepare_postgresql(connection: Any, _record: object) -> None:
    """Settings of each new connection.

    Its defaults are those of a disk that turns: reading 100,000 rows in a row seems cheaper to it than finding 1,500
    by an index. And no statement here takes long enough to be compiled first.
    """
    connection.prepared_max = MOST_PREPARED
    connection.autocommit = True
    connection.execute("SET random_page_cost = 1.1; SET jit = off")
    connection.autocommit = False


def _begin_sqlite(connection: Connection) -> None:
    mode = "BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN"
    connection.exec_driver_sql(mode)


def _checked(url: str) -> URL:
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() != "sqlite":
        raise SettingsError([f"'sqlalchemy.url' names {address.get_backend_name()}; use sqlite or postgresql."])
    if address.database and address.database != ":memory:":
        kind = file_system_of(Path(address.database).absolute().parent)
        if kind in NETWORK_FILE_SYSTEMS:
            raise SettingsError(
                [f"'sqlalchemy.url' lies on a network file system ({kind}), where SQLite loses data. Use a local disk."]
            )
    return address


def file_system_of(path: Path) -> str:
    """The type of the file system a path lies on, by the longest matching mount point; '' where Linux does not tell."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return ""
    best, kind = "", ""
    for line in mounts.read_text().splitlines():
        _, mount, this_kind, *_ = line.split(" ")
        mount = mount.encode().decode("unicode_escape")
        inside = mount == "/" or str(path) == mount or str(path).startswith(mount + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, this_kind
    return kind
