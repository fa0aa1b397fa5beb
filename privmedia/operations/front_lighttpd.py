"""lighttpd's configuration: a whole one, for an installation or for a folder."""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from privmedia.errors import Invalid
from privmedia.operations.front_servers import FrontSite, environment

_UNFIT = re.compile(r"[\x00-\x1f\x7f\"\\]")


@dataclass(frozen=True, kw_only=True)
class LighttpdSite(FrontSite):
    """lighttpd: all of lighttpd.conf."""

    server = "lighttpd"
    log_folder_of_debian = Path("/var/log/lighttpd")

    run_folder: Path = Path("/run")
    user: str = "privmedia"
    """Whom it works as, where it is started by root; empty: whoever starts it."""

    def render(self) -> str:
        if self.app != "gunicorn":
            raise Invalid("Behind lighttpd the application runs under gunicorn: leave out --app.")
        host, port = ("", "443" if self.tls else "80")
        if self.listen:
            host, _, port = self.listen[0].rpartition(":")
        return environment(quoted).get_template("lighttpd.conf.jinja2").render(
            **self.facts(), host=host, port=int(port), run_folder=str(self.run_folder), user=self.user
        )


def quoted(text: str) -> str:
    """A word of lighttpd's configuration. Raises Invalid for what has a meaning of its own there."""
    if _UNFIT.search(text):
        raise Invalid(f"lighttpd cannot be told {text!r}: choose a path without quotes and backslashes.")
    return f'"{text}"'
