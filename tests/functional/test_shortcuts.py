"""The list of keys as a page, and what a form in a dialog is answered."""
from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from webtest import TestApp

from privmedia.accounts.models import User
from privmedia.accounts.shortcuts_views import HEADINGS, WORDS
from privmedia.db import writing
from privmedia.installation import Installation
from tests.conftest import Person

SOURCE = Path(__file__).parents[2] / "static" / "src"
TABLE = json.loads((SOURCE / "keys.json").read_text())


def test_every_key_of_the_table_has_its_words_and_something_it_does() -> None:
    scripts = "".join(path.read_text() for path in (SOURCE / "js").rglob("*.js"))
    assert set(TABLE) == set(HEADINGS)
    does = {entry["does"] for entries in TABLE.values() for entry in entries}
    assert does == set(WORDS)
    bound = set(re.findall(r"^  (\w+): [({]", scripts, re.MULTILINE)) | {"larger", "smaller", "before", "after"}
    assert does <= bound


def test_no_key_does_two_things_in_one_place() -> None:
    for entries in TABLE.values():
        pressed = [press for entry in entries for press in entry["press"]]
        assert len(pressed) == len(set(pressed))


def test_the_list_is_a_page_without_script_for_visitors_too(testapp: TestApp) -> None:
    page = testapp.get("/shortcuts")
    rows = {term.get_text(): term.find_next("dd").get_text(" ") for term in page.html.select("dt")}
    assert rows["Go to the library"] == "g l"
    assert rows["Play or pause"] == "k or Space"
    assert len(rows) > 20


def test_who_switched_letters_off_is_shown_the_other_keys_alone(
    make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp], installation: Installation
) -> None:
    leila = make_person("leila@example.test")
    with writing(installation.sessions) as session:
        session.get_one(User, leila.id).shortcuts = False
    page = sign_in(leila).get("/shortcuts")
    assert "Single letters are switched off in your account." in page.html.get_text()
    pressed = {key.get_text() for key in page.html.select("kbd")}
    assert {"Esc", "Del", "Space", "←"} <= pressed
    assert not {"j", "?", "g", "x"} & pressed


def test_a_form_in_a_dialog_is_told_where_it_leads_and_the_message_is_said_there(
    make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp]
) -> None:
    ada = sign_in(make_person("ada@example.test", admin=True))
    form = ada.get("/account").forms["your-name"]
    form["name"] = "Ada Lind"
    answer = form.submit(headers={"X-Dialog": "yes"}, status=204)
    assert answer.body == b""
    assert answer.headers["X-Location"].endswith("/account")
    assert "Your name is changed." in ada.get("/account")
