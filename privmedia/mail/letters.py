"""What a letter is, and how one is written: plain text, in the language of whoever gets it, without anything that tells
whether it was read."""
from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from privmedia import languages
from privmedia.installation import Installation
from privmedia.mail.models import Mail
from privmedia.text import Sentence, clean_line

WIDTH = 76  # characters


@dataclass(frozen=True)
class Letter:
    """What is sent, in words."""

    subject: str
    text: str
    unsubscribe: str = ""
    """An address that ends letters of this kind by one POST without signing in; empty if there is none."""


Writer = Callable[[Session, Installation, Mail], Letter | None]
"""Writes the letter of a row, in a short write transaction just before it is sent; None if there is nothing to send any
more. It may be asked again for the same row, after nobody knows whether the first letter arrived."""


def letter(language: str, subject: Sentence, *paragraphs: Sentence | str, unsubscribe: str = "") -> Letter:
    """A letter of sentences in a language; what is only a text stands there as it is, such as an address."""
    say = languages.language(language).say
    text = "\n\n".join(_folded(say(paragraph)) for paragraph in paragraphs)
    return Letter(clean_line(say(subject)), f"{text}\n", unsubscribe)


def _folded(paragraph: str) -> str:
    return "\n".join(
        textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False) for line in paragraph.splitlines()
    )
