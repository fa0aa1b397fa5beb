"""Commands that run privmedia: serve, worker, migrate, stack."""
from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import waitress
from plaster import get_loader
from pyramid.scripts import pserve

from privmedia import main
from privmedia.accounts.first_start import FirstStart
from privmedia.console import Line
from privmedia.db import writing
from privmedia.errors import Invalid
from privmedia.installation import Installation
from privmedia.operations.front_servers import APP_SERVERS, AppServer
from privmedia.operations.front_sites import SITES
from privmedia.operations.migrations import migrate as migrate_database
from privmedia.operations.migrations import require_newest
from privmedia.operations.processes import Processes, Program
from privmedia.operations.stack import Stack, beside_python, require_free_port
from privmedia.operations.worker import run_worker
from privmedia.storage import Storage

PORTS = click.IntRange(1, 65535)


@click.command()
@click.option("--port", type=PORTS, help="Listen there instead of where the configuration says.")
@click.option("--worker", "with_worker", is_flag=True, help="Run a worker beside it; both stop together.")
@click.pass_obj
def serve(line: Line, port: int | None, with_worker: bool) -> None:
    """Serve the pages, as the configuration's [server:main] says."""
    if port:
        line.variables["port"] = str(port)
        require_free_port(port)
    require_newest(line.installation.engine)  # the settings' problems too come now, all at once
    if not with_worker:
        if port:
            _serve_on(line, port)
            return
        sys.exit(pserve.main(["pserve", line.config], quiet=True))
    privmedia = [beside_python("privmedia"), "-c", line.config]
    processes = Processes()
    with processes.together():
        processes.start(Program("the server", [*privmedia, "serve", *(["--port", str(port)] if port else [])]))
        processes.start(Program("the worker", [*privmedia, "worker"]))
        click.echo(f"privmedia is at {line.settings.base_url}  (Ctrl-C stops it)")
        processes.watch()


@click.command()
@click.option("--once", is_flag=True, help="Stop when nothing is due any more.")
@click.pass_obj
def worker(line: Line, once: bool) -> None:
    """Do the work in the background: posters, playable copies, tidying up."""
    require_newest(line.installation.engine)
    get_loader(f"file+ini:{line.config}").setup_logging()
    run_worker(line.installation, once=once)


@click.command()
@click.pass_obj
def migrate(line: Line) -> None:
    """Bring the database to the newest schema; an empty one gets all of it. Makes the folders that are missing."""
    migrate_database(line.settings.sqlalchemy_url)
    Storage(line.settings.media_root).make_folders()
    click.echo("The database has the newest schema.")


@click.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("var"), show_default=True)
@click.option("--port", type=PORTS, default=8080, show_default=True)
@click.option("--app", type=click.Choice(APP_SERVERS), default="gunicorn", show_default=True)
@click.option("--front", type=click.Choice(list(SITES)), default="nginx", show_default=True, help="The front server.")
def stack(folder: Path, port: int, app: AppServer, front: str) -> None:
    """Run a front server, an application server and a worker on this machine, without privileges, until Ctrl-C."""
    os.umask(0o077)  # what the programs make is for this user alone
    whole = Stack(folder, port, app, front=front)
    with whole.processes.together():
        whole.prepare()
        whole.start()
        _print_setup_link(whole)
        click.echo(f"privmedia is at {whole.base_url}  (Ctrl-C stops it; configuration: {whole.ini})")
        whole.processes.watch()


def _serve_on(line: Line, port: int) -> None:
    """Serve with waitress on another port. pserve cannot: what stands in [DEFAULT] wins over its arguments."""
    loader = get_loader(f"file+ini:{line.config}")
    server = loader.get_settings("server:main", line.variables)
    if server.pop("use", "") != "egg:waitress#main" or not server.get("listen", "").endswith(f":{port}"):
        raise Invalid(f"{line.config} has no waitress that listens on %(port)s; change the port there.")
    loader.setup_logging()
    waitress.serve(main({}, **line.ini), **server)


def _print_setup_link(whole: Stack) -> None:
    installation = Installation.open(whole.settings)
    try:
        with writing(installation.sessions) as session:
            first_start = FirstStart(session, installation)
            if first_start.needed():
                link = first_start.make_link()
                click.echo(f"Make the first administrator (this link works once, for 24 hours):\n{link}")
    finally:
        installation.close()


