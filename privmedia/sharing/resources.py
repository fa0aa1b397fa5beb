"""A link as its page is about it: for its maker, for those who manage what it leads to, and for administrators."""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.authorization import DENY_ALL, Allow
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request

from privmedia.access.permissions import Permission
from privmedia.access.resources import Entry
from privmedia.access.service import Access
from privmedia.accounts.identity import Identity
from privmedia.errors import NotFound
from privmedia.library.models import ROOT_ACL_ID
from privmedia.sharing.service import Links
from privmedia.sharing.standing import Standing
from privmedia.web.rights import Right


@dataclass(frozen=True)
class LinkContext:
    """A link that exists for the caller."""

    standing: Standing
    identity: Identity
    sees_place: bool
    """Whether the place exists for the caller: its maker may have lost sight of it."""
    manages_place: bool

    @property
    def __acl__(self) -> list[Entry | object]:
        return [(Allow, self.identity.principal, [Right.VIEW, Right.MANAGE]), DENY_ALL]


def link_of(request: Request) -> LinkContext:
    """The link of `/links/<link>`. Raises HTTPNotFound, also for those whom it does not concern."""
    identity: Identity | None = request.identity
    if identity is None:
        raise HTTPNotFound
    access = request.read(Access)
    try:
        standing = request.read(Links).find(request.matchdict["link"])
    except NotFound:
        access.decision(identity, acl_id=ROOT_ACL_ID)  # the work of a refusal
        raise
    item, folder = standing.item, standing.folder
    decision = access.decision(
        identity,
        acl_id=folder.acl_id if item is None or item.acl_id is None else item.acl_id,
        owner_id=None if item is None else item.uploader_id,
        shown=item is None or item.shown,
    )
    if standing.maker.id != identity.user_id and Permission.MANAGE not in decision.rights:
        raise HTTPNotFound
    rights = decision.rights
    return LinkContext(standing, identity, Permission.VIEW in rights, Permission.MANAGE in rights)
