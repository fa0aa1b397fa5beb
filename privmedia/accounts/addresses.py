"""Email addresses, as people type them and as they are compared."""
from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from privmedia.errors import Invalid
from privmedia.text import clean_line
from privmedia.text import mark as _

BELOW = ".example"
HAS_ACCOUNT = _("${email} already has an account.")
LONGEST = 254


def normal_email(text: str) -> str:
    """What an address is looked up by: without case, without the spaces around it. Never fails."""
    return clean_line(text).lower()


def checked_email(text: str) -> str:
    """The address of a new account. Raises Invalid. Names that only the local network knows are fine."""
    line = clean_line(text)
    if not line.rpartition("@")[0].isascii():
        raise Invalid("Before the @ there may only be plain letters: most mail servers take no others.", "email")
    try:
        # The library refuses `maren@media` and `maren@media.local`, which intranets use: below .example it does not.
        found = validate_email(line + BELOW, check_deliverability=False)
    except EmailNotValidError:
        raise Invalid("That is no email address. It looks like maren@example.org.", "email") from None
    address = found.normalized.removesuffix(BELOW).lower()
    if len(address) > LONGEST:
        raise Invalid("That email address is too long.", "email")
    return address
