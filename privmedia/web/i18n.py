"""Words: every string a person reads goes through gettext, English first, and is said in the reader's language."""
from __future__ import annotations

import io
from typing import Any

from jinja2 import nodes
from jinja2.ext import InternationalizationExtension
from pyramid import i18n
from pyramid.config import Configurator
from pyramid.i18n import TranslationString, TranslationStringFactory
from pyramid.interfaces import ILocalizer
from pyramid.request import Request

from privmedia.languages import compiled, language
from privmedia.text import LANGUAGES, Sentence

DOMAIN = "privmedia"
COOKIE = "language"
"""What somebody chose before signing in. It is for one browser; the account's own choice wins."""

_ = TranslationStringFactory(DOMAIN)


class Localizer(i18n.Localizer):
    """What `request.localizer` is: it says sentences of services as well, and writes numbers and days in them."""

    def __init__(self, tag: str) -> None:
        self.language = language(tag)
        super().__init__(tag, i18n.Translations(io.BytesIO(compiled(tag))))

    def translate(self, tstring: Any, domain: str | None = None, mapping: Any = None) -> Any:
        """A message in the reader's language; a sentence of a service with what stands in it."""
        if isinstance(tstring, Sentence):
            return self.language.say(tstring)
        if not tstring:
            return ""  # to gettext it means the head of the catalogue
        return super().translate(TranslationString(tstring, mapping=self._written(tstring, mapping)))

    def pluralize(
        self, singular: str, plural: str, n: int, domain: str | None = None, mapping: Any = None
    ) -> Any:
        """The form of a message that belongs to a number."""
        return super().pluralize(str(singular), str(plural), n, mapping=self._written(None, mapping))

    def _written(self, tstring: Any, mapping: Any) -> dict[str, str]:
        names = {**(getattr(tstring, "mapping", None) or {}), **(mapping or {})}
        return {key: self.translate(name) if isinstance(name, TranslationString) else self.language.say(name)
                for key, name in names.items()}


class Counting(InternationalizationExtension):
    """`{% trans %}` in which numbers and days are written as the reader's language writes them."""

    def _make_node(self, *parts: Any) -> nodes.Output:
        singular, plural, context, variables, *rest = parts
        said: dict[str, nodes.Expr] = {
            name: nodes.Filter(value, "written", [], [], None, None, lineno=value.lineno)
            for name, value in variables.items()
        }
        return super()._make_node(singular, plural, context, said, *rest)


def language_of(request: Request) -> str:
    """The language somebody chose for their account, else in this browser, else the one of ours that it asks for, else
    that of the settings.

    Pyramid's own negotiator would read a whole upload for it.
    """
    for chosen in (getattr(request.__dict__.get("caller"), "language", ""), request.cookies.get(COOKIE, "")):
        if chosen in LANGUAGES:
            return str(chosen)
    return str(request.accept_language.lookup(list(LANGUAGES), default=request.installation.settings.language))


def speak(request: Request, tag: str) -> None:
    """Answer in that language from here on; the account has just been given it."""
    request.localizer = request.registry.getUtility(ILocalizer, name=tag)


def includeme(config: Configurator) -> None:
    for tag in LANGUAGES:
        config.registry.registerUtility(Localizer(tag), ILocalizer, name=tag)
    config.set_locale_negotiator(language_of)
