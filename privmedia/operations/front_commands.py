"""The command `privmedia front-config`: a front server's configuration, printed or compared with a file."""
from __future__ import annotations

from pathlib import Path

import click
from plaster import get_loader

from privmedia.console import Line
from privmedia.errors import Invalid
from privmedia.operations.front_servers import APP_SERVERS, AppServer
from privmedia.operations.front_sites import SITES


@click.command("front-config")
@click.argument("server", type=click.Choice(list(SITES)))
@click.option("--app", type=click.Choice(APP_SERVERS), default="gunicorn", show_default=True, help="Its other side.")
@click.option(
    "--tls",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of fullchain.pem and privkey.pem. Without it: plain HTTP, with the place for both marked.",
)
@click.pass_obj
def front_config(line: Line, server: str, app: AppServer, tls: Path | None) -> None:
    """Print the front server's configuration for this installation."""
    site = SITES[server].of(line.settings, socket=_socket(line, app), app=app, tls=tls.absolute() if tls else None)
    click.echo(site.render(), nl=False)


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
