"""A new password that somebody typed into a form."""
from __future__ import annotations

from collections.abc import Iterable

from pyramid.request import Request
from wtforms import Field

from privmedia.accounts.passwords import new_hash


def hash_of(request: Request, field: Field, *, words: Iterable[str]) -> str:
    """The text to store for the password in a field. Takes bcrypt's time: call it while nothing is written.

    `words` are what its owner goes by. Raises as `passwords.new_hash`, for this field.
    """
    rounds = request.installation.settings.bcrypt_rounds
    known = [word for word in (*words, request.organisation) if word]
    return new_hash(field.data, words=known, rounds=rounds, field=field.short_name)
