"""Finding people by what somebody types."""
from __future__ import annotations

from sqlalchemy import ColumnElement, func, or_

from privmedia.accounts.models import User
from privmedia.text import clean_line


def matching(q: str) -> list[ColumnElement[bool]]:
    """SQL: every word of `q` in the name or the address."""
    return [_holds(word) for word in clean_line(q).split()]


def _holds(word: str) -> ColumnElement[bool]:
    small = word.lower()
    # lower() of SQLite knows ASCII only: a name with other letters is found as it is usually written.
    names = [User.name.contains(form, autoescape=True) for form in sorted({word, small, word.capitalize()})]
    found = func.lower(User.name).contains(small, autoescape=True)
    return or_(found, User.email.contains(small, autoescape=True), *names)
