"""The doctor, tested by breaking things: each wrong configuration is found, named, and told its cure.

One application stands behind all of them. Each wrong nginx is one of its own beside the right one, and the doctor is
sent to it as to any other address.
"""
from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.jobs.models import Worker
from privmedia.mail_settings import MailServer as MailSettings
from privmedia.operations.doctor.findings import Finding, Level
from privmedia.operations.doctor.probe import probing
from privmedia.operations.doctor.receiving import one_file_system
from privmedia.operations.doctor.service import EVERY, examine
from privmedia.operations.doctor.site import by_tls
from privmedia.operations.doctor.visiting import PublicAddress
from privmedia.operations.doctor.words import printed_anew
from privmedia.operations.front_servers import render_nginx_program
from privmedia.operations.stack import HOST, beside_python, nginx_program
from privmedia.settings import parse_size
from tests import missing
from tests.mail_server import MailServer, mail_server
from tests.sites import QUICK, Site, free_port

OF_THE_MACHINE = ("space", "front-version")
"""What these find depends on where the tests run."""
AS_ROOT = os.geteuid() == 0


@dataclass(frozen=True)
class Wrong:
    """A configuration with one thing wrong: what the doctor has to say of it."""

    check: str
    measured: str
    cure: str
    edit: Callable[[str], str] = lambda text: text
    outer: str = ""
    """The server block of a second proxy in front of the right one; `INNER` is where that listens."""
    http: str = ""
    """What belongs above it."""
    level: Level = Level.RED
    patience: float = 0


def without(*lines: str) -> Callable[[str], str]:
    """The configuration with these lines left out, wherever they stand."""

    def edited(text: str) -> str:
        for line in lines:
            shorter = re.sub(rf"^ *{line}\n", "", text, flags=re.MULTILINE)
            assert shorter != text, line
            text = shorter
        return text

    return edited


def instead(old: str, new: str) -> Callable[[str], str]:
    def edited(text: str) -> str:
        assert old in text, old
        return text.replace(old, new)

    return edited


def in_location(start: str, *, add: str = "", drop: str = "") -> Callable[[str], str]:
    """The configuration with lines put into one location, or taken out of it."""

    def edited(text: str) -> str:
        before, opened, after = text.partition(f"    location {start} {{\n")
        assert opened, start
        inside, closed, rest = after.partition("\n    }\n")
        shorter = re.sub(rf"^ *{drop}\n", "", inside + "\n", flags=re.MULTILINE) if drop else inside + "\n"
        assert not drop or shorter != inside + "\n", drop
        return f"{before}{opened}{shorter}        {add}{closed}{rest}"

    return edited


PRIVATE = "^~ /pmedia/"
TO_INNER = "proxy_pass http://127.0.0.1:INNER; proxy_set_header Host $http_host;"
PASSING_BODIES = "proxy_http_version 1.1; proxy_request_buffering off; client_max_body_size 0;"

