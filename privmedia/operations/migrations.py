"""Bringing a database to the newest schema."""
from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from privmedia.db import make_engine, make_sessionmaker
from privmedia.errors import Conflict
from privmedia.search.upkeep import work_off

SCRIPTS = Path(__file__).parent.parent.parent / "alembic"


def alembic_config(url: str) -> Config:
    """Alembic's configuration for one database, independent of any ini."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["url"] = url
    return config


def migrate(url: str) -> None:
    """Upgrade to the newest schema, in one transaction; an empty database gets all of it. Then index what is there."""
    command.upgrade(alembic_config(url), "head")
    engine = make_engine(url)
    work_off(make_sessionmaker(engine))
    engine.dispose()


def is_described(name: str | None, kind: str, _parents: object) -> bool:
    """For Alembic's comparing: whether the models say how this is. The index of search is the database's own kind."""
    return kind != "table" or not (name or "").startswith("search_index")


def require_newest(engine: Engine) -> None:
    """Raises Conflict, with what to do, unless the database has the schema this version works with."""
    wanted = ScriptDirectory(str(SCRIPTS)).get_heads()
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
    if set(found) != set(wanted):
        there = ", ".join(found) or "none at all"
        raise Conflict(f"The database has schema {there}, not {', '.join(wanted)}. Bring it there: privmedia migrate")
