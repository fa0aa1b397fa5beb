"""The form of the access page: the rules set at a place as rows, one empty row for a new one, and the switch."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid.request import Request
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FormField,
    HiddenField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import Length
from wtforms.validators import Optional as MayBeEmpty
from wtforms.widgets import CheckboxInput, ListWidget

from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.principals import EVERYONE
from privmedia.access.rules import last_day
from privmedia.errors import Invalid
from privmedia.library.rules import Change, Wanted, end_of
from privmedia.web.forms import Form
from privmedia.web.i18n import _

ALLOW, BLOCK, REMOVE = "allow", "block", "remove"
TICKS = [
    SelectChoice(Permission.VIEW.name, _("View")),
    SelectChoice(Permission.DOWNLOAD.name, _("Download")),
    SelectChoice(Permission.UPLOAD.name, _("Upload")),
    SelectChoice(Permission.EDIT.name, _("Edit")),
    SelectChoice(Permission.MANAGE.name, _("Manage")),
]
MODES = [SelectChoice(ALLOW, _("Allow")), SelectChoice(BLOCK, _("Block"))]
MOST_ROWS = 500


class Ticks(SelectMultipleField):
    """The five permissions as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RuleRow(Form):
    """A rule as it stands (`was`), and what is wanted of it."""

    principal = HiddenField()
    was = HiddenField()
    mode = SelectField(choices=[*MODES, SelectChoice(REMOVE, _("Remove"))])
    allow = Ticks(choices=TICKS)
    until = DateField(_("Ends after"), [MayBeEmpty()])

    def change(self) -> Change:
        """What this row asks for."""
        return Change(_wanted(self.principal.data or "", self), self.was.data or "")


class NewRow(Form):
    """A rule to add: for a group, or for a person by address."""

    group = SelectField(_("Group"))
    email = StringField(_("Email"), [Length(max=254)])
    mode = SelectField(choices=MODES)
    allow = Ticks(choices=TICKS)
    until = DateField(_("Ends after"), [MayBeEmpty()])

    def change(self, principal: str) -> Change:
        """What this row asks for, of the principal that its group or email stands for. Raises Invalid for no rights."""
        wanted = _wanted(principal, self)
        if not (wanted.allow or wanted.deny):
            raise Invalid("Choose at least one right, or Block.", "allow")
        return Change(wanted, "")


class AccessForm(Form):
    """All that is set at one place."""

    rules = FieldList(FormField(RuleRow), max_entries=MOST_ROWS)
    new = FormField(NewRow)
    inherits = BooleanField()
    inherits_was = HiddenField()

    @classmethod
    def over(cls, request: Request, own: Iterable[Wanted], inherits: bool, groups: Iterable[tuple[str, str]]) -> Any:
        """The form as posted, or filled from the rules as they stand. `groups` are principals and names to choose."""
        rows = [_row(rule) for rule in own]
        form = cls.of(request, rules=rows, inherits=inherits, inherits_was=_switch(inherits))
        form.new.form.group.choices = [
            SelectChoice("", request.localizer.translate(_("Choose a group"))),
            SelectChoice(EVERYONE, request.localizer.translate(_("Everyone"))),
            *(SelectChoice(principal, name) for principal, name in groups),
        ]
        return form

    def renew(self, own: Iterable[Wanted], inherits: bool) -> None:
        """Take the rules as they stand now for what the form was made from, keeping what was chosen in it."""
        rows = {row.form.principal.data: row.form for row in self.rules}
        for rule in own:
            if rule.principal in rows:
                rows[rule.principal].was.data = rule.stamp
            else:
                self.rules.append_entry(_row(rule))
        self.inherits_was.data = _switch(inherits)

    @property
    def switch(self) -> tuple[bool, bool]:
        """The switch as it was and as it is wanted."""
        return self.inherits_was.data == _switch(True), self.inherits.data


def _row(rule: Wanted) -> dict[str, Any]:
    return {
        "principal": rule.principal,
        "was": rule.stamp,
        "mode": BLOCK if rule.deny else ALLOW,
        "allow": [permission.name for permission in Permission if permission in rule.allow],
        "until": last_day(rule.until),
    }


def _switch(inherits: bool) -> str:
    return "on" if inherits else "off"


def _wanted(principal: str, row: Any) -> Wanted:
    if row.mode.data == REMOVE:
        return Wanted(principal)
    until = end_of(row.until.data) if row.until.data else None
    if row.mode.data == BLOCK:
        return Wanted(principal, deny=True, until=until)
    allow = NOTHING
    for name in row.allow.data or ():
        allow |= Permission[name]
    return Wanted(principal, allow, until=until)
