"""The upload form, and what it sends."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyramid.csrf import check_csrf_token
from pyramid.exceptions import BadCSRFToken
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.interfaces import ICSRFStoragePolicy
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.db import reading
from privmedia.errors import DomainError, Invalid, NoSpace, NotAllowed, NotFound, OverQuota, TooLarge, Unavailable
from privmedia.ids import is_uid
from privmedia.text import Plural, Sentence
from privmedia.uploads.choices import choices
from privmedia.uploads.keeping import keep
from privmedia.uploads.reading import ENVELOPE, FormReader
from privmedia.uploads.receiving import Receipt
from privmedia.uploads.resources import UploadContext, too_large
from privmedia.uploads.service import Added, Destination, Uploads, check_quota, check_space, checked_title
from privmedia.web.csrf import by_token, check_origin
from privmedia.web.errors import STATUS
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

FORM = "privmedia:templates/uploads/plain.jinja2"
REPORT = "privmedia:templates/uploads/report.jinja2"
ADDED = Plural(
    "${count} file was added. It is being prepared.", "${count} files were added. They are being prepared."
)


@view_config(route_name="upload_plain", request_method="GET", permission=Right.ADD)
def upload_form(context: UploadContext, request: Request) -> Response:
    return _form(request, {name: request.GET.get(name, "") for name in ("folder", "q")})


@view_config(route_name="upload_plain", request_method="POST", permission=Right.ADD, require_csrf=False)
def receive(context: UploadContext, request: Request) -> Response:
    check_origin(request)
    fields: dict[str, str] = {}
    try:
        reader = FormReader(context.body, request.headers.get("Content-Type", ""))
        fields = reader.fields()
        _check_token(request, fields)
        _check_size(context, request, _announced(fields))
        destination, title = _decide(request, fields)
        with Receipt() as receipt:
            receipt.take(reader.files(), request.installation.storage, announced=_announced(fields))
            if not receipt.arrived and not receipt.refused:
                raise Invalid("Choose at least one file.", "file")
            added = keep(request.installation, request.identity, destination, title, receipt)
    except (Invalid, TooLarge, NoSpace) as error:
        request.note("upload", target=_folder(fields), detail={"why": str(error)})
        return _form(request, fields, error)
    for refused in receipt.refused:
        detail = {"file": refused.filename, "why": str(refused.sentence)}
        request.note("upload", target=f"folder:{destination.folder_uid}", detail=detail)
    if receipt.refused:
        return _report(request, destination, added, receipt, title)
    return _welcome(request, destination, added, title)


def _check_size(context: UploadContext, request: Request, files: int | None) -> None:
    """By what the client says it will send. Of several files each is decided on its own, when it is there.

    Raises TooLarge, OverQuota or NoSpace.
    """
    limit = request.installation.settings.max_upload_size
    if context.length is not None:
        if context.length > limit + ENVELOPE:
            raise too_large(limit)
        check_space(request.installation, context.length)
        if files == 1:
            check_quota(request.installation, request.identity, context.length)


def _check_token(request: Request, fields: Mapping[str, str]) -> None:
    """The token is in the header, or it is the first field, so that a forged form is known before anything else."""
    if by_token(request) or check_csrf_token(request, token=None, raises=False):
        return
    policy = request.registry.getUtility(ICSRFStoragePolicy)
    first = next(iter(fields), None)
    if first != "csrf_token" or not policy.check_csrf_token(request, fields["csrf_token"]):
        raise BadCSRFToken


def _decide(request: Request, fields: Mapping[str, str]) -> tuple[Destination, str]:
    # A transaction of its own: that of the request is ended, so that none stays open while the files arrive.
    identity = request.identity
    request.db.rollback()
    with reading(request.installation.sessions) as session:
        try:
            destination = Uploads(session, request.installation).destination(
                identity, fields.get("folder", ""), draft="draft" in fields
            )
        except (NotAllowed, NotFound):
            request.note("upload", target=_folder(fields))
            raise
    return destination, checked_title(fields.get("title", ""))


def _folder(fields: Mapping[str, str]) -> str:
    """The folder that was named, for the audit log."""
    return f"folder:{fields['folder']}" if is_uid(fields.get("folder", "")) else "no folder"


def _announced(fields: Mapping[str, str]) -> int | None:
    """How many files follow, where the page's script said so."""
    count = fields.get("count", "")
    return int(count) if count.isascii() and count.isdigit() and len(count) < 7 else None


def _welcome(request: Request, destination: Destination, added: Sequence[Added], title: str) -> Response:
    if len(added) == 1:
        flash(request, _("“${title}” was added. It is being prepared.", mapping={"title": added[0].title}))
        return HTTPSeeOther(request.route_path("item", item=added[0].uid))
    flash(request, Sentence(ADDED, {"count": len(added)}))
    if title:
        flash(request, _("The title was left out: it is for a single file."), "info")
    return HTTPSeeOther(request.route_path("folder", folder=destination.folder_uid))


def _report(
    request: Request, destination: Destination, added: Sequence[Added], receipt: Receipt, title: str
) -> Response:
    values = {
        "folder": destination,
        "added": added,
        "refused": receipt.refused,
        "title_left_out": bool(title) and len(added) > 1,
    }
    response = render_to_response(REPORT, values, request=request)
    if not added:
        response.status_int = status_of(receipt)
    return response


def status_of(receipt: Receipt) -> int:
    """The status of an answer that tells why nothing of a form was taken."""
    errors = [refused.error for refused in receipt.refused]
    telling = next((error for error in errors if isinstance(error, NoSpace | Unavailable | OverQuota)), None)
    return STATUS[type(telling)] if telling else 422


def _form(request: Request, fields: Mapping[str, str], error: DomainError | None = None) -> Response:
    """The form, filled in as it was sent, with what was wrong."""
    values = choices(request, chosen=fields.get("folder", ""), words=fields.get("q", "").strip()) | {
        "max_size": request.installation.settings.max_upload_size,
        "title": fields.get("title", ""),
        "draft": "draft" in fields,
        "error": None if error is None else error.sentence,
    }
    response = render_to_response(FORM, values, request=request)
    if error is not None:
        response.status_int = STATUS[type(error)]
    return response
