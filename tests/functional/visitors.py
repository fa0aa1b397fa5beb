"""Everybody who may come to a small library: who they are, and what they may do in its one folder."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from webtest import TestApp, TestResponse

from privmedia.access.permissions import Permission
from privmedia.db import reading
from privmedia.installation import Installation
from tests.conftest import ADDRESS

RULES = {
    "viewer": Permission.VIEW,
    "downloader": Permission.DOWNLOAD,
    "uploader": Permission.UPLOAD,
    "editor": Permission.EDIT,
    "manager": Permission.MANAGE,
    "revoked": Permission.VIEW,
}
ELSEWHERE = {"viewer": "https://login.skarvik.example", "editor": "ldap", "manager": "header"}
"""Who has no password here: they came by an OpenID provider, by the directory, and by a proxy."""
PEOPLE = ("stranger", *RULES, "administrator", "view_as", "disabled")


@dataclass(frozen=True)
class World:
    """A small library, and a browser for each kind of visitor."""

    ids: dict[str, str]
    browsers: dict[str, TestApp]


def token_of(browser: TestApp) -> str:
    """The token that this browser's forms carry."""
    page = browser.get("/login").maybe_follow()
    return str(page.html.select_one("input[name=csrf_token]")["value"])


def ask(
    browser: TestApp,
    method: str,
    address: str,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> TestResponse:
    """A request by any method, at our own address."""
    form = {"POST": dict(fields)} if fields is not None else {}
    named = {"Host": ADDRESS.removeprefix("http://"), **(headers or {})}
    return browser.request(address, method=method, headers=named, expect_errors=True, **form)


def dump(installation: Installation) -> dict[str, list[Any]]:
    """Everything in the database but the log of what was refused."""
    with reading(installation.sessions) as session:
        tables = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        return {
            table: sorted(map(repr, session.execute(text(f'SELECT * FROM "{table}"')).all()))
            for table in tables
            if table not in ("events", "viewings") and re.fullmatch(r"\w+", table)
        }
