"""Probes over HTTP: `/smedia/probe/<uid>/<file>` and `/uploads/probe/<uid>`. See `storage.probes`.

They go the ways of private files and of parts of uploads, through the front server, the senders and the guard. A probe
is decided like any file: the one token that was made for it opens it until it is ended, in the place of a session's.
Everybody else is answered what they are answered for what is not there.
"""
from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPMethodNotAllowed, HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.access.resources import Entry, acl_of
from privmedia.accounts.cookies import session_token
from privmedia.accounts.identity import token_hash
from privmedia.delivery.disposition import content_disposition, shown_inline
from privmedia.delivery.guard import authorise
from privmedia.delivery.headers import steers_a_front_server
from privmedia.delivery.refusals import nothing_here
from privmedia.delivery.senders import DecidedFile
from privmedia.delivery.senders.nginx import INTERNAL, NginxSender
from privmedia.errors import DomainError
from privmedia.header_settings import SPOKEN
from privmedia.ids import is_uid
from privmedia.scopes import Scope
from privmedia.storage import ORIGINAL
from privmedia.uploads import front_bodies
from privmedia.uploads.front_bodies import Follows
from privmedia.uploads.tus import PART
from privmedia.web.rights import Right

FILENAME = "Prüfstand 🚀 100%.mp4"
"""What the probe is called: what does not survive of it would not of a user's name either."""
FILE, TEXT, BESIDE, SLOW = "play.mp4", "captions.vtt", "beside", "slow.mp4"
FILES = {FILE: (ORIGINAL, "video/mp4"), SLOW: (ORIGINAL, "video/mp4"), TEXT: (TEXT, "text/vtt"), BESIDE: ("", "")}
LONGEST_WAIT = 90.0
"""Seconds for which an answer may be asked to be held back."""
NOT_OF_CLIENTS = frozenset(
    name.lower()
    for name in (
        front_bodies.FILE,
        front_bodies.FOLLOWS,
        front_bodies.LENGTH,
        "X-Sendfile-Type",
        "X-Original-Url",
        "X-Rewrite-Url",
        *SPOKEN,
    )
)
"""Request headers that only a front server may say, besides those that steer one."""
SPOOFED = "203.0.113.7"
"""An address of nobody's (RFC 5737), which whoever looks pretends to come from."""


@dataclass(frozen=True)
class Prober:
    """Who has the token of a probe: nobody with an account."""

    uid: str
    user_id: int = 0
    is_admin: bool = False
    looks_only: bool = False
    scopes: frozenset[Scope] | None = None
    author: None = None
    """Nobody whom the log could name."""

    @property
    def principal(self) -> str:
        return f"probe:{self.uid}"

    @property
    def principals(self) -> frozenset[str]:
        return frozenset({self.principal})


@dataclass(frozen=True)
class Probed:
    """A probe, as who holds its token asks for it."""

    uid: str
    caller: Prober

    @property
    def __acl__(self) -> list[Entry]:
        return acl_of(Permission.VIEW, self.caller)


def probe_of(request: Request) -> Probed:
    """Root factory. Raises HTTPNotFound for everybody but who holds the token of a probe that is not over."""
    if front_bodies.follows(request) is Follows.ASKED:
        request.add_response_callback(_say_whether_it_may_come)
    uid, token = request.matchdict["probe"], session_token(request)
    installation = request.installation
    if is_uid(uid) and installation.storage.probes.is_there(uid):
        request.only_asks()  # whoever made it tries the wrong keys as well: nothing for the log
    if request.matched_route.name == "probe" and request.method not in ("GET", "HEAD"):
        raise HTTPMethodNotAllowed
    if token is None or not is_uid(uid) or request.matchdict.get("file", FILE) not in FILES:
        raise HTTPNotFound
    record = installation.storage.probes.held(uid)
    if record is None or not hmac.compare_digest(record.token_hash, token_hash(token)):
        raise HTTPNotFound
    if installation.clock().timestamp() > record.until:
        raise HTTPNotFound
    request.caller = Prober(uid)
    return Probed(uid, request.caller)


