"""The context of a request for a private file: what the gate found, with the caller it was found for."""
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from os.path import splitext

from pyramid.httpexceptions import HTTPMethodNotAllowed, HTTPNotFound
from pyramid.request import Request

from privmedia.access.decision import Decision
from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.resources import Entry, acl_of
from privmedia.accounts.bearer import bearer_token
from privmedia.accounts.cookies import session_token
from privmedia.accounts.identity import Identity, looker, token_hash
from privmedia.accounts.tokens import scopes_of
from privmedia.db import milliseconds
from privmedia.delivery.disposition import content_disposition, shown_inline
from privmedia.delivery.gate import Answer
from privmedia.delivery.senders import DecidedFile
from privmedia.ids import is_uid

ORIGINAL = "original"
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
VERSION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass
class PrivateFile:
    """One file of one version of an item, as one caller asks for it."""

    item: str
    name: str
    found: Answer
    caller: Identity

    @property
    def rights(self) -> Permission:
        """What the caller may do with it. An older version is for those who may edit the item, and for nobody else."""
        found = self.found
        return _rights(
            found.rights,
            self.caller.is_admin,
            found.uploader_id == self.caller.user_id,
            bool(found.shown),
            found.number == found.current,
        )

    @property
    def __acl__(self) -> list[Entry]:
        return acl_of(self.rights, self.caller)

    @property
    def as_sent(self) -> DecidedFile:
        """The file as a sender needs it. An original is always saved, under the name it was uploaded with."""
        found = self.found
        if self.name == ORIGINAL:
            disposition = content_disposition(found.filename, inline=False)
        else:
            human = splitext(found.filename)[0] + splitext(self.name)[1]
            disposition = content_disposition(human, inline=shown_inline(found.media_type))
        return DecidedFile(self.item, found.number, found.stored_as, found.media_type, disposition)


@cache  # a table of a few hundred rows: the arithmetic of flags costs more than the gate's question
def _rights(bits: int, admin: bool, own: bool, shown: bool, current: bool) -> Permission:
    rights = Decision.of_bits(bits, admin=admin, own=own, shown=shown).rights
    return rights if current or Permission.EDIT in rights else NOTHING


def derivative(request: Request) -> PrivateFile:
    """Root factory of `/smedia/<item>/<file>`."""
    name = request.matchdict["file"]
    # The original has an address of its own, which asks for another right.
    if name == ORIGINAL:
        return nothing(request)
    return _asked(request, name)


def original(request: Request) -> PrivateFile:
    """Root factory of `/smedia/<item>/original/<name>`."""
    context = _asked(request, ORIGINAL)
    if unicodedata.normalize("NFC", request.matchdict["name"]) != unicodedata.normalize("NFC", context.found.filename):
        raise HTTPNotFound
    return context


def nothing(request: Request) -> PrivateFile:
    """Root factory of every other address below `/smedia/`: answered like those that exist."""
    _require_reading(request)
    raise HTTPNotFound


def _require_reading(request: Request) -> None:
    # Before anything is looked for: 405 for what exists and 404 for what does not would tell them apart.
    if request.method not in ("GET", "HEAD"):
        raise HTTPMethodNotAllowed


def _asked(request: Request, name: str) -> PrivateFile:
    """Ask the gate. Raises HTTPNotFound for everything that is missing, a signed-in caller included."""
    _require_reading(request)
    item = request.matchdict["item"]
    version = request.GET.get("v") if request.query_string else None
    key = bearer_token(request)
    token = session_token(request) if key is None else key
    if token is None or not is_uid(item) or not FILE_NAME.fullmatch(name):
        raise HTTPNotFound
    if version is not None and not VERSION.fullmatch(version):
        raise HTTPNotFound
    found = request.registry["gate"].ask(
        token=token_hash(token),
        now=milliseconds(request.installation.clock()),
        item=item,
        version=None if version is None else int(version),
        file=name,
        by_token=key is not None,
    )
    if found is None:
        raise HTTPNotFound
    caller = _caller(request, found, token_hash(token))
    # The policy need not ask again who this is.
    request.caller = caller
    return PrivateFile(item, name, found, caller)


def _caller(request: Request, found: Answer, kept: str) -> Identity:
    """The person the gate found. Without groups: the rights that it brought count them already."""
    return Identity(
        user_id=found.user_id,
        session_id=found.session_id,
        name=found.user_name,
        email=found.email,
        is_admin=bool(found.is_admin),
        is_guest=bool(found.is_guest),
        group_ids=frozenset(),
        csrf_secret=kept,
        last_used_at=datetime.fromtimestamp(found.last_used_at / 1000, UTC),
        address=request.remote_addr or "",
        request_id=request.request_id,
        seen_by=looker(found.seen_by, found.holder_name, found.holder_email, request.remote_addr or ""),
        scopes=None if found.token_id is None else scopes_of(found.scopes),
        token_id=found.token_id,
        token_name=found.token_name,
    )
