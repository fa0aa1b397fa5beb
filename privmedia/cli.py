"""The command line: `privmedia [-c CONFIG.ini] COMMAND`. Exit 0 done, 1 refused with a sentence, 2 wrong usage."""
from __future__ import annotations

import os
import sys
from typing import Any

import click

from privmedia.accounts.commands import MORE_OF_GROUPS, MORE_OF_USERS, group, setup_link, user
from privmedia.accounts.factor_commands import two_factor
from privmedia.accounts.token_commands import token
from privmedia.admin.providers.commands import ldap
from privmedia.admin.users.commands import delete_user, disable_user
from privmedia.console import DEFAULT_CONFIG, Line
from privmedia.embedding.commands import embed
from privmedia.errors import DomainError
from privmedia.importing.commands import import_files
from privmedia.library.commands import folder, items
from privmedia.library.rules_commands import WITHOUT_RULES, access
from privmedia.operations.check_commands import check
from privmedia.operations.commands import migrate, serve, stack, worker
from privmedia.operations.demo import demo
from privmedia.operations.doctor.commands import doctor
from privmedia.operations.front_commands import front_config
from privmedia.operations.job_commands import jobs, reprocess
from privmedia.operations.search_commands import search
from privmedia.quotas.commands import group_quota, space_of_groups, space_of_users, user_quota
from privmedia.sharing.commands import link, links_that_open
from privmedia.traffic.commands import ingest_log, traffic


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--config",
    default=lambda: os.environ.get("PRIVMEDIA_CONFIG", DEFAULT_CONFIG),
    metavar="CONFIG.ini",
    help=f"The configuration; {DEFAULT_CONFIG} if PRIVMEDIA_CONFIG does not name another.",
)
@click.version_option(package_name="privmedia")
@click.pass_context
def cli(context: click.Context, config: str) -> None:
    """A private media library for teams: the application decides, the front server streams."""
    context.obj = Line(config)


RUNNING = (
    serve, worker, jobs, reprocess, migrate, check, doctor, stack, front_config, demo, search, ingest_log, traffic
)
PEOPLE = (setup_link, user, group, two_factor, token, ldap)
CONTENT = (folder, items, import_files, access, link, embed)
for command in (*RUNNING, *PEOPLE, *CONTENT):
    cli.add_command(command)

WITHOUT_RULES.append(links_that_open)
MORE_OF_USERS.append(space_of_users)
MORE_OF_GROUPS.append(space_of_groups)

for command in (disable_user, delete_user, user_quota):
    user.add_command(command)
group.add_command(group_quota)


def main() -> None:
    """The `privmedia` program."""
    try:
        cli.main(standalone_mode=True)
    except DomainError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def pshell_setup(env: dict[str, Any]) -> None:
    """What `pshell` finds ready: the installation and a reading session."""
    installation = env["request"].registry["installation"]
    env["installation"] = installation
    env["session"] = installation.sessions()
