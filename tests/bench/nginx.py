"""The one nginx in front of every stack: a server of its own for each, the same file location for all."""
from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.bench.stacks import Stack

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"

# The file location is the one of nginx/privmedia.conf: the headers it adds are part of what sending costs.
SITE = """\
{user}
daemon off;
worker_processes auto;
pid {run}/nginx.pid;
error_log {run}/nginx-error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    etag on;
    gzip off;
    keepalive_requests 1000000;
    default_type application/octet-stream;
    client_max_body_size 20g;
    client_body_temp_path {run}/body;
    proxy_temp_path {run}/proxy;
    fastcgi_temp_path {run}/fastcgi;
    uwsgi_temp_path {run}/uwsgi;
    scgi_temp_path {run}/scgi;
{servers}
}}
"""
SERVER = """\
{upstream}
    server {{
        listen 127.0.0.1:{port};
        location /pmedia/ {{
            internal;
            alias {private}/;
            max_ranges 1;
            add_header X-Content-Type-Options nosniff always;
            add_header Content-Security-Policy "sandbox; default-src 'none'; frame-ancestors 'self'" always;
            add_header Cross-Origin-Resource-Policy same-origin always;
            add_header Referrer-Policy no-referrer always;
            add_header Vary Cookie always;
        }}
        {location}
    }}
"""
DIRECT = "location /smedia/ {{ alias {private}/; }}"
UWSGI = """location / {{
            include {params};
            uwsgi_param HTTP_HOST $http_host;  # by itself this nginx leaves the port away
            uwsgi_pass unix:{socket};
            uwsgi_request_buffering off;
        }}"""
HTTP = """location / {{
            proxy_pass http://{name};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_request_buffering off;
        }}"""
UPSTREAM = "    upstream {name} {{ server unix:{socket}; keepalive 4; }}"


def write(stacks: list[Stack], run: Path, private: Path) -> Path:
    """The configuration for these stacks, written below `run`."""
    location = {"direct": DIRECT, "uwsgi": UWSGI, "http": HTTP}
    servers = [
        SERVER.format(
            port=stack.port,
            private=private,
            upstream=UPSTREAM.format(name=stack.key, socket=stack.socket) if stack.speaks == "http" else "",
            location=location[stack.speaks].format(
                private=private, params=_uwsgi_params(run), socket=stack.socket, name=stack.key
            ),
        )
        for stack in stacks
    ]
    # Started by root, nginx would hand its workers to a user who cannot read the files.
    user = "user root;" if os.geteuid() == 0 else ""
    path = run / "nginx.conf"
    path.write_text(SITE.format(user=user, run=run, servers="".join(servers)))
    return path


def command(configuration: Path) -> list[str]:
    return [NGINX, "-p", str(configuration.parent), "-e", "nginx-error.log", "-c", str(configuration)]


def _uwsgi_params(run: Path) -> Path:
    """nginx's own list of what it tells a uWSGI application, wherever the package put it."""
    for folder in (Path("/etc/nginx"), Path("/usr/local/nginx/conf")):
        if (folder / "uwsgi_params").exists():
            return folder / "uwsgi_params"
    names = (
        "QUERY_STRING $query_string", "REQUEST_METHOD $request_method", "CONTENT_TYPE $content_type",
        "CONTENT_LENGTH $content_length", "REQUEST_URI $request_uri", "PATH_INFO $document_uri",
        "DOCUMENT_ROOT $document_root", "SERVER_PROTOCOL $server_protocol", "REQUEST_SCHEME $scheme",
        "HTTPS $https if_not_empty", "REMOTE_ADDR $remote_addr", "REMOTE_PORT $remote_port",
        "SERVER_PORT $server_port", "SERVER_NAME $server_name",
    )
    path = run / "uwsgi_params"
    path.write_text("".join(f"uwsgi_param {name};\n" for name in names))
    return path
