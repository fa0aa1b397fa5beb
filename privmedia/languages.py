"""Languages: what is said in each, and how its readers write numbers, days and sizes.

The catalogues are read as translators write them (`locale/<language>/LC_MESSAGES/privmedia.po`), once in each process
and only for a language somebody reads: nothing has to be compiled, so nothing can be out of date or forgotten.
"""
from __future__ import annotations

import gettext
import io
from datetime import date, datetime
from functools import cache
from pathlib import Path
from string import Template

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from privmedia.text import LANGUAGES, Plural, Sentence, Size, Words
from privmedia.text import mark as _

CATALOGUES = Path(__file__).parent / "locale"
FIRST = next(iter(LANGUAGES))
WRITTEN_AS = {"en": "en_GB", "de": "de_DE"}
"""Whose numbers and days: of English the day comes before its month, and the hours are 24."""

BYTES = Plural("${size} byte", "${size} bytes")
UNITS = (_("${size} KB"), _("${size} MB"), _("${size} GB"), _("${size} TB"))
COUNTED = 200
"""Up to here every form of every language has been met."""
MOMENT = _("${day}, ${time} UTC")


class Language:
    """One language, as its readers expect it."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self._locale = Locale.parse(WRITTEN_AS[tag])
        self._catalogue = gettext.GNUTranslations(io.BytesIO(compiled(tag)))

    def text(self, message: str) -> str:
        """A message as it was translated; itself where it was not, and the names in it left open."""
        return self._catalogue.gettext(message) if message else ""

    def form(self, one: str, many: str, count: int) -> str:
        """The form of a message that belongs to a number."""
        return self._catalogue.ngettext(one, many, count)

    def forms(self, message: Plural) -> dict[str, str]:
        """All forms of a message, by the names that the plural rules of Unicode have for them."""
        rule = self._locale.plural_form
        return {rule(count): self.form(message.one, message.many, count) for count in reversed(range(COUNTED))}

    def say(self, words: Words, bold: str = "") -> str:
        """A sentence with the names in it; what is a name alone stays as it is.

        `bold` is the one of its names that is to stand out: then it is HTML.
        """
        if not isinstance(words, Sentence):
            return self.written(words)
        template = words.template
        if isinstance(template, Plural):
            text = self.form(template.one, template.many, words.count)
        else:
            text = self.text(template)
        names = {key: self.say(name) for key, name in words.names.items()}
        if bold not in names:
            return Template(text).substitute(names)
        marked = {key: Markup("<b>{}</b>").format(name) if key == bold else escape(name) for key, name in names.items()}
        return Markup(Template(str(escape(text))).substitute(marked))  # every part of it is escaped

    def written(self, name: object) -> str:
        """A number, a day, a moment or a size as readers of the language write it; anything else as it is."""
        if isinstance(name, Size):
            return self.size(name)
        if isinstance(name, int) and not isinstance(name, bool):
            return self.number(name)
        if isinstance(name, datetime):
            return self.moment(name)
        return self.day(name) if isinstance(name, date) else str(name)

    def number(self, number: float) -> str:
        """1,284"""
        return str(format_decimal(number, locale=self._locale))

    def day(self, day: date) -> str:
        """19 November 2026"""
        return str(format_date(day, "long", locale=self._locale))

    def moment(self, moment: datetime) -> str:
        """19 November 2026, 20:14 UTC"""
        time = str(format_datetime(moment, "HH:mm", locale=self._locale))
        return Template(self.text(MOMENT)).substitute(day=self.day(moment), time=time)

    def size(self, size: int) -> str:
        """1.2 GB, in powers of 1000 as disks are sold; no fraction of bytes and kilobytes, and none from 100 on."""
        amount, step = float(size), 0
        while amount >= 999.5 and step < len(UNITS):
            amount, step = amount / 1000, step + 1
        pattern = "#,##0" if step < 2 or amount >= 100 else "#,##0.0"
        number = format_decimal(amount, pattern, locale=self._locale)
        # PostgreSQL's sums are decimals, of which no form is known.
        unit = self.text(UNITS[step - 1]) if step else self.form(BYTES.one, BYTES.many, int(size))
        return Template(unit).substitute(size=number)


@cache
def language(tag: str) -> Language:
    """The language of that name; the first for one there is not."""
    return Language(tag if tag in LANGUAGES else FIRST)


@cache
def compiled(tag: str) -> bytes:
    """The catalogue of a language in the form that gettext reads; of the first one nothing has to be translated."""
    found = io.BytesIO()
    path = CATALOGUES / tag / "LC_MESSAGES" / "privmedia.po"
    if path.exists():
        with path.open("rb") as file:
            write_mo(found, read_po(file, locale=tag))
    else:
        write_mo(found, Catalog(tag))
    return found.getvalue()
