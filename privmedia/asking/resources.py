"""The question a page is about, as it exists for who may answer it. No `__acl__`: the factory decides."""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request

from privmedia.accounts.identity import Identity
from privmedia.asking.answering import Answering, place_of
from privmedia.asking.models import AccessRequest
from privmedia.asking.service import Asking
from privmedia.library.pointers import Place


@dataclass(frozen=True)
class QuestionContext:
    """A question, and the caller it exists for."""

    question: AccessRequest
    identity: Identity

    @property
    def place(self) -> Place:
        """What it is about. Raises NotFound for an address that leads nowhere."""
        return place_of(self.question)


def answerable(request: Request) -> QuestionContext:
    """The question of `/requests/<question>`. Raises NotFound for those who do not manage what it is about."""
    identity = _caller(request)
    return QuestionContext(request.read(Answering).find(request.matchdict["question"], identity), identity)


def own(request: Request) -> QuestionContext:
    """The question of `/ask/<question>`. Raises NotFound for all but who asked it."""
    identity = _caller(request)
    return QuestionContext(request.read(Asking).mine(request.matchdict["question"], identity), identity)


def _caller(request: Request) -> Identity:
    identity: Identity | None = request.identity
    if identity is None:
        raise HTTPNotFound
    return identity
