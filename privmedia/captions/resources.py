"""The context of captions on their way in: the item they are for, and the body that is still to be read."""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.request import Request

from privmedia.errors import TooLarge
from privmedia.library.resources import ItemContext, item_of
from privmedia.text import mark as _
from privmedia.uploads.reading import Body
from privmedia.uploads.resources import body_to_read

LONGEST = 1_000_000
"""Bytes of a file of captions. Those of three hours have about 200,000."""
LONGEST_BODY = LONGEST + 200_000
"""What is around it in the form, its other fields included."""
TOO_LARGE = _("The file is too large: 1 MB is the most for captions. Nothing was changed.")


@dataclass(frozen=True)
class SentCaptions(ItemContext):
    """An item, and a request that brings captions for it. Nothing of its body has been read yet."""

    body: Body


def captions_sent(request: Request) -> SentCaptions:
    """Root factory of the upload. Raises HTTPNotFound as the item's page does."""
    context = item_of(request)
    body = body_to_read(request, LONGEST_BODY, TooLarge(TOO_LARGE, LONGEST))
    return SentCaptions(context.item, context.folder, context.identity, context.rights, body)
