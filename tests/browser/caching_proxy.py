"""A cache that people share, between them and the library: nginx, which keeps what an answer says may be kept."""
from __future__ import annotations

import http.client
import os
import pwd
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench.nginx import NGINX
from tests.browser.foreign_sites import MEDIA, Sites
from tests.sites import free_port

HOST = "127.0.0.1"
CONFIGURATION = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    {temporary}
    proxy_cache_path {folder}/cache keys_zone=shared:1m;
    server {{
        listen {host}:{port};
        location / {{
            proxy_pass https://{host}:{library};
            proxy_set_header Host {media}:{library};
            proxy_cache shared;
            add_header X-Cache $upstream_cache_status always;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Answer:
    """What came through it. `cache` is HIT for what it had kept."""

    status: int
    cache: str
    text: str


@dataclass(frozen=True)
class Cache:
    port: int

    def get(self, address: str, session: str = "") -> Answer:
        """As somebody with a session; as nobody without."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            connection.request("GET", address, headers={"Cookie": f"__Host-session={session}"} if session else {})
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            return Answer(answer.status, answer.headers.get("X-Cache", ""), text)
        finally:
            connection.close()


@contextmanager
def caching_proxy(folder: Path, sites: Sites) -> Iterator[Cache]:
    port = free_port()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    configuration = folder / "proxy.conf"
    configuration.write_text(
        CONFIGURATION.format(
            user=f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else "",
            folder=folder, host=HOST, port=port, library=sites.stack.port, media=MEDIA,
            temporary=" ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds),
        )
    )
    command = [NGINX, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(configuration)]
    with subprocess.Popen(command) as process:
        try:
            cache, until = Cache(port), time.monotonic() + 20
            while True:
                with suppress(OSError):
                    cache.get("/healthz")
                    break
                assert process.poll() is None, (folder / "error.log").read_text()
                assert time.monotonic() < until
                time.sleep(0.05)
            yield cache
        finally:
            process.terminate()
