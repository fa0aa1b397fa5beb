"""Items 58 to 66 of the checklist in docs/security.md: headers, errors, secrets and limits of every answer."""
from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from privmedia.errors import SettingsError
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.settings import Settings
from privmedia.web.request import MOST_FIELDS
from tests.conftest import Person
from tests.faults import FULL
from tests.functional.test_access_matrix import every_row
from tests.functional.visitors import World, ask

ROOT = Path(__file__).resolve().parents[2]
FRAME = {
    "Content-Security-Policy": r"(?!.*unsafe)(?=.*default-src 'none')(?=.*frame-ancestors 'none').*",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": r".*camera=\(\).*",
    "Referrer-Policy": "no-referrer|same-origin|strict-origin",
    "X-Content-Type-Options": "nosniff",
}
IN_OTHER_PAGES = FRAME | {
    "Content-Security-Policy": r"(?!.*unsafe)(?=.*default-src 'none')(?=.*frame-ancestors (?!'none')).*",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
"""Of players, which stand in pages of other sites."""


def test_58_every_answer_stands_within_the_frame(world: World) -> None:
    wrong, statuses = [], set()
    for pattern, _row in every_row():
        address = pattern.format(**world.ids)
        if address.startswith("/smedia") and "/play.mp4" in address:
            continue  # nginx sends it, and its headers with it: tests/integration/test_frame_through_nginx.py
        for visitor in ("nobody", "stranger", "administrator") if FULL else ("nobody", "administrator"):
            for method in ("GET", "POST", "DELETE"):
                answer = ask(world.browsers[visitor], method, address)
                statuses.add(answer.status_int)
                if "X-Accel-Redirect" in answer.headers:
                    continue
                framed = method == "GET" and re.fullmatch(r"/embed/[0-9a-z]+", address)
                for name, wanted in (IN_OTHER_PAGES if framed else FRAME).items():
                    values = answer.headers.getall(name)
                    if len(values) != 1 or not re.fullmatch(wanted, values[0]):
                        wrong.append(f"{method} {address} by {visitor}: {answer.status} {name} {values}")
                if {"X-Powered-By", "Server"} & set(answer.headers):
                    wrong.append(f"{method} {address}: {answer.headers}")
    assert wrong == []
    assert statuses >= {200, 303, 403, 404, 405}


def test_58_the_policy_of_pages_lets_no_script_or_style_of_theirs_run(testapp: TestApp) -> None:
    page = testapp.get("/login")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert not page.html.find_all("script", src=False)
    assert not page.html.find_all("style")
    assert not page.html.find_all(style=True)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://media.example.test.evil.example"])
def test_59_no_other_origin_is_let_in(origin: str, world: World) -> None:
    for visitor in ("nobody", "viewer"):
        for address in ("/", "/login", "/healthz", f"/smedia/{world.ids['item']}/play.mp4"):
            for method in ("GET", "OPTIONS"):
                answer = ask(world.browsers[visitor], method, address, headers={"Origin": origin})
                assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("body", [b"[" * 10_000, b'{"a":1,"a":2}', b"1" * 5000, b"NaN", b'["x"]', b"\xff", b"\0"])
def test_60_junk_is_refused_in_words(body: bytes, world: World) -> None:
    """One of each; tests/functional/test_junk.py sends thousands."""
    for address in ("/login", "/reset", "/admin/groups", f"/m/{world.ids['item']}/edit"):
        for content_type in ("application/json", "application/x-www-form-urlencoded"):
            browser = world.browsers["administrator"]
            answer = browser.post(address, body, headers={"Content-Type": content_type}, expect_errors=True)
            assert 400 <= answer.status_int < 500
            assert not re.search(r"Traceback|SELECT|sqlalchemy|pyramid|/site-packages/", answer.text)


def test_61_without_its_database_nothing_is_shown(world: World, installation: Installation) -> None:
    installation.engine.dispose()
    path = Path(installation.settings.sqlalchemy_url.removeprefix("sqlite:///"))
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
    path.write_bytes(b"this is no database" * 500)
    for visitor in ("nobody", "viewer", "administrator"):
        for pattern, _row in every_row():
            answer = ask(world.browsers[visitor], "GET", pattern.format(**world.ids))
            if not pattern.startswith("/static/"):
                asked_to_sign_in = visitor == "nobody" and answer.status_int in (303, 401)
                assert asked_to_sign_in or answer.status_int in (404, 405, 503), f"{pattern}: {answer.status}"
            assert "Bearing" not in answer.text


@pytest.mark.parametrize("secret", ["", "short", "change-me-change-me-change-me-change-me", "a" * 64])
def test_63_a_secret_that_is_none_is_refused(secret: str, ini: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="secret"):
        Settings.read({**ini, "privmedia.base_url": "https://media.example.test", "privmedia.secret": secret}, {})


def test_63_no_secret_lies_in_what_is_shipped() -> None:
    for path in (ROOT / "production.ini", ROOT / "development.ini", *sorted((ROOT / "systemd").iterdir())):
        text = path.read_text()
        assert not re.search(r"secret\s*=\s*[0-9a-f]{32,}", text), path
        assert "PRIVATE KEY" not in text
        assert not path.stat().st_mode & stat.S_IWOTH


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/.git/HEAD",
        "/.env",
        "/production.ini",
        "/development.ini",
        "/privmedia.sqlite",
        "/backup.zip",
        "/_debug_toolbar/",
        "/_debug_toolbar/static/x",
        "/static/",
        "/static/../production.ini",
        "/static/%2e%2e/setup.py",
        "/media/",
        "/pmedia/",
        "/private/",
        "/incoming/",
        "/server-status",
        "/metrics",
        "/console",
    ],
)
def test_64_what_is_not_for_visitors_is_not_there(path: str, world: World) -> None:
    for visitor in ("nobody", "administrator"):
        answer = ask(world.browsers[visitor], "GET", path)
        to_sign_in = answer.status_int == 303 and "/login?next=" in answer.location
        assert answer.status_int in (403, 404) or (visitor == "nobody" and to_sign_in), f"{path}: {answer.status}"
        assert "secret" not in answer.text.lower()


