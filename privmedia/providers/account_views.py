"""The section of the account page that lists by what one signs in."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.accounts.account_page import ACCOUNT, account_page
from privmedia.accounts.confirming import JUST_NOW
from privmedia.accounts.identity import Identity
from privmedia.accounts.own_account import OwnAccount
from privmedia.errors import Conflict, NotFound
from privmedia.provider_settings import Source
from privmedia.providers.cookies import link_mark
from privmedia.providers.ties import Tie, Ties
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

SECTION = "ties"


def ties(request: Request) -> Sequence[Tie]:
    """`request.ties`: by what the caller signs in beside a password here."""
    found: Sequence[Tie] = request.read(Ties).of(request.identity.user_id)
    return found


@view_config(
    route_name="account", request_method="POST", request_param="do=connect", permission=Right.ACCOUNT,
    confirmed=JUST_NOW,
)
def connect(request: Request) -> Response:
    """Go to a provider, to come back with an account of it that opens this one too."""
    source = _door(request)
    there = request.route_path("account", _anchor=SECTION)
    return HTTPSeeOther(request.way_in(source, there, link=link_mark(request, source)))


@view_config(
    route_name="account", request_method="POST", request_param="do=disconnect", permission=Right.ACCOUNT,
    confirmed=JUST_NOW, renderer=ACCOUNT,
)
def disconnect(request: Request) -> Any:
    identity: Identity = request.identity
    user = request.write(OwnAccount).user(identity.user_id)
    try:
        text = request.write(Ties).disconnect(
            number_of_tie(request), user=user, by=identity, but=identity.session_id
        )
    except Conflict as error:
        return account_page(request, status=409, ties_problem=error.sentence)
    flash(request, _("${provider} opens your account no more.", mapping={"provider": text}))
    return HTTPSeeOther(request.route_path("account", _anchor=SECTION))


def number_of_tie(request: Request) -> int:
    """Which tie a form is about. Raises NotFound for what is no number."""
    number = request.POST.get("tie", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotFound
    return int(number)


def _door(request: Request) -> Source:
    doors: tuple[Source, ...] = request.installation.settings.doors
    for door in doors:
        if door.name == request.POST.get("provider", ""):
            return door
    raise NotFound
