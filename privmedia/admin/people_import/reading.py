"""Reading the file: bytes to text, text to lines, lines to people. No database in here."""
from __future__ import annotations

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from privmedia.errors import Invalid
from privmedia.text import Sentence, clean_line
from privmedia.text import mark as _

UNCLEAR = _("“${typed}” is neither yes nor no.")

LONGEST = 900_000  # bytes; what was previewed travels once more in a form, which may have 1 MB
MOST_LINES = 5000
COLUMNS = ("email", "name", "groups", "guest", "admin")
SEPARATORS = (",", ";", "\t")
YES = frozenset({"yes", "y", "true", "1", "x", "ja"})
NO = frozenset({"", "no", "n", "false", "0", "-", "nein", "nei"})
ZIP = b"PK\x03\x04"
# An apostrophe keeps spreadsheets from calculating, and is no part of the name: our own export sets it.
KEPT_FROM_CALCULATING = re.compile(r"'(?=[=+\-@\t\r])")

NOT_CSV = _("That is a spreadsheet, not a CSV file. Save it as CSV, and choose that.")
NOT_TEXT = _("The file cannot be read: it is neither UTF-8 nor Windows-1252 text.")
NO_EMAIL = _("The first line has to name the columns: email, and if you like name, groups, guest, admin.")
EMPTY = _("There is nobody in it: below the names of the columns there is no line.")
UNQUOTED = _("The file cannot be read: a quotation mark is not closed, or stands in the middle of a cell.")


@dataclass(frozen=True)
class Text:
    """What a file says. `guessed` if its bytes are no UTF-8, and were read as Windows-1252."""

    text: str
    guessed: bool = False


@dataclass(frozen=True)
class Person:
    """One line of the file. `problem` if a cell of it cannot be read."""

    line: int
    email: str
    name: str
    groups: Sequence[str]
    guest: bool
    admin: bool
    problem: Sentence | None = None


@dataclass(frozen=True)
class Table:
    people: Sequence[Person]
    unused: Sequence[str]
    """Names of columns that mean nothing here."""


def decoded(data: bytes) -> Text:
    """The text of a file. Raises Invalid."""
    if len(data) > LONGEST:
        raise Invalid(_("The file is too large: 900 KB is the most."), "file")
    if data.startswith(ZIP):
        raise Invalid(NOT_CSV, "file")
    try:
        if data.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
            return Text(_text(data.decode("utf-16")))
        return Text(_text(data.decode("utf-8-sig")))
    except UnicodeDecodeError:
        pass
    try:
        return Text(_text(data.decode("cp1252")), guessed=True)
    except UnicodeDecodeError:
        raise Invalid(NOT_TEXT, "file") from None


def people_in(text: str) -> Table:
    """The people in a table: comma, semicolon or tab between cells, cells in quotation marks or not. Raises Invalid."""
    text = text.removeprefix("\ufeff")
    first = text.lstrip().partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    people: list[Person] = []
    header: dict[str, int] = {}
    names: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                names = [clean_line(cell).lower() for cell in cells]
                header = {name: names.index(name) for name in COLUMNS if name in names}
                if "email" not in header:
                    raise Invalid(NO_EMAIL, "text")
                continue
            if len(people) == MOST_LINES:
                raise Invalid(_("The file has too many lines: 5,000 people is the most."), "text")
            people.append(_person(reader.line_num, cells, header))
    except csv.Error:
        raise Invalid(UNQUOTED, "text") from None
    if not people:
        raise Invalid(EMPTY if header else NO_EMAIL, "text")
    return Table(people, [name for name in names if name and name not in COLUMNS])


def _person(line: int, cells: Sequence[str], header: Mapping[str, int]) -> Person:
    def cell(name: str) -> str:
        place = header.get(name, len(cells))
        return KEPT_FROM_CALCULATING.sub("", clean_line(cells[place]), count=1) if place < len(cells) else ""

    flags = {name: _flag(cell(name)) for name in ("guest", "admin")}
    unclear = next((cell(name) for name, flag in flags.items() if flag is None), "")
    groups = filter(None, (clean_line(name) for name in re.split("[;|]", cell("groups"))))
    return Person(
        line=line,
        email=cell("email"),
        name=cell("name"),
        groups=list(dict.fromkeys(groups)),
        guest=bool(flags["guest"]),
        admin=bool(flags["admin"]),
        problem=Sentence(UNCLEAR, {"typed": unclear}) if unclear else None,
    )


def _flag(text: str) -> bool | None:
    word = text.lower()
    return True if word in YES else False if word in NO else None


def _text(text: str) -> str:
    if "\0" in text:
        raise Invalid(NOT_TEXT, "file")
    return text
