"""Quotas as people write them: a number and a unit, in powers of 1000 as pages show sizes."""
from __future__ import annotations

import re

from privmedia.errors import Invalid
from privmedia.text import mark as _

UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
LARGEST = 10**18
NO_NUMBER = _("Type a number such as 100 or 1.5, with two decimals at most and nothing between the thousands.")
TOO_MUCH = _("That is more than any disk has. Leave it empty for no limit.")
NO_UNIT = _("Choose MB, GB or TB.")
NO_SIZE = "Write a size such as 500MB, 100GB or 1.5TB, or none for no limit."
NONE = "none"


def quota_of(number: str, unit: str) -> int | None:
    """Bytes, from a number as it was typed and one of UNITS; None for nothing typed. A comma may stand for the point.

    Raises Invalid, for the field `quota`: 1.000 is a thousand to some people, and one to others.
    """
    typed = number.strip()
    if not typed:
        return None
    if unit not in UNITS:
        raise Invalid(NO_UNIT, "quota")
    match = re.fullmatch(r"(\d{1,12})(?:[.,](\d{1,2}))?", typed, re.ASCII)
    if match is None:
        raise Invalid(NO_NUMBER, "quota")
    hundredths = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    size = hundredths * (UNITS[unit] // 100)
    if size > LARGEST:
        raise Invalid(TOO_MUCH, "quota")
    return size


def read_quota(text: str) -> int | None:
    """Bytes, from `500MB`, `1.5 TB`, `100g`; None for `none`. Raises Invalid."""
    if text.strip().lower() == NONE:
        return None
    match = re.fullmatch(r"\s*([^a-z\s]+)\s*([mgt])b?\s*", text.lower())
    if match is None:
        raise Invalid(NO_SIZE, "quota")
    return quota_of(match[1], f"{match[2].upper()}B")


def number_and_unit(quota: int | None) -> tuple[str, str]:
    """How a form shows a quota: in the largest unit that says it exactly."""
    if quota is None:
        return "", "GB"
    exact = [unit for unit, size in UNITS.items() if quota >= size and not quota % (size // 100)]
    unit = exact[-1] if exact else "MB"
    whole, hundredths = divmod(quota // (UNITS[unit] // 100), 100)
    return f"{whole}.{hundredths:02}".rstrip("0").rstrip("."), unit
