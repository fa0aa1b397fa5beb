"""How the installation is doing."""
from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from privmedia.installation import Installation


def database_answers(installation: Installation) -> bool:
    """Whether the database answers and has a schema of ours."""
    try:
        with installation.engine.connect() as connection:
            return bool(connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1)
    except SQLAlchemyError:
        return False
