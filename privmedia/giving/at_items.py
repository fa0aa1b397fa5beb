"""What an item's page says of how it came, as a method of the request: so it need not know this room."""
from __future__ import annotations

from pyramid.request import Request

from privmedia.giving.service import Giving, Origin


def sent_by_link(request: Request, item_uid: str) -> Origin | None:
    """`request.sent_by_link(uid)`: by whom and through which link an item came, if it came by one."""
    origin: Origin | None = request.read(Giving).origin(item_uid)
    return origin
