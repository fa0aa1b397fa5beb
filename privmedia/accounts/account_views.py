"""One's own account as a page, and the side bar as one."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.view import view_config

from privmedia.accounts.account_page import ACCOUNT, account_page
from privmedia.web.rights import Right


@view_config(route_name="account", request_method="GET", permission=Right.ACCOUNT, renderer=ACCOUNT)
def account(request: Request) -> Any:
    return account_page(request)


@view_config(route_name="menu", permission=Right.SIGNED_IN, request_method="GET", renderer="accounts/menu.jinja2")
def menu(request: Request) -> Any:
    return {}
