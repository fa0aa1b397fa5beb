"""Uploads that can be resumed, by tus 1.0.0. Programs talk here: refusals are a line of plain text."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from email.utils import format_datetime
from functools import wraps
from typing import Any, TypeAlias

from pyramid.csrf import check_csrf_token
from pyramid.exceptions import BadCSRFToken
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.errors import DomainError, Invalid, NotFound
from privmedia.ids import is_uid
from privmedia.storage.parts import Busy
from privmedia.text import Sentence
from privmedia.text import mark as _
from privmedia.uploads import tus
from privmedia.uploads.resuming import Announced, Announcement, WrongOffset
from privmedia.uploads.tus_resources import TusContext, part_too_large
from privmedia.web.csrf import by_token, check_origin
from privmedia.web.errors import STATUS
from privmedia.web.rights import Right

View: TypeAlias = Callable[[TusContext, Request], Response]

STATUSES: dict[type[DomainError], int] = {
    **STATUS,
    Invalid: 400,
    WrongOffset: 409,
    tus.NotBytes: 415,
    Busy: 423,
    tus.Mismatch: tus.MISMATCH,
}
OTHER_VERSION = _("This server speaks tus ${version}: say so in “Tus-Resumable”.")
INSTEAD = "X-HTTP-Method-Override"
"""For clients that can send POST only; part of the protocol."""


def spoken(view: View) -> View:
    """A view of the protocol: who asks and its version are checked before anything else, refusals are told in it."""

    @wraps(view)
    def answered(context: TusContext, request: Request) -> Response:
        if request.method != "HEAD":
            check_origin(request)
            # The header alone: looking for the token in a form would read the body.
            if not by_token(request) and not check_csrf_token(request, token=None, raises=False):
                raise BadCSRFToken
        if request.headers.get("Tus-Resumable") != tus.VERSION:
            response = _line(request, 412, Sentence(OTHER_VERSION, {"version": tus.VERSION}))
            response.headers["Tus-Version"] = tus.VERSION
            return response
        request.db.rollback()  # whoever asks is known, and nothing stays open while bytes arrive
        try:
            if context.kept_in is None:
                return view(context, request)
            with request.installation.storage.bodies.open(context.kept_in) as body:
                return view(replace(context, body=body, length=body.size), request)
        except NotFound as error:
            _note(context, request, "")
            if request.identity is None:  # who sends by a link is not asked to sign in
                return _line(request, 404, error.said)
            raise HTTPNotFound from None
        except DomainError as error:
            if not isinstance(error, Busy | WrongOffset | tus.Mismatch):
                _note(context, request, str(error))
            response = _line(request, STATUSES[type(error)], error.said)
            if isinstance(error, WrongOffset):
                response.headers["Upload-Offset"] = str(error.offset)
            if isinstance(error, Busy):
                response.headers["Retry-After"] = "1"
            return response

    return answered


@view_config(route_name="tus", request_method="OPTIONS", permission=NO_PERMISSION_REQUIRED)
@view_config(route_name="tus_upload", request_method="OPTIONS", permission=NO_PERMISSION_REQUIRED)
def options(context: TusContext, request: Request) -> Response:
    """What this server can do: the same for everybody and every address."""
    response = Response(status=204)
    response.headers["Tus-Version"] = tus.VERSION
    response.headers["Tus-Extension"] = ",".join(tus.EXTENSIONS)
    response.headers["Tus-Max-Size"] = str(request.installation.settings.max_upload_size)
    response.headers["Tus-Checksum-Algorithm"] = ",".join(tus.ALGORITHMS)
    response.headers["Upload-Limit"] = f"max-append-size={context.limit}"
    return response


@view_config(route_name="tus", request_method="POST", permission=Right.ADD, require_csrf=False)
@spoken
def announce(context: TusContext, request: Request) -> Response:
    headers = request.headers
    length, about, checksum = tus.length(headers), tus.metadata(headers), tus.checksum(headers)
    _check_part(context, request)
    uploads = context.uploads(request)
    wanted = Announcement(
        length=length,
        folder_uid=about.get("folder", ""),
        filename=about.get("filename", ""),
        title=about.get("title", ""),
        tags=about.get("tags", ""),
        draft=about.get("draft") == "yes",
    )
    if context.only_asked:
        uploads.check(context.identity, wanted)
        return Response(status=204)
    upload = uploads.announce(context.identity, wanted)
    offset = 0
    if context.length:
        try:
            offset = uploads.add(context.identity, upload, 0, context.body, checksum)
        except DomainError:
            uploads.drop(upload)  # nobody was told its address
            raise
    response = _progress(context, request, upload, offset)
    response.status_int = 201
    response.headers["Location"] = f"{request.path_url}{upload.uid}"
    return response


@view_config(route_name="tus_upload", request_method="HEAD", permission=Right.ADD)
@spoken
def look(context: TusContext, request: Request) -> Response:
    upload = _upload(context)
    if context.only_asked:
        return Response(status=204)
    response = _progress(context, request, upload, context.uploads(request).offset(context.identity, upload))
    response.status_int = 200
    response.headers["Upload-Length"] = str(upload.length)
    response.headers["Cache-Control"] = "no-store"
    return response


@view_config(route_name="tus_upload", request_method="PATCH", permission=Right.ADD, require_csrf=False)
@view_config(
    route_name="tus_upload",
    request_method="POST",
    header=f"{INSTEAD}:^PATCH$",
    permission=Right.ADD,
    require_csrf=False,
)
@spoken
def add(context: TusContext, request: Request) -> Response:
    upload = _upload(context)
    _check_part(context, request)
    offset, checksum = tus.number(request.headers, "Upload-Offset"), tus.checksum(request.headers)
    uploads = context.uploads(request)
    if context.only_asked:
        uploads.destination(context.identity, upload)
        return Response(status=204)
    if upload.finished and offset == upload.length and not context.length:
        return _progress(context, request, upload, offset)  # the last answer got lost
    offset = uploads.add(context.identity, upload, offset, context.body, checksum)
    return _progress(context, request, upload, offset)


@view_config(route_name="tus_upload", request_method="DELETE", permission=Right.ADD, require_csrf=False)
@view_config(
    route_name="tus_upload",
    request_method="POST",
    header=f"{INSTEAD}:^DELETE$",
    permission=Right.ADD,
    require_csrf=False,
)
@spoken
def drop(context: TusContext, request: Request) -> Response:
    upload = _upload(context)
    if not context.only_asked:
        context.uploads(request).drop(upload)
    return Response(status=204)


def _check_part(context: TusContext, request: Request) -> None:
    """Before its first byte is read. Raises Invalid or TooLarge."""
    if context.length > context.limit:
        raise part_too_large(context.limit)
    needed = request.method != "POST" or context.length or INSTEAD in request.headers
    if needed and request.content_type != tus.BYTES:
        raise tus.NotBytes


def _progress(context: TusContext, request: Request, upload: Announced, offset: int) -> Response:
    response = Response(status=204)
    response.headers["Upload-Offset"] = str(offset)
    if offset == upload.length:
        response.headers["Location-Item"] = context.result(request, upload.item_uid)
        return response
    expires = context.uploads(request).expires(upload)
    if expires is not None:
        response.headers["Upload-Expires"] = format_datetime(expires, usegmt=True)
    return response


def _upload(context: TusContext) -> Announced:
    if context.upload is None:
        raise NotFound
    return context.upload


def _line(request: Request, status: int, said: Any) -> Response:
    response = Response(f"{request.localizer.translate(said)}\n", content_type="text/plain", charset="UTF-8")
    response.status_int = status
    return response


def _note(context: TusContext, request: Request, why: str) -> None:
    if context.only_asked:
        return  # the line is that of the request itself
    if context.upload is not None:
        target = f"folder:{context.upload.folder_uid}"
    else:
        folder = _named(request)
        target = f"folder:{folder}" if is_uid(folder) else "no folder"
    request.note("upload", target=target, detail={"why": why} if why else None)


def _named(request: Request) -> str:
    """The folder that a new upload was announced for, if that can be read."""
    try:
        return tus.metadata(request.headers).get("folder", "")
    except Invalid:
        return ""
