"""How good a password is, while it is typed: for those who may set one right now. Nothing of it is kept or logged."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.first_start import FirstStart
from privmedia.accounts.identity import Identity
from privmedia.accounts.invitations import Invitations
from privmedia.accounts.passwords import judge
from privmedia.accounts.resets import Resets
from privmedia.web.rights import Right


@view_config(route_name="account_strength", request_method="POST", permission=Right.ACCOUNT, renderer="json")
def of_own(request: Request) -> Any:
    identity: Identity = request.identity
    return strength(request, identity.name, identity.email)


@view_config(
    route_name="reset_strength", request_method="POST", permission=NO_PERMISSION_REQUIRED, renderer="json"
)
def through_reset(request: Request) -> Any:
    user = request.read(Resets).person_of(request.matchdict["token"])
    if user is None:
        raise HTTPNotFound
    return strength(request, user.name, user.email)


@view_config(
    route_name="invite_strength", request_method="POST", permission=NO_PERMISSION_REQUIRED, renderer="json"
)
def through_invitation(request: Request) -> Any:
    link = request.read(Invitations).find(request.matchdict["token"])
    if link is None or link.user is None:
        raise HTTPNotFound
    return strength(request, link.user.name, link.user.email)


@view_config(route_name="setup_strength", request_method="POST", permission=NO_PERMISSION_REQUIRED, renderer="json")
def through_setup(request: Request) -> Any:
    if not request.read(FirstStart).is_open(request.matchdict["token"]):
        raise HTTPNotFound
    return strength(request)


def strength(request: Request, *words: str) -> dict[str, Any]:
    """The answer about the posted `password`: a score from 0 to 4, whether it is enough, and a sentence."""
    known = [word for word in (*words, request.organisation) if word]
    found = judge(request.POST.get("password", ""), known)
    return {"score": found.score, "enough": found.is_enough, "sentence": request.localizer.translate(found.sentence)}
