"""What pages ask about work in the background. What each kind of it means is known where the worker is put together."""
from __future__ import annotations

from pyramid.request import Request

from privmedia.work.service import Background
from privmedia.work.steering import Steering


def background(request: Request) -> Background:
    """`request.background`: for reading."""
    handlers = request.registry["job_handlers"]
    return request.read(lambda session, installation: Background(session, installation, handlers))  # type: ignore[no-any-return]  # Pyramid carries no types


def failed_jobs(request: Request) -> int:
    """`request.failed_jobs`: how many wait for somebody to look at them."""
    return background(request).failed()


def steering(request: Request) -> Steering:
    """`request.steering`: for changing."""
    handlers = request.registry["job_handlers"]
    return request.write(lambda session, installation: Steering(session, installation, handlers))  # type: ignore[no-any-return]  # Pyramid carries no types
