"""What stands on the page of one's own account. A section is a template, a module of views, and its values in here."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request

from privmedia.accounts.browsers import browser_in_words, is_handheld
from privmedia.accounts.forms import EmailForm, NameForm, NewPasswordForm, PreferencesForm, TokenForm
from privmedia.accounts.identity import Identity
from privmedia.accounts.own_account import OwnAccount
from privmedia.accounts.passkey_pages import in_rows, why_not
from privmedia.accounts.passkeys import NO_PASSWORD, Passkeys
from privmedia.accounts.recovery import COUNT, RecoveryCodes
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns
from privmedia.accounts.tokens import Tokens

ACCOUNT = "accounts/account.jinja2"


def account_page(request: Request, *, status: int = 200, **changed: Any) -> dict[str, Any]:
    """The values of every section; `changed` are those that one form leaves otherwise, such as itself, refused."""
    request.response.status_int = status
    identity: Identity = request.identity
    own = request.read(OwnAccount)
    user = own.user(identity.user_id)
    factors = request.read(Passkeys).factors(identity.user_id)
    return {
        "user": user,
        "groups": request.read(Accounts).group_names(identity.user_id),
        "your_name": NameForm(obj=user),
        "your_email": EmailForm(),
        "awaited_email": own.awaited_email(identity.user_id),
        "mail_works": request.installation.settings.mail_works,
        "password": NewPasswordForm(),
        "tokens": request.read(Tokens).of(identity.user_id),
        "token_form": TokenForm(),
        "new_token": None,
        "two_factor": {
            "app": factors.app,
            "passkeys": in_rows(list(factors.passkeys)),
            "why_no_passkeys": why_not(request) if user.password_hash else NO_PASSWORD,
            "left": request.read(RecoveryCodes).left(identity.user_id),
            "count": COUNT,
        },
        "passkey_problem": "",
        "ties_problem": "",
        "sessions": _sessions(request),
        "preferences": PreferencesForm(obj=user),
        **changed,
    }


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
            "handheld": is_handheld(each.browser),
        }
        for each in request.read(SignIns).live(user_id=identity.user_id)
    ]
