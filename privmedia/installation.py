"""One installation, opened: what the web application, the worker and the command line all stand on."""
from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from privmedia.clock import Clock, utcnow
from privmedia.db import make_engine, make_sessionmaker
from privmedia.settings import Settings
from privmedia.storage import Storage


@dataclass(frozen=True)
class Installation:
    """Settings, database, files and clock. Services are built from a session and this."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    storage: Storage
    clock: Clock = utcnow

    @classmethod
    def open(cls, settings: Settings, clock: Clock = utcnow) -> Installation:
        """Connects to nothing yet; makes the storage's folders where they are missing."""
        engine = make_engine(settings.sqlalchemy_url)
        storage = Storage(settings.media_root)
        storage.make_folders()
        return cls(settings, engine, make_sessionmaker(engine), storage, clock)

    def close(self) -> None:
        self.engine.dispose()