WRONG = {
    "no internal": Wrong("internal", "without a check", "internal;", in_location(PRIVATE, drop="internal;")),
    "no slash after alias": Wrong(
        "sender", "the slash at the end of `alias` is missing", "slash at the end of `alias`",
        lambda text: re.sub(r'(alias "[^"]*/private)/";', r'\1";', text),
    ),
    "no slash after the location": Wrong(
        "internal", "the slash at the end of the location", "with the slash at its end",
        lambda text: re.sub(
            r'location \^~ /pmedia/ \{\n', "location ^~ /pmedia {\n",
            in_location(PRIVATE, drop="disable_symlinks .*")(text),
        ),
    ),
    "root for alias": Wrong(
        "sender", "`root` stands where `alias` belongs", "Write `alias`",
        lambda text: re.sub(r'alias ("[^"]*/private)/";', r'root \1";', text),
    ),
    "root above for alias": Wrong(
        "sender", "`root` stands where `alias` belongs", "Write `alias`",
        lambda text: re.sub(
            r'alias "([^"]*)/private/";', r'root "\1";', in_location(PRIVATE, drop="disable_symlinks .*")(text)
        ),
    ),
    "another folder": Wrong(
        "sender", "does not find the file", "let it look below",
        lambda text: re.sub(r'alias "([^"]*)/private/";', r'alias "\1/quarantine/";', text),
    ),
    "X-Accel-Redirect ignored": Wrong(
        "sender", "took the application's header away", "proxy_ignore_headers",
        in_location("/", add="proxy_ignore_headers X-Accel-Redirect;"),
    ),
    "X-Accel-Redirect handed on": Wrong(
        "sender", "X-Accel-Redirect came back unhandled", "Put nginx in front",
        in_location("/", add="proxy_ignore_headers X-Accel-Redirect; proxy_pass_header X-Accel-Redirect;"),
    ),
    "another type": Wrong(
        "sender", "came as “text/plain”", "Content-Type",
        outer=f"location / {{ {TO_INNER} proxy_hide_header Content-Type; add_header Content-Type text/plain; }}",
    ),
    "gzip": Wrong(
        "compression", "came compressed (gzip)", "gzip off",
        in_location(PRIVATE, add="gzip on; gzip_types *; gzip_min_length 1;"),
    ),
    "gzip of pages": Wrong(
        "compression", "Pages are compressed", "/static/ alone", in_location("/", add="gzip on;"), level=Level.AMBER
    ),
    "no ranges": Wrong(
        "ranges", "instead of 206", "max_ranges 0",
        lambda text: text.replace("max_ranges 1;", "max_ranges 0;"),
    ),
    "expires": Wrong("caching", "“max-age=3600”", "expires", in_location(PRIVATE, add="expires 1h;")),
    "public caching": Wrong(
        "caching", "public, max-age=60", "add_header Cache-Control",
        in_location(PRIVATE, add='add_header Cache-Control "public, max-age=60" always;'),
    ),
    "headers lost": Wrong(
        "headers", "On 200 these headers are missing", "add_header",
        in_location(PRIVATE, drop="add_header .*"),
    ),
    "one header lost": Wrong(
        "headers", "missing or not ours: Referrer-Policy.", "add_header",
        in_location(PRIVATE, drop="add_header Referrer-Policy .*"),
    ),
    "one header of another's": Wrong(
        "headers", "missing or not ours: Vary", "add_header",
        outer=f"location / {{ {TO_INNER} add_header Vary Accept-Encoding always; }}",
    ),
    "names lost": Wrong(
        "names", "came as “”", "Content-Disposition",
        outer=f"location / {{ {TO_INNER} proxy_hide_header Content-Disposition; }}",
    ),
    "forged headers": Wrong(
        "forged", "X-Accel-Redirect", "overwrite",
        lambda text: re.sub(r' *proxy_set_header X-Accel-Redirect "";\n', "", text),
    ),
    "forged addresses": Wrong(
        "forged", "X-Forwarded-For is believed", "$remote_addr",
        instead("X-Forwarded-For $remote_addr;", "X-Forwarded-For $http_x_forwarded_for;"),
    ),
    "two proxies with two limits": Wrong(
        "upload-limit", "before the application was asked: 413", "client_max_body_size",
        outer=f"location / {{ {TO_INNER} }}",
    ),
    "two proxies, one collects": Wrong(
        "upload-limit", "reads the whole body before it asks", "proxy_request_buffering off",
        outer=f"client_max_body_size 0; location / {{ {TO_INNER} }}",
    ),
    "small parts": Wrong(
        "parts", "did not arrive whole", "take parts",
        outer=f"client_max_body_size 1m; location / {{ {TO_INNER} }}",
    ),
    "a cache in front": Wrong(
        "closed", "a cache in front keeps it", "proxy_cache off",
        http="proxy_cache_path FOLDER/cache keys_zone=kept:1m;",
        outer=f"location / {{ {TO_INNER} proxy_cache kept; proxy_cache_valid 200 1m; proxy_cache_key $uri;"
        " proxy_ignore_headers Cache-Control Vary Set-Cookie Expires; }",
    ),
    "a cache per session in front": Wrong(
        "ended", "was answered 200 instead of 404", "proxy_cache off",
        http="proxy_cache_path FOLDER/cache keys_zone=kept:1m;",
        outer=f"location / {{ {TO_INNER} proxy_cache kept; proxy_cache_valid 200 1m;"
        " proxy_cache_key $uri$http_cookie; proxy_ignore_headers Cache-Control Vary Set-Cookie Expires; }",
    ),
    "no patience": Wrong(
        "time-outs", "was ended after", "proxy_read_timeout",
        instead("proxy_read_timeout 120s", "proxy_read_timeout 300ms"), patience=1.0,
    ),
    "another key": Wrong(
        "parts", "another key than ours", "privmedia.secret",
        lambda text: re.sub(r'X-Body-Key "[0-9a-f]{64}"', 'X-Body-Key "0000"', text), level=Level.AMBER,
    ),
    "bodies elsewhere": Wrong(
        "parts", "which the application cannot take over", "client_body_temp_path",
        lambda text: re.sub(r'client_body_temp_path "[^"]*"', 'client_body_temp_path "FOLDER/bodies"', text),
    ),
    "parts without asking": Wrong(
        "parts", "hands them over instead of keeping them", "/uploads/",
        lambda text: re.sub(r"location /uploads/ \{", "location /uploads-of-before/ {", text).replace(
            "client_max_body_size 1m;", "client_max_body_size 20m;"
        ),
        level=Level.AMBER,
    ),
    "the name is lost": Wrong(
        "reached", "refuses (421)", "proxy_set_header Host",
        outer="location = /healthz { proxy_pass http://127.0.0.1:INNER; } "
        "location / { proxy_pass http://127.0.0.1:INNER; proxy_set_header Host elsewhere.example; }",
    ),
    "any name": Wrong(
        "reached", "under any name", "so that others are refused", level=Level.AMBER,
        outer="location / { proxy_pass http://127.0.0.1:INNER; proxy_set_header Host 127.0.0.1:RIGHT; }",
    ),
}


