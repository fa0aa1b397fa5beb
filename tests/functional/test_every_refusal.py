"""Every refusal of every route is exactly one line of the audit log, with all that belongs into it, and no secret.

Routes, addresses and visitors are those of the access matrix, so a new route is asked here as well.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pyramid.interfaces import IRoutesMapper
from sqlalchemy import event, func, select, text
from webtest import TestApp

from privmedia.accounts.models import User
from privmedia.audit.models import Event
from privmedia.db import reading
from privmedia.installation import Installation
from privmedia.web.methods import methods_of
from tests.conftest import PASSWORD, FakeClock
from tests.faults import FULL
from tests.functional.test_access_matrix import TABLE
from tests.functional.visitors import World, token_of

REFUSED_MOST = ("uploader", "view_as")
"""Of all, of a drop box, and of what changes something: whatever the others are refused is refused to one of these."""
SIGNED_IN = (*REFUSED_MOST, "stranger", "viewer", "downloader", "editor", "manager", "administrator", "revoked")
UID = re.compile(r"[0-9a-z]{16}")


class Log:
    """The lines that were added since it was looked at last."""

    def __init__(self, installation: Installation, clock: FakeClock) -> None:
        self.installation, self.clock, self.seen = installation, clock, 0
        self.new()

    def new_minute(self) -> None:
        """From here on nothing is left out because there was so much of it."""
        self.clock.forward(seconds=61)

    def new(self) -> list[Event]:
        with reading(self.installation.sessions) as session:
            found = session.scalars(select(Event).where(Event.id > self.seen).order_by(Event.id)).all()
            self.seen = session.scalar(select(func.max(Event.id))) or 0
        return list(found)


@pytest.fixture
def log(world: World, installation: Installation, clock: FakeClock) -> Log:
    return Log(installation, clock)


NO_ROUTE = ("metrics",)
"""Routes that are there for who has their key alone: for everybody else such an address does not exist."""


def addresses(world: World, method: str, app: Any) -> Iterator[tuple[str, str]]:
    """Route and address of every row of the matrix whose route knows the method."""
    methods = methods_of(app.registry)
    for route, rows in TABLE.items():
        if route not in NO_ROUTE and method in methods.get(route, ()):
            for pattern, _row in rows:
                yield route, pattern.format(**world.ids)


TOKEN_IN_THE_HEADER = ("tus", "tus_upload")
"""Routes that look for it nowhere else, because what they are sent is a file."""
ORIGIN_ALONE = ("embed_token", "embed_renew")
"""Routes that look for none: a player asks them, whose cookies prove nothing. Its origin has to be ours."""


def number_of(installation: Installation, visitor: str) -> int:
    with reading(installation.sessions) as session:
        email = f"{visitor.replace('_', '-')}@example.test"
        return session.scalars(select(User.id).where(User.email == email)).one()


def wrong_with(lines: list[Event], actor_id: int, visitor: str) -> str:
    """What is wrong with the lines of one refusal; empty when it is one, and whole."""
    if len(lines) != 1:
        return f"{len(lines)} lines: {[line.kind for line in lines]}"
    (line,) = lines
    if line.outcome not in ("denied", "failed"):
        return f"outcome {line.outcome}"
    if line.actor_id != actor_id or not line.actor or line.address != "192.0.2.7" or not line.target:
        return f"by {line.actor} ({line.actor_id}) from {line.address!r} on {line.target!r}"
    if (visitor == "view_as") != line.through.startswith("seeing as "):
        return f"through {line.through!r}"
    return "" if re.fullmatch(r"[0-9a-f]{32}", line.request_id) else f"request {line.request_id!r}"


def test_every_page_that_is_refused_is_one_line(world: World, log: Log, app: Any, installation: Installation) -> None:
    wrong, refused = [], 0
    for visitor in SIGNED_IN if FULL else REFUSED_MOST:
        actor_id = number_of(installation, visitor)
        log.new_minute()
        for _route, address in addresses(world, "GET", app):
            status = world.browsers[visitor].get(address, expect_errors=True).status_int
            lines = [line for line in log.new() if line.outcome != "done"]
            if status in (403, 404):
                refused += 1
                problem = wrong_with(lines, actor_id, visitor)
            else:
                problem = f"{len(lines)} lines for {status}" if lines else ""
            if problem:
                wrong.append(f"GET {address} by {visitor}, {status}: {problem}")
        assert app.registry["viewings"].settle()
        wrong += [f"{line.kind} by {visitor}, {line.outcome}" for line in log.new() if line.outcome != "done"]
    assert wrong == []
    assert refused > 100


def test_every_form_that_is_refused_is_one_line(world: World, log: Log, app: Any, installation: Installation) -> None:
    """Sent empty, by people who may not do it, and with a token that is none by those who may."""
    wrong, refused = [], 0
    for visitor in ("stranger", "viewer", "view_as", "administrator"):
        browser = world.browsers[visitor]
        actor_id, token = number_of(installation, visitor), token_of(browser)
        log.new_minute()
        for route, address in addresses(world, "POST", app):
            if route in ("login", "logout"):
                continue
            for sent in ({"csrf_token": "made up"}, {"csrf_token": token}):
                status = browser.post(address, sent, expect_errors=True).status_int
                lines = [line for line in log.new() if line.outcome != "done"]
                if status in (303, 400, 405) or status < 300:
                    continue
                refused += 1
                if problem := wrong_with(lines, actor_id, visitor):
                    wrong.append(f"POST {address} by {visitor}, {status}: {problem}")
                # The others may be refused before any token is looked at.
                forged = [line.kind for line in lines] == ["forged"]
                wrong_token = sent["csrf_token"] != token or route in TOKEN_IN_THE_HEADER
                looked_at = visitor == "administrator" and route not in ORIGIN_ALONE
                if looked_at and (wrong_token and status == 403) != forged:
                    wrong.append(f"POST {address} by {visitor}, {status}: forged is {forged}")
    assert "\n".join(wrong) == ""
    assert refused > 20


def test_missing_and_denied_are_the_same_line(world: World, log: Log) -> None:
    def line(address: str) -> dict[str, Any]:
        world.browsers["stranger"].get(address, status=404)
        (found,) = log.new()
        said = {name: getattr(found, name) for name in ("kind", "outcome", "actor", "target", "address", "through")}
        return {**said, "target": UID.sub("…", found.target), "detail": UID.sub("…", str(found.detail))}

    for pattern in (
        "/m/{}",
        "/m/{}/edit",
        "/smedia/{}/play.mp4",
        "/smedia/{}/poster.webp",
        "/smedia/{}/original/bearing.mp4",
    ):
        assert line(pattern.format(world.ids["item"])) == line(pattern.format(world.ids["missing"]))
    assert line(f"/f/{world.ids['folder']}") == line(f"/f/{world.ids['missing']}")


def test_missing_and_denied_take_as_many_statements_at_the_gate(world: World, installation: Installation) -> None:
    counted: list[str] = []

    def count(*details: Any) -> None:
        counted.append(details[2])

    def statements(item: str) -> list[str]:
        counted.clear()
        world.browsers["stranger"].get(f"/smedia/{item}/play.mp4", status=404)
        return list(counted)

    event.listen(installation.engine, "before_cursor_execute", count)
    try:
        assert statements(world.ids["item"]) == statements(world.ids["missing"])
    finally:
        event.remove(installation.engine, "before_cursor_execute", count)


def test_no_secret_is_ever_written_down(
    world: World, log: Log, installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    """Passwords, session tokens, tokens of forms, and keys in addresses, whatever is refused."""
    browser: TestApp = world.browsers["viewer"]
    token, canary = token_of(browser), "CANARY" + "x" * 37
    for place in ("setup/", "reset/", "invite/", "s/", "give/", "account/email/", "smedia/~"):
        address = f"/{place}{canary}"
        for method in ("get", "post"):
            getattr(browser, method)(address, expect_errors=True)
    form = TestApp(browser.app, extra_environ=browser.extra_environ).get("/login").forms["login-form"]
    form["email"], form["password"] = canary, canary
    form.submit(expect_errors=True)
    browser.post(
        "/account",
        {"csrf_token": token, "do": "password", "old": canary, "new": canary, "again": canary},
        expect_errors=True,
    )
    browser.get("/m/x", headers={"Authorization": f"Bearer {canary}"}, expect_errors=True)
    assert log.new()
    with reading(installation.sessions) as session:
        written = "\n".join(map(str, session.execute(text("SELECT * FROM events")).all()))
    for where in (written, caplog.text):
        assert "CANARY" not in where
        assert token not in where
        assert PASSWORD not in where
        assert all(cookie.value not in where for cookie in browser.cookiejar if cookie.name == "session")


def test_the_matrix_has_addresses_for_every_route_that_changes_something(world: World, app: Any) -> None:
    routes = {route.name for route in app.registry.getUtility(IRoutesMapper).get_routes()}
    changing = {route for route, methods in methods_of(app.registry).items() if "POST" in methods and route in routes}
    assert changing - {route for route, _ in addresses(world, "POST", app)} == set()
