"""Captions as a file: received, read, kept; or asked about, where the file does not tell its charset."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.request import Request
from pyramid.view import view_config

from privmedia.captions import charsets, cues
from privmedia.captions.keeping import keep_captions, place_of
from privmedia.captions.languages import language_tag, name_of
from privmedia.captions.pages import edit_page
from privmedia.captions.resources import LONGEST, TOO_LARGE, SentCaptions
from privmedia.captions.views import EDITOR, PAGE, captions_page, editor_page, saved
from privmedia.captions.waiting import set_aside
from privmedia.errors import Conflict, Invalid, NoSpace, TooLarge, Unavailable
from privmedia.uploads.reading import FormReader
from privmedia.web.csrf import check_before_body, check_field
from privmedia.web.errors import STATUS
from privmedia.web.i18n import _
from privmedia.web.rights import Right

CHARSET = "captions/charset.jinja2"
NO_CHARSET = _("This is no text: none of the charsets that captions are written in fits. Save it as UTF-8.")


@view_config(
    route_name="captions_upload",
    permission=Right.EDIT,
    request_method="POST",
    renderer=PAGE,
    require_csrf=False,  # it stands in the body, which is a file; checked as soon as it is read
)
def receive(context: SentCaptions, request: Request) -> Any:
    check_before_body(request)
    request.db.rollback()  # no transaction stays open while the file arrives
    fields: dict[str, str] = {}
    try:
        reader = FormReader(context.body, request.headers.get("Content-Type", ""))
        fields = reader.fields()
        check_field(request, fields)
        tag = language_tag(fields.get("language", ""))
        return _taken(context, request, tag, fields.get("label", "") or name_of(tag), _data(reader, fields))
    except (Invalid, Conflict, TooLarge, NoSpace, Unavailable) as error:
        request.note("captions.put", target=f"item:{context.item.uid}", detail={"why": str(error)})
        return captions_page(context, request, problem=error.sentence, status=STATUS[type(error)])


def _taken(context: SentCaptions, request: Request, tag: str, label: str, data: bytes) -> Any:
    """The captions kept, or the page that asks what is missing, or the one that says what is wrong."""
    text = charsets.told(data)
    if text is None:
        return _asked(context, request, tag, label, data)
    try:
        read = cues.read(text)
    except cues.Unreadable as error:
        request.note("captions.put", target=f"item:{context.item.uid}", detail={"why": str(error)})
        request.override_renderer = EDITOR
        return editor_page(context, request, tag, label, text, error=error)
    place = place_of(context.item)
    keep_captions(request.installation, context.identity, place, language=tag, label=label, read=read)
    return saved(request, context, tag, read)


def _asked(context: SentCaptions, request: Request, tag: str, label: str, data: bytes) -> dict[str, Any]:
    readings = charsets.readings(data)
    if not readings:
        raise Invalid(NO_CHARSET)
    ticket = set_aside(
        request.installation, data, item_uid=context.item.uid, user_id=context.identity.user_id
    )
    request.override_renderer = CHARSET
    return {
        **edit_page(request, context, "captions"),
        "readings": readings,
        "ticket": ticket,
        "language": tag,
        "label": label,
    }


def _data(reader: FormReader, fields: Mapping[str, str]) -> bytes:
    """The file, or what was pasted. Raises Invalid and TooLarge."""
    for part in reader.files():
        data = bytearray()
        for block in part.blocks:
            data += block
            if len(data) > LONGEST:
                raise TooLarge(TOO_LARGE, LONGEST)
        if data:
            return bytes(data)
    text = fields.get("text", "")
    if not text.strip():
        raise Invalid(_("Choose a file, or paste the captions."), "file")
    return text.encode()
