"""Words: every string a person reads goes through gettext, English first."""
from __future__ import annotations

from pyramid.i18n import TranslationStringFactory

DOMAIN = "privmedia"

_ = TranslationStringFactory(DOMAIN)
