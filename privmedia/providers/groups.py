"""The table of which groups of a provider, or of the directory, are which of ours."""
from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.accounts.groups import Groups
from privmedia.accounts.models import Group
from privmedia.audit.service import Audit, Author
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.installation import Installation
from privmedia.lines import required_line
from privmedia.providers.models import ProviderGroup
from privmedia.text import mark as _

LONGEST_VALUE = 255


class ProviderGroups:
    """The table of which groups of providers are which of ours."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._audit = Audit(session, installation)

    def rows(self) -> Sequence[tuple[ProviderGroup, Group]]:
        """By provider and value, each with the group of ours."""
        rows = self._session.execute(
            select(ProviderGroup, Group)
            .join(Group, Group.id == ProviderGroup.group_id)
            .order_by(ProviderGroup.provider, ProviderGroup.value, Group.name_key)
        )
        return [(row[0], row[1]) for row in rows]

    def add(self, *, provider: str, value: str, group: str, by: Author) -> None:
        """From the next sign-in on, who is in `value` there is in our group. Raises Invalid and Conflict."""
        if provider not in {one.name for one in self._installation.settings.sources}:
            raise Invalid(_("Choose a provider."), "provider")
        value = required_line(
            value, field="value", missing=_("What is the group called there?"), longest=LONGEST_VALUE
        )
        try:
            ours = Groups(self._session, self._installation).group(group)
        except NotFound:
            raise Invalid(_("Choose a group."), "group") from None
        there = select(ProviderGroup.id).where(
            ProviderGroup.provider == provider, ProviderGroup.value == value, ProviderGroup.group_id == ours.id
        )
        if self._session.scalar(there) is not None:
            raise Conflict(_("That line is in the table already."))
        self._session.add(ProviderGroup(provider=provider, value=value, group_id=ours.id))
        detail = {"provider": provider, "value": value}
        self._audit.record("provider-group.add", identity=by, target=ours.name, detail=detail)

    def remove(self, number: int, by: Author) -> None:
        """Take a line out. Whoever is in the group by it leaves at their next sign-in. Raises NotFound."""
        row = self._session.get(ProviderGroup, number)
        if row is None:
            raise NotFound
        ours = self._session.get_one(Group, row.group_id)
        self._session.delete(row)
        detail = {"provider": row.provider, "value": row.value}
        self._audit.record("provider-group.remove", identity=by, target=ours.name, detail=detail)
