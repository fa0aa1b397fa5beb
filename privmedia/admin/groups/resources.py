"""The group a page is about. No `__acl__`: the policy lets administrators in by who they are."""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.request import Request

from privmedia.accounts.groups import Groups
from privmedia.accounts.models import Group
from privmedia.admin.door import for_administrators


@dataclass
class GroupContext:
    group: Group


def group_of(request: Request) -> GroupContext:
    """Root factory of `/admin/groups/<group>`. Raises NotFound."""
    for_administrators(request)
    return GroupContext(request.read(Groups).group(request.matchdict["group"]))
