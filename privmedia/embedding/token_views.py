"""What the frame of a player asks while it is open: whether it may play, a token for a code, and that it goes on.

The cookies that reach these addresses from other sites prove nothing about who asks. Every request has to come from a
page of ours and to be JSON, which no form of another site can send.
"""
from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pyramid.renderers import render
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.own_account import OwnAccount
from privmedia.accounts.throttle import Limit, Throttling, hidden, network
from privmedia.attention.noting import Watcher, Way
from privmedia.attention.ranges import MOST_SENT
from privmedia.audit.service import Audit, NamedAuthor
from privmedia.db import writing
from privmedia.embedding.cookies import key_of, set_key
from privmedia.embedding.frames import TOKEN_LASTS, Begun, Frames, Started
from privmedia.embedding.models import EmbedToken
from privmedia.embedding.pages import Pages
from privmedia.embedding.player import PLAYER, base_of, shown
from privmedia.embedding.standing import Standing
from privmedia.embedding.statements import USER, read
from privmedia.embedding.watchers import named_by
from privmedia.errors import Invalid, NotFound, Throttled
from privmedia.origins import page_of

log = logging.getLogger(__name__)

LONGEST = 64 * 1024
"""Bytes of what a frame says at once."""
MOST_ANCESTORS = 10
BEGUN = Limit(3000, timedelta(minutes=5), timedelta(minutes=1))
"""Of one address, behind which a whole office may open the same page at nine o'clock."""
MOST_RANGES = 2000
NEVER = 1e9
"""Seconds: no film is as long. JSON has numbers of any length."""
ASKED: dict[str, Any] = {
    "request_method": "POST",
    "permission": NO_PERMISSION_REQUIRED,
    "require_csrf": False,  # what is asked instead is stricter, and needs no cookie: see `_said`
}


@view_config(route_name="embed_token", **ASKED)
def token(request: Request) -> Response:
    """A token, if the frame may have one: by the session or the key that its browser sent, or by a code.

    401 with a new flow for whoever has to sign in first.
    """
    said = _said(request)
    if said is None:
        return _answer(403, {"state": "refused"})
    installation = request.installation
    code = {name: said.get(name) for name in ("flow", "secret", "code")}
    with writing(installation.sessions) as session:
        try:
            Throttling(session, installation).count({f"frames:{network(request.remote_addr or '')}": BEGUN})
        except Throttled as slowed:
            return _too_many(slowed)
        frames = Frames(session, installation)
        standing = frames.standing(request.matchdict["embed"])
        if standing is None:
            return _answer(404, {"state": "gone"})
        outcome: Started | Begun | tuple[int, dict[str, str]]
        if any(code.values()):
            outcome = _exchanged(request, frames, standing, code)
        else:
            page_id = Pages(session, installation).saw(standing, _text(said.get("page")))
            outcome = _known(request, frames, standing, page_id) or _begun(request, frames, standing, said, page_id)
        if isinstance(outcome, Started) and (outcome.key or outcome.label):
            _note_beginning(request, Audit(session, installation), standing, outcome)
    if isinstance(outcome, Begun):
        return _answer(401, {"state": "signed-out", "flow": outcome.flow, "secret": outcome.secret})
    if isinstance(outcome, Started):
        return _playing(request, standing, outcome)
    return _answer(*outcome)


@view_config(route_name="embed_renew", **ASKED)
def renew(request: Request) -> Response:
    """204: it may go on. 401: it is over, for whatever reason. 404: there is nothing to watch any more."""
    said = _said(request)
    if said is None:
        return _answer(403, {"state": "refused"})
    with writing(request.installation.sessions) as session:
        frames = Frames(session, request.installation)
        standing = frames.standing(request.matchdict["embed"])
        if standing is None:
            return _answer(404, {"state": "gone"})
        ranges = _ranges(said.get("played"))
        seconds = sum(until - since for since, until in ranges)
        token = frames.renew(standing, renew=_text(said.get("renew")), played=seconds)
        if token is None:
            return _answer(401, {"state": "ended"})
        who = _watcher(token, standing)
        item, newest = standing.item.uid, standing.item.newest
    version = said.get("version")
    if isinstance(version, int) and 0 < version <= newest:
        _note_watched(request, item, version, who, ranges)
    return _answer(204, None)


def _watcher(token: EmbedToken, standing: Standing) -> Watcher:
    """For “who watched”: a person, somebody whom a site names, who counts once, or one of many without a name."""
    key = standing.embed.key
    if token.user_id is not None:
        return Watcher.person(token.user_id, Way.EMBED)
    if not token.label or key is None:
        return Watcher.viewer(str(token.id))
    one = hidden(f"{key.uid}\0{token.label}") if token.label.startswith(f"{USER} ") else str(token.id)
    return Watcher.vouched(one, label=token.label, site=key.name)


def _note_watched(
    request: Request, item: str, version: int, who: Watcher, ranges: Sequence[tuple[float, float]]
) -> None:
    """For “who watched”. What cannot be counted there is no reason to stop."""
    text = ",".join(f"{since:.3f}-{until:.3f}" for since, until in ranges[:MOST_SENT])
    with contextlib.suppress(Invalid):
        request.registry["attention"].said(item=item, version=version, who=who, played=text)


