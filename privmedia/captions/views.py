"""The page of an item's captions, the lines of one language, and the transcript."""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPBadRequest, HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.audit.service import Audit
from privmedia.captions import cues
from privmedia.captions.keeping import keep_captions, place_of, remove_captions
from privmedia.captions.languages import language_tag, name_of, offered
from privmedia.captions.pages import edit_page, editing, edition_seen
from privmedia.captions.resources import LONGEST
from privmedia.captions.service import Captioning, file_name
from privmedia.captions.transcript import HAS_TIME, transcript_of
from privmedia.captions.waiting import fetched
from privmedia.errors import Conflict, Invalid
from privmedia.library.resources import ItemContext
from privmedia.library.views import crumbs, itself
from privmedia.text import Sentence
from privmedia.web.errors import STATUS
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

PAGE = "captions/captions.jinja2"
EDITOR = "captions/editor.jinja2"
SHOWN_OVERLAPS = 20
LONGEST_TEXT = 1_030_000
"""Bytes, as a form sends them, which may have 1 MiB: each end of a line is two."""


@view_config(route_name="item_captions", permission=Right.EDIT, request_method="GET", renderer=PAGE)
def captions(context: ItemContext, request: Request) -> Any:
    return captions_page(context, request)


@view_config(route_name="item_captions", permission=Right.EDIT, request_method="POST", renderer=PAGE)
def change_captions(context: ItemContext, request: Request) -> Any:
    verbs = {"rename": _rename, "remove": _remove, "charset": _take_as_said}
    verb = verbs.get(request.POST.get("do", ""))
    if verb is None:
        raise HTTPBadRequest(_("The form cannot be read."))
    try:
        return verb(context, request)
    except (Invalid, Conflict) as error:
        return captions_page(context, request, problem=error.sentence, status=STATUS[type(error)])


@view_config(route_name="item_captions_language", permission=Right.EDIT, request_method="GET", renderer=EDITOR)
def edit_lines(context: ItemContext, request: Request) -> Any:
    """The lines there are; none in a language that has no captions yet: they may be written here."""
    language = _tag(request)
    service = request.read(Captioning)
    track = next((track for track in service.tracks(context.item) if track.language == language), None)
    if track is None:
        return editor_page(context, request, language, name_of(language), "")
    return editor_page(context, request, language, track.label, service.text(context.item, language))


@view_config(route_name="item_captions_language", permission=Right.EDIT, request_method="POST", renderer=EDITOR)
def save_lines(context: ItemContext, request: Request) -> Any:
    """The lines as they were sent; with `mend`, each begins when the one above it has ended."""
    language = _tag(request)
    label = request.POST.get("label", "") or name_of(language)
    text = request.POST.get("text", "")
    try:
        read = cues.read(text)
        if "mend" in request.POST:
            read = cues.without_overlaps(read)
        keep_captions(
            request.installation,
            context.identity,
            place_of(context.item),
            language=language,
            label=label,
            read=read,
            seen=edition_seen(request),
        )
    except (Invalid, Conflict) as error:
        return editor_page(context, request, language, label, text, seen=request.POST.get("seen"), error=error)
    return saved(request, context, language, read)


@view_config(
    route_name="item_transcript", permission=Right.VIEW, request_method="GET", renderer="captions/transcript.jinja2"
)
def transcript(context: ItemContext, request: Request) -> Any:
    found = transcript_of(request, context.item)
    if found is None:
        raise HTTPNotFound
    way = [*crumbs(request, context.identity, context.folder), *itself(request, context.identity, context.folder)]
    address = request.route_path("item_transcript", item=context.item.uid)

    def part(number: int) -> str:
        asked = {"lang": found.language, "q": found.query, "part": str(number)}
        return f"{address}?{urlencode({name: text for name, text in asked.items() if text})}"

    return {
        "item": context.item,
        "crumbs": way,
        "transcript": found,
        "earlier": part(found.page - 1) if found.page > 1 else None,
        "later": part(found.page + 1) if found.page < found.pages else None,
    }


