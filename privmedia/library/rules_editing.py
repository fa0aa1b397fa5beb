"""One request that looks at, tries out or saves the rules of a place: the form over them, and the page around it."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pyramid.request import Request

from privmedia.access.directory import Directory, Named
from privmedia.access.permissions import Permission
from privmedia.access.rules import Rule
from privmedia.errors import Invalid
from privmedia.library.effect import Effect
from privmedia.library.effect_words import button, clauses, link_clauses, rows
from privmedia.library.effects import Effects
from privmedia.library.models import ROOT_ID, Folder, Item
from privmedia.library.pointers import Place
from privmedia.library.resources import FolderContext, ItemContext
from privmedia.library.rules import LastChange, Rules, Wanted, wanted_of
from privmedia.library.rules_forms import AccessForm, RuleRow
from privmedia.library.rules_pages import Cut, RulesPage
from privmedia.library.rules_words import change_words, switch_words
from privmedia.library.views import crumbs, itself
from privmedia.library.who_sees import WhoSees
from privmedia.library.why_views import checked
from privmedia.text import Sentence
from privmedia.web.i18n import _

NOBODY_FOUND = _("There is no person or group called that here.")


@dataclass(frozen=True)
class Line:
    """A row of the form, with what the table says of it."""

    row: RuleRow
    named: Named
    rule: Rule | None
    """As it is saved."""
    became: Sentence | None
    """What of it is not saved yet."""
    days_left: int | None
    theirs: bool
    """Somebody else changed it while the page was open."""


@dataclass(frozen=True)
class Meanwhile:
    """What somebody else changed while the page was open."""

    last: LastChange | None
    mine: bool
    """It was the reader, in another window."""
    theirs: list[tuple[Named | None, Sentence]]
    ours: list[tuple[Named | None, Sentence]]


@dataclass
class Editing:
    """The rules of a place as the form wants them, beside how they stand."""

    context: FolderContext | ItemContext
    request: Request
    form: AccessForm = field(init=False)
    locked_out: bool = False
    meanwhile: Meanwhile | None = None
    choices: Sequence[Named] = ()
    """Whom the typed name may mean."""
    _theirs: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.form = AccessForm.over(self.request, self._standing, self._inherits, self.rules.version(self.place))
        self.form.inherits.data = self.form.inherits.data or self.is_library

    @property
    def place(self) -> Place:
        return self.context.place

    @property
    def is_library(self) -> bool:
        return isinstance(self.place, Folder) and self.place.id == ROOT_ID

    @cached_property
    def rules(self) -> Rules:
        return Rules(self.request.db, self.request.installation)

    @cached_property
    def _directory(self) -> Directory:
        return Directory(self.request.db, self.request.installation)

    @cached_property
    def _effects(self) -> Effects:
        return Effects(self.request.db, self.request.installation)

    @cached_property
    def _page(self) -> RulesPage:
        return RulesPage(self.request.db, self.request.installation)

    @cached_property
    def _own(self) -> dict[str, Rule]:
        return {rule.principal: rule for rule in self.rules.own(self.place)}

    @cached_property
    def _standing(self) -> list[Wanted]:
        return [wanted_of(rule) for rule in self._own.values()]

    @cached_property
    def _inherits(self) -> bool:
        return self.rules.inherits(self.place)

    @property
    def typed(self) -> str:
        """What stands in the field that adds somebody."""
        return (self.form.add.data or "").strip()

    def names(self, *more: str) -> dict[str, Named]:
        """The names of everybody in the form, and of others."""
        wanted = {row.principal.data or "" for row in self.form.rows}
        return self._directory.named(wanted | set(more))

    def givable(self, *more: str) -> dict[str, Named]:
        """The same, but whom the reader could not find here, and so cannot give a first rule: a number is no name."""
        names = self.names(*more)
        hidden = self._directory.hidden(names, self.context.identity) - self._own.keys()
        return {principal: named for principal, named in names.items() if principal not in hidden}

    def add(self, typed: str) -> None:
        """A row for whom a typed name means; the choice, if it may mean several. Raises Invalid for nobody."""
        everyone = self.request.localizer.translate(_("Everyone"))
        found = self._directory.meant(typed, self.context.identity, everyone=everyone)
        if not found:
            raise Invalid(NOBODY_FOUND, "add")
        if len(found) > 1:
            self.choices = found
            return
        self.pick(found[0].principal)

    def pick(self, principal: str) -> None:
        """A row for a principal. Raises Invalid if there is one already, or nobody like that."""
        if self.form.row_of(principal) is not None:
            raise Invalid(_("There is a rule for them here already. Change that one."), "add")
        if principal not in self.givable(principal):
            raise Invalid(NOBODY_FOUND, "add")
        self.form.add_rule(Wanted(principal, Permission.VIEW))
        self.form.add.data = ""

    def fine(self) -> bool:
        """Whether what is in the form can be rules. What is for nobody who exists leaves the form."""
        known = self.givable()
        fine = self.form.check(known, self.request.installation.clock())
        self.form.keep_known(known)
        return fine

    @property
    def pending(self) -> bool:
        """Whether anything is wanted otherwise than it stands."""
        return bool(self.rules.pending(self.place, self.form.changes)) or self.form.inherits.data != self._inherits

    def overtaken(self) -> bool:
        """Whether somebody changed the rules since the form was made; then the form is put on top of them."""
        version = self.rules.version(self.place)
        if self.form.made_from.data == version or not self.pending:
            return False
        theirs = self.form.merge(self._standing, self._inherits, version)
        last = self.rules.last_change(self.place)
        self._theirs = theirs
        names = self.names(*theirs.keys() - {"inherits"})
        self.meanwhile = Meanwhile(
            last,
            mine=last is not None and last.user_id == self.context.identity.user_id,
            theirs=[_changed(names, principal, *stamps) for principal, stamps in theirs.items()],
            ours=[
                _changed(names, row.principal.data or "", row.was.data or "", row.wanted.stamp)
                for row in self.form.rows
                if row.changed
            ]
            + ([(None, switch_words(self.form.inherits.data))] if self.form.inherits.data != self._inherits else []),
        )
        return True

    @cached_property
    def wanted(self) -> list[Wanted]:
        """All rules as they would be."""
        return self.rules.after(self.place, [change.wanted for change in self.form.changes])

    @cached_property
    def effect(self) -> Effect:
        return self._effects.of(self.place, self.wanted, self.form.inherits.data, reader=self.context.identity)

    @cached_property
    def links_that_stop(self) -> Sequence[Any]:
        """The share links that would stop, with their makers' right to view."""
        found: Sequence[Any] = self.request.links_stopped_by(self.place, self.wanted, self.form.inherits.data)
        return found

    def locks_out(self) -> bool:
        """Whether the caller would lose Manage. An administrator never does."""
        identity = self.context.identity
        self.locked_out = not identity.is_admin and self.effect.takes(Permission.MANAGE, identity.user_id)
        return self.locked_out

    def agreed(self) -> bool:
        """Whether this very effect was shown, and, where somebody loses something by it, confirmed."""
        digest, posted = self.effect.digest, self.request.POST
        if self.effect.losers or self.effect.leaves_no_manager or self.links_that_stop:
            return bool(posted.get("confirmed") == digest)
        return digest in (posted.get("confirmed"), self.form.shown.data)

    def effect_in_words(self) -> dict[str, Any]:
        """What the part that tells the effect shows."""
        causes = {principal for shift in self.effect.here for principal in (shift.cause, shift.via) if principal}
        names = self.names(*causes)
        return {
            "changes": self.form.number_of_changes,
            "effect": self.effect,
            "clauses": [*clauses(self.effect), *link_clauses(len(self.links_that_stop))],
            "links_that_stop": self.links_that_stop,
            "effect_rows": rows(self.effect, names, self.context.identity.user_id),
            "locked_out": self.locked_out,
            "button": button(self.effect),
        }

    def page(self, status: int = 200) -> dict[str, Any]:
        """The page with the form in it."""
        self.request.response.status_int = status
        page, identity = self._page, self.context.identity
        told = self.effect_in_words() if self.form.number_of_changes else {"changes": 0}
        told["locked_out"] = self.locked_out
        return {
            **self._frame(),
            **told,
            "lines": self._lines(),
            "from_above": page.from_above(self.place, identity),
            "cut": self.cut(),
            "parent": page.parent_name(self.place, identity),
            "reached": self._effects.folders_reached(self.place, identity) if isinstance(self.place, Folder) else 0,
            "administrators": page.administrators(),
            "meanwhile": self.meanwhile,
            "choices": self.choices,
            "ways_out": self._ways_out(),
            "headline": self.headline(),
            "check": checked(self.request, self.context),
            "links": self.request.links_at(self.place),
        }

    def cut(self) -> Cut:
        """What the row says that stands for the rules from above where they stop."""
        names = self.names(*(rule.principal for rule in self._effects.from_above(self.place)))
        return self._page.cut(self.place, self.wanted, self.context.identity, names)

    def confirm_page(self) -> dict[str, Any]:
        """The page that shows the effect and asks; the form travels on in it."""
        leave_out = {"csrf_token", "confirmed", "shown", "back", "add"}
        return {
            **self._frame(),
            **self.effect_in_words(),
            "fields": [(name, value) for name, value in self.request.POST.items() if name not in leave_out],
        }

    def _frame(self) -> dict[str, Any]:
        kind = "item" if isinstance(self.place, Item) else "library" if self.is_library else "folder"
        return {"form": self.form, "place": self.place, "kind": kind, "crumbs": self._way()}

    def _lines(self) -> list[Line]:
        names, today = self.names(), self.request.installation.clock().date()
        lines = []
        for row in self.form.rows:
            principal = row.principal.data or ""
            if principal not in names:
                continue
            became = None
            if not row.until.errors and row.changed and row.was.data:
                became = change_words(row.was.data, row.wanted.stamp)
            days = (row.until.data - today).days if row.until.data else None
            theirs = principal in self._theirs
            lines.append(Line(row, names[principal], self._own.get(principal), became, days, theirs))
        return lines

    def _ways_out(self) -> list[Named]:
        if not self.locked_out:
            return []
        identity = self.context.identity
        ways = self._page.ways_to_keep_manage(self.place, self.wanted, self.form.inherits.data, identity)
        names = self.names(*ways)
        return [names[way] for way in ways if way in names]

    def headline(self) -> Sentence:
        """Who can see the place, as the rules are saved."""
        who, identity = WhoSees(self.request.db, self.request.installation), self.context.identity
        if isinstance(self.place, Item):
            return who.of_item(self.place, identity).headline
        return who.of_folder(self.place, identity).headline

    def _way(self) -> list[tuple[str, str]]:
        """The steps down to the place and itself."""
        context, request = self.context, self.request
        way = crumbs(request, context.identity, context.folder)
        if isinstance(context, ItemContext):
            way += itself(request, context.identity, context.folder)
            return [*way, (context.item.title, request.route_path("item", item=context.item.uid))]
        if context.is_root:
            return way
        return [*way, (context.folder.name, request.route_path("folder", folder=context.folder.uid))]


def _changed(names: dict[str, Named], principal: str, before: str, after: str) -> tuple[Named | None, Sentence]:
    if principal == "inherits":
        return None, switch_words(after == "on")
    return names.get(principal), change_words(before, after)
