"""The list that somebody selected in: carried along, so that they come back to it as it was, with its filters."""
from __future__ import annotations

from pyramid.request import Request

from privmedia.accounts.return_to import return_to

BACK = "back"


def back_of(request: Request) -> str:
    """The path of the list; the library's where none is named."""
    return return_to(request.params.get(BACK, ""))


def carried(request: Request) -> list[tuple[str, str]]:
    """The field with which a form or an address carries it on."""
    back = back_of(request)
    return [(BACK, back)] if request.params.get(BACK) else []
