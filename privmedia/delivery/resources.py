"""The context of a request for a private file: what the gate found, with the caller it was found for."""
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from os.path import splitext
from typing import Any

from pyramid.httpexceptions import HTTPMethodNotAllowed, HTTPNotFound
from pyramid.request import Request

from privmedia.access.decision import Decision
from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.resources import Entry, acl_of
from privmedia.accounts.bearer import bearer_token
from privmedia.accounts.cookies import session_token
from privmedia.accounts.identity import TOKEN, Identity, looker, token_hash
from privmedia.accounts.tokens import scopes_of
from privmedia.audit.service import NamedAuthor
from privmedia.db import milliseconds
from privmedia.delivery.by_embed import ByEmbed
from privmedia.delivery.by_link import ByLink
from privmedia.delivery.disposition import content_disposition, shown_inline
from privmedia.delivery.gate import Answer
from privmedia.delivery.senders import DecidedFile
from privmedia.embedding.watchers import Watcher
from privmedia.ids import is_uid
from privmedia.library.models import POSTER, STREAMS_FOLDER
from privmedia.sharing.cookies import visit_token
from privmedia.sharing.visitors import Visitor

ORIGINAL = "original"
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
VERSION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass
class PrivateFile:
    """One file of one version of an item, as one caller asks for it."""

    item: str
    name: str
    found: Answer | ByLink | ByEmbed
    caller: Identity | Visitor | Watcher
    rights: Permission
    """What the caller may do with it."""

    @property
    def __acl__(self) -> list[Entry]:
        return acl_of(self.rights, self.caller)

    @property
    def as_sent(self) -> DecidedFile:
        """The file as a sender needs it. An original is always saved, under the name it was uploaded with."""
        found = self.found
        disposition = _disposition(self.name, found.filename, found.media_type)
        person, link = (0, found.link_id) if isinstance(found, ByLink) else (found.user_id, 0)
        if isinstance(found, ByEmbed) and found.is_open:
            person = -found.token_id  # nobody's limits but its own, its maker's least of all
        return DecidedFile(
            self.item, found.number, found.stored_as, found.media_type, disposition, person=person, link=link
        )


@lru_cache(maxsize=4096)  # the same few files are asked for again and again
def _disposition(name: str, filename: str, media_type: str) -> str:
    """Under which name a file is kept: an original under the one it came with, others with their own ending."""
    if name == ORIGINAL:
        return content_disposition(filename, inline=False)
    return content_disposition(splitext(filename)[0] + splitext(name)[1], inline=shown_inline(media_type))


def _rights_of(found: Answer) -> Permission:
    """What somebody may do who signed in. An older version is for those who may edit the item, and for nobody else."""
    own = found.uploader_id == found.user_id
    return _rights(found.rights, bool(found.is_admin), own, bool(found.shown), found.number == found.current)


@cache  # a table of a few hundred rows: the arithmetic of flags costs more than the gate's question
def _rights(bits: int, admin: bool, own: bool, shown: bool, current: bool) -> Permission:
    rights = Decision.of_bits(bits, admin=admin, own=own, shown=shown).rights
    return rights if current or Permission.EDIT in rights else NOTHING


def derivative(request: Request) -> PrivateFile:
    """Root factory of `/smedia/<item>/<file>`."""
    name = request.matchdict["file"]
    # The original has an address of its own, which asks for another right.
    if name == ORIGINAL or not FILE_NAME.fullmatch(name):
        return nothing(request)
    return _asked(request, name, Permission.VIEW, version=_version_asked_for(request))


def original(request: Request) -> PrivateFile:
    """Root factory of `/smedia/<item>/original/<name>`."""
    context = _asked(request, ORIGINAL, Permission.DOWNLOAD, version=_version_asked_for(request))
    if unicodedata.normalize("NFC", request.matchdict["name"]) != unicodedata.normalize("NFC", context.found.filename):
        raise HTTPNotFound
    return context


def stream(request: Request) -> PrivateFile:
    """Root factory of `/smedia/<item>/hls/v<version>/<file>`: what is one stream is of one version, to its end."""
    name, version = request.matchdict["file"], request.matchdict["version"]
    if not FILE_NAME.fullmatch(name):
        return nothing(request)
    return _asked(request, STREAMS_FOLDER + name, Permission.VIEW, version=version)


def preview(request: Request) -> PrivateFile:
    """Root factory of `/smedia/<item>/preview/<link>.webp`: the poster, where the link's maker allowed a preview."""
    _require_reading(request)
    item, link = request.matchdict["item"], request.matchdict["link"]
    if not is_uid(item) or not is_uid(link):
        raise HTTPNotFound
    now = request.installation.clock()
    asked = {"now": milliseconds(now), "item": item, "version": None, "file": POSTER}
    found = request.registry["gate"].ask_by_link(token=link, preview=True, **asked)
    if found is None:
        raise HTTPNotFound
    # Looking at a preview is no use of the link.
    visitor = replace(_visitor(request, found), last_used_at=now)
    request.caller = visitor
    return PrivateFile(item, POSTER, found, visitor, found.rights)


