"""Collect all messages into privmedia/locale/privmedia.pot, and bring the catalogues of the languages up to date.

What is new in a catalogue stands there empty, what is gone is taken out, and nothing is guessed.
"""
from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "privmedia" / "locale" / "privmedia.pot"
CATALOGUES = TEMPLATE.parent.glob("*/LC_MESSAGES/privmedia.po")
WIDTH = 120
# An error is a sentence for whoever asked, so its first argument is a message; of Plural both are.
ERRORS = (
    "Conflict", "Damaged", "Hopeless", "Invalid", "NoSpace", "NotAllowed", "NotFound", "RefusedType", "TooLarge",
    "Unavailable",
)
KEYWORDS = {**DEFAULT_KEYWORDS, "_": None, "Plural": (1, 2), **dict.fromkeys(ERRORS, (1,))}


LEFT_OUT = (
    '"POT-Creation-Date', '"PO-Revision-Date', '"Report-Msgid', '"Last-Translator', '"Language-Team', '"Generated-By',
    '"Project-Id', "#, python-brace-format",
)


def messages() -> Iterator[tuple[str, int, str | tuple[str, ...]]]:
    """Every message, with the file and the line where it stands; of a plural both forms."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel says no types here
    for path, line, message, _comments, _context in extract_from_dir(ROOT, methods, options, KEYWORDS):
        yield path, line, message


def template() -> Catalog:
    """All messages, nothing translated."""
    catalogue = Catalog(project="privmedia", charset="utf-8")
    for _path, _line, message in messages():
        catalogue.add(message)
    return catalogue


def text_of(catalogue: Catalog) -> str:
    """A catalogue as it is kept: sorted, without places and times, which would change with every line of the source."""
    found = io.BytesIO()
    write_po(found, catalogue, no_location=True, sort_output=True, ignore_obsolete=True, width=WIDTH)
    lines = found.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(LEFT_OUT))


def main() -> None:
    all_of_them = template()
    TEMPLATE.write_text(text_of(all_of_them))
    for path in CATALOGUES:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parts[-3])
        catalogue.update(all_of_them, no_fuzzy_matching=True)
        path.write_text(text_of(catalogue))
        missing = sum(1 for message in catalogue if message.id and not all(forms(message)))
        sys.stdout.write(f"{path.parts[-3]}: {len(catalogue)} messages, {missing} to translate\n")


def forms(message: Message) -> tuple[str, ...]:
    """The forms of a translation; of most messages there is one, and it is empty where nothing is translated."""
    return (message.string or "",) if isinstance(message.string, str | None) else tuple(message.string)


if __name__ == "__main__":
    main()
