"""The form of the access page: the rules of a place as rows, new ones among them, and the switch."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from pyramid.httpexceptions import HTTPBadRequest
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

from privmedia.access.permissions import ALL, NOTHING, Permission
from privmedia.access.rules import last_day
from privmedia.library.rules import LAST_YEAR, TOO_FAR, Change, Wanted, end_of
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
MODES = [SelectChoice(ALLOW, _("Allow")), SelectChoice(BLOCK, _("Block")), SelectChoice(REMOVE, _("Remove"))]
MOST_ROWS = 1000
NO_RIGHT = _("Choose at least one right, or Block.")
NO_DAY = _("Choose a day, or leave it empty.")
OVER = _("The end of the rule is over already.")
THERE_ALREADY = _("There is a rule for them here already. Change that one.")
TOO_MANY = _("That are more rules than one page can change. Use the command line.")


class Ticks(SelectMultipleField):
    """The five permissions as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RuleRow(Form):
    """What is wanted of a rule, and what it was when the form was made; "" for a new one."""

    principal = HiddenField()
    was = HiddenField()
    mode = SelectField(choices=MODES)
    allow = Ticks(choices=TICKS)
    until = DateField(_("Ends after"), [MayBeEmpty()])

    @property
    def prefix(self) -> str:
        """How the names of its fields begin."""
        return str(self._prefix)

    @property
    def change(self) -> Change:
        """What this row asks for."""
        return Change(self.wanted, self.was.data or "")

    @property
    def wanted(self) -> Wanted:
        principal = self.principal.data or ""
        until = end_of(self.until.data) if self.until.data and self.until.data.year <= LAST_YEAR else None
        if self.mode.data == REMOVE:
            return Wanted(principal)
        if self.mode.data == BLOCK:
            return Wanted(principal, deny=True, until=until)
        allow = NOTHING
        for name in self.allow.data or ():
            allow |= Permission.__members__.get(name, NOTHING)
        return Wanted(principal, allow, until=until)

    @property
    def changed(self) -> bool:
        return self.wanted.stamp != (self.was.data or "")

    def check_against(self, today: date) -> None:
        """Say at the row what no rule can be."""
        wanted = self.wanted
        if self.until.data and self.until.data.year > LAST_YEAR:
            self.until.errors = [TOO_FAR]
        if wanted.stamp == (self.was.data or "") and self.was.data:
            return
        if not self.was.data and self.mode.data == ALLOW and not wanted.allow:
            self.allow.errors = [NO_RIGHT]
        ending = last_day(wanted.until)
        if ending is not None and ending < today:
            self.until.errors = [OVER]

    def set_to(self, rule: Wanted) -> None:
        """Fill the row from a rule, keeping what it was."""
        for name, value in _row(rule).items():
            if name != "was":
                self[name].data = value


class AccessForm(Form):
    """All that is set at one place, the version of it that this form was made from, and whom to add."""

    made_from = HiddenField()
    shown = HiddenField()
    """The effect that the page has shown for what is in the form."""
    rules = FieldList(FormField(RuleRow))
    inherits = BooleanField()
    inherits_was = HiddenField()
    add = StringField(_("Add a group or a person"), [Length(max=254)])

    @classmethod
    def over(cls, request: Request, own: Iterable[Wanted], inherits: bool, version: str) -> AccessForm:
        """The form as posted, or filled from the rules as they stand. Raises HTTPBadRequest for far too many rows."""
        if request.method == "POST":
            if len(request.POST) > MOST_ROWS * 10:
                raise HTTPBadRequest(TOO_MANY)
            return cls.of(request)
        rows = [_row(rule) for rule in own]
        return cls.of(request, rules=rows, inherits=inherits, inherits_was=_switch(inherits), made_from=version)

    @property
    def rows(self) -> list[RuleRow]:
        return [entry.form for entry in self.rules]

    @property
    def changes(self) -> list[Change]:
        return [row.change for row in self.rows]

    @property
    def number_of_changes(self) -> int:
        """How many rules, and the switch, are not as they were."""
        return sum(row.changed for row in self.rows) + bool(self.inherits.data != self.inherited)

    @property
    def inherited(self) -> bool:
        """The switch as it was when the form was made."""
        return bool(self.inherits_was.data == _switch(True))

    def row_of(self, principal: str) -> RuleRow | None:
        return next((row for row in self.rows if row.principal.data == principal), None)

    def check(self, known: Iterable[str], now: datetime) -> bool:
        """Whether all of it can be rules; `known` are the principals that exist."""
        fine = self.validate()
        if len(self.rows) > MOST_ROWS:
            self.form_errors.append(TOO_MANY)
        seen: set[str] = set()
        for row in self.rows:
            if row.principal.data not in known:
                self.form_errors.append(_("There is no such person or group."))
            elif row.principal.data in seen:
                self.form_errors.append(THERE_ALREADY)
            seen.add(row.principal.data or "")
            if row.until.errors:
                row.until.errors = [NO_DAY]
            if not row.errors:
                row.check_against(now.date())
        return fine and not self.form_errors and not any(row.errors for row in self.rows)

    def keep_known(self, known: Iterable[str]) -> None:
        """Drop rows of whom does not exist, and second rows of the same."""
        entries, seen = list(self.rules.entries), set[str]()
        self.rules.entries = []
        for entry in entries:
            principal = entry.form.principal.data
            if principal in known and principal not in seen:
                seen.add(principal)
                self.rules.entries.append(entry)

    def add_rule(self, rule: Wanted) -> None:
        """A row for a new rule."""
        self.rules.append_entry({**_row(rule), "was": ""})

    def give_manage(self, principal: str) -> None:
        """Let a principal manage: in its row, or in a new one."""
        row = self.row_of(principal)
        if row is None:
            self.add_rule(Wanted(principal, ALL))
        else:
            row.set_to(Wanted(principal, ALL))

    def toggle(self, principal: str) -> None:
        """Take a rule away, or leave it after all; a new one leaves the form."""
        row = self.row_of(principal)
        if row is None:
            return
        if not row.was.data:
            self.rules.entries = [entry for entry in self.rules.entries if entry.form is not row]
        elif row.mode.data == REMOVE:
            row.mode.data = BLOCK if row.was.data.startswith(BLOCK) else ALLOW
        else:
            row.mode.data = REMOVE

    def merge(self, own: Sequence[Wanted], inherits: bool, version: str) -> dict[str, tuple[str, str]]:
        """Put what is in the form on top of the rules as they are now.

        Answers what others changed meanwhile: principal (or "inherits") to the stamps before and now.
        """
        theirs: dict[str, tuple[str, str]] = {}
        now = {rule.principal: rule for rule in own}
        for row in self.rows:
            principal, was, mine = row.principal.data or "", row.was.data or "", row.changed
            rule = now.pop(principal, Wanted(principal))
            if rule.stamp != was:
                theirs[principal] = (was, rule.stamp)
                row.was.data = rule.stamp
                if not mine:
                    row.set_to(rule)
        self.rules.entries = [one for one in self.rules.entries if one.form.was.data or one.form.changed]
        for principal, rule in now.items():
            theirs[principal] = ("", rule.stamp)
            self.rules.append_entry(_row(rule))
        if inherits != self.inherited:
            theirs["inherits"] = (_switch(self.inherited), _switch(inherits))
            if self.inherits.data == self.inherited:
                self.inherits.data = inherits
            self.inherits_was.data = _switch(inherits)
        self.made_from.data = version
        return theirs


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
