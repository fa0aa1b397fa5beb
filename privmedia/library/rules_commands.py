"""Commands for rules: set, clear, inherit, explain and list them."""
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.access import principals
from privmedia.access.permissions import NOTHING, Permission
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.console import Line, echo_json
from privmedia.db import reading, writing
from privmedia.errors import NotFound
from privmedia.installation import Installation
from privmedia.library.paths import Paths
from privmedia.library.pointers import Place
from privmedia.library.rules import Rules, Wanted, end_of
from privmedia.library.why import Why
from privmedia.library.why_lists import explained, link_line, place_lines, place_listed

PERMISSIONS = {permission.word.lower(): permission for permission in Permission}
WithoutRules = Callable[[Session, Installation, Place | None], list[dict[str, Any]]]
WITHOUT_RULES: list[WithoutRules] = []
"""What opens a place, or any place, to people whom no rule speaks of. The program enters those that can tell."""
Command = TypeVar("Command", bound=Callable[..., Any])


def read_rights(_context: click.Context, _option: click.Parameter, value: str | None) -> Permission:
    """`view,download`, as permissions."""
    given = NOTHING
    for word in value.split(",") if value is not None else ():
        if word.strip().lower() not in PERMISSIONS:
            raise click.BadParameter(f"{word.strip()!r} is no right; choose from {', '.join(PERMISSIONS)}.")
        given |= PERMISSIONS[word.strip().lower()]
    return given


def read_until(_context: click.Context, _option: click.Parameter, value: str | None) -> datetime | None:
    """A day, to its end in UTC, or a moment such as 2026-11-30T15:00+01:00."""
    if value is None:
        return None
    try:
        if len(value) == len("2026-11-30"):
            return end_of(date.fromisoformat(value))
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no date; write 2026-11-30 or 2026-11-30T15:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def of_somebody(command: Command) -> Command:
    """The options that say whom a rule is for; exactly one of them is given."""
    for option in (
        click.option("--everyone", is_flag=True, help="All who sign in, guests excepted."),
        click.option("--group", metavar="NAME", help="A group."),
        click.option("--user", metavar="EMAIL", help="One person."),
    ):
        command = option(command)
    return command


@click.group()
def access() -> None:
    """Set, clear, explain and list who may do what."""


@access.command("set")
@click.argument("path")
@of_somebody
@click.option("--allow", callback=read_rights, metavar="RIGHTS", help=f"From {', '.join(PERMISSIONS)}; by commas.")
@click.option("--deny", is_flag=True, help="Block: nothing at all, whatever other rules say.")
@click.option("--until", callback=read_until, metavar="DATE", help="The last day of the rule (UTC), or a moment.")
@click.pass_obj
def set_rule(
    line: Line,
    *,
    path: str,
    user: str | None,
    group: str | None,
    everyone: bool,
    allow: Permission,
    deny: bool,
    until: datetime | None,
) -> None:
    """Set the rule of a person, a group or everyone at PATH, in place of any they have there.

    PATH is a folder, or a folder path and an item's title; "/" is the whole library.
    """
    if bool(allow) == deny:
        raise click.UsageError("Give either --allow or --deny.")
    with writing(line.installation.sessions) as session:
        principal = _principal(line, session, user=user, group=group, everyone=everyone)
        wanted = Wanted(principal, allow, deny, until)
        Rules(session, line.installation).set(_place(line, session, path), wanted)


@access.command("clear")
@click.argument("path")
@of_somebody
@click.pass_obj
def clear_rule(line: Line, *, path: str, user: str | None, group: str | None, everyone: bool) -> None:
    """Take away the rule that a person, a group or everyone has at PATH itself."""
    with writing(line.installation.sessions) as session:
        principal = _principal(line, session, user=user, group=group, everyone=everyone)
        if not Rules(session, line.installation).clear(_place(line, session, path), principal):
            raise NotFound(f"There is no such rule at “{path}”.")


@access.command("inherit")
@click.argument("path")
@click.argument("switch", type=click.Choice(["on", "off"]))
@click.pass_obj
def inherit(line: Line, path: str, switch: str) -> None:
    """Take over rules from above at PATH, or not. A block from above always counts."""
    with writing(line.installation.sessions) as session:
        Rules(session, line.installation).set_inherits(_place(line, session, path), switch == "on")


@access.command("why")
@click.argument("email")
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_obj
def why(line: Line, email: str, path: str, as_json: bool) -> None:
    """What somebody may do at PATH, and why: each rule with who set it and when, and what stands against it."""
    with reading(line.installation.sessions) as session:
        person = Accounts(session, line.installation).user_by_email(email)
        place = _place(line, session, path)
        explanation = Why(session, line.installation).explain(person, place)
        links = _without_rules(line, session, place)
    if as_json:
        echo_json({**explained(explanation, path), "links": links})
        return
    for sentence in (*explanation.lines(), *map(link_line, links)):
        click.echo(sentence)


@access.command("list")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_obj
def list_access(line: Line, as_json: bool) -> None:
    """List who can see what: each place with rules of its own, those rules, and everybody who may do something there.

    What is not listed goes by the nearest place above it. Administrators may do everything and are listed once, and so
    are people whose account is disabled, who may do nothing.
    """
    with reading(line.installation.sessions) as session:
        people = session.execute(select(User.id, User.email, User.is_admin, User.disabled_at)).all()
        emails = {row.id: row.email for row in people}
        rules = Rules(session, line.installation)
        places = [place_listed(rules, place, path, emails) for place, path in rules.everywhere()]
        links = _without_rules(line, session, None)
    administrators = sorted(row.email for row in people if row.is_admin and row.disabled_at is None)
    disabled = sorted(row.email for row in people if row.disabled_at is not None)
    if as_json:
        echo_json({"administrators": administrators, "disabled": disabled, "places": places, "links": links})
        return
    for email in administrators:
        click.echo(f"{email}  everything, as administrator")
    for email in disabled:
        click.echo(f"{email}  nothing, disabled")
    for listed in places:
        for text in place_lines(listed):
            click.echo(text)
    for link in links:
        click.echo(f"{link['path']}: {link_line(link)}")


def _without_rules(line: Line, session: Session, place: Place | None) -> list[dict[str, Any]]:
    return [told for tell in WITHOUT_RULES for told in tell(session, line.installation, place)]


def _principal(line: Line, session: Session, *, user: str | None, group: str | None, everyone: bool) -> str:
    if (user is not None) + (group is not None) + everyone != 1:
        raise click.UsageError("Say whom the rule is for: one of --user, --group, --everyone.")
    if user is not None:
        return principals.user(Accounts(session, line.installation).user_by_email(user).id)
    if group is not None:
        return principals.group(Groups(session, line.installation).group_by_name(group).id)
    return principals.EVERYONE


def _place(line: Line, session: Session, path: str) -> Place:
    return Paths(session, line.installation).place(path)
