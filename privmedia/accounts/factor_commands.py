"""Commands for who has to have a second factor: the way back as well, for whom no page opens any more."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy.orm import Session

from privmedia.accounts.duty import ADMINISTRATORS, EVERYONE
from privmedia.accounts.factor_rules import LONGEST_GRACE, FactorRules
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import Group
from privmedia.console import Line, echo_json
from privmedia.db import reading, writing


def whom(command: Callable[..., Any]) -> Callable[..., Any]:
    """The three ways to say for whom a rule is."""
    command = click.option("--administrators", "who", flag_value=ADMINISTRATORS, help="For administrators.")(command)
    command = click.option("--everyone", "who", flag_value=EVERYONE, help="For everybody, guests included.")(command)
    return click.option("--group", "name", metavar="NAME", help="For the people of a group.")(command)


@click.group("two-factor")
def two_factor() -> None:
    """Say who has to have two-factor sign-in, and see who has none."""


@two_factor.command("require")
@whom
@click.option(
    "--days", default=14, show_default=True, type=click.IntRange(0, LONGEST_GRACE), help="Time to set it up."
)
@click.pass_obj
def require(line: Line, *, who: str | None, name: str | None, days: int) -> None:
    """Have people set up two-factor sign-in; after the days they can do nothing else here."""
    with writing(line.installation.sessions) as session:
        chosen, group = _chosen(line, session, who, name)
        FactorRules(session, line.installation).require(who=chosen, group=group, days=days)
    click.echo(f"{name or who} have {days} days to set up two-factor sign-in.")


@two_factor.command("relax")
@whom
@click.pass_obj
def relax(line: Line, *, who: str | None, name: str | None) -> None:
    """End a rule: the password alone is enough again for who has nothing else."""
    with writing(line.installation.sessions) as session:
        chosen, group = _chosen(line, session, who, name)
        FactorRules(session, line.installation).relax_named(who=chosen, group=group)
    click.echo(f"{name or who} need not set up two-factor sign-in any more.")


@two_factor.command("list")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_obj
def list_rules(line: Line, as_json: bool) -> None:
    """List the rules, and who has to have it and has none."""
    with reading(line.installation.sessions) as session:
        rules = FactorRules(session, line.installation)
        found = [
            {"for": rule.group.name if rule.group else rule.who, "since": rule.since.isoformat(), "days": rule.days}
            for rule in rules.rules()
        ]
        lacking = [{"email": each.user.email, "until": each.due.isoformat()} for each in rules.lacking()]
    if as_json:
        echo_json({"rules": found, "without": lacking})
        return
    for rule in found:
        click.echo(f"needed by {rule['for']}, {rule['days']} days after {rule['since']}")
    for person in lacking:
        click.echo(f"{person['email']:<40}  none yet, until {person['until']}")


def _chosen(line: Line, session: Session, who: str | None, name: str | None) -> tuple[str, Group | None]:
    if (who is None) == (name is None):
        raise click.UsageError("Say one of --administrators, --everyone and --group NAME.")
    return who or "", None if name is None else Groups(session, line.installation).group_by_name(name)
