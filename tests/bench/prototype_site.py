"""The prototype from which the gate was designed: a Pyramid view, one query, and nothing else of a product.

It knows sessions, people, groups, rules from above and Deny, and asks as SQLAlchemy is commonly used: one joined
statement of its Core, on a connection from the pool. It knows no links, players, tokens, versions, drafts, ends of
rules, audit log, limits, error pages or protecting headers.
"""
from __future__ import annotations

import hashlib
import os
import time

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response
from pyramid.router import Router
from sqlalchemy import create_engine, text

VIEW = 1
# Principals are numbers: everyone 0, a person 4 n + 1, a group 4 n + 2.
QUESTION = text(
    """
    SELECT items.uid, files.stored_as, files.media_type, users.is_admin, aces.allow, aces.deny, acl_chain.above_cut
    FROM sessions
    JOIN users ON users.id = sessions.user_id
    JOIN items ON items.uid = :item
    JOIN folders ON folders.id = items.folder_id
    JOIN versions ON versions.item_id = items.id AND versions.number = items.current
    JOIN files ON files.version_id = versions.id AND files.name = :file
    JOIN acl_chain ON acl_chain.acl_id = coalesce(items.acl_id, folders.acl_id)
    LEFT JOIN aces ON aces.acl_id = acl_chain.ancestor_id AND aces.principal IN (
        SELECT group_id * 4 + 2 FROM memberships WHERE user_id = users.id UNION ALL SELECT users.id * 4 + 1
        UNION ALL SELECT 0)
    WHERE sessions.token_hash = :token AND sessions.idle_until > :now AND sessions.expires_at > :now
    """
)
engine = create_engine(os.environ["BENCH_DATABASE"], isolation_level="AUTOCOMMIT")


def send(request: Request) -> Response:
    token = hashlib.sha256(request.cookies.get("session", "").encode()).hexdigest()
    asked = {**request.matchdict, "token": token, "now": int(time.time() * 1000)}
    with engine.connect() as connection:
        rows = connection.execute(QUESTION, asked).all()
    denied = any(row.deny for row in rows)
    allowed = any(row.is_admin or (not row.above_cut and (row.allow or 0) & VIEW) for row in rows)
    if denied or not allowed:
        raise HTTPNotFound
    found = rows[0]
    path = f"/pmedia/{found.uid[:2]}/{found.uid[2:4]}/{found.uid}/v1/{found.stored_as}"
    headers = [("Content-Type", found.media_type), ("X-Accel-Redirect", path), ("Content-Length", "0")]
    return Response(headerlist=[*headers, ("Cache-Control", "private, no-cache")])


def main() -> Router:
    with Configurator() as config:
        config.add_route("send", "/smedia/{item}/{file}")
        config.add_view(send, route_name="send")
        return config.make_wsgi_app()


application = main()
