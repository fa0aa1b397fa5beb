"""The list that somebody selected in: carried along, so that they come back to it as it was, with its filters."""
from __future__ import annotations

from pyramid.request import Request

from privmedia.accounts.return_to import return_to

BACK = "back"


def back_of(request: Request, otherwise: str = "") -> str:
    """The path of the list; where none is named, `otherwise` or the library's."""
    return return_to(request.params.get(BACK, otherwise))


def carried(request: Request) -> list[tuple[str, str]]:
    """The field with which a form or an address carries it on."""
    back = back_of(request)
    return [(BACK, back)] if request.params.get(BACK) else []
