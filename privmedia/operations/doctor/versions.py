"""Versions below which something that is used here has a known hole or fault."""
from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

from privmedia.installation import Installation
from privmedia.operations.doctor.findings import Area, Check, Outcome, bad, good, poor, say
from privmedia.operations.doctor.visiting import PublicAddress
from privmedia.operations.doctor.words import name_of, printed_anew
from privmedia.operations.front_versions import HTTP2, VERSION_COMMANDS, Hole, holes_of, is_untried, version_in
from privmedia.text import mark as _

OURS = {"WebOb": "1.8.11", "gunicorn": "22.0", "waitress": "3.0.1"}
"""Packages with holes in earlier versions."""
PACKAGES = {"nginx": "nginx", "apache": "apache2", "lighttpd": "lighttpd", "caddy": "caddy"}
SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
WAL_MENDED = (3, 51, 3)
"""SQLite: in earlier versions two processes that write and check-point at the same moment may, very seldom, do harm."""


def the_front_server_is_mended(installation: Installation) -> Outcome:
    """The front server of this machine, against the table of known holes."""
    front = installation.settings.front_server
    if front not in VERSION_COMMANDS:
        return good(_("There is no front server."))
    command = VERSION_COMMANDS[front]
    program = shutil.which(command[0]) or shutil.which(command[0], path=SYSTEM)
    if program is None:
        return good(_("${server} does not run on this machine: look for its version there."), server=name_of(front))
    said = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=10, check=False)
    found = version_in(said.stdout + said.stderr)
    package = _package(PACKAGES[front])
    shown = package or found
    if holes := holes_of(front, found, package):
        return _with_holes(installation, shown, holes)
    if is_untried(front, found):
        return poor(
            say(_("${server} ${version} is older than any that was tried here."), server=name_of(front), version=shown),
            say(_("Take a later one.")),
        )
    return good(_("${server} ${version}: no known hole in what is used of it."), server=name_of(front), version=shown)


def _with_holes(installation: Installation, shown: str, holes: list[Hole]) -> Outcome:
    """What is to be said of a version with these holes: the one that can be left out harms nobody where it is."""
    front = installation.settings.front_server
    known = say(_("${server} ${version} has a known hole: ${cve}, ${what}."), server=name_of(front), version=shown,
                cve=holes[0].cve, what=holes[0].what)
    if any(hole.part != HTTP2 for hole in holes):
        return poor(
            known,
            say(_("Take a later one: ${version}."), version=holes[0].debian.get("deb12", holes[0].fixed[-1])),
            f"apt-get update && apt-get install {PACKAGES[front]}",
        )
    if _speaks_http2(installation):
        return poor(
            known,
            say(_("Print its configuration anew, which leaves HTTP/2 out, or take a later one: ${version}."),
                version=holes[0].fixed[-1]),
            *printed_anew(front, installation.settings),
        )
    return good(
        _("${server} ${version} has a known hole in HTTP/2 (${cve}), which is switched off here."),
        server=name_of(front), version=shown, cve=holes[0].cve,
    )


def programs_are_mended(installation: Installation) -> Outcome:
    """Python's packages, and the database's library where the database is SQLite."""
    for name, floor in OURS.items():
        try:
            there = version(name)
        except PackageNotFoundError:
            continue
        if _numbers(there) < _numbers(floor):
            return bad(
                say(_("${name} ${version} has known holes that ${floor} closes."), name=name, version=there,
                    floor=floor),
                say(_("Install the packages that belong to this version of privmedia.")),
                "make .venv/production",
            )
    python = ".".join(map(str, sys.version_info[:3]))
    if not installation.settings.sqlalchemy_url.startswith("sqlite"):
        return good(_("Python ${python} and its packages have no known hole."), python=python)
    if sqlite3.sqlite_version_info < WAL_MENDED:
        return good(
            _("Python ${python} and its packages have no known hole. SQLite ${sqlite} has a very rare fault with "
              "several writers that ${mended} mends: for many people take PostgreSQL."),
            python=python, sqlite=sqlite3.sqlite_version, mended=".".join(map(str, WAL_MENDED)),
        )
    return good(
        _("Python ${python}, its packages and SQLite ${sqlite} have no known hole."),
        python=python, sqlite=sqlite3.sqlite_version,
    )


def _speaks_http2(installation: Installation) -> bool:
    """Whether anybody who comes by HTTPS is offered it; also where that cannot be told."""
    address = PublicAddress(installation.settings.base_url)
    return address.secure and address.speaks_http2() is not False


def _package(name: str) -> str:
    """The version of Debian's package; "" where it is none."""
    query = shutil.which("dpkg-query", path=SYSTEM)
    if query is None:
        return ""
    shown = subprocess.run(
        [query, "-W", "-f", "${Version}", name], capture_output=True, text=True, timeout=10, check=False
    )
    return shown.stdout.strip() if shown.returncode == 0 else ""


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


CHECKS = (
    Check("front-version", Area.SITE, _("The front server is up to date"), _("The front server is too old"),
          the_front_server_is_mended),
    Check("versions", Area.SITE, _("Programs are up to date"), _("A program is too old"), programs_are_mended),
)