def saved(request: Request, context: ItemContext, language: str, read: list[cues.Cue]) -> Response:
    """On to the lines where some of them overlap, else back to the page of all captions."""
    if cues.overlaps(read):
        flash(request, _("Saved. Some captions begin before the one above ends: look at them below."), "warn")
        return HTTPSeeOther(request.route_path("item_captions_language", item=context.item.uid, language=language))
    flash(request, _("The captions are saved."))
    return HTTPSeeOther(request.route_path("item_captions", item=context.item.uid))


def captions_page(
    context: ItemContext, request: Request, *, problem: str | Sentence = "", status: int = 200
) -> dict[str, Any]:
    """The values of the page of all captions."""
    if context.item.kind not in HAS_TIME:
        raise HTTPNotFound
    request.response.status_int = status
    reader = request.locale_name
    return {
        **edit_page(request, context, "captions"),
        "languages": offered(reader),
        "tracks": [(track, name_of(track.language, reader)) for track in request.read(Captioning).tracks(context.item)],
        "max_size": LONGEST,
        "problem": problem,
    }


def editor_page(
    context: ItemContext,
    request: Request,
    language: str,
    label: str,
    text: str,
    *,
    seen: str | None = None,
    error: Invalid | Conflict | None = None,
) -> dict[str, Any]:
    """The values of the page of one language's lines, with what is wrong with them; `seen` as in `editing`."""
    if context.item.kind not in HAS_TIME:
        raise HTTPNotFound
    problems = error.problems if isinstance(error, cues.Unreadable) else []
    overlaps = cues.overlaps(cues.read(text)) if text and error is None else []
    if error is not None:
        request.response.status_int = 409 if isinstance(error, Conflict) else 422
    return {
        **edit_page(request, context, "captions"),
        **editing(request, context.item, file_name(language), seen, error),
        "language": language,
        "language_name": name_of(language, request.locale_name),
        "label": label,
        "text": text,
        "too_long": len(text.encode()) + text.count("\n") > LONGEST_TEXT,
        "problems": problems,
        "problem": "" if error is None or problems else error.sentence,
        "overlaps": overlaps[:SHOWN_OVERLAPS],
        "overlap_count": len(overlaps),
    }


def _rename(context: ItemContext, request: Request) -> Response:
    service, tag = request.write(Captioning), _tag(request, request.POST.get("language", ""))
    service.rename(service.version(context.item), tag, label=request.POST.get("label", ""))
    request.write(Audit).record(
        "captions.rename", identity=context.identity, target=f"item:{context.item.uid}", detail={"language": tag}
    )
    return _back(context, request, _("Saved."))


def _remove(context: ItemContext, request: Request) -> Response:
    tag = _tag(request, request.POST.get("language", ""))
    remove_captions(request.installation, context.identity, place_of(context.item), language=tag)
    return _back(context, request, _("The captions are deleted."))


def _take_as_said(context: ItemContext, request: Request) -> Any:
    """The second step of an upload whose charset the file did not tell."""
    fields = request.POST
    tag = language_tag(fields.get("language", ""))
    label = fields.get("label", "") or name_of(tag)
    text = fetched(
        request.installation,
        fields.get("ticket", ""),
        fields.get("charset", ""),
        item_uid=context.item.uid,
        user_id=context.identity.user_id,
    )
    try:
        read = cues.read(text)
        keep_captions(
            request.installation, context.identity, place_of(context.item), language=tag, label=label, read=read
        )
    except cues.Unreadable as error:
        request.override_renderer = EDITOR
        return editor_page(context, request, tag, label, text, error=error)
    return saved(request, context, tag, read)


def _back(context: ItemContext, request: Request, said: str) -> Response:
    flash(request, said)
    return HTTPSeeOther(request.route_path("item_captions", item=context.item.uid))


def _tag(request: Request, text: str | None = None) -> str:
    """The language an address or a form names. Raises HTTPNotFound for what is none."""
    try:
        return language_tag(request.matchdict["language"] if text is None else text)
    except Invalid:
        raise HTTPNotFound from None
