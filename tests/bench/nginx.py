"""The one nginx in front of every stack: privmedia's own configuration, once for each of them on a port of its own.

So the file is sent by the same directives whoever decided; nginx alone has them without `internal`.
"""
from __future__ import annotations

import os
import pwd
import re
import shutil
from pathlib import Path

from privmedia.operations.front_servers import NginxSite, render_nginx_program
from privmedia.uploads.front_bodies import key_of
from tests.bench.prepared import SECRET
from tests.bench.stacks import Stack

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
FILES = re.compile(r"    location \^~ /pmedia/ \{\n.*?\n    \}\n", re.DOTALL)
PAGES = "    location / {\n        uwsgi_pass"
BUFFERED = "/upload/buffered"
"""An address of Django's whose bodies nginx keeps until they are whole, and then passes on."""
# What nginx knows only once, whichever server it belongs to.
SHARED_NAMES = re.compile(
    r"(\$|\?<|upstream |log_format |uwsgi_pass |proxy_pass http://|access_log \S+ |keys_zone=|_cache )privmedia"
)


def write(stacks: list[Stack], run: Path, media_root: Path) -> Path:
    """The configuration for these stacks, written below `run`."""
    for name in ("nginx", "log"):
        (run / name).mkdir()
    (media_root / "incoming").mkdir(exist_ok=True)
    sites = run / "nginx" / "privmedia.conf"
    sites.write_text("\n".join(_site(stack, run, media_root) for stack in stacks if stack.speaks != "alone"))
    program = run / "nginx" / "nginx.conf"
    # Started by root, nginx would hand its workers to a user who cannot read the files.
    user = pwd.getpwuid(0).pw_name if os.geteuid() == 0 else None
    program.write_text(render_nginx_program(run, user=user))
    return program


def command(configuration: Path) -> list[str]:
    return [NGINX, "-p", str(configuration.parent), "-e", "../log/nginx-error.log", "-c", str(configuration)]


def _site(stack: Stack, run: Path, media_root: Path) -> str:
    text = NginxSite(
        base_url=stack.address,
        media_root=media_root,
        static_root=run,
        socket=stack.socket,
        app="gunicorn" if stack.speaks == "http" else "uwsgi",
        log_folder=run / "log",
        listen=(f"127.0.0.1:{stack.port}",),
        body_key=key_of(SECRET),
        decision_cache=stack.remembers,
        decisions_folder=stack.decisions,
    ).render()
    if stack.speaks == "direct":
        files = FILES.search(text)
        if files is None:
            raise ValueError("the configuration has no location of the private files any more")
        open_to_all = files[0].replace("/pmedia/", "/smedia/").replace("        internal;\n", "")
        text = text.replace(files[0], open_to_all)
    if stack.key == "django":
        # What any site has for its forms; privmedia's own location of pages takes 1 MB.
        forms = f"    location = {BUFFERED} {{ client_max_body_size 0; uwsgi_pass privmedia_application; }}\n\n"
        text = text.replace(PAGES, forms + PAGES)
    return SHARED_NAMES.sub(rf"\1{stack.key}", text)
