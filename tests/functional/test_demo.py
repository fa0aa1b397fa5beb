"""The demonstration library: what it says it holds is there, and its people see different things."""
from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from privmedia.db import reading
from privmedia.installation import Installation
from privmedia.library.models import Item, Kind
from privmedia.operations import demo


def test_the_demonstration_has_people_who_see_different_things(installation: Installation, browser: Any) -> None:
    password = demo.seed(installation)
    assert password is not None
    assert demo.seed(installation) is None, "it is there already"
    with reading(installation.sessions) as session:
        kinds = dict(tuple(row) for row in session.execute(select(Item.kind, func.count()).group_by(Item.kind)))
    assert set(kinds) == set(Kind)
    assert sum(kinds.values()) >= 12
    seen = {}
    for email in demo.PEOPLE:
        app = browser()
        form = app.get("/login").forms["login-form"]
        form["email"], form["password"] = email, password
        form.submit(status=303)
        seen[email] = {link.text for link in app.get("/").html.select("nav a[href^='/f/']")}
    assert "Board papers" in seen[demo.ADMIN]
    assert "Board papers" not in seen["manager@demo.example"] | seen["member@demo.example"] | seen[demo.GUEST]
    assert seen[demo.GUEST] == {"Thruster T4"}
    assert "Town halls" in seen["member@demo.example"]
