"""Front servers by themselves, and the table of the documentation, which says what is measured here."""
from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.contracts.alone import FILE, Alone, alone
from tests.contracts.front_table import PAGE, column, documented
from tests.sites import Site


@pytest.fixture(scope="session")
def by_itself(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone | None]:
    front = kind.partition("+")[0]
    if front == "builtin":
        yield None
        return
    with alone(tmp_path_factory.mktemp("alone"), front) as server:
        yield server


def test_the_table_of_the_documentation_says_what_is_measured(kind: str, site: Site, by_itself: Alone | None) -> None:
    again = "write it anew with: python -m tests.contracts.front_table"
    assert documented(PAGE.read_text())[kind] == column(site, by_itself, kind), again


# nginx and lighttpd look at the header alone: that it stands on no other answer is seen to by the guard.
@pytest.mark.parametrize("kind", ["apache", "caddy"], indirect=True)
def test_no_answer_but_200_lets_apache_or_caddy_send_a_file(kind: str, by_itself: Alone) -> None:
    header = {"X_Sendfile": f"{by_itself.private}/ab/file"} if kind == "apache" else {"X_Accel_Redirect": "/ab/file"}
    for status in ("201", "301", "304", "401", "403", "404", "410", "429", "500", "503"):
        answered, headers, body = by_itself.ask(status=status, **header)
        assert FILE not in body, status
        assert answered == int(status)
        assert [name for name in headers if "sendfile" in name.lower() or "accel" in name.lower()] == []


def test_addresses_that_are_a_key_stand_in_no_log(kind: str, site: Site) -> None:
    if site.stack is None:
        return  # the application alone writes none: tests/unit/test_logs.py
    key = "Sesame-opens-0123456789"
    for address in (
        f"/setup/{key}", f"/s/{key}", f"/give/{key}/x", f"/invite/{key}", f"/reset/{key}", f"/account/email/{key}",
        f"/smedia/~{key}/0000000000000000/play.mp4", f"/Setup/{key}", f"//setup/{key}", f"/%73etup/{key}",
        f"/x/../setup/{key}", f"/setup%2f{key}", f"/./s/{key}", f"/smedia/%7e{key}/x", f"/login?next=/setup/{key}",
    ):
        for name in ("", "member"):
            site.ask(address, name, headers={"Referer": f"http://127.0.0.1:{site.port}/setup/{key}"})
    site.ask("/login?next=/the-last-one", headers={"User-Agent": "the last one"})
    log = site.stack.folder / "log" / "privmedia-access.log"
    deadline = time.monotonic() + 30
    last = '"/login..."' if kind == "caddy" else "the last one"
    while last not in log.read_text():
        assert time.monotonic() < deadline, "the line is written after the answer, but it has to come"
        time.sleep(0.1)
    logs = {path.name: path.read_text(errors="replace") for path in (site.stack.folder / "log").iterdir()}
    assert not [name for name, text in logs.items() if key in text or "the-last-one" in text]
