"""Known holes of front servers are told by version, and by Debian's package where it was mended there."""
from __future__ import annotations

import pytest

from privmedia.errors import Invalid
from privmedia.operations.front_versions import HOLES, OLDEST, VERSION_COMMANDS, holes_of, is_untried, version_in

ALIAS = "CVE-2026-15176"


@pytest.mark.parametrize(
    ("version", "package", "open_"),
    [
        ("1.22.1", "1.22.1-9+deb12u11", False),
        ("1.22.1", "1.22.1-9+deb12u12", False),
        ("1.22.1", "1.22.1-9+deb12u9", True),
        ("1.22.1", "", True),
        ("1.26.3", "1.26.3-3+deb13u2", True),
        ("1.30.5", "", True),
        ("1.30.6", "", False),
        ("1.30.10", "", False),
        ("1.31.5", "", True),
        ("1.31.6", "", True),
        ("1.31.7", "", False),
        ("1.32.0", "", False),
    ],
)
def test_the_hole_in_alias_is_told_by_version_and_package(version: str, package: str, open_: bool) -> None:
    assert (ALIAS in [hole.cve for hole in holes_of("nginx", version, package)]) is open_


def test_a_hole_begins_with_the_version_that_brought_it() -> None:
    assert "CVE-2022-41556" in [hole.cve for hole in holes_of("lighttpd", "1.4.66")]
    assert holes_of("lighttpd", "1.4.55") == []
    assert [hole.cve for hole in holes_of("apache", "2.4.59")] == ["CVE-2024-38476"]


def test_the_version_is_found_in_what_servers_say() -> None:
    assert version_in("nginx version: nginx/1.22.1") == "1.22.1"
    assert version_in("Server version: Apache/2.4.71 (Debian)\nServer built: 2026-07-01") == "2.4.71"
    assert version_in("lighttpd/1.4.69 (ssl) - a light and fast webserver") == "1.4.69"
    assert version_in("v2.7.5 h1:HoysvZkLcN2xJExEepaFHK92Qgs7xAiCFydN5x5Hs6Q=") == "2.7.5"
    with pytest.raises(Invalid):
        version_in("command not found")


def test_every_front_server_has_its_rows() -> None:
    assert HOLES.keys() == OLDEST.keys() == VERSION_COMMANDS.keys() == {"nginx", "apache", "lighttpd", "caddy"}
    assert is_untried("caddy", "2.5.2")
    assert not is_untried("nginx", "1.30.6")