@contextmanager
def another_nginx(
    site: Site, folder: Path, wrong: Wrong, *, user: str = "root", tls: bool = False
) -> Iterator[str]:
    """A second nginx before the same application, with something wrong; its address."""
    assert site.stack is not None
    port, folder = free_port(), folder.resolve()
    for name in ("nginx", "log", "bodies"):
        (folder / name).mkdir()
    text = (site.stack.folder / "nginx" / "privmedia.conf").read_text()
    text = text.replace(f"{site.stack.folder}/log", f"{folder}/log")
    text = wrong.edit(text).replace("FOLDER", str(folder))
    asked = port
    if wrong.outer:
        asked = free_port()
        whole = f"server {{ listen {HOST}:{asked}{' ssl' if tls else ''}; {wrong.outer} }}\n{wrong.http}\n"
        # The inner one knows its host by the port of the right one, which is what the outer one is asked for.
        text += whole.replace("INNER", str(port)).replace("RIGHT", str(site.port)).replace("FOLDER", str(folder))
    text = text.replace(f"listen {HOST}:{site.port}", f"listen {HOST}:{port}")
    (folder / "nginx" / "privmedia.conf").write_text(text)
    (folder / "nginx" / "nginx.conf").write_text(render_nginx_program(folder, user=user if AS_ROOT else None))
    command = [nginx_program(), "-c", f"{folder}/nginx/nginx.conf", "-e", f"{folder}/log/error.log"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        address = PublicAddress(f"http://{HOST}:{site.port}", f"http://{HOST}:{asked}")
        until = time.monotonic() + 20
        while not _accepts(address):
            assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
            assert time.monotonic() < until
            time.sleep(0.02)
        yield f"http://{HOST}:{asked}"
    finally:
        process.terminate()
        process.wait(10)
        if process.stderr:
            process.stderr.close()


def _accepts(address: PublicAddress) -> bool:
    try:
        address.connected(1.0).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def post() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def well(nginx: Site, post: MailServer) -> Installation:
    """The installation as it should be: with a mail server, and a worker that has just said that it lives."""
    installation = nginx.library.installation
    assert nginx.stack is not None
    return replace(
        installation,
        settings=replace(
            installation.settings,
            mail_url=MailSettings(host=HOST, port=post.port, security="none"),
            max_upload_size=parse_size("256m"),
        ),
    )


@pytest.fixture
def worker(well: Installation) -> Iterator[None]:
    with writing(well.sessions) as session:
        session.merge(Worker(name="here:1", encoders=1, started_at=well.clock(), seen_at=well.clock()))
    yield
    with writing(well.sessions) as session:
        session.delete(session.get_one(Worker, "here:1"))


def named(found: list[Finding], name: str) -> Finding:
    return next(one for one in found if one.name == name)


def events_of(installation: Installation) -> list[str]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Event.target).order_by(Event.id)))


