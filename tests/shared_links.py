"""Share links for tests: made and opened through the services, as the pages do it."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from privmedia.accounts.models import User
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.library.models import Folder, Item
from privmedia.library.service import Library
from privmedia.sharing.service import Links, Wish
from privmedia.sharing.visits import Visits


@dataclass(frozen=True)
class MadeLink:
    """A link, its address without the host, and the token of a browser in which it was opened."""

    uid: str
    path: str
    visit: str = ""

    @property
    def cookie(self) -> dict[str, str]:
        return {"Cookie": f"visit={self.visit}"}


def make_link(
    installation: Installation, place: str, maker_id: int, *, folder: bool = False, opened: str | None = "", **wish: Any
) -> MadeLink:
    """A link to an item or folder by its public id. `opened`: in a browser with this token, "" a new one, None not."""
    settings = {"name": "Gdynia contractors", "lasts": timedelta(days=30), **wish}
    with writing(installation.sessions) as session:
        library = Library(session, installation)
        shared: Folder | Item = library.folder(place) if folder else library.item(place)
        link, address = Links(session, installation).make(
            place=shared, maker=session.get_one(User, maker_id), wish=Wish(**settings)
        )
        uid, path = link.uid, address.removeprefix(installation.settings.base_url)
    visit = open_link(installation, uid, opened) if opened is not None else ""
    return MadeLink(uid, path, visit)


def open_link(installation: Installation, uid: str, token: str = "") -> str:
    """Open a link as the click does; answers the token of the browser."""
    with writing(installation.sessions) as session:
        visits = Visits(session, installation)
        standing = visits.by_uid(uid)
        assert standing is not None
        opened = visits.open(standing, token or None, address="198.51.100.9", request_id="")
        assert opened is not None
        return opened.token
