"""Words that several checks say: how each front server is told anew, and what one line each looks like."""
from __future__ import annotations

from pathlib import Path

from privmedia.operations.doctor.findings import say
from privmedia.settings import Settings
from privmedia.text import Sentence
from privmedia.text import mark as _

NAMES = {"nginx": "nginx", "apache": "Apache", "lighttpd": "lighttpd", "caddy": "Caddy", "builtin": "privmedia"}
KNOWN_BY = {"nginx": "nginx", "apache": "apache", "lighttpd": "lighttpd", "caddy": "caddy"}
"""What each says of itself in `Server`, in lower case."""
LOADED = {
    "nginx": ("/etc/nginx/sites-available/privmedia", "nginx -t && systemctl reload nginx"),
    "apache": ("/etc/apache2/sites-available/privmedia.conf", "apachectl configtest && systemctl restart apache2"),
    "lighttpd": (
        "/etc/lighttpd/lighttpd.conf", "lighttpd -tt -f /etc/lighttpd/lighttpd.conf && systemctl restart lighttpd"
    ),
    "caddy": ("/etc/caddy/Caddyfile", "caddy validate --config /etc/caddy/Caddyfile && systemctl restart caddy"),
}
"""Where docs/front-servers.md puts each configuration, and how it is loaded."""


def name_of(front: str) -> str:
    return NAMES.get(front, front)


def printed_anew(front: str, settings: Settings, *, uwsgi: bool = False) -> tuple[str, ...]:
    """The lines that say what differs in a front server's configuration, print it as it should be, and load it."""
    if front not in LOADED:
        return ()
    file, load = LOADED[front]
    # Caddy fetches its certificate itself.
    tls = f" --tls /etc/letsencrypt/live/{settings.host}" if settings.secure and front != "caddy" else ""
    command = f"privmedia front-config {front}{' --app uwsgi' if uwsgi else ''}{tls}"
    return (f"{command} --check {file}", f"{command} > {file}", load)


def inner_location(private: Path) -> str:
    """The location of private files, as nginx has to have it."""
    return f"location ^~ /pmedia/ {{\n    internal;\n    alias {private}/;\n    …\n}}"


def print_it(front: str) -> Sentence:
    """The cure that helps where a configuration differs from ours."""
    return say(
        _("Print the configuration of ${server} with `privmedia front-config`, put it in place unchanged and load it."),
        server=name_of(front),
    )


def not_answered(fault: str) -> Sentence:
    return say(_("Nothing came back: ${why}."), why=fault)