def leftovers(installation: Installation) -> list[Path]:
    root = installation.storage.root
    places = ("incoming/probes/*", "incoming/placing/*", "probe-*", "private?*", "pmedia", "private/pmedia")
    return [path for place in places for path in root.glob(place)]


def test_a_right_one_is_all_green_and_nothing_of_it_is_left(nginx: Site, well: Installation, worker: None) -> None:
    before, events = sorted(well.storage.items_on_disk()), events_of(well)
    found = examine(well, patience=0.5)
    ill = [(one.name, str(one.measured)) for one in found if one.level is not Level.GREEN]
    assert [each for each in ill if each[0] not in OF_THE_MACHINE] == []
    assert {one.name for one in found} == {check.name for check in EVERY}
    assert "the application sent 0 bytes" in str(named(found, "sender").measured)
    assert "taken over without copying" in str(named(found, "parts").measured)
    assert leftovers(well) == []
    assert sorted(well.storage.items_on_disk()) == before
    # All that the log has of it: twice somebody who did not sign in announced a large file.
    assert events_of(well)[len(events):] == ["POST /upload/plain", "POST /uploads/"]


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_configuration_is_found_and_named_with_its_cure(
    wrong: Wrong, nginx: Site, well: Installation, tmp_path: Path
) -> None:
    with another_nginx(nginx, tmp_path, wrong) as url:
        found = examine(well, url=url, patience=wrong.patience, only=(wrong.check,))
    finding = named(found, wrong.check)
    assert finding.level is wrong.level, str(finding.measured)
    assert wrong.measured in str(finding.measured)
    assert wrong.cure in str(finding.cure)
    assert leftovers(well) == []


