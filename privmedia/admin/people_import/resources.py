"""The context of a file of people: its body, still to be read."""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.request import Request

from privmedia.admin.door import for_administrators
from privmedia.admin.people_import.reading import LONGEST
from privmedia.errors import TooLarge
from privmedia.text import mark as _
from privmedia.uploads.reading import ENVELOPE, Body
from privmedia.uploads.resources import body_to_read

TOO_LARGE = _("The file is too large: 900 KB is the most. Nothing was read.")


@dataclass(frozen=True)
class ImportContext:
    body: Body


def import_of(request: Request) -> ImportContext:
    """Root factory of the preview. No `__acl__`: the policy lets administrators in by who they are."""
    for_administrators(request)
    return ImportContext(body_to_read(request, LONGEST + ENVELOPE, TooLarge(TOO_LARGE, LONGEST)))
