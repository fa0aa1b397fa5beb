"""The context of a picture on its way in: the item it is for, and the body that is still to be read."""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.request import Request

from privmedia.errors import TooLarge
from privmedia.library.resources import ItemContext, item_of
from privmedia.posters.service import require_poster
from privmedia.text import mark as _
from privmedia.uploads.reading import Body
from privmedia.uploads.resources import body_to_read

LONGEST = 20_000_000
"""Bytes of a picture that is sent as a poster."""
LONGEST_BODY = LONGEST + 200_000
"""What is around it in the form, its other fields included."""
TOO_LARGE = _("The picture is too large: 20 MB is the most for a poster. Nothing was changed.")


@dataclass(frozen=True)
class SentPicture(ItemContext):
    """An item, and a request that brings a poster for it. Nothing of its body has been read yet."""

    body: Body


def picture_sent(request: Request) -> SentPicture:
    """Root factory of the upload. Raises HTTPNotFound as the item's page does, NotFound for what has no poster."""
    context = item_of(request)
    require_poster(context.item.kind)
    body = body_to_read(request, LONGEST_BODY, TooLarge(TOO_LARGE, LONGEST))
    return SentPicture(context.item, context.folder, context.identity, context.rights, body)
