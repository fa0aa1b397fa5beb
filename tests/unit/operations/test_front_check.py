"""`front-config SERVER --check FILE`: what is missing, changed, or opens a hole is found, with why it matters."""
from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from privmedia.cli import cli
from privmedia.errors import Invalid
from privmedia.operations.front_check import Difference, compare
from privmedia.operations.front_servers import FrontSite
from privmedia.operations.front_sites import SITES
from tests.faults import FULL

EVERY = {server: 1 if FULL else step for server, step in {"nginx": 40, "apache": 5, "lighttpd": 5, "caddy": 4}.items()}
"""Of how many lines one is taken away."""
NO_STATEMENT = ("#", "<", "{", "}", "(", ")")


def site(server: str, *, tls: bool = True) -> FrontSite:
    return SITES[server](
        base_url="https://media.example.com",
        media_root=Path("/data/media"),
        static_root=Path("/opt/privmedia/static/dist"),
        socket=Path("/run/privmedia/app.sock"),
        tls=Path("/etc/tls") if tls else None,
        decision_cache=5,
        person_connections=8,
    )


def compared(server: str, text: str, folder: Path) -> list[Difference]:
    (folder / "site.conf").write_text(text)
    return compare(site(server), folder / "site.conf")


@pytest.mark.parametrize("server", SITES)
def test_what_is_printed_lacks_nothing(server: str, tmp_path: Path) -> None:
    for tls in (True, False):
        (tmp_path / "site.conf").write_text(site(server, tls=tls).render())
        assert compare(site(server, tls=tls), tmp_path / "site.conf") == []


@pytest.mark.parametrize("server", SITES)
def test_each_statement_that_is_missing_is_found(server: str, tmp_path: Path) -> None:
    lines = site(server).render().splitlines()
    statements = [
        number
        for number, line in enumerate(lines)
        if line.strip() and not line.strip().startswith(NO_STATEMENT) and not line.endswith("{")
    ]
    for number in statements[:: EVERY[server]]:
        left = "\n".join([*lines[:number], *lines[number + 1 :]]) + "\n"
        try:
            assert compared(server, left, tmp_path), f"line {number + 1} is not missed: {lines[number]}"
        except Invalid:
            continue  # it cannot even be read


WRONG = [
    # server, what stands there, what stands there instead, where, part of what is said
    ("nginx", "        internal;\n        alias \"/data/media/private/\"", "        alias \"/data/media/private/\"",
     "location /pmedia/", "write `internal`. Without it private files can be fetched by their address"),
    ("nginx", "piece by piece.\n        sendfile on;", "", "location = /privmedia-decides", "sent slower than need be"),
    ("nginx", 'alias "/data/media/private/";', 'alias "/data/media/private";', "location /pmedia/", "needs the slash"),
    ("nginx", 'alias "/data/media/private/";', 'root "/data/media/private/";', "location /pmedia/",
     "the slash in both"),
    ("nginx", "    gzip off;", "    gzip on;", "server", "write `gzip off` in place of `gzip on`"),
    ("nginx", "        max_ranges 1;", "        max_ranges 1;\n        expires 1y;", "location /pmedia/", "expires 1y"),
    ("nginx", "        max_ranges 1;", "        max_ranges 1;\n        mp4;", "location /pmedia/", "take away `mp4`"),
    ("nginx", "    location / {", "    location / {\n        proxy_cache everything;", "location /", "given to others"),
    ("nginx", "    location / {", "    location / {\n        proxy_ignore_headers X-Accel-Redirect;", "location /",
     "would send no files"),
    ("nginx", "    location / {", "    location /files/ { alias /data/media/; }\n    location / {", "location /files/",
     "hands out private files to whoever asks"),
    ("nginx", "client_max_body_size 1m;", "client_max_body_size 20g;", "server",
     "in place of `client_max_body_size 20g`"),
    ("nginx", 'proxy_set_header X-Body-Key "";', "", "server", "be believed"),
    ("nginx", "unix:/run/privmedia/app.sock", "unix:/run/other.sock", "upstream", "leads elsewhere"),
    ("nginx", 'server_name media.example.com;', 'server_name www.example.com;', "", "server"),
    ("apache", "XSendFilePath", "XSendFilePath /\n    XSendFilePath", "virtual host", "elsewhere"),
    ("apache", "    MaxRanges 1\n", "", "virtual host", "Many ranges"),
    ("apache", "    SetEnv no-gzip 1\n", "", "virtual host", "lose their ranges"),
    ("apache", "    RequestHeader unset X-Sendfile\n", "", "virtual host", "be believed"),
    ("lighttpd", '"x-sendfile-docroot"', '"x-sendfile-root"', "static|media", "any file of this machine"),
    ("caddy", "\t\t\t\tstatus 200\n", "", "@decided", "along with a refusal"),
    ("caddy", "\t\t\theader_down -X-Accel-*\n", "", "reverse_proxy", "along with a refusal"),
]


@pytest.mark.parametrize(("server", "there", "instead", "where", "said"), WRONG)
def test_what_is_wrong_is_named_with_why_it_matters(
    server: str, there: str, instead: str, where: str, said: str, tmp_path: Path
) -> None:
    right = site(server).render()
    assert there in right
    found = compared(server, right.replace(there, instead), tmp_path)
    assert [each for each in found if where in each.where and said in each.sentence], [each.sentence for each in found]


def test_order_comments_and_what_somebody_added_for_himself_do_not_count(tmp_path: Path) -> None:
    text = site("nginx").render()
    whole = "user privmedia;\nevents { worker_connections 4096; }\nhttp {\n" + text + "\n}\n"
    assert compared("nginx", whole, tmp_path) == []
    turned = text.replace(
        '        internal;\n        alias "/data/media/private/";',
        "        alias /data/media/private/;  # x\n internal;",
    )
    assert turned != text
    added = turned.replace("    location / {", "    location = /robots.txt { return 200 'x'; }\n    location / {")
    assert compared("nginx", added, tmp_path) == []


@pytest.mark.parametrize(
    ("server", "text"),
    [("nginx", "server {"), ("apache", "<VirtualHost *:80>"), ("lighttpd", 'server.port = "'), ("caddy", "a {\n}\n}")],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(server: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        compared(server, text, tmp_path)


def test_the_command_says_what_differs_and_fails(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    ini = tmp_path / "production.ini"
    ini.write_text(
        f"[app:main]\nuse = egg:privmedia\nsqlalchemy.url = sqlite:///{tmp_path}/x.sqlite\n"
        f"privmedia.media_root = {tmp_path}/media\nprivmedia.base_url = https://media.example.com\n"
        "privmedia.secret = 0f3a9c51e8b7426d95d4c7a61b02f8e3\nprivmedia.front_server = nginx\n"
        f"[server:main]\nuse = egg:gunicorn#main\nbind = unix:{tmp_path}/app.sock\n"
    )

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["-c", str(ini), "front-config", "nginx", *words])
        return result.exit_code, result.stdout

    file = tmp_path / "site.conf"
    file.write_text(run()[1])
    status, said = run("--check", str(file))
    assert (status, "has everything this installation needs" in said) == (0, True)
    file.write_text(file.read_text().replace("max_ranges 1;", "max_ranges 100;"))
    status, said = run("--check", str(file))
    places = file.read_text().count("max_ranges 100;")
    assert (status, said.count("write `max_ranges 1` in place of `max_ranges 100`")) == (1, places)
    status, said = run("--check", str(file), "--json")
    assert status == 1
    assert {each["found"] for each in json.loads(said)["differences"]} == {"max_ranges 100"}
