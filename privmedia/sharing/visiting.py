"""What the pages of all links have in common: the click that opens one, the page of those that ended, their headers."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from privmedia.accounts.sign_ins import WrongPassword
from privmedia.accounts.tries import too_many_tries, tries_left_in_words
from privmedia.errors import Throttled
from privmedia.sharing.cookies import came_by_it, visit_token
from privmedia.sharing.opening import open_link
from privmedia.sharing.standing import Standing
from privmedia.sharing.visits import Opened, target_of
from privmedia.web.i18n import _

ENDED = "sharing/ended.jinja2"
LONGEST_PASSWORD = 1000


@dataclass(frozen=True)
class Refused:
    """Why a link was not opened: what happened, and what comes next."""

    words: tuple[Any, Any]


def click(request: Request, standing: Standing) -> Opened | Refused | None:
    """Open a link in this browser, with the password that was typed if it has one; None if it has ended meanwhile.

    What is refused sets the status of the answer.
    """
    try:
        return open_link(
            request.installation,
            standing,
            browser=visit_token(request),
            typed=request.POST.get("password", "")[:LONGEST_PASSWORD],
            address=request.remote_addr or "",
            request_id=request.request_id,
        )
    except WrongPassword as wrong:
        _note_refusal(request, standing, "wrong password")
        request.response.status_int = 401
        return Refused((_("That is not the password."), tries_left_in_words(wrong.tries_left)))
    except Throttled as slowed:
        _note_refusal(request, standing, "too many tries")
        return Refused(too_many_tries(request, slowed))


def looks_only(request: Request) -> bool:
    """Whether this is an administrator who sees the library as somebody else: links do not count meanwhile."""
    return request.identity is not None and request.identity.looks_only


def has_address(request: Request, standing: Standing) -> bool:
    """Whether this browser came by the address of the link."""
    return came_by_it(request, standing.link.uid, standing.link.token_hash)


def ended(request: Request) -> dict[str, Any]:
    """The one page of links that were revoked, have expired, lost what they hung on, or never were one."""
    request.override_renderer = ENDED
    request.response.status_int = 410
    private(request.response)
    return {}


def private(answer: Response) -> Response:
    """The answer is kept nowhere, and where it leads is not told."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _note_refusal(request: Request, standing: Standing, why: str) -> None:
    request.note("link.open", target=target_of(standing), detail={"name": standing.link.name, "why": why})
