"""The doctor before every front server that is set up as we print it: nothing red, and what it says fits the server."""
from __future__ import annotations

from dataclasses import replace

from privmedia.operations.doctor.findings import Level
from privmedia.operations.doctor.service import examine
from privmedia.operations.doctor.words import NAMES
from privmedia.settings import parse_size
from tests.sites import Site

NOT_OF_THE_FRONT_SERVER = ("workers", "mail", "front-version", "encoder", "space")
"""These sites have no worker and no mail server; how old Debian's packages are is no matter of the configuration."""


def test_a_right_configuration_is_green(site: Site) -> None:
    # What waitress takes without being told otherwise is less than an installation allows.
    settings = replace(site.library.installation.settings, max_upload_size=parse_size("256m"))
    installation = replace(site.library.installation, settings=settings)
    found = [one for one in examine(installation, patience=0.3) if one.name not in NOT_OF_THE_FRONT_SERVER]
    assert [(one.name, str(one.measured)) for one in found if one.level is not Level.GREEN] == []
    front = installation.settings.front_server
    said = str(next(one for one in found if one.name == "sender").measured)
    if front == "builtin":
        assert "the application sent 2,097,159 bytes itself" in said
    else:
        assert f"{NAMES[front]} sent it" in said
        assert "the application sent 0 bytes" in said
