"""The page on which files are sent by a link, and what its script asks. A visitor sees what they sent, and no more."""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.identity import COLOURS, initials
from privmedia.db import writing
from privmedia.errors import DomainError, Ended, Invalid
from privmedia.giving.resources import giver_of, most_together
from privmedia.giving.service import Giver, Giving, Introduction, Sent
from privmedia.quotas.service import Quotas
from privmedia.sharing.cookies import set_came_by_it, set_visit_cookie, visit_token
from privmedia.sharing.standing import Standing
from privmedia.sharing.visiting import ENDED, Refused, click, ended, has_address, looks_only, private
from privmedia.text import Sentence
from privmedia.uploads.page_views import beginning, look_at, number_of
from privmedia.uploads.tus_resources import most_in_a_part
from privmedia.web.i18n import _
from privmedia.web.pages import say_in

PAGE = "giving/page.jinja2"
ANYBODY = {"permission": NO_PERMISSION_REQUIRED}
SHA256 = re.compile(r"[0-9a-f]{64}")
NO_SUM = _("Say in “sha256” what the sum is: 64 digits from 0 to f.")
ARRIVED = _("Arrived and complete. SHA-256 ${sum}")
CHECKING = _("Arrived. Its checksum is being taken.")
DIFFERS = _("What arrived is not what was read from your disk: the checksums differ. Send it again.")
UNKNOWN = _("Arrived. SHA-256 ${sum}")


@view_config(route_name="give", request_method="GET", renderer=ENDED, **ANYBODY)
def arrive(request: Request) -> Any:
    """To an address without the key, at once."""
    giving = request.read(Giving)
    standing = giving.by_address(request.matchdict["token"])
    if standing is None:
        return ended(request)
    giver = giving.giver(standing, visit_token(request))
    if not (standing.works or (giver is not None and giver.goes_on)):
        return ended(request)
    address = request.route_path("send", link=standing.link.uid)
    answer = HTTPSeeOther(address)
    set_came_by_it(request, answer, standing.link.uid, standing.link.token_hash, at=address)
    return private(answer)


@view_config(route_name="send", request_method="GET", renderer=PAGE, **ANYBODY)
def show(request: Request) -> Any:
    giver = giver_of(request)
    if giver is not None and giver.goes_on:
        return page(request, giver.standing, giver)
    standing = _waiting(request)
    return ended(request) if standing is None else page(request, standing)


@view_config(route_name="send", request_method="POST", renderer=PAGE, **ANYBODY)
def begin(request: Request) -> Any:
    """Who sends, and what: the link is opened in this browser, where it has one by its password."""
    if looks_only(request):
        raise HTTPForbidden
    giver = giver_of(request)
    goes_on = giver is not None and giver.goes_on
    standing = giver.standing if giver is not None and goes_on else _waiting(request)
    if standing is None:
        return ended(request)
    try:
        who = Introduction.of(request.POST.get("sender", ""), request.POST.get("message", ""))
    except Invalid as error:
        request.response.status_int = 422
        problem = (error.sentence, "")
        return page(request, standing, giver if goes_on else None, typed=request.POST, problem=problem)
    answer, token = HTTPSeeOther(_next(request)), visit_token(request) or ""
    if not goes_on:
        opened = click(request, standing)
        if isinstance(opened, Refused):
            return page(request, standing, typed=request.POST, problem=opened.words)
        if opened is None:
            return ended(request)
        token = opened.token
        set_visit_cookie(request, answer, token, max_age=opened.max_age)
    with writing(request.installation.sessions) as session:
        Giving(session, request.installation).introduce(standing, token, who)
    return private(answer)


@view_config(route_name="send_look", request_method="POST", renderer="json", **ANYBODY)
def look(request: Request) -> Any:
    """What the server says of a file by its name, size and first bytes: what it would say once all of it was there."""
    giver = _open(request)
    size, head = number_of(request, "size"), beginning(request)
    try:
        giver.sends.require(request.db, size)
        file_type = look_at(request, size, head)
        giver.sends.require_quota(request.read(Quotas), giver.maker.user_id, size)
    except DomainError as refusal:
        return {"refused": say_in(request, refusal.said)}
    return {"kind": file_type.kind.value, "known": False}


@view_config(route_name="sent_file", request_method="POST", renderer="json", **ANYBODY)
def compare(request: Request) -> Any:
    """How a file arrived, which this browser sent: it says what the sum of it is on the other side, if it could."""
    giver, own = _open(request), request.POST.get("sha256", "").lower()
    if own and not SHA256.fullmatch(own):
        raise Invalid(NO_SUM)
    item_uid = request.matchdict["item"]
    if own:
        with writing(request.installation.sessions) as session:
            sent = Giving(session, request.installation).compare(giver, item_uid, own)
    else:
        sent = next((one for one in request.read(Giving).receipt(giver).files if one.item_uid == item_uid), None)
    if sent is None:
        raise HTTPNotFound
    return {
        "final": sent.sha256 is not None,
        "state": "failed" if sent.is_same is False else "ready",
        "text": say_in(request, _said(sent)),
    }


def page(
    request: Request,
    standing: Standing,
    giver: Giver | None = None,
    *,
    typed: Mapping[str, str] | None = None,
    problem: tuple[Any, Any] | None = None,
) -> dict[str, Any]:
    """What the page needs. `typed`: what has to be corrected; `problem`: what happened, and what comes next."""
    # Without a referrer browsers hide the origin of forms as well, and nobody could tell them from forged ones.
    request.response.headers["Cache-Control"] = "no-store"
    if typed is None:
        typed = {} if giver is None else {"sender": giver.visit.sender, "message": giver.visit.message}
    settings = request.installation.settings
    return {
        "link": standing.link,
        "maker": standing.maker,
        "recipient": request.organisation or standing.maker.name,
        "avatar": {"initials": initials(standing.maker.name), "colour": standing.maker.id % COLOURS},
        "is_open": giver is not None,
        "takes_more": standing.works,
        "needs_password": giver is None and standing.link.password_hash is not None,
        "sender": typed.get("sender", ""),
        "message": typed.get("message", ""),
        "receipt": None if giver is None else request.read(Giving).receipt(giver),
        "max_size": min(settings.max_upload_size, standing.link.most_bytes or settings.max_upload_size),
        "together": most_together(request),
        "part": most_in_a_part(request),
        "problem": problem,
        "plain": False,
    }


def _said(sent: Sent) -> Sentence:
    if sent.sha256 is None:
        return Sentence(CHECKING)
    if sent.is_same is False:
        return Sentence(DIFFERS)
    return Sentence(ARRIVED if sent.is_same else UNKNOWN, {"sum": sent.sha256})


def _waiting(request: Request) -> Standing | None:
    """The link of the address, if it works and this browser came by it."""
    standing: Standing | None = request.read(Giving).by_uid(request.matchdict["link"])
    if standing is None or looks_only(request) or not standing.works or not has_address(request, standing):
        return None
    return standing


def _open(request: Request) -> Giver:
    """Who has the link open in this browser. Raises Ended."""
    giver = giver_of(request)
    if giver is None or not giver.goes_on:
        raise Ended
    return giver


def _next(request: Request) -> str:
    """Where it goes on: without script, with the form."""
    route = "send_plain" if request.POST.get("then") == "plain" else "send"
    return str(request.route_path(route, link=request.matchdict["link"]))
