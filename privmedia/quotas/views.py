"""What pages say of space: how much the caller added, and what the quotas they have to fit leave."""
from __future__ import annotations

from collections.abc import Sequence

from pyramid.request import Request

from privmedia.quotas.service import Quotas, Space


def added(request: Request) -> int:
    """`request.added`: bytes of all that the caller added."""
    found: int = request.read(Quotas).used(request.identity.user_id)
    return found


def spaces(request: Request) -> Sequence[Space]:
    """`request.spaces`: the quotas the caller has to fit, their own first; none without a limit."""
    found: Sequence[Space] = request.read(Quotas).spaces(request.identity.user_id)
    return found


def narrowest_space(request: Request) -> Space | None:
    """`request.narrowest_space`: the quota that leaves least, for the side bar; the caller's own wins where two do."""
    found: Space | None = min(request.spaces, key=lambda space: space.left, default=None)
    return found
