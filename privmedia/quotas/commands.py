"""Commands about space. They are commands of `user` and of `group`, which the program adds them to."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from sqlalchemy.orm import Session

from privmedia.accounts.groups import Groups
from privmedia.accounts.service import Accounts
from privmedia.console import Line
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.languages import FIRST, language
from privmedia.quotas.service import Quotas, Space
from privmedia.quotas.sizes import read_quota


@click.command("quota")
@click.argument("email")
@click.argument("size")
@click.pass_obj
def user_quota(line: Line, email: str, size: str) -> None:
    """Let a person add SIZE at most, such as 500MB, 100GB or 1.5TB; none for no limit."""
    quota = read_quota(size)
    with writing(line.installation.sessions) as session:
        user, quotas = Accounts(session, line.installation).user_by_email(email), Quotas(session, line.installation)
        quotas.limit_person(user, quota)
        used = quotas.used(user.id)
    click.echo(f"{user.email} {_in_words(used, quota)}")


@click.command("quota")
@click.argument("name")
@click.argument("size")
@click.pass_obj
def group_quota(line: Line, name: str, size: str) -> None:
    """Let the people of the group NAME together add SIZE at most, such as 500MB or 2TB; none for no limit."""
    quota = read_quota(size)
    with writing(line.installation.sessions) as session:
        group, quotas = Groups(session, line.installation).group_by_name(name), Quotas(session, line.installation)
        quotas.limit_group(group, quota)
        used = quotas.by_group().get(group.id, 0)
    click.echo(f"{group.name} {_in_words(used, quota)}")


def space_of_users(session: Session, installation: Installation) -> Mapping[str, Mapping[str, Any]]:
    """What `user list` tells of space, by public id."""
    used = Quotas(session, installation).by_person()
    users = Accounts(session, installation).users()
    return {user.uid: {"quota": user.quota, "used": used.get(user.id, 0)} for user in users}


def space_of_groups(session: Session, installation: Installation) -> Mapping[str, Mapping[str, Any]]:
    """What `group list` tells of space, by public id."""
    used, groups = Quotas(session, installation).by_group(), Groups(session, installation).groups()
    return {group.uid: {"quota": group.quota, "used": used.get(group.id, 0)} for group, _size in groups}


def _in_words(used: int, quota: int | None) -> str:
    size = language(FIRST).size
    if quota is None:
        return f"has no limit now: {size(used)} used."
    over = Space("", used, quota).over
    return f"has {size(used)} of {size(quota)} used{f', {size(over)} too much: nothing can be added' if over else ''}."
