"""The command `privmedia front-config`: a front server's configuration, printed or compared with a file."""
from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, replace
from pathlib import Path

import click
from plaster import get_loader

from privmedia.console import Line
from privmedia.errors import DomainError, Invalid
from privmedia.operations.front_caddy import CaddySite
from privmedia.operations.front_check import Difference, compare
from privmedia.operations.front_servers import APP_SERVERS, AppServer, FrontSite
from privmedia.operations.front_sites import SITES
from privmedia.operations.front_versions import HTTP2, OLDEST, VERSION_COMMANDS, holes_of, is_untried, version_in
from privmedia.operations.stack import PROGRAMS, front_program


@click.command("front-config")
@click.argument("server", type=click.Choice(list(SITES)))
@click.option("--app", type=click.Choice(APP_SERVERS), default="gunicorn", show_default=True, help="Its other side.")
@click.option(
    "--tls",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of fullchain.pem and privkey.pem. Without it: plain HTTP, with the place for both marked.",
)
@click.option(
    "--check",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=False),
    help="Compare this file with what is needed, and say what differs and why it matters. Nothing is printed.",
)
@click.option("--json", "as_json", is_flag=True, help="With --check: the differences as JSON.")
@click.pass_obj
def front_config(
    line: Line, server: str, *, app: AppServer, tls: Path | None, check: Path | None, as_json: bool
) -> None:
    """Print the front server's configuration for this installation, or compare a file with it."""
    site = SITES[server].of(line.settings, socket=_socket(line, app), app=app, tls=tls.absolute() if tls else None)
    if isinstance(site, CaddySite):
        site = replace(site, only_http1=has_hole_in_http2(server))
    remarks = remarks_on_version(server)
    if check is None:
        if as_json:
            raise click.UsageError("--json goes with --check.")
        for remark in remarks:
            click.echo(remark, err=True)
        click.echo(site.render(), nl=False)
        return
    found = compare(site, check)
    if as_json:
        click.echo(json.dumps({"differences": [asdict(each) for each in found], "version": remarks}, indent=2))
    else:
        _say(site, check, found, remarks)
    if found:
        raise click.exceptions.Exit(1)


def _say(site: FrontSite, path: Path, found: list[Difference], remarks: list[str]) -> None:
    for each in found:
        click.echo(each.sentence)
    for remark in remarks:
        click.echo(remark)
    count = len(found)
    if found:
        things = "one thing that is not" if count == 1 else f"{count} things that are not"
        command = f"privmedia front-config {site.server}"
        click.echo(f"{path}: {things} as this installation needs it. `{command}` prints all of it.", err=True)
    else:
        click.echo(f"{path} has everything this installation needs.")


def installed_version(server: str) -> str:
    """The version that is installed here; empty where none is."""
    try:
        command = [front_program(server), *VERSION_COMMANDS[server][1:]]
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        return version_in(said.stdout + said.stderr)
    except (DomainError, OSError, subprocess.TimeoutExpired):
        return ""


def has_hole_in_http2(server: str) -> bool:
    """Whether it is safe only without HTTP/2."""
    version = installed_version(server)
    return bool(version) and any(hole.part == HTTP2 for hole in holes_of(server, version, _package(server)))


def remarks_on_version(server: str) -> list[str]:
    """What is known of the version that is installed here; nothing where none is."""
    version = installed_version(server)
    if not version:
        return []
    package = _package(server)
    called = f"{server} {version}" + (f" (package {package})" if package else "")
    remarks = [
        f"{called} has a known hole ({hole.cve}, {hole.part}): {hole.what}. Take {' or '.join(hole.fixed)} or later"
        + "".join(f", on Debian {mended}" for mended in hole.debian.values())
        + (". What is printed leaves HTTP/2 out, and with it the hole." if hole.part == HTTP2 else ".")
        for hole in holes_of(server, version, package)
    ]
    if is_untried(server, version):
        remarks.append(f"{called} is older than any this was tried with: {OLDEST[server]}.")
    return remarks


def _package(server: str) -> str:
    """The version of Debian's package of it; empty where it is not one of Debian's."""
    name = PROGRAMS[server][1].split()[0]
    names = ("nginx", "nginx-light", "nginx-core") if server == "nginx" else (name,)
    for each in names:
        query = ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", each]
        try:
            said = subprocess.run(query, capture_output=True, text=True, timeout=10, check=False).stdout.split()
        except OSError:
            return ""
        if said[:1] == ["installed"]:
            return said[1]
    return ""


def _socket(line: Line, app: AppServer) -> Path:
    """Where the application listens, from the configuration. Raises Invalid unless that is a unix socket."""
    loader = get_loader(f"file+ini:{line.config}")
    if app == "uwsgi":
        address = loader.get_settings("uwsgi").get("socket", "")
    else:
        address = loader.get_settings("server:main").get("bind", "").removeprefix("unix:")
    if not address.startswith("/"):
        raise Invalid(f"{line.config} names no unix socket for {app}: a front server has to share one with it.")
    return Path(address)
