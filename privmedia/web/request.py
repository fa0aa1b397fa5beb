"""The class of requests: what cannot be read is refused in one place, and the class is made once.

Pyramid gives each request that has added properties a new class of its own, and binds each added method to it: a third
of what the gate's whole decision costs. What is added is known when the application is complete, so it goes on one
class for all requests.
"""
from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import unquote_to_bytes

from pyramid import request
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPBadRequest, HTTPRequestEntityTooLarge
from pyramid.interfaces import IRequestFactory
from pyramid.router import Router
from webob.request import NoVars

from privmedia.web.i18n import _

REQUEST_ID = "privmedia.request_id"
FIELDS = "privmedia.form_fields"
LONGEST_FORM = 1 << 20
"""Bytes. nginx refuses longer bodies as well, but not every installation has it in front."""
MOST_FIELDS = 10_000
"""As many as the form of a thousand rules has; they are read in a third of a second at most."""
GIVEN_ID = re.compile(r"[0-9a-f]{16,32}", re.ASCII)


def behind_front_server(request: Any) -> bool:
    return bool(request.registry["installation"].settings.front_server != "builtin")


class Request(request.Request):
    """A request whose forms have text in them and nothing else. Files come by `/upload/…`, which reads them itself."""

    # Forms stay in memory: a longer body is refused before it is read.
    request_body_tempfile_limit = LONGEST_FORM

    def _text_fields(self) -> Any:
        """The fields of the form, read once.

        Raises HTTPBadRequest for what is no form, has too many fields, or a file where text belongs, and
        HTTPRequestEntityTooLarge for what is longer than any form of ours.
        """
        if FIELDS not in self.environ:
            self._require_short()
            self.environ[FIELDS] = self._read_fields()
        return self.environ[FIELDS]

    @property
    def is_long(self) -> bool:
        """Whether the body is longer than a form may be, as far as its head tells."""
        length: int | None = self.content_length
        return (length or 0) > LONGEST_FORM

    def _require_short(self) -> None:
        if self.content_length is None and self.environ.get("wsgi.input_terminated"):
            self.body = self.body_file_raw.read(LONGEST_FORM + 1)
        if self.is_long:
            raise HTTPRequestEntityTooLarge(_("A form may have 1 MB of text. Nothing was changed."))

    def _read_fields(self) -> Any:
        separator = b"&"
        if self.content_type.startswith("multipart/"):
            # As it stands in the header: that parts are counted too often by a strange one does no harm.
            boundary = self.headers.get("Content-Type", "").partition("boundary=")[2].partition(";")[0].strip(' "')
            separator = b"--" + boundary.encode("latin-1", "replace")
        try:
            if self.body.count(separator) >= MOST_FIELDS:
                raise HTTPBadRequest(_("The form has too many fields."))
            # WebOb would put a question mark for each byte that is no text.
            (unquote_to_bytes(self.body) if separator == b"&" else self.body).decode()
            fields = super().POST
        except UnicodeDecodeError:
            raise
        except (ValueError, LookupError, TypeError, DeprecationWarning) as error:  # of its parts, charsets, encodings
            raise HTTPBadRequest(_("The form cannot be read.")) from error
        if isinstance(fields, NoVars):
            return fields
        if not all(isinstance(text, str) for field in fields.items() for text in field):
            raise HTTPBadRequest(_("The form has a file where text belongs."))
        if any("\0" in text for field in fields.items() for text in field):
            # No text has one, and PostgreSQL keeps none.
            raise HTTPBadRequest(_("The form cannot be read."))
        return fields

    POST = property(_text_fields)

    @property
    def request_id(self) -> str:
        """By which the log lines of one request are found: the front server's, or one of our own."""
        found: str | None = self.environ.get(REQUEST_ID)
        if found is None:
            given = self.environ.get("HTTP_X_REQUEST_ID", "") if behind_front_server(self) else ""
            found = self.environ[REQUEST_ID] = given if GIVEN_ID.fullmatch(given) else secrets.token_hex(16)
        return found

    @property
    def cookies(self) -> Any:
        """The cookies, none if they cannot be read: they may be of another site on this host, so nobody is refused."""
        found = super().cookies
        try:
            found.keys()
        except UnicodeDecodeError:
            self.environ["HTTP_COOKIE"] = ""
        return found


def fix_request_class(router: Router) -> Router:
    """Move what features added to requests onto one class. Nothing may be added afterwards."""
    extensions = router.request_extensions
    base = router.registry.queryUtility(IRequestFactory, default=Request)
    router.request_factory = type("Request", (base,), {**extensions.descriptors, **extensions.methods})
    extensions.descriptors.clear()
    extensions.methods.clear()
    return router


def includeme(config: Configurator) -> None:
    config.set_request_factory(Request)
