"""Cross-site requests: a token per sign-in, asked for by every method that changes something, before the permission."""
from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy, check_csrf_token
from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.interfaces import ICSRFStoragePolicy
from pyramid.request import Request
from pyramid.viewderivers import INGRESS
from zope.interface import implementer

COOKIE = "csrf"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@implementer(ICSRFStoragePolicy)
class SessionCsrfPolicy:
    """Derived from the sign-in session, so that it ends with it; before sign-in a cookie of Pyramid's own policy."""

    def __init__(self, secret: str, *, secure: bool) -> None:
        self._secret = secret.encode()
        self._before_sign_in = CookieCSRFStoragePolicy(
            cookie_name=f"__Host-{COOKIE}" if secure else COOKIE, secure=secure, httponly=True, samesite="Lax"
        )

    def get_csrf_token(self, request: Request) -> str:
        identity = request.identity
        if identity is None:
            return str(self._before_sign_in.get_csrf_token(request))
        return hmac.new(self._secret, b"csrf\0" + identity.csrf_secret.encode(), hashlib.sha256).hexdigest()

    def new_csrf_token(self, request: Request) -> str:
        if request.identity is None:
            return str(self._before_sign_in.new_csrf_token(request))
        return self.get_csrf_token(request)

    def check_csrf_token(self, request: Request, supplied_token: str) -> bool:
        return hmac.compare_digest(self.get_csrf_token(request).encode(), supplied_token.encode())


def check_csrf(request: Request) -> None:
    """Refuse a request that another site made. Raises BadCSRFOrigin or BadCSRFToken.

    A request with an API token needs no second one: no browser adds that header by itself.
    """
    check_origin(request)
    if not by_token(request):
        check_csrf_token(request)


def by_token(request: Request) -> bool:
    """Whether the caller came with an API token instead of a cookie."""
    return request.identity is not None and request.identity.scopes is not None


def check_origin(request: Request) -> None:
    """The half of the check that reads no body, for routes whose body is long. Raises BadCSRFOrigin.

    Both headers are set by the browser and out of a page's reach; clients that are no browsers send neither.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise BadCSRFOrigin("the request was made by another site")
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.host_url:
        raise BadCSRFOrigin("the request was made by a page of another origin")


def check_before_body(request: Request) -> None:
    """The same for a route that reads its form itself: `check_field` follows when the fields are read.

    Raises BadCSRFOrigin, and BadCSRFToken for what is no form with a file.
    """
    if request.content_type == "multipart/form-data":
        check_origin(request)
    else:
        check_csrf(request)


def check_field(request: Request, fields: Mapping[str, str]) -> None:
    """The token among the fields that were read. Raises BadCSRFToken."""
    policy = request.registry.getUtility(ICSRFStoragePolicy)
    if not by_token(request) and not policy.check_csrf_token(request, fields.get("csrf_token", "")):
        raise BadCSRFToken


def csrf_view(view: Any, info: Any) -> Any:
    """View deriver: like Pyramid's own, but before the permission, so that a forged request learns nothing."""
    if info.options.get("require_csrf") is False or info.exception_only:
        return view

    def wrapped(context: Any, request: Request) -> Any:
        if request.method not in SAFE_METHODS:
            check_csrf(request)
        return view(context, request)

    return wrapped


csrf_view.options = ("require_csrf",)  # type: ignore[attr-defined] # how a view deriver declares its options


def includeme(config: Configurator) -> None:
    settings = config.registry["installation"].settings
    config.set_csrf_storage_policy(SessionCsrfPolicy(settings.secret, secure=settings.secure))
    config.add_view_deriver(csrf_view, under=INGRESS, over="secured_view", name="csrf_view")
