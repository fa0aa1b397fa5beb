"""Asking for access, what became of a question, and the questions one may answer."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.asking.addresses import askable
from privmedia.asking.answering import Answering
from privmedia.asking.forms import AskForm, GiveForm, RefuseForm
from privmedia.asking.offers import Card, Offers
from privmedia.asking.resources import QuestionContext
from privmedia.asking.service import Asking
from privmedia.errors import Invalid
from privmedia.library.models import Item
from privmedia.library.pointers import Place
from privmedia.web.errors import nothing_here
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

MINE = "asking/mine.jinja2"
ONE = "asking/request.jinja2"
POSTED: dict[str, Any] = {"route_name": "request", "request_method": "POST", "permission": Right.SIGNED_IN}


def ask_for(request: Request) -> str:
    """`request.ask_for`: the address that the page of what is missing or denied offers to ask for; empty for none."""
    return askable(request.path_info)


def open_questions(request: Request) -> int:
    """`request.open_questions`: how many questions wait for the caller, for the side bar."""
    answering: Answering = request.read(Answering)
    return answering.count(request.identity)


def questions_at(request: Request, place: Place) -> list[Card]:
    """`request.questions_at(place)`: the cards at the top of the access page."""
    offers = request.read(Offers)
    return [offers.card(one, request.identity) for one in request.read(Answering).at(place, request.identity)]


def ask(request: Request) -> Response:
    """`request.ask_for_access()`: what the form on the page of what is missing sends, back to the very same address.

    So the page need not say for which address it is, and is the same for every one of them.
    """
    form = AskForm.of(request)
    if not form.validate():
        return _asked_wrongly(request, form)
    try:
        asking, message = request.write(Asking), form.message.data or ""
        question = asking.ask(address=request.ask_for, message=message, by=request.identity)
    except Invalid as error:
        form.refuse(error)
        return _asked_wrongly(request, form)
    return HTTPSeeOther(request.route_path("asked", question=question.uid))


@view_config(route_name="asked", request_method="GET", permission=Right.SIGNED_IN, renderer=MINE)
def asked(context: QuestionContext, request: Request) -> Any:
    return {"question": context.question, "over": context.question.ends_at <= request.installation.clock()}


@view_config(route_name="asked", request_method="POST", permission=Right.SIGNED_IN)
def take_back(context: QuestionContext, request: Request) -> Response:
    request.write(Asking).take_back(context.question.uid, by=context.identity)
    return HTTPSeeOther(request.route_path("asked", question=context.question.uid))


@view_config(route_name="requests", request_method="GET", permission=Right.SIGNED_IN, renderer="asking/requests.jinja2")
def requests(request: Request) -> Any:
    offers = request.read(Offers)
    return {"cards": [offers.card(one, request.identity) for one in request.read(Answering).open(request.identity)]}


@view_config(route_name="request", request_method="GET", permission=Right.SIGNED_IN, renderer=ONE)
def show(context: QuestionContext, request: Request) -> Any:
    return _page(context, request)


@view_config(**POSTED, request_param="do=give", renderer=ONE)
def give(context: QuestionContext, request: Request) -> Any:
    form = GiveForm.of(request)
    if form.validate():
        try:
            given = form.given(request.installation.clock())
            request.write(Answering).give(context.question.uid, given, by=context.identity)
        except Invalid as error:
            form.refuse(error)
        else:
            return _done(context, request, _("${name} can see it now, and is told.", mapping=_named(context)))
    request.response.status_int = 422
    return _page(context, request, give=form)


@view_config(**POSTED, request_param="do=refuse", renderer=ONE)
def refuse(context: QuestionContext, request: Request) -> Any:
    form = RefuseForm.of(request)
    if form.validate():
        try:
            request.write(Answering).refuse(context.question.uid, form.reason.data or "", by=context.identity)
        except Invalid as error:
            form.refuse(error)
        else:
            return _done(context, request, _("Refused. ${name} is told.", mapping=_named(context)))
    request.response.status_int = 422
    return _page(context, request, refuse=form)


@view_config(**POSTED, request_param="do=settle")
def settle(context: QuestionContext, request: Request) -> Response:
    request.write(Answering).settle(context.question.uid, by=context.identity)
    return _done(context, request, _("The question is closed, and ${name} is told.", mapping=_named(context)))


def _page(context: QuestionContext, request: Request, **forms: Any) -> dict[str, Any]:
    answering = request.read(Answering)
    is_open = answering.is_open(context.question)
    card = request.read(Offers).card(context.question, context.identity)
    return {"card": card, "open": is_open, "answered_by": answering.answered_by(context.question), **forms}


def _done(context: QuestionContext, request: Request, sentence: Any) -> Response:
    """To the access page of the place, where the new rule stands."""
    flash(request, sentence)
    place = context.place
    if isinstance(place, Item):
        return HTTPSeeOther(request.route_path("item_access", item=place.uid))
    return HTTPSeeOther(request.route_path("folder_access", folder=place.uid))


def _named(context: QuestionContext) -> dict[str, str]:
    return {"name": context.question.user.name}


def _asked_wrongly(request: Request, form: AskForm) -> Response:
    response: Response = nothing_here(request, form=form)
    response.status_int = 422
    return response
