"""What stands on the page of one's own account. A section is a template, a module of views, and its values in here."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request

from privmedia.accounts.browsers import browser_in_words
from privmedia.accounts.forms import NewPasswordForm
from privmedia.accounts.identity import Identity
from privmedia.accounts.sign_ins import SignIns

ACCOUNT = "accounts/account.jinja2"


def account_page(request: Request, *, status: int = 200, **changed: Any) -> dict[str, Any]:
    """The values of every section; `changed` are those that one form leaves otherwise, such as itself, refused."""
    request.response.status_int = status
    return {"password": NewPasswordForm(), "sessions": _sessions(request), **changed}


def _sessions(request: Request) -> list[dict[str, Any]]:
    identity: Identity = request.identity
    return [
        {
            "uid": each.uid,
            "current": each.id == identity.session_id,
            "created_at": each.created_at,
            "last_used_at": each.last_used_at,
            "address": each.address,
            "browser": browser_in_words(each.browser),
        }
        for each in request.read(SignIns).live(user_id=identity.user_id)
    ]
