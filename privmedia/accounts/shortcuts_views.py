"""The list of keys, from the table that binds them in the pages' scripts (static/src/keys.json)."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.web.i18n import _

HEADINGS = {
    "page": _("Anywhere"),
    "list": _("In a list"),
    "player": _("In the player, while it has the focus"),
    "picture": _("At a picture, while it has the focus"),
}
WORDS = {
    "search": _("Search"),
    "goToLibrary": _("Go to the library"),
    "goToRecent": _("Go to Recent"),
    "upload": _("Upload"),
    "list": _("This list"),
    "close": _("Close, or clear the selection"),
    "nextItem": _("Next item"),
    "previousItem": _("Previous item"),
    "select": _("Select or not"),
    "selectRange": _("Select all between"),
    "move": _("Move"),
    "share": _("Share"),
    "delete": _("Delete, after asking"),
    "playOrPause": _("Play or pause"),
    "back10": _("Back 10 seconds"),
    "forward10": _("Forward 10 seconds"),
    "back5": _("Back 5 seconds"),
    "forward5": _("Forward 5 seconds"),
    "nextChapter": _("Next chapter"),
    "muteOrNot": _("Sound off or on"),
    "captionsOrNot": _("Captions off or on"),
    "fullScreen": _("Full screen"),
    "before": _("Previous picture"),
    "after": _("Next picture"),
    "larger": _("Actual size"),
    "smaller": _("Whole picture"),
}
KEYS = {
    " ": _("Space"),
    "Escape": _("Esc"),
    "Delete": _("Del"),
    "Shift": _("Shift"),
    "ArrowLeft": "←",
    "ArrowRight": "→",
}


@view_config(
    route_name="shortcuts",
    permission=NO_PERMISSION_REQUIRED,
    request_method="GET",
    renderer="accounts/shortcuts.jinja2",
)
def shortcuts(request: Request) -> Any:
    letters_off = request.identity is not None and not request.identity.shortcuts
    table: dict[str, list[dict[str, Any]]] = request.registry["assets"].keys
    groups = [
        (HEADINGS[part], rows) for part, entries in table.items() if (rows := _rows(entries, letters_off=letters_off))
    ]
    return {"groups": groups, "letters_off": letters_off}


def _rows(entries: list[dict[str, Any]], *, letters_off: bool) -> list[tuple[str, list[list[str]]]]:
    """What is done, and the ways to press for it; without single letters if those are switched off."""
    found = []
    for entry in entries:
        ways = [way for way in map(_pressed, entry["press"]) if not (letters_off and any(map(_is_letter, way)))]
        if ways:
            found.append((WORDS[entry["does"]], [[KEYS.get(key, key) for key in way] for way in ways]))
    return found


def _pressed(press: str) -> list[str]:
    """The keys of one entry of the table, one after the other; the space bar is one of them."""
    return [press] if press == " " else press.split(" ")


def _is_letter(key: str) -> bool:
    return len(key) == 1 and key != " "
