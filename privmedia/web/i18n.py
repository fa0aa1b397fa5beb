"""Words: every string a person reads goes through gettext, English first."""
from __future__ import annotations

from pyramid.i18n import TranslationStringFactory
from pyramid.request import Request

DOMAIN = "privmedia"
LANGUAGES = ("en",)

_ = TranslationStringFactory(DOMAIN)


def language_of(request: Request) -> str:
    """The language of ours that the browser asks for. Pyramid's own negotiator would read a whole upload for it."""
    return str(request.accept_language.lookup(LANGUAGES, default=LANGUAGES[0]))
