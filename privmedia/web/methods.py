"""Methods: a view that names none is for reading, and a refused method is answered with those that exist."""
from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import PredicateMismatch
from pyramid.predicates import RequestMethodPredicate
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid.viewderivers import INGRESS

READING = ("GET", "HEAD")
CACHE = "privmedia.methods_of_routes"


def declared_methods_view(view: Any, info: Any) -> Any:
    """View deriver: refuse with 405 whatever the view has not declared."""
    declared = any(isinstance(predicate, RequestMethodPredicate) for predicate in info.predicates)
    if declared or info.exception_only:
        return view

    def wrapped(context: Any, request: Request) -> Any:
        if request.method not in READING:
            raise PredicateMismatch("this address can only be read")
        return view(context, request)

    return wrapped


def allow(request: Request, response: Response) -> None:
    """Say in a 405 what is allowed instead (RFC 9110, 15.5.6)."""
    route = getattr(request, "matched_route", None)
    if route is not None and "Allow" not in response.headers:
        response.headers["Allow"] = ", ".join(methods_of(request.registry).get(route.name, READING))


def methods_of(registry: Registry) -> dict[str, tuple[str, ...]]:
    """The methods of each route that has views, in alphabetical order."""
    if CACHE not in registry:
        found: dict[str, set[str]] = {}
        for view in registry.introspector.get_category("views"):
            facts = view["introspectable"]
            methods = facts["request_methods"] or READING
            implied = ("HEAD",) if "GET" in methods else ()
            found.setdefault(facts["route_name"], set()).update((*as_tuple(methods), *implied))
        registry[CACHE] = {route: tuple(sorted(methods)) for route, methods in found.items()}
    kept: dict[str, tuple[str, ...]] = registry[CACHE]
    return kept


def as_tuple(methods: str | tuple[str, ...]) -> tuple[str, ...]:
    return (methods,) if isinstance(methods, str) else methods


def includeme(config: Configurator) -> None:
    config.add_view_deriver(declared_methods_view, under=INGRESS, over="csrf_view", name="declared_methods_view")
