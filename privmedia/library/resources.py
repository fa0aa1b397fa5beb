"""Contexts of the library's routes: a folder or an item as it exists for the caller, and what may be done with it.

What the caller may not see is not found here, before a view or its permission is looked at: so nothing about an address
(its methods, its forms) differs between missing and denied.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request

from privmedia.access.permissions import Permission
from privmedia.access.resources import acl_of
from privmedia.access.service import Access
from privmedia.accounts.identity import Identity
from privmedia.errors import NotFound
from privmedia.library.models import ROOT_ACL_ID, ROOT_ID, Folder, Item
from privmedia.library.service import Library

TOP = "top"
"""In addresses: the library itself, whose id nobody needs to know."""


@dataclass(frozen=True)
class FolderContext:
    """A folder that exists for the caller."""

    folder: Folder
    identity: Identity
    rights: Permission

    @property
    def __acl__(self) -> list[Any]:
        return acl_of(self.rights, self.identity)

    @property
    def is_root(self) -> bool:
        return self.folder.id == ROOT_ID

    @property
    def place(self) -> Folder:
        return self.folder


@dataclass(frozen=True)
class ItemContext:
    """An item that exists for the caller, in its folder."""

    item: Item
    folder: Folder
    identity: Identity
    rights: Permission

    @property
    def __acl__(self) -> list[Any]:
        return acl_of(self.rights, self.identity)

    @property
    def place(self) -> Item:
        return self.item


def root_of(request: Request) -> FolderContext:
    """The library itself. It exists for everybody who is signed in; what may be done there the rules say."""
    identity = _caller(request)
    root = request.read(Library).root()
    decision = request.read(Access).decision(identity, acl_id=root.acl_id)
    return FolderContext(root, identity, decision.rights | Permission.VIEW)


def folder_of(request: Request) -> FolderContext:
    """The folder of `/f/<folder>`. Raises HTTPNotFound, also for those who may not see it."""
    if request.matchdict["folder"] == TOP:
        return root_of(request)
    identity = _caller(request)
    try:
        folder = request.read(Library).folder(request.matchdict["folder"])
    except NotFound:
        _decide_in_vain(request, identity)
        raise
    rights = request.read(Access).decision(identity, acl_id=folder.acl_id).folder_rights
    if folder.id == ROOT_ID:
        return root_of(request)
    if Permission.VIEW not in rights:
        raise HTTPNotFound
    return FolderContext(folder, identity, rights)


def item_of(request: Request) -> ItemContext:
    """The item of `/m/<item>`. Raises HTTPNotFound, also for those who may not see it."""
    identity, library = _caller(request), request.read(Library)
    try:
        item = library.item(request.matchdict["item"])
    except NotFound:
        library.root()  # as the folder of an item is looked up
        _decide_in_vain(request, identity)
        raise
    folder = library.folder_by_id(item.folder_id)
    rights = (
        request.read(Access)
        .decision(
            identity,
            acl_id=item.acl_id if item.acl_id is not None else folder.acl_id,
            owner_id=item.uploader_id,
            shown=item.shown,
        )
        .rights
    )
    if Permission.VIEW not in rights:
        raise HTTPNotFound
    return ItemContext(item, folder, identity, rights)


def _decide_in_vain(request: Request, identity: Identity) -> None:
    """The work of a refusal, done for what does not exist as well: its time tells nobody that there is nothing."""
    request.read(Access).decision(identity, acl_id=ROOT_ACL_ID)


def _caller(request: Request) -> Identity:
    identity: Identity | None = request.identity
    if identity is None:
        raise HTTPNotFound
    return identity