def test_65_guessing_is_limited_and_says_how_long(
    testapp: TestApp, browser: Callable[[], TestApp], make_person: Callable[..., Person]
) -> None:
    person = make_person("leila@example.test")

    def tried(address: str, fields: dict[str, str], button: str) -> list[Any]:
        app = browser()
        answers = []
        for _try in range(40):
            form = app.get(address).forms[button]
            for name, value in fields.items():
                form[name] = value
            answers.append(form.submit(status="*"))
            if answers[-1].status_int == 429:
                break
        return answers

    last = tried("/login", {"email": person.email, "password": "wrong"}, "login-form")[-1]
    assert last.status_int == 429
    assert int(last.headers["Retry-After"]) > 0


def test_66_what_is_too_much_is_refused_before_it_costs_anything(world: World) -> None:
    browser = world.browsers["viewer"]
    assert ask(browser, "GET", "/recent?after=" + "x" * 7000).status_int == 200
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert browser.post("/login", b"a=" + b"b" * (1 << 20), headers=form, status="*").status_int == 413
    assert browser.post("/login", b"&".join([b"a=b"] * (MOST_FIELDS + 1)), headers=form, status="*").status_int == 400
    assert ask(browser, "GET", f"/m/{new_uid()}").status_int == 404


def test_an_answer_in_whose_place_nginx_sends_a_file_has_no_headers_that_nginx_would_drop(world: World) -> None:
    """They would be written, sent and read for nothing; a refusal, which people do get, has all of them."""
    viewer, item = world.browsers["viewer"], world.ids["item"]
    sent = viewer.get(f"/smedia/{item}/play.mp4")
    kept = {"Content-Type", "Content-Disposition", "Cache-Control", "Content-Length"}
    assert {name for name in sent.headers if not name.startswith("X-Accel-")} - kept <= {"X-Request-ID"}
    assert "X-Accel-Redirect" in sent.headers
    refused = world.browsers["stranger"].get(f"/smedia/{item}/play.mp4", status=404)
    assert "Content-Security-Policy" in refused.headers
