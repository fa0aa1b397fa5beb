"""Words: every string a person reads goes through gettext, English first."""
from __future__ import annotations

from pyramid.i18n import TranslationStringFactory
from pyramid.request import Request

DOMAIN = "privmedia"
LANGUAGES = {"en": "English"}
"""Those there are, each called as its speakers call it; the first for whoever reads none of them."""

_ = TranslationStringFactory(DOMAIN)


def language_of(request: Request) -> str:
    """The language somebody chose for their account, else the one of ours that the browser asks for.

    Pyramid's own negotiator would read a whole upload for it.
    """
    chosen = getattr(request.__dict__.get("caller"), "language", "")
    if chosen in LANGUAGES:
        return str(chosen)
    names = list(LANGUAGES)
    return str(request.accept_language.lookup(names, default=names[0]))
