"""The class of requests: what cannot be read is refused in one place, and the class is made once.

Pyramid gives each request that has added properties a new class of its own: a third of what the gate's whole decision
costs. The properties are known when the application is complete, so they go on one class for all requests.
"""
from __future__ import annotations

import re
import secrets
from typing import Any

from pyramid import request
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPBadRequest
from pyramid.interfaces import IRequestFactory
from pyramid.router import Router
from webob.request import NoVars

from privmedia.web.i18n import _

REQUEST_ID = "privmedia.request_id"
GIVEN_ID = re.compile(r"[0-9a-f]{16,32}", re.ASCII)


def behind_front_server(request: Any) -> bool:
    return bool(request.registry["installation"].settings.front_server != "builtin")


class Request(request.Request):
    """A request whose forms have text in them and nothing else. Files come by `/upload/…`, which reads them itself."""

    def _text_fields(self) -> Any:
        """The fields of the form. Raises HTTPBadRequest for what is no form, and for a file where text belongs."""
        try:
            fields = super().POST
        except UnicodeDecodeError:
            raise
        except (ValueError, LookupError, TypeError, DeprecationWarning) as error:  # of its parts, charsets, encodings
            raise HTTPBadRequest(_("The form cannot be read.")) from error
        if not isinstance(fields, NoVars) and not all(isinstance(value, str) for value in fields.values()):
            raise HTTPBadRequest(_("The form has a file where text belongs."))
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
    router.request_factory = type("Request", (base,), dict(extensions.descriptors))
    extensions.descriptors.clear()
    return router


def includeme(config: Configurator) -> None:
    config.set_request_factory(Request)
