"""Versions of front servers with known holes in what our configurations use: one table, for whoever prints or examines.

A hole in a module that we never switch on (nginx's `mp4`, `slice`, `dav`) is no reason to warn; that it is switched off
is looked at by `privmedia front-config --check`. Debian mends its packages without changing the version in front.
"""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from privmedia.errors import Invalid

_NUMBERS = re.compile(r"\d+")
_VERSION = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True, slots=True)
class Hole:
    """One hole: what it opens, and from which version on it is closed, per line of versions that was mended."""

    cve: str
    part: str
    """What of the server has it, in the words of its configuration."""
    what: str
    fixed: tuple[str, ...]
    """The first mended version of each line, oldest line first. Later lines have it mended."""
    debian: Mapping[str, str] = field(default_factory=dict)
    """The first mended package by Debian's release: `{"deb12": "1.22.1-9+deb12u11"}`."""
    since: str = "0"
    """The first version that has it."""

    def is_in(self, version: str, package: str = "") -> bool:
        """Whether this version has the hole. `package`: the version of Debian's package, where it is one.

        Raises Invalid for what is no version.
        """
        for release, mended in self.debian.items():
            if f"+{release}u" in package:
                return _numbers(package) < _numbers(mended)
        has = numbers(version)
        if has < numbers(self.since):
            return False
        lines = [numbers(each) for each in self.fixed]
        same_line = [line for line in lines if line[:2] == has[:2]]
        return has < same_line[0] if same_line else has < lines[-1]


HTTP2 = "HTTP/2"
"""The part that can be switched off."""
HOLES: Mapping[str, tuple[Hole, ...]] = {
    "nginx": (
        Hole(
            cve="CVE-2026-15176",
            part="alias",
            what="a heap overflow in `alias`, through which private, public and static files are sent",
            fixed=("1.30.6", "1.31.7"),
            debian={"deb12": "1.22.1-9+deb12u11"},
        ),
        Hole(
            cve="CVE-2019-9511, CVE-2019-9513, CVE-2019-9516",
            part="http2",
            what="one client of HTTP/2 can take all of the processor and memory",
            fixed=("1.16.1", "1.17.3"),
            since="1.9.5",
        ),
    ),
    "apache": (
        Hole(
            cve="CVE-2024-38476",
            part="mod_proxy",
            what="headers of an application's answer can make Apache hand out or run local files",
            fixed=("2.4.60",),
        ),
        Hole(
            cve="CVE-2023-38709",
            part="core",
            what="an application's answer can be split into two",
            fixed=("2.4.59",),
        ),
    ),
    "lighttpd": (
        Hole(
            cve="CVE-2022-41556",
            part="mod_proxy",
            what="clients that break off can use up all connections",
            fixed=("1.4.67",),
            since="1.4.56",
        ),
        Hole(
            cve="CVE-2018-25103",
            part="core",
            what="memory that was given back is read while a request is taken apart",
            fixed=("1.4.51",),
        ),
    ),
    "caddy": (
        Hole(
            cve="CVE-2023-44487",
            part=HTTP2,
            what="one client of HTTP/2 can keep the server busy with requests it takes back at once",
            fixed=("2.7.5",),
        ),
    ),
}
"""Checked against the vendors' advisories; an entry says nothing about what is not in it."""

OLDEST: Mapping[str, str] = {"nginx": "1.22.1", "apache": "2.4.54", "lighttpd": "1.4.69", "caddy": "2.6.2"}
"""Older ones were never tried with our configurations."""

VERSION_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "nginx": ("nginx", "-v"),
    "apache": ("apache2", "-v"),
    "lighttpd": ("lighttpd", "-v"),
    "caddy": ("caddy", "version"),
}
"""What each is asked, to say its version on stdout or stderr."""


def holes_of(server: str, version: str, package: str = "") -> list[Hole]:
    """The known holes of one version of a front server. Raises Invalid for what is no version."""
    return [hole for hole in HOLES[server] if hole.is_in(version, package)]


def is_untried(server: str, version: str) -> bool:
    """Whether this version is older than any our configurations were tried with. Raises Invalid."""
    return numbers(version) < numbers(OLDEST[server])


def version_in(said: str) -> str:
    """The version in what a server says of itself (`nginx version: nginx/1.22.1`, `2.6.2`). Raises Invalid."""
    found = _VERSION.search(said)
    if found is None:
        raise Invalid(f"{said.strip()[:80]!r} names no version.")
    return found[0]


def numbers(version: str) -> tuple[int, ...]:
    """A version to compare by. Raises Invalid."""
    return _numbers(version_in(version + ".0" if version.isdecimal() else version))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, _NUMBERS.findall(text)))