def embedded(request: Request) -> PrivateFile:
    """Root factory of `/smedia/~<token>/<item>/<file>`: for a player in a page of another site."""
    name = request.matchdict["file"]
    return nothing(request) if name == ORIGINAL else _by_embed(request, name, name, version=None)


def embedded_stream(request: Request) -> PrivateFile:
    """Root factory of `/smedia/~<token>/<item>/hls/v<version>/<file>`."""
    name = request.matchdict["file"]
    return _by_embed(request, name, STREAMS_FOLDER + name, version=request.matchdict["version"])


def _by_embed(request: Request, name: str, file: str, *, version: str | None) -> PrivateFile:
    """Ask the gate by the token in the address alone: cookies and keys that come along are not looked at.

    Raises HTTPNotFound for everything that is missing, and for an older version asked for by `v`.
    """
    _require_reading(request)
    token, item = request.matchdict["token"], request.matchdict["item"]
    possible = TOKEN.fullmatch(token) and is_uid(item) and FILE_NAME.fullmatch(name)
    if not possible or (version is not None and not VERSION.fullmatch(version)):
        raise HTTPNotFound
    if _version_asked_for(request) is not None:
        raise HTTPNotFound
    installation = request.installation
    found: ByEmbed | None = request.registry["gate"].ask_by_embed(
        token=token_hash(token),
        now=milliseconds(installation.clock()),
        item=item,
        version=None if version is None else int(version),
        file=file,
    )
    if found is None or (found.goes_by and getattr(installation.settings, found.goes_by) != "allowed"):
        raise HTTPNotFound
    watcher = _watcher(request, found)
    request.caller = watcher
    return PrivateFile(item, file, found, watcher, found.rights)


def _watcher(request: Request, found: ByEmbed) -> Watcher:
    return Watcher(
        token_id=found.token_id,
        embed_uid=found.embed_uid,
        embed_name=found.embed_name,
        person=None if found.signed_in_as is None else NamedAuthor(found.user_name, found.email, found.user_id),
        site=found.site or "",
        label=found.label,
        address=request.remote_addr or "",
        request_id=request.request_id,
    )


def nothing(request: Request) -> PrivateFile:
    """Root factory of every other address below `/smedia/`: answered like those that exist."""
    _require_reading(request)
    raise HTTPNotFound


def _require_reading(request: Request) -> None:
    # Before anything is looked for: 405 for what exists and 404 for what does not would tell them apart.
    if request.method not in ("GET", "HEAD"):
        raise HTTPMethodNotAllowed


def _version_asked_for(request: Request) -> str | None:
    return request.GET.get("v") if request.query_string else None


def _asked(request: Request, name: str, needed: Permission, *, version: str | None) -> PrivateFile:
    """Ask the gate: as whom the browser is signed in first, and where that does not allow it, by its links.

    `version` is a number as it stands in the address, None for the current one. Raises HTTPNotFound for everything that
    is missing, a signed-in caller included.
    """
    _require_reading(request)
    item = request.matchdict["item"]
    key = bearer_token(request)
    token = session_token(request) if key is None else key
    # Whoever comes with an API token is known by it alone.
    visit = visit_token(request) if key is None else None
    if (token is None and visit is None) or not is_uid(item):
        raise HTTPNotFound
    if version is not None and not VERSION.fullmatch(version):
        raise HTTPNotFound
    asked = {
        "now": milliseconds(request.installation.clock()),
        "item": item,
        "version": None if version is None else int(version),
        "file": name,
    }
    file = None if token is None else _as_signed_in(request, token, asked, by_token=key is not None)
    if visit is not None and not (file is not None and (needed in file.rights or file.caller.looks_only)):
        shared = _by_link(request, visit, asked)
        if shared is not None and (file is None or needed in shared.rights):
            file = shared
    if file is None:
        raise HTTPNotFound
    # The policy need not ask again who this is.
    request.caller = file.caller
    return file


def _as_signed_in(request: Request, token: str, asked: dict[str, Any], *, by_token: bool) -> PrivateFile | None:
    kept = token_hash(token)
    found = request.registry["gate"].ask(token=kept, by_token=by_token, **asked)
    if found is None:
        return None
    caller = _caller(request, found, kept)
    return PrivateFile(asked["item"], asked["file"], found, caller, _rights_of(found))


def _by_link(request: Request, token: str, asked: dict[str, Any]) -> PrivateFile | None:
    found = request.registry["gate"].ask_by_link(token=token_hash(token), **asked)
    if found is None:
        return None
    return PrivateFile(asked["item"], asked["file"], found, _visitor(request, found), found.rights)


def _visitor(request: Request, found: ByLink) -> Visitor:
    return Visitor(
        visit_id=found.visit_id,
        link_id=found.link_id,
        link_uid=found.link_uid,
        link_name=found.link_name,
        maker_name=found.maker_name,
        last_used_at=None if found.last_used_at is None else datetime.fromtimestamp(found.last_used_at / 1000, UTC),
        address=request.remote_addr or "",
        request_id=request.request_id,
    )


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
