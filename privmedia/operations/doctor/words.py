"""Words that several checks say: how each front server is told anew, and what one line each looks like."""
from __future__ import annotations

from pathlib import Path

from privmedia.operations.doctor.findings import say
from privmedia.text import Sentence
from privmedia.text import mark as _

NAMES = {"nginx": "nginx", "apache": "Apache", "lighttpd": "lighttpd", "caddy": "Caddy", "builtin": "privmedia"}
KNOWN_BY = {"nginx": "nginx", "apache": "apache", "lighttpd": "lighttpd", "caddy": "caddy"}
"""What each says of itself in `Server`, in lower case."""
LOADED = {
    "nginx": ("/etc/nginx/sites-available/privmedia", "nginx -t && systemctl reload nginx"),
    "apache": ("/etc/apache2/sites-available/privmedia.conf", "apachectl configtest && systemctl reload apache2"),
    "lighttpd": (
        "/etc/lighttpd/conf-available/50-privmedia.conf",
        "lighttpd -tt -f /etc/lighttpd/lighttpd.conf && systemctl restart lighttpd",
    ),
    "caddy": ("/etc/caddy/Caddyfile", "caddy validate --config /etc/caddy/Caddyfile && systemctl reload caddy"),
}


def name_of(front: str) -> str:
    return NAMES.get(front, front)


def printed_anew(front: str) -> tuple[str, ...]:
    """The lines by which a front server gets our configuration as it should be."""
    if front not in LOADED:
        return ()
    file, load = LOADED[front]
    return (f"privmedia front-config {front} > {file}", load)


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