def _known(request: Request, frames: Frames, standing: Standing, page_id: int | None) -> Started | None:
    identity = request.identity
    started = None
    if identity is not None and identity.session_id is not None and not identity.looks_only:
        started = frames.by_session(
            standing, user_id=identity.user_id, session_id=identity.session_id, page_id=page_id
        )
    return started or frames.for_anybody(standing, page_id=page_id)


def _begun(
    request: Request, frames: Frames, standing: Standing, said: dict[str, Any], page_id: int | None
) -> Started | Begun | tuple[int, dict[str, str]]:
    """By the word of the site around it, if it says who is there; else by what the browser kept; else a new flow.

    In this order: who signed in on this site some hours ago need not be who is there now.
    """
    ancestors = _ancestors(said.get("ancestors"))
    if said.get("signed") is None:
        kept = frames.by_key(standing, key=key_of(request), page_id=page_id)
        return kept or frames.begin(standing, ancestors=ancestors, page_id=page_id)
    started = frames.by_statement(standing, read(said["signed"]), ancestors=ancestors, page_id=page_id)
    if isinstance(started, Started):
        return started
    log.warning("player %s: the word of a site does not count: %s", standing.embed.uid, started)
    return 400, {"state": "unsigned", "why": started.value}


def _exchanged(
    request: Request, frames: Frames, standing: Standing, code: dict[str, Any]
) -> Started | tuple[int, dict[str, str]]:
    try:
        started = frames.exchange(standing, **{name: _text(value) for name, value in code.items()})
    except NotFound:
        return 403, {"state": "denied"}
    return started or (400, {"state": "over"})


def _playing(request: Request, standing: Standing, started: Started) -> Response:
    base = base_of(started.token)
    # An open player has a maker, or it would not be open.
    watcher_id = started.user_id or standing.embed.maker_id or 0
    watcher = request.read(OwnAccount).user(watcher_id)
    player = render(PLAYER, shown(request, standing, watcher, base), request)
    told = {"base": base, "renew": started.renew, "expires": int(TOKEN_LASTS.total_seconds()), "player": player}
    answer = _answer(200, told)
    if started.key is not None:
        set_key(request, answer, started.key)
    return answer


def _note_beginning(request: Request, audit: Audit, standing: Standing, started: Started) -> None:
    """The line of the log for somebody who signed in for the player, or for whom its site vouches."""
    place = {
        "address": request.remote_addr or "",
        "through": f"player {standing.embed.uid}",
        "request_id": request.request_id,
    }
    target, detail, key = f"item:{standing.item.uid}", {"name": standing.embed.name}, standing.embed.key
    if started.user_id is not None:
        user = request.read(OwnAccount).user(started.user_id)
        who = NamedAuthor(user.name, user.email, user.id, **place)
        audit.record("embed.sign-in", identity=who, target=target, detail=detail)
    elif key is not None:
        who = NamedAuthor(named_by(key.name, started.label), **place)
        detail |= {"site": key.name, "sites": ", ".join(standing.sites), "who": started.label}
        audit.record("embed.vouch", identity=who, target=target, detail=detail)


def _said(request: Request) -> dict[str, Any] | None:
    """What the frame said; None for what a page of ours would not have sent."""
    if request.headers.get("Origin") != request.host_url:
        return None
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return None
    if request.content_type != "application/json" or (request.content_length or 0) > LONGEST:
        return None
    try:
        said = json.loads(request.body_file_raw.read(request.content_length or 0) or b"{}")
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _text(value: Any) -> str:
    """A text of characters that can be written; JSON has halves of characters and NUL as well."""
    return value if isinstance(value, str) and value.isprintable() else ""


def _ancestors(value: Any) -> str:
    """The sites around the frame as its script told them, a line each."""
    told = [page_of(_text(one)) for one in value[:MOST_ANCESTORS]] if isinstance(value, list) else []
    return "\n".join(dict.fromkeys(page[0] for page in told if page is not None))


def _ranges(value: Any) -> list[tuple[float, float]]:
    """What was played, in seconds: `[from, to]` each, in order and apart, as browsers tell it; the rest is left out."""
    played: list[tuple[float, float]] = []
    end = 0.0
    for one in value[:MOST_RANGES] if isinstance(value, list) else []:
        if isinstance(one, list) and len(one) == 2 and all(isinstance(at, int | float) for at in one):
            since, until = one
            if end <= since < until < NEVER:
                played.append((float(since), float(until)))
                end = until
    return played


def _too_many(slowed: Throttled) -> Response:
    answer = _answer(429, {"state": "busy"})
    answer.headers["Retry-After"] = str(slowed.retry_after)
    return answer


def _answer(status: int, told: dict[str, Any] | None) -> Response:
    headers = {"Cache-Control": "no-store", "Vary": "Cookie", "Referrer-Policy": "no-referrer"}
    if told is None:
        answer = Response(status=status, content_type=None)
    else:
        answer = Response(json.dumps(told), status=status, content_type="application/json", charset="UTF-8")
    answer.headers.update(headers)
    return answer
