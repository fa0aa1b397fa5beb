"""Importing people: the form, the preview that writes nothing, and the press that does what was shown."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.exceptions import BadCSRFToken
from pyramid.interfaces import ICSRFStoragePolicy
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.admin.people_import.reading import LONGEST, Text, decoded
from privmedia.admin.people_import.resources import TOO_LARGE, ImportContext
from privmedia.admin.people_import.service import Outcome, PeopleImport
from privmedia.errors import Conflict, Invalid, TooLarge
from privmedia.text import Sentence
from privmedia.uploads.reading import FormReader
from privmedia.web.csrf import check_csrf, check_origin
from privmedia.web.i18n import _
from privmedia.web.rights import Right

FORM = "admin/import.jinja2"
PREVIEW = "admin/import_preview.jinja2"
DONE = "admin/imported.jinja2"


@view_config(route_name="admin_users_import", request_method="GET", permission=Right.ADMINISTER, renderer=FORM)
def form(request: Request) -> Any:
    return _form(request, {"send": "yes"})


@view_config(
    route_name="admin_users_import_preview",
    request_method="POST",
    permission=Right.ADMINISTER,
    renderer=PREVIEW,
    confirmed=False,  # it changes nothing, and a file could not be carried along
    require_csrf=False,  # it stands in the body, which is a file; checked as soon as it is read
)
def preview(context: ImportContext, request: Request) -> Any:
    if request.content_type == "multipart/form-data":
        check_origin(request)
    else:
        check_csrf(request)  # what holds no file carries its token where every other form does
    fields: dict[str, str] = {}
    try:
        reader = FormReader(context.body, request.headers.get("Content-Type", ""))
        fields = reader.fields()
        _check_token(request, fields)
        return _preview(request, _text_of(reader, fields), fields)
    except (Invalid, TooLarge) as error:
        return _form(request, fields, error)


@view_config(route_name="admin_users_import", request_method="POST", permission=Right.ADMINISTER, renderer=DONE)
def carry_out(request: Request) -> Any:
    fields = {name: request.POST.get(name, "") for name in ("text", "shown", "make_groups", "send")}
    try:
        done = request.write(PeopleImport).carry_out(
            fields["text"],
            make_groups=bool(fields["make_groups"]),
            send=bool(fields["send"]),
            shown=fields["shown"],
            by=request.identity,
        )
    except Conflict as error:
        request.override_renderer = PREVIEW
        return _preview(request, Text(fields["text"]), fields, problem=error.sentence)
    except Invalid as error:
        return _form(request, fields, error)
    request.response.headers["Cache-Control"] = "no-store"
    return {"done": done, "send": bool(fields["send"])}


def _preview(request: Request, text: Text, fields: Mapping[str, str], problem: str | Sentence = "") -> dict[str, Any]:
    plan = request.read(PeopleImport).plan(text.text, make_groups=bool(fields.get("make_groups")))
    if problem:
        request.response.status_int = 409
    return {
        "plan": plan,
        "counts": {outcome: plan.count(outcome) for outcome in Outcome},
        "text": text,
        "fields": fields,
        "by_mail": bool(request.installation.settings.mail_url),
        "problem": problem,
    }


def _form(request: Request, fields: Mapping[str, str], error: Invalid | TooLarge | None = None) -> dict[str, Any]:
    request.override_renderer = FORM
    if error is not None:
        request.response.status_int = 413 if isinstance(error, TooLarge) else 422
    return {
        "fields": fields,
        "problem": error.sentence if error else "",
        "by_mail": bool(request.installation.settings.mail_url),
    }


def _text_of(reader: FormReader, fields: Mapping[str, str]) -> Text:
    """The file, or what was pasted. Raises Invalid and TooLarge."""
    for part in reader.files():
        data = bytearray()
        for block in part.blocks:
            data += block
            if len(data) > LONGEST:
                raise TooLarge(TOO_LARGE, LONGEST)
        if data:
            return decoded(bytes(data))
    text = fields.get("text", "")
    if not text.strip():
        raise Invalid(_("Choose a file, or paste its lines."), "text")
    return Text(text)


def _check_token(request: Request, fields: Mapping[str, str]) -> None:
    policy = request.registry.getUtility(ICSRFStoragePolicy)
    if not policy.check_csrf_token(request, fields.get("csrf_token", "")):
        raise BadCSRFToken
