"""The context of a file of people: its body, still to be read."""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.request import Request

from privmedia.admin.door import for_administrators
from privmedia.admin.people_import.reading import LONGEST
from privmedia.errors import TooLarge
from privmedia.uploads.reading import ENVELOPE, Body
from privmedia.uploads.resources import read_on_after


@dataclass(frozen=True)
class ImportContext:
    body: Body


def import_of(request: Request) -> ImportContext:
    """Root factory of the preview. No `__acl__`: the policy lets administrators in by who they are."""
    for_administrators(request)
    length = request.content_length
    if length is None and not request.environ.get("wsgi.input_terminated"):
        length = 0  # nobody could tell where it ends
    too_large = TooLarge("The file is too large: 900 KB is the most. Nothing was read.", LONGEST)
    body = Body(request.environ["wsgi.input"], length=length, limit=LONGEST + ENVELOPE, too_large=too_large)
    if request.method == "POST":
        request.add_response_callback(lambda _request, response: read_on_after(response, body))
    return ImportContext(body)
