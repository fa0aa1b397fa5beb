"""The upload page, and what its script asks. It sends the files themselves by tus."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.view import view_config

from privmedia.errors import DomainError, Invalid, TooLarge
from privmedia.library.models import State
from privmedia.media import HEAD_BYTES, FileType, sniff
from privmedia.quotas.service import Quotas
from privmedia.text import Sentence, Size
from privmedia.uploads.choices import choices
from privmedia.uploads.names import clean_filename
from privmedia.uploads.preflight import Preflight, Sent, Twin
from privmedia.uploads.resuming import TOO_LONG
from privmedia.uploads.service import check_space
from privmedia.uploads.tus_resources import most_in_a_part
from privmedia.web.i18n import _
from privmedia.web.pages import say_in
from privmedia.web.rights import Right

NOT_A_LIST = _("Name the folders as a list of lists of names.")
NO_NUMBER = _("Say in “${field}” how many bytes the file has.")
TOO_MUCH_OF_IT = _("Only the beginning of a file is looked at: ${limit} at most.")
PREPARING = _("Making the playable copies. You can already open its page.")
PREPARING_PERCENT = _("Making the playable copies, ${percent} %. You can already open its page.")
WAITING = _("Waiting to be prepared. You can already open its page.")
FINAL = (State.READY, State.UNPLAYABLE, State.FAILED)


@view_config(route_name="upload", request_method="GET", permission=Right.ADD, renderer="uploads/page.jinja2")
def upload(request: Request) -> Any:
    folder, words = request.GET.get("folder", ""), request.GET.get("q", "").strip()
    return choices(request, chosen=folder, words=words) | {
        "max_size": request.installation.settings.max_upload_size,
        "part": most_in_a_part(request),
    }


@view_config(route_name="upload_look", request_method="POST", permission=Right.ADD, renderer="json")
def look(request: Request) -> Any:
    """What the server says of a file by its name, size and first bytes: what it would say once all of it was there.

    `before` are the bytes of those that are sent before it.
    """
    size, before, head = number_of(request, "size"), number_of(request, "before", "0"), beginning(request)
    try:
        file_type = look_at(request, size, head)
        request.read(Quotas).require_room(request.identity.user_id, size, before=before)
    except DomainError as refusal:
        return {"refused": say_in(request, refusal.said)}
    return {"kind": file_type.kind.value, "known": request.read(Preflight).is_size_known(request.identity, size)}


def beginning(request: Request) -> bytes:
    """The first bytes of a file, which the request brings. Raises TooLarge for more than are looked at."""
    if (request.content_length or 0) > HEAD_BYTES:
        raise TooLarge(Sentence(TOO_MUCH_OF_IT, {"limit": Size(HEAD_BYTES)}), HEAD_BYTES)
    return bytes(request.body)


def look_at(request: Request, size: int, head: bytes) -> FileType:
    """What a file of this beginning is. Raises as receiving it would."""
    limit = request.installation.settings.max_upload_size
    if size > limit:
        raise TooLarge(Sentence(TOO_LONG, {"limit": Size(limit)}), limit)
    check_space(request.installation, size)
    return sniff(head, clean_filename(request.GET.get("name", "")))


@view_config(route_name="upload_known", request_method="GET", permission=Right.ADD, renderer="json")
def known(request: Request) -> Any:
    """The same file among what exists for the caller, if there is one."""
    size, digest = number_of(request, "size"), request.GET.get("sha256", "").lower()
    twin = request.read(Preflight).twin(request.identity, size, digest)
    return {"twin": _twin(request, twin)}


@view_config(route_name="upload_folders", request_method="POST", permission=Right.ADD, renderer="json")
def folders(request: Request) -> Any:
    """Folders for the files of a tree, in the order of the ways down to them."""
    try:
        asked = request.json_body
        folder, ways = asked["folder"], asked["paths"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Invalid(NOT_A_LIST) from None
    if not isinstance(folder, str) or not isinstance(ways, list) or not all(map(_is_way, ways)):
        raise Invalid(NOT_A_LIST)
    return {"folders": request.write(Preflight).make_folders(request.identity, folder, ways)}


@view_config(route_name="upload_state", request_method="GET", permission=Right.ADD, renderer="json", http_cache=0)
def state(request: Request) -> Any:
    """How far items are, of those that exist for the caller."""
    found = request.read(Preflight).sent(request.identity, request.GET.getall("item"))
    return {"items": {sent.card.uid: _state(request, sent) for sent in found}}


def _state(request: Request, sent: Sent) -> dict[str, Any]:
    card = sent.card
    if card.state in FINAL:
        text = say_in(request, sent.reason) if sent.reason else ""
    elif card.state is State.WAITING:
        text = say_in(request, Sentence(WAITING))
    elif card.progress is None:
        text = say_in(request, Sentence(PREPARING))
    else:
        text = say_in(request, Sentence(PREPARING_PERCENT, {"percent": card.progress}))
    return {
        "state": card.state.value,
        "final": card.state in FINAL,
        "text": text,
        "poster": card.small_poster_url,
        "twin": _twin(request, sent.twin),
    }


def _twin(request: Request, twin: Twin | None) -> dict[str, str] | None:
    return None if twin is None else {"title": twin.title, "url": request.route_path("item", item=twin.uid)}


def number_of(request: Request, name: str, otherwise: str = "") -> int:
    """A number of bytes in the query. Raises Invalid."""
    text = request.GET.get(name, otherwise)
    if not (text.isascii() and text.isdigit() and len(text) < 17):
        raise Invalid(Sentence(NO_NUMBER, {"field": name}))
    return int(text)


def _is_way(way: Any) -> bool:
    return isinstance(way, list) and bool(way) and all(isinstance(name, str) for name in way)
