"""The page of one person, and what all its parts need."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from privmedia.accounts.browsers import browser_in_words
from privmedia.accounts.groups import Groups
from privmedia.accounts.invitations import Invitations
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns
from privmedia.accounts.tokens import Tokens
from privmedia.admin.users.forms import ProfileForm
from privmedia.admin.users.leaving import Leaving
from privmedia.admin.users.roster import Roster
from privmedia.library.reach import Reaches
from privmedia.library.why_views import may_view_as
from privmedia.providers.ties import Ties
from privmedia.quotas.forms import QuotaForm
from privmedia.sharing.service import Links
from privmedia.sharing.service import Wanted as LinksWanted
from privmedia.web.forms import Form
from privmedia.web.pages import flash

PERSON = "admin/user.jinja2"
LINKS_SHOWN = 5


def person_page(
    request: Request,
    user: User,
    *,
    status: int = 200,
    profile: Form | None = None,
    quota: Form | None = None,
    problem: Any = "",
) -> dict[str, Any]:
    """What the page shows; `profile` and `quota` are forms that were refused, `problem` why something else was."""
    request.response.status_int = status
    groups = request.read(Groups)
    mine = {group.id for group in groups.groups_of(user)}
    leaving = request.read(Leaving)
    return {
        "user": user,
        "row": request.read(Roster).one(user),
        "myself": user.id == request.identity.user_id,
        "groups": [{"uid": each.uid, "name": each.name, "member": each.id in mine} for each, _n in groups.groups()],
        "profile": profile or _profile(user),
        "quota": quota or QuotaForm.showing(user.quota),
        "problem": problem,
        "sessions": [
            {
                "uid": each.uid,
                "current": each.id == request.identity.session_id,
                "browser": browser_in_words(each.browser),
                "address": each.address,
                "last_used_at": each.last_used_at,
            }
            for each in request.read(SignIns).live(user_id=user.id)
        ],
        "ties": request.read(Ties).of(user.id),
        "tokens": request.read(Tokens).of(user.id),
        "outlook": leaving.outlook(user),
        "links": request.read(Links).listed(LinksWanted(maker_id=user.id), 1, LINKS_SHOWN),
        "reach": request.read(Reaches).summary(user),
        "may_view_as": may_view_as(request, user),
        "was_cut": leaving.was_cut(user) if user.disabled_at else {},
        "invitation": request.read(Invitations).open_of(user),
        "by_mail": bool(request.installation.settings.mail_url),
    }


def writable(request: Request, user: User) -> User:
    """The person again, as the writing session knows them."""
    found: User = request.write(Accounts).user(user.uid)
    return found


def back_to(request: Request, user: User, sentence: Any) -> Response:
    """Back to the page, which says what was done."""
    flash(request, sentence)
    return HTTPSeeOther(request.route_path("admin_user", user=user.uid))


def _profile(user: User) -> Form:
    return ProfileForm(name=user.name, email=user.email, admin=user.is_admin, guest=user.is_guest)
