"""Two cookies of signing in with a code: of who is half signed in, and of a browser that need not ask for one."""
from __future__ import annotations

from pyramid.request import Request
from pyramid.response import Response

from privmedia.accounts.one_time_links import WORKS_FOR, Purpose
from privmedia.accounts.second_step import KNOWN_FOR, HalfSignedIn

STEP, DEVICE = "second-step", "known-browser"


def second_step_token(request: Request) -> str | None:
    """The token of who is half signed in in this browser, if any."""
    token: str | None = request.cookies.get(_name(request, STEP))
    return token


def set_second_step_cookie(request: Request, response: Response, half: HalfSignedIn) -> None:
    _set(request, response, STEP, half.token, WORKS_FOR[Purpose.SECOND_STEP].total_seconds())


def forget_second_step_cookie(request: Request, response: Response) -> None:
    _set(request, response, STEP, "", 0)


def device_mark(request: Request) -> str:
    """What the browser shows so as not to be asked for a code; empty for nothing."""
    mark: str = request.cookies.get(_name(request, DEVICE), "")
    return mark


def set_device_cookie(request: Request, response: Response, mark: str) -> None:
    _set(request, response, DEVICE, mark, KNOWN_FOR.total_seconds())


def _name(request: Request, name: str) -> str:
    return f"__Host-{name}" if request.installation.settings.secure else name


def _set(request: Request, response: Response, name: str, value: str, seconds: float) -> None:
    response.set_cookie(
        _name(request, name),
        value,
        max_age=int(seconds),
        path="/",
        secure=request.installation.settings.secure,
        httponly=True,
        samesite="Lax",
        overwrite=True,
    )
