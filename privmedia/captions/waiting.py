"""Captions whose charset only a person can tell: kept on the side until they have said it, for a day at most.

What the form carries is a ticket that names the file, for one item and one person, and cannot be made up.
"""
from __future__ import annotations

import hashlib
import hmac
import re

from privmedia.captions.charsets import as_said
from privmedia.errors import Invalid
from privmedia.installation import Installation
from privmedia.text import mark as _

TICKET = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{64})", re.ASCII)
OVER = _("That took too long: the file is no longer here. Send it again.")
NOT_ITS_TEXT = _("The file is no text in that charset. Choose another.")


def set_aside(installation: Installation, data: bytes, *, item_uid: str, user_id: int) -> str:
    """Keep the bytes; answers the ticket. Raises NoSpace or Unavailable."""
    incoming = installation.storage.receive()
    try:
        incoming.write(data)
        incoming.finish()
    except BaseException:
        incoming.discard()
        raise
    name = incoming.path.stem
    return f"{name}.{_seal(installation, name, item_uid, user_id)}"


def fetched(installation: Installation, ticket: str, charset: str, *, item_uid: str, user_id: int) -> str:
    """The text of what was set aside, in the charset somebody chose. Raises Invalid."""
    found = TICKET.fullmatch(ticket)
    if found is None or not hmac.compare_digest(found[2], _seal(installation, found[1], item_uid, user_id)):
        raise Invalid(OVER)
    data = installation.storage.aside(found[1])
    if data is None:
        raise Invalid(OVER)
    text = as_said(data, charset)
    if text is None:
        raise Invalid(NOT_ITS_TEXT, "charset")
    return text


def _seal(installation: Installation, name: str, item_uid: str, user_id: int) -> str:
    words = f"captions\0{name}\0{item_uid}\0{user_id}".encode()
    return hmac.new(installation.settings.secret.encode(), words, hashlib.sha256).hexdigest()
