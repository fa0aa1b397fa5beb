"""Where somebody goes after signing in or sending a small form: back to their page, and never to another site."""
from __future__ import annotations

from urllib.parse import quote, urlsplit

LIBRARY = "/"
LONGEST = 2000


def return_to(text: str) -> str:
    """`text` if it is the path of a page of ours, else the library's.

    Browsers read `//host`, `/\\host` and a `/` before a tab or line break as another site, so these are no paths here.
    """
    if len(text) > LONGEST or not text.startswith("/") or text.startswith("//") or "\\" in text:
        return LIBRARY
    if any(ord(letter) < 33 or ord(letter) == 127 for letter in text):
        return LIBRARY
    try:
        parts = urlsplit(text)
    except ValueError:
        return LIBRARY
    if parts.scheme or parts.netloc:
        return LIBRARY
    return quote(text, safe="/%?&=+#:;,@!$'()*~-._[]", errors="replace")


def came_from(referer: str | None, host: str) -> str:
    """The page of ours a form was sent from, by what the browser says; the library's if it does not."""
    try:
        parts = urlsplit(referer or "")
    except ValueError:
        return LIBRARY
    if parts.netloc != host:
        return LIBRARY
    return return_to(f"{parts.path}?{parts.query}" if parts.query else parts.path)
