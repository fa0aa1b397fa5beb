"""The outermost tween. A header that makes a front server send a file leaves only on the answer the gate stands behind,
and no header of any answer carries a control character: uWSGI would pass it on, and with it headers of a stranger's.
"""
from __future__ import annotations

import logging
import re
from collections.abc import Callable

from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response

from privmedia.delivery.headers import BARE_ANSWER_HEADERS, steers_a_front_server
from privmedia.web.address import plain

log = logging.getLogger(__name__)

Handler = Callable[[Request], Response]
# Control characters but the tab, and what no server can put into a header at all.
_NOT_FOR_HEADERS = re.compile(r"[^\t\x20-\x7e\x80-\xff]")


def authorise(request: Request, answer: Response) -> Response:
    """Mark the one answer that may carry a sender's header. Only the delivery view calls this."""
    request.authorised_answer = answer
    return answer


def only_authorised_answers_factory(handler: Handler, registry: Registry) -> Handler:
    def only_authorised_answers(request: Request) -> Response:
        answer = handler(request)
        authorised = (
            answer.status_int == 200
            and request.method in ("GET", "HEAD")
            and getattr(request, "authorised_answer", None) is answer
        )
        if _NOT_FOR_HEADERS.search("\t".join(map("\t".join, answer.headerlist))):
            log.error("refused an answer to %s: its headers have control characters", request.method)
            return unreadable_address()
        if not authorised:
            for name in {name for name, _ in answer.headerlist if steers_a_front_server(name)}:
                log.error("removed %s from an answer to %s that the gate does not stand behind", name, request.method)
                answer.headers.pop(name, None)
        return answer

    return only_authorised_answers


def unreadable_address() -> Response:
    """The answer to an address or form that would have put control characters into a header."""
    answer = plain(400, "What was sent contains characters that cannot be answered.")
    answer.headers.update(BARE_ANSWER_HEADERS)
    return answer
