"""Front servers by themselves, and the table of the documentation, which says what is measured here."""
from __future__ import annotations

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
