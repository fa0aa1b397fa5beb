"""Downloading several originals: what would be in the zip, the page that waits for it, and the zip itself."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.delivery.disposition import content_disposition
from privmedia.delivery.guard import authorise
from privmedia.delivery.senders import DecidedFile
from privmedia.delivery.viewings import DOWNLOAD
from privmedia.errors import Conflict, Invalid, NoSpace
from privmedia.library.resources import FolderContext
from privmedia.library.views import crumbs, itself
from privmedia.organising.going_back import back_of, carried
from privmedia.storage import ORIGINAL, ZIPPED
from privmedia.text import Plural, Sentence, listed
from privmedia.web.i18n import _
from privmedia.web.pages import flash, say_in
from privmedia.web.rights import Right
from privmedia.zips.resources import ZipContext
from privmedia.zips.service import Contents, Zips

ASK = "zips/ask.jinja2"
PAGE = "zips/zip.jinja2"
NAMED = 3
STATUS = {Invalid: 422, Conflict: 409, NoSpace: 507}
CANNOT = Plural(
    "${count} of ${all} cannot be downloaded: ${names}.", "${count} of ${all} cannot be downloaded: ${names}."
)
NAME = Plural("${count} file", "${count} files")
Refusal = Invalid | Conflict | NoSpace


@view_config(route_name="download", permission=Right.SIGNED_IN, request_method="GET", renderer=ASK)
def ask(context: FolderContext, request: Request) -> Any:
    return _ask(request, _selected(context, request))


@view_config(route_name="download", permission=Right.SIGNED_IN, request_method="POST", renderer=ASK)
def make(context: FolderContext, request: Request) -> Any:
    contents = _selected(context, request)
    name = say_in(request, Sentence(NAME, {"count": len(contents.members)}))
    return _make(context, request, contents, name)


@view_config(route_name="folder_download", permission=Right.VIEW, request_method="GET", renderer=ASK)
def ask_folder(context: FolderContext, request: Request) -> Any:
    return _ask(request, _inside(context, request), context)


@view_config(route_name="folder_download", permission=Right.VIEW, request_method="POST", renderer=ASK)
def make_of_folder(context: FolderContext, request: Request) -> Any:
    return _make(context, request, _inside(context, request), context.folder.name)


@view_config(route_name="zip", permission=Right.VIEW, request_method="GET", renderer=PAGE)
def wait(context: ZipContext, request: Request) -> Any:
    return _page(context, request)


@view_config(route_name="zip", permission=Right.DOWNLOAD, request_method="POST", renderer=PAGE)
def drop_or_again(context: ZipContext, request: Request) -> Any:
    """Delete it, or make it anew of what may be downloaded now."""
    zips = request.write(Zips)
    made = zips.find(context.zip.uid, context.identity)
    if request.POST.get("do") == "again":
        try:
            new = zips.again(made, context.identity)
        except (Invalid, Conflict, NoSpace) as error:
            request.tm.doom()
            return _page(context, request, error)
        return HTTPSeeOther(request.route_path("zip", zip=new.uid))
    zips.drop(made)
    flash(request, _("The zip is deleted. What was in it stays where it is."))
    return HTTPSeeOther(request.route_path("library"))


@view_config(route_name="zip_file", permission=Right.DOWNLOAD, request_method="GET")
def send(context: ZipContext, request: Request) -> Any:
    """The zip, if the caller may have every file in it at this moment; the page that says so if not."""
    made, zips = context.zip, request.read(Zips)
    if not made.ready or zips.lost(made, context.identity):
        return HTTPSeeOther(request.route_path("zip", zip=made.uid))
    disposition = content_disposition(f"{made.name}.zip", inline=False)
    file = DecidedFile(made.uid, 1, ZIPPED, "application/zip", disposition)
    try:
        answer: Response = request.registry["sender"].answer(request, file)
    except OSError:
        raise HTTPNotFound from None
    if request.method == "GET":
        for uid, version in zips.items_of(made):
            request.registry["viewings"].said(
                context.identity, item=uid, version=version, file=ORIGINAL, kind=DOWNLOAD
            )
    return authorise(request, answer)


def _selected(context: FolderContext, request: Request) -> Contents:
    """What was selected, as it exists for the caller. Raises HTTPNotFound if nothing of it does."""
    contents: Contents = request.read(Zips).of_items(request.params.getall("item"), context.identity)
    if not contents.members and not contents.others:
        raise HTTPNotFound
    return contents


def _inside(context: FolderContext, request: Request) -> Contents:
    if context.is_root:
        raise HTTPNotFound  # the whole library is no download
    contents: Contents = request.read(Zips).of_folder(context.folder, context.identity)
    return contents


def _make(context: FolderContext, request: Request, contents: Contents, name: str) -> Any:
    try:
        made = request.write(Zips).ask(context.identity, contents, name)
    except (Invalid, Conflict, NoSpace) as error:
        request.tm.doom()
        return _ask(request, contents, None if context.is_root else context, error)
    return HTTPSeeOther(request.route_path("zip", zip=made.uid))


def _ask(
    request: Request, contents: Contents, folder: FolderContext | None = None, error: Refusal | None = None
) -> dict[str, Any]:
    if error is not None:
        request.response.status_int = STATUS[type(error)]
    way = [(request.localizer.translate(_("Library")), request.route_path("library"))]
    back = back_of(request)
    fields = [*carried(request), *(("item", member.uid) for member in contents.members)]
    if folder is not None:
        way = [*crumbs(request, folder.identity, folder.folder), *itself(request, folder.identity, folder.folder)]
        back, fields = request.route_path("folder", folder=folder.folder.uid), []
    return {
        "contents": contents,
        "name": folder.folder.name if folder else "",
        "problem": "" if error is None else error.sentence,
        "shortfall": _shortfall(contents),
        "crumbs": way,
        "back": back,
        "fields": fields,
    }


def _shortfall(contents: Contents) -> list[Sentence]:
    """What cannot be downloaded, named; nothing if all can."""
    if not contents.others:
        return []
    count = len(contents.others)
    quoted = [Sentence(_("“${title}”"), {"title": title}) for title in contents.others]
    whole = count + len(contents.members)
    return [Sentence(CANNOT, {"count": count, "all": whole, "names": listed(quoted, most=NAMED)})]


def _page(context: ZipContext, request: Request, error: Refusal | None = None) -> dict[str, Any]:
    if error is not None:
        request.response.status_int = STATUS[type(error)]
    zips, made = request.read(Zips), context.zip
    return {
        "zip": made,
        "lost": zips.lost(made, context.identity) if made.ready else 0,
        "progress": zips.progress(made),
        "problem": "" if error is None else error.sentence,
        "others": [one for one in zips.of(context.identity) if one.id != made.id],
        "may_download": not context.identity.looks_only,
    }
