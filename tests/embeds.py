"""Players in pages of other sites, for tests: made through the services, and asked as their frame asks."""
from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from webtest import TestApp, TestResponse

from privmedia.accounts.identity import token_hash
from privmedia.accounts.models import SignIn, User
from privmedia.db import writing
from privmedia.embedding.frames import KEY_LASTS, Frames, Started
from privmedia.embedding.models import SITES, EmbedKey
from privmedia.embedding.service import Embeds, Wish
from privmedia.embedding.site_keys import SiteKeys
from privmedia.embedding.statements import FIRST_LINE, read, signature_of
from privmedia.ids import new_token
from privmedia.installation import Installation
from privmedia.library.service import Library

INTRANET = "https://www.intra.example"
FROM_A_FRAME = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}


def make_embed(installation: Installation, item: str, maker_id: int, **wish: Any) -> str:
    """A player of an item; answers its public id."""
    settings = {"name": "Yard intranet", "appears": SITES, "sites": INTRANET, **wish}
    with writing(installation.sessions) as session:
        made = Embeds(session, installation).make(
            item=Library(session, installation).item(item),
            maker=session.get_one(User, maker_id),
            wish=Wish(**settings),
        )
        return made.embed.uid


def make_site_key(installation: Installation, name: str = "Yard intranet", sites: str = INTRANET) -> tuple[str, str]:
    """A key of a site; its public id and its secret."""
    with writing(installation.sessions) as session:
        key, secret = SiteKeys(session, installation).add(name=name, sites=sites)
        return key.uid, secret


def signed(
    key: tuple[str, str], item: str, *, until: datetime, user: str = "Jonas Bakke", **other: str
) -> dict[str, str]:
    """What a site says of somebody, and signs. `other`: fields that are to be something else, before signing."""
    said = {"key": key[0], "item": item, "user": user, "expires": str(int(until.timestamp())), "nonce": new_token()}
    said.update(other)
    kind = "group" if "group" in other else "user"
    if kind == "group":
        del said["user"]
    text = "\n".join((FIRST_LINE, said["key"], said["item"], kind, said[kind], said["expires"], said["nonce"]))
    return {**said, "signature": signature_of(text, key[1])}


def token_of_site(installation: Installation, embed: str, key: tuple[str, str]) -> str:
    """A token of a player for somebody for whom the site of its key vouches."""
    with writing(installation.sessions) as session:
        frames = Frames(session, installation)
        standing = frames.standing(embed)
        assert standing is not None
        word = read(signed(key, standing.item.uid, until=installation.clock() + timedelta(hours=1)))
        started = frames.by_statement(standing, word, ancestors="", page_id=None)
        assert isinstance(started, Started)
        return started.token


def token_for(installation: Installation, embed: str, session_id: int | None) -> tuple[str, str]:
    """A token of a player and the one that renews it, for a session; for an open player without one."""
    with writing(installation.sessions) as session:
        frames = Frames(session, installation)
        standing = frames.standing(embed)
        assert standing is not None
        if session_id is None:
            started = frames.for_anybody(standing, page_id=None)
        else:
            user_id = session.get_one(SignIn, session_id).user_id
            started = frames.by_session(standing, user_id=user_id, session_id=session_id, page_id=None)
        assert started is not None
        return started.token, started.renew


def key_for(installation: Installation, session_id: int) -> str:
    """What a browser keeps after it signed in for a player."""
    key = new_token()
    with writing(installation.sessions) as session:
        session.add(
            EmbedKey(
                token_hash=token_hash(key),
                session_id=session_id,
                user_id=session.get_one(SignIn, session_id).user_id,
                expires_at=installation.clock() + KEY_LASTS,
            )
        )
    return key


def tell(app: TestApp, address: str, said: Any, **headers: str) -> TestResponse:
    """What the script in the frame sends."""
    named = {"Origin": app_origin(app), "Content-Type": "application/json", **headers}
    body = said if isinstance(said, str) else json.dumps(said)
    return app.post(address, body, headers={name: value for name, value in named.items() if value}, expect_errors=True)


def app_origin(app: TestApp) -> str:
    return f"http://{app.extra_environ['HTTP_HOST']}"
