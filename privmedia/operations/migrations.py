"""Bringing a database to the newest schema."""
from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from privmedia.errors import Conflict

SCRIPTS = Path(__file__).parent.parent.parent / "alembic"


def alembic_config(url: str) -> Config:
    """Alembic's configuration for one database, independent of any ini."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["url"] = url
    return config


def migrate(url: str) -> None:
    """Upgrade to the newest schema, in one transaction; an empty database gets all of it."""
    command.upgrade(alembic_config(url), "head")


def require_newest(engine: Engine) -> None:
    """Raises Conflict, with what to do, unless the database has the schema this version works with."""
    wanted = ScriptDirectory(str(SCRIPTS)).get_heads()
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
    if set(found) != set(wanted):
        there = ", ".join(found) or "none at all"
        raise Conflict(f"The database has schema {there}, not {', '.join(wanted)}. Bring it there: privmedia migrate")