@view_config(route_name="probe", context=Probed, permission=Right.VIEW)
def send(context: Probed, request: Request) -> Response:
    """The probe's file, as any private file is sent; and a note of what reached the application."""
    name = request.matchdict["file"]
    if name == SLOW:
        time.sleep(min(LONGEST_WAIT, float(_digits(request.GET.get("ms", ""))) / 1000))
    sender = request.registry["sender"]
    stored_as, media_type = FILES[name]
    try:
        if name == BESIDE:
            answer = _beside(context, sender)
        else:
            disposition = content_disposition(FILENAME, inline=shown_inline(media_type))
            answer = sender.answer(request, DecidedFile(context.uid, 1, stored_as, media_type, disposition))
    except (OSError, ValueError):
        return nothing_here(request)
    steered = any(steers_a_front_server(header) for header in answer.headers)
    sent = 0 if steered or request.method == "HEAD" else int(answer.headers.get("Content-Length", 0))
    _note(context, request, file=name, status=answer.status_int, sent=sent, steered=steered)
    return authorise(request, answer)


def _beside(context: Probed, sender: Any) -> Response:
    """An inner address beside the folder of private files, which must lead nowhere. Raises FileNotFoundError."""
    if not isinstance(sender, NginxSender):
        raise FileNotFoundError(BESIDE)
    return Response(
        headerlist=[("X-Accel-Redirect", f"{INTERNAL.rstrip('/')}../probe-{context.uid}"), ("Content-Length", "0")]
    )


@view_config(route_name="probe_part", context=Probed, request_method="POST", permission=Right.VIEW, require_csrf=False)
def receive(context: Probed, request: Request) -> Response:
    """A part of an upload that is read and forgotten: how did it get here, and did all of it?"""
    keeps = front_bodies.keeps_bodies(request)
    if front_bodies.follows(request) is Follows.ASKED:
        _note(context, request, file="part", asked=True, keeps=keeps)
        return Response(status=204 if keeps else 401)
    bodies = request.installation.storage.bodies
    kept_in = front_bodies.file_of(request)
    facts: dict[str, Any] = {"asked": False, "keeps": keeps, "kept": kept_in is not None, "opened": False}
    facts |= {"why": bodies.why_not_ours() or "", "at": str(kept_in or "")}
    digest, length = hashlib.sha256(), 0
    if kept_in is None:
        stream, left = request.environ["wsgi.input"], min(request.content_length or 0, PART)
        while left and (block := stream.read(min(left, 1 << 20))):
            digest.update(block)
            left, length = left - len(block), length + len(block)
    elif keeps and (opened := _opened(request, kept_in)):
        length, sha = opened
        facts |= {"opened": True, "sha256": sha}
    _note(context, request, file="part", length=length, **{"sha256": digest.hexdigest(), **facts})
    return Response(status=204)


def _opened(request: Request, kept_in: Any) -> tuple[int, str] | None:
    """Length and hash of what the front server kept; None if it is no file that could be kept."""
    digest = hashlib.sha256()
    try:
        with request.installation.storage.bodies.open(kept_in) as body:
            for block in body.blocks():
                digest.update(block)
            return body.size, digest.hexdigest()
    except DomainError:
        return None


def _note(context: Probed, request: Request, **facts: Any) -> None:
    """Write down a request, with what of it only a front server may say or should have kept to itself."""
    arrived = [name for name in request.headers if steers_a_front_server(name) or name.lower() in NOT_OF_CLIENTS]
    request.installation.storage.probes.write_down(
        context.uid,
        method=request.method,
        address=request.remote_addr or "",
        arrived=sorted(arrived),
        uwsgi="uwsgi.version" in request.environ,
        **facts,
    )


def _say_whether_it_may_come(_request: Request, response: Response) -> None:
    """nginx, which asks before it takes a body in, knows three answers: yes, no, and hand it over as any other."""
    if response.status_int not in (204, 401):
        response.status_int = 403


def _digits(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
