"""Lists of sites as people type them."""
from __future__ import annotations

from privmedia.errors import Invalid
from privmedia.origins import origins_in
from privmedia.text import Sentence
from privmedia.text import mark as _

SITE_PROBLEM = _("${site}: ${why}")


def read_sites(text: str) -> tuple[str, ...]:
    """The origins that somebody typed, each once. Raises Invalid, naming the one that is none."""
    sites: dict[str, None] = {}
    for word in text.replace(",", " ").split():
        try:
            sites.update(dict.fromkeys(origins_in(word)))
        except ValueError as error:
            raise Invalid(Sentence(SITE_PROBLEM, {"site": word[:200], "why": Sentence(str(error))}), "sites") from None
    return tuple(sites)
