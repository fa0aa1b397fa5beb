"""Contexts of one version of an item, and of a file that is to take the place of what is shown."""
from __future__ import annotations

import re
from dataclasses import dataclass

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request

from privmedia.access.permissions import Permission
from privmedia.library.models import Version
from privmedia.library.resources import ItemContext, item_of
from privmedia.uploads.resources import UploadContext, upload_of
from privmedia.versions.service import Versions

NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True)
class VersionContext(ItemContext):
    """One version of an item. It exists for who may edit the item."""

    version: Version


@dataclass(frozen=True)
class SentReplacement(ItemContext):
    """An item, and a request that brings a file for it. Nothing of its body has been read yet."""

    upload: UploadContext


def version_of(request: Request) -> VersionContext:
    """Root factory of `/m/<item>/versions/<number>/…`. Raises HTTPNotFound, also for those who may not see it."""
    context = item_of(request)
    number = request.matchdict["version"]
    if not NUMBER.fullmatch(number) or Permission.EDIT not in context.rights:
        raise HTTPNotFound
    version = request.read(Versions).numbered(context.item, int(number))
    return VersionContext(context.item, context.folder, context.identity, context.rights, version)


def replacement_sent(request: Request) -> SentReplacement:
    """Root factory of the upload. Raises HTTPNotFound as the item's page does."""
    upload = upload_of(request)
    context = item_of(request)
    return SentReplacement(context.item, context.folder, context.identity, context.rights, upload)
