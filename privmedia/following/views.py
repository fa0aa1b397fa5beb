"""Following a folder, the page behind the bell, what one gets by mail, and the link in a letter that ends it."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.identity import Identity
from privmedia.accounts.return_to import came_from
from privmedia.errors import NotFound
from privmedia.following.forms import NoticesForm
from privmedia.following.notices import Notices
from privmedia.following.rounds import Rounds
from privmedia.following.service import Following
from privmedia.library.models import Folder
from privmedia.library.resources import FolderContext
from privmedia.library.tree import Tree
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

LINK = "following/unfollow.jinja2"


def is_following(request: Request, folder: Folder) -> bool:
    """`request.is_following(folder)`: whether the caller follows the folder of the page."""
    found: bool = request.read(Following).follows(request.identity, folder)
    return found


def followed(request: Request) -> list[Folder]:
    """`request.followed`: the folders the caller follows, for the account page."""
    found: list[Folder] = request.read(Following).followed(request.identity)
    return found


def notices_form(request: Request) -> NoticesForm:
    """`request.notices_form`: what the caller gets by mail, for the account page."""
    return NoticesForm(obj=request.read(Following).choice(request.identity.user_id))


def unread_notices(request: Request) -> int:
    """`request.unread_notices`: how many the caller has not read, for the bell."""
    found: int = request.read(Notices).unread(request.identity)
    return found


@view_config(route_name="folder_follow", request_method="POST", permission=Right.VIEW)
def follow(context: FolderContext, request: Request) -> Response:
    """Follow the folder, or no more; with script only the button comes back."""
    if context.is_root:
        raise HTTPNotFound
    identity, starting = context.identity, request.POST.get("do") == "follow"
    following = request.write(Following)
    if starting:
        following.follow(identity, context.folder)
    else:
        following.unfollow(identity, context.folder)
    if "HX-Request" in request.headers:
        button = {"folder": context.folder, "following": starting}
        return render_to_response("privmedia:templates/following/button.jinja2", button, request=request)
    return HTTPSeeOther(came_from(request.referer, request.host))


@view_config(
    route_name="notices", request_method="GET", permission=Right.SIGNED_IN, renderer="following/notices.jinja2"
)
def notices(context: FolderContext, request: Request) -> Any:
    return {"told": request.read(Notices).newest(context.identity)}


@view_config(route_name="notices", request_method="POST", permission=Right.SIGNED_IN)
def read_notices(context: FolderContext, request: Request) -> Response:
    request.write(Notices).read_all(context.identity)
    return HTTPSeeOther(request.route_path("notices"))


@view_config(route_name="account", request_method="POST", request_param="do=notices", permission=Right.ACCOUNT)
def choose(request: Request) -> Response:
    """What to get by mail: boxes, in which nothing can be wrong."""
    identity: Identity = request.identity
    form = NoticesForm.of(request)
    request.write(Following).choose(
        identity, new=form.new.data, failed=form.failed.data, ready=form.ready.data, sent=form.sent.data
    )
    flash(request, _("Saved."))
    return HTTPSeeOther(request.route_path("account", _anchor="notices"))


@view_config(route_name="unfollow", request_method="GET", permission=NO_PERMISSION_REQUIRED, renderer=LINK)
def ask_to_unfollow(request: Request) -> Any:
    """Looking at the link changes nothing: programs that read mail follow links too."""
    return _page(request)


@view_config(
    route_name="unfollow",
    request_method="POST",
    permission=NO_PERMISSION_REQUIRED,
    require_csrf=False,  # a mail program sends it (RFC 8058); the link proves itself, and can only end something
    renderer=LINK,
)
def unfollow(request: Request) -> Any:
    try:
        following = request.write(Following)
        unfollowing = following.of_link(request.matchdict["token"])
    except NotFound:
        return _page(request)
    following.unfollow_by_link(unfollowing, address=request.remote_addr or "", request_id=request.request_id)
    return {**_page(request), "done": True}


def _page(request: Request) -> dict[str, Any]:
    """The folder is named only to whom it exists for: the right may be gone since the letter was written."""
    try:
        unfollowing = request.read(Following).of_link(request.matchdict["token"])
    except NotFound:
        request.response.status_int = 410
        return {"ended": True, "everything": False, "name": "", "done": False}
    name = ""
    if unfollowing.folder is not None:
        reader = request.read(Rounds).as_reader(unfollowing.user)
        name = "".join(folder.name for folder in request.read(Tree).visible_among(reader, [unfollowing.folder]))
    return {"ended": False, "everything": unfollowing.folder is None, "name": name, "done": False}
