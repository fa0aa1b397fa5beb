"""Apache's configuration: a site for an installation, or a whole one that keeps everything in a folder."""
from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from privmedia.errors import DomainError, Invalid
from privmedia.operations.front_servers import FrontSite, environment

MODULES_FOLDER = Path("/usr/lib/apache2/modules")
MODULES = (
    "mpm_event", "authz_core", "proxy", "proxy_http", "headers", "xsendfile", "setenvif", "env", "alias", "mime",
    "reqtimeout",
)
"""What the configuration uses, beside what Debian has compiled in."""
_UNFIT = re.compile(r"[\x00-\x1f\x7f$%\"\\|]")


@dataclass(frozen=True, kw_only=True)
class ApacheSite(FrontSite):
    """Apache with mod_xsendfile: a file for sites-available."""

    server = "apache"
    log_folder_of_debian = Path("/var/log/apache2")

    def render(self) -> str:
        if self.app != "gunicorn":
            raise Invalid("Behind Apache the application runs under gunicorn: leave out --app.")
        listen = self.listen or (("*:443",) if self.tls else ("*:80",))
        return environment(quoted).get_template("apache.conf.jinja2").render(**self.facts(), listen=listen)


def render_apache_program(folder: Path, site: ApacheSite) -> str:
    """A whole configuration that keeps everything in `folder`. Raises DomainError where a module is missing."""
    for name in MODULES:
        if not (MODULES_FOLDER / f"mod_{name}.so").exists():
            package = "libapache2-mod-xsendfile" if name == "xsendfile" else "apache2-bin"
            raise DomainError(f"Apache's module {name} is missing. On Debian: apt-get install {package}")
    return environment(quoted).get_template("apache-program.conf.jinja2").render(
        folder=str(folder), modules=MODULES, modules_folder=str(MODULES_FOLDER), listen=site.listen
    )


def as_ordinary_user() -> list[str]:
    """How root starts Apache, which serves nothing as root: as nobody, who may open the files of this root's site."""
    if os.geteuid() != 0:
        return []
    may = "+dac_override"
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={may}", f"--ambient-caps={may}"]


def quoted(text: str) -> str:
    """A word of Apache's configuration. Raises Invalid for what has a meaning of its own there."""
    if _UNFIT.search(text):
        raise Invalid(f"Apache cannot be told {text!r}: choose a path without $, %, | and quotes.")
    return f'"{text}"'