@pytest.mark.skipif(not AS_ROOT, reason="only root can let nginx work as another user")
def test_another_user_is_found_and_named_with_its_cure(nginx: Site, well: Installation, tmp_path: Path) -> None:
    me, body = pwd.getpwuid(0).pw_name, well.storage.incoming / "body"
    tmp_path.chmod(0o755)
    try:
        with another_nginx(nginx, tmp_path, Wrong("", "", ""), user="nobody nogroup") as url:
            found = examine(well, url=url, patience=0, only=("permissions", "sender"))
    finally:
        os.chown(body, 0, 0)
    # As another user nginx does not even reach the socket.
    assert named(found, "reached").level is Level.RED
    finding = named(found, "permissions")
    assert (finding.level, str(finding.measured)) == (
        Level.RED, f"nginx works as nobody, the application as {me}. Let both be one user."
    )
    assert f"Say `user {me};`" in str(finding.cure)
    assert any("systemctl restart nginx" in line for line in finding.lines)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of certificates for localhost, each with its key: one good for long, one that ends soon."""
    if shutil.which("openssl") is None:
        missing("openssl is missing: apt-get install openssl")
    folder = tmp_path_factory.mktemp("tls")
    for name, days in (("long", 100), ("soon", 3)):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", str(days), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
             "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"],
            check=True, capture_output=True,
        )
    return folder


@pytest.mark.parametrize(
    ("certificate", "trusted", "header", "level", "words"),
    [
        ("long", True, "max-age=31536000", {"tls": "green", "hsts": "green"}, "good for 99 more days"),
        ("soon", True, "max-age=31536000", {"tls": "amber", "hsts": "green"}, "ends in 2 days"),
        ("long", False, "max-age=31536000", {"reached": "red"}, "do not believe the certificate"),
        ("long", True, "max-age=300", {"tls": "green", "hsts": "red"}, "instead of a year"),
    ],
    ids=["right", "ends soon", "nobody believes it", "HSTS too short"],
)
def test_tls_that_is_not_as_it_should_be_is_found(
    certificate: str, trusted: bool, header: str, level: dict[str, str], words: str, nginx: Site, well: Installation,
    certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates / f"{certificate}.pem"))
    files = f"ssl_certificate {certificates}/{certificate}.pem; ssl_certificate_key {certificates}/{certificate}.key;"
    passed = "proxy_pass http://127.0.0.1:INNER; proxy_set_header Host 127.0.0.1:RIGHT;"
    hsts = f'add_header Strict-Transport-Security "{header}" always;'
    wrong = Wrong("", "", "", outer=f"{files} location / {{ {passed} {hsts} }}")
    with another_nginx(nginx, tmp_path, wrong, tls=True) as url:
        secure = replace(well, settings=replace(well.settings, base_url="https://localhost"))
        found = examine(secure, url=url.replace("http://", "https://"), patience=0, only=("tls", "hsts"))
    assert {one.name: one.level.value for one in found if one.name in level} == level
    assert words in " ".join(str(one.measured) for one in found)


def test_that_decisions_are_kept_is_said(nginx: Site, well: Installation) -> None:
    keeps = replace(well, settings=replace(well.settings, decision_cache=5))
    ended = named(examine(keeps, patience=0, only=("ended",)), "ended")
    assert (ended.level, "goes on for up to 5 s" in str(ended.measured)) == (Level.GREEN, True)


def test_plain_http_for_everybody_is_found(nginx: Site, well: Installation) -> None:
    plain = replace(well, settings=replace(well.settings, base_url="http://media.example.com"))
    with probing(well, PublicAddress(well.settings.base_url), patience=0) as visit:
        outcome = by_tls(replace(visit, installation=plain))
    assert (outcome.level, "reads passwords and files" in str(outcome.measured)) == (Level.RED, True)


def test_arriving_files_on_another_file_system_are_found_and_the_start_is_refused(
    nginx: Site, well: Installation, tmp_path: Path
) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        missing("/dev/shm is no file system of its own")
    apart = replace(well, storage=type(well.storage)(tmp_path))
    apart.storage.make_folders()
    (tmp_path / "incoming" / "work").rmdir()
    (tmp_path / "incoming" / "work").symlink_to(elsewhere)
    outcome = one_file_system(apart)
    assert outcome.level is Level.RED
    assert f"{tmp_path}/incoming/work lies on another file system" in str(outcome.measured)
    assert f"Mount one file system at {tmp_path}" in str(outcome.cure)

    (tmp_path / "split").mkdir()
    (tmp_path / "split" / "incoming").symlink_to(elsewhere)
    (tmp_path / "split" / "private").mkdir()
    told = subprocess.run(
        [beside_python("privmedia"), "-c", str(nginx.ini), "doctor", "--json"],
        env={**os.environ, **QUICK, "PRIVMEDIA_MEDIA_ROOT": str(tmp_path / "split")},
        capture_output=True, text=True, timeout=60, check=False,
    )
    assert told.returncode == 1
    (check,) = json.loads(told.stdout)["checks"]
    assert (check["name"], check["level"]) == ("settings", "red")
    assert "lie on different file systems" in check["measured"]


def test_a_dead_worker_a_wrong_clock_and_a_mail_server_that_is_away_are_found(nginx: Site, well: Installation) -> None:
    ahead = replace(well, clock=lambda: well.clock() + timedelta(hours=1))
    found = examine(ahead, patience=0, only=("workers", "clock"))
    assert named(found, "workers").level is Level.RED
    assert "nothing becomes playable" in str(named(found, "workers").measured)
    assert "systemctl start privmedia-worker" in named(found, "workers").lines
    assert named(found, "clock").level is Level.RED
    assert re.search(r"front server is 3,(600|601|599) s away", str(named(found, "clock").measured))
    assert "timedatectl" in str(named(found, "clock").cure)

    with closing(_taken_port()) as taken:
        away = MailSettings(host=HOST, port=taken.getsockname()[1], security="none")
        found = examine(replace(well, settings=replace(well.settings, mail_url=away)), patience=0, only=("mail",))
    assert named(found, "mail").level is Level.RED
    assert "does not take letters" in str(named(found, "mail").measured)
    off = replace(well, settings=replace(well.settings, mail_url=None))
    assert named(examine(off, patience=0, only=("mail",)), "mail").level is Level.AMBER


def _taken_port() -> socket.socket:
    """A port at which nobody listens, and which nobody else gets."""
    taken = socket.socket()
    taken.bind((HOST, 0))
    return taken


def test_a_site_that_is_not_there_is_said_once(well: Installation) -> None:
    found = examine(well, url=f"http://{HOST}:{free_port()}", patience=0, only=("sender", "ranges"))
    assert [(one.name, one.level) for one in found] == [("reached", Level.RED)]
    assert "refused" in str(found[0].measured)


def test_the_probe_is_there_for_its_token_alone_and_is_gone_after_a_kill(nginx: Site, well: Installation) -> None:
    site = PublicAddress(well.settings.base_url)
    with probing(well, site, patience=0) as visit:
        other = {"Cookie": visit.signed_in()["Cookie"].replace(visit.token, "x" * 43)}
        missing_one = site.ask(f"/smedia/probe/{visit.uid[::-1]}/play.mp4")
        for headers in ({}, other):
            refused = site.ask(visit.address(), headers=headers)
            assert (refused.status, refused.body) == (404, missing_one.body)
            assert site.ask(f"/uploads/probe/{visit.uid}", method="POST", headers=headers).status == 404
        assert visit.fetch().body == visit.content
        assert visit.fetch("version.json").status == 404
        assert site.ask(f"/smedia/{visit.uid}/play.mp4", headers=visit.signed_in()).status == 404
        expired = replace(well, clock=lambda: well.clock() - timedelta(hours=1))
        with probing(expired, site, patience=0) as over:
            assert over.fetch().status == 404
        visit.end()
        assert visit.fetch().status == 404
    killed = probing(well, site, patience=0)
    visit = killed.__enter__()
    for path in (well.storage.incoming / "probes").iterdir():
        os.utime(path, (0, 0))
    with probing(well, site, patience=0):
        assert visit.fetch().status == 404
    killed.__exit__(None, None, None)
    assert leftovers(well) == []


def test_the_command_tells_scripts_and_people(nginx: Site, worker: None) -> None:
    told = nginx.privmedia("doctor", "--quick", "--json")
    report = json.loads(told.stdout)
    assert report["level"] == "amber"  # mail is off in this one
    ill = [check["name"] for check in report["checks"] if check["level"] != "green"]
    assert [name for name in ill if name not in OF_THE_MACHINE] == ["mail"]
    assert {"name", "area", "title", "level", "measured", "cure", "lines"} == set(report["checks"][0])


def test_what_is_to_be_typed_fits_the_installation(well: Installation) -> None:
    secure = replace(well.settings, base_url="https://media.example.com")
    file = "/etc/nginx/sites-available/privmedia"
    tls = "--tls /etc/letsencrypt/live/media.example.com"
    assert printed_anew("nginx", secure, uwsgi=True) == (
        f"privmedia front-config nginx --app uwsgi {tls} --check {file}",
        f"privmedia front-config nginx --app uwsgi {tls} > {file}",
        "nginx -t && systemctl reload nginx",
    )
    assert "--tls" not in printed_anew("caddy", secure)[0]
    assert printed_anew("nginx", well.settings)[1] == f"privmedia front-config nginx > {file}"
    assert printed_anew("builtin", well.settings) == ()
