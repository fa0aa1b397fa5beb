"""Bringing a database to the newest schema."""
from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

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
