"""Caddy's configuration: a whole one, for an installation or for a folder."""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from privmedia.errors import Invalid
from privmedia.operations.front_servers import KEYS, FrontSite, environment

_UNFIT = re.compile(r"[\x00-\x1f\x7f\"\\{}`]")
# What of an address is written as "..." in the log: what follows a key's first part, what is unusual, the query.
MASKED = "|".join(
    (
        rf"(?i)^/+({KEYS})(?:/|%2f).*",
        r"^/+smedia(?:/|%2f)(?:~|%7e).*",
        r"^/(?:[^/?]*%|[./]).*",
        r"^.*(?:/|%2f)(?:\.|%2e)(?:\.|%2e)?(?:/|%2f|\?|$).*",
        r"\?.*$",
    )
)


@dataclass(frozen=True, kw_only=True)
class CaddySite(FrontSite):
    """Caddy: all of the Caddyfile."""

    server = "caddy"
    log_folder_of_debian = Path("/var/log/caddy")

    only_http1: bool = False
    """Whether HTTP/2 and HTTP/3 are left out, because the version that is installed has a hole there."""

    def render(self) -> str:
        if self.app != "gunicorn":
            raise Invalid("Behind Caddy the application runs under gunicorn: leave out --app.")
        https = self.base_url.startswith("https://")
        sites = [f"https://{name}" for name in self.names] if https and not self.listen else ["http://:80"]
        host = ""
        if self.listen:
            host, _, port = self.listen[0].rpartition(":")
            sites = [f"http://:{port}"]
        return environment(quoted).get_template("Caddyfile.jinja2").render(
            **self.facts(), sites=sites, host=host, masked=MASKED, only_http1=self.only_http1
        )


def quoted(text: str) -> str:
    """A word of a Caddyfile. Raises Invalid for what has a meaning of its own there."""
    if _UNFIT.search(text):
        raise Invalid(f"Caddy cannot be told {text!r}: choose a path without braces, quotes and backslashes.")
    return f'"{text}"'
