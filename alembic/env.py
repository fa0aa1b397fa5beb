"""Alembic's environment: `alembic -c development.ini …` and `privmedia migrate` both come through here."""
from __future__ import annotations

from alembic import context

from privmedia.db import WRITES, make_engine
from privmedia.models import Base
from privmedia.operations.migrations import is_described
from privmedia.settings import Settings


def database_url() -> str:
    given = context.config.attributes.get("url")
    if given:
        return str(given)
    from pyramid.paster import get_appsettings

    return Settings.read(get_appsettings(str(context.config.config_file_name))).sqlalchemy_url


def run() -> None:
    engine = make_engine(database_url())
    with engine.connect().execution_options(**{WRITES: True}) as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            include_name=is_described,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


if context.is_offline_mode():
    raise SystemExit("Migrations need a database: there is no offline mode.")
run()
