"""Who can see a folder or an item, in one sentence with numbers and a row for each reason: one glance away, always."""
from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy.orm import Session

from privmedia.access.audience import Audience, Entry, Who
from privmedia.access.explanation import given_words
from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.principals import EVERYONE, user
from privmedia.access.service import Access
from privmedia.accounts.identity import Identity, initials
from privmedia.accounts.models import User
from privmedia.installation import Installation
from privmedia.library.cards import FolderCard, ItemCard
from privmedia.library.models import ROOT_ACL_ID, ROOT_ID, Folder, Item
from privmedia.library.pointers import Pointers
from privmedia.text import Plural, Sentence, Words, listed
from privmedia.text import mark as _

Card = TypeVar("Card", FolderCard, ItemCard)

NAMED = 3
"""How many groups and people a sentence names before it says how many more."""


ONLY_YOU = _("Only you can see this (and administrators).")
ONLY_ADMINISTRATORS = _("Only administrators can see this.")
SEE_FOLDER = Plural("${count} person can see this folder", "${count} people can see this folder")
SEE_ITEM = Plural("${count} person, and administrators.", "${count} people, and administrators.")
CAN_ADD = Plural(
    "${count} person can add files and sees only what they added.",
    "${count} people can add files and see only what they added.",
)
FROM_HERE = _("${names}, by rules set here.")
FROM_ABOVE = _("${names}, from ${place}.")
FROM_HIDDEN = _("${names}, from a folder above.")
PEOPLE_THROUGH = Plural("${count} person, through ${place}", "${count} people, through ${place}")
THROUGH = _("through ${place}")
PEOPLE = Plural("${count} person", "${count} people")
BY_NAME = _("named here")
UPLOADED_IT = _("uploaded it")
EVERYBODY = _("Everyone")
GROUPS = Plural("${count} group", "${count} groups")
GROUP_AND = _("${name} +${count}")
ADMINISTRATORS = _("Administrators")
SAME_PEOPLE = _("same people")
NAME = "${name}"


@dataclass(frozen=True)
class Row:
    """One group, person or everyone: with what right, and why."""

    name: Words
    icon: str
    reason: Sentence
    rights: Words

    @property
    def initials(self) -> str:
        """Two letters for an avatar; "" for everyone."""
        return initials(self.name) if isinstance(self.name, str) else ""


@dataclass(frozen=True)
class Summary:
    """The sentence, what stands below it, and the rows."""

    headline: Sentence
    reason: list[Sentence]
    rows: list[Row]
    people: int
    """How many people, administrators not counted."""


class WhoSees:
    """The answers to "who can see this?" for the pages. Administrators are not counted; the sentences say so."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.access = Access(session, installation)
        self.pointers = Pointers(session, installation.clock)

    def rights_at_the_top(self, identity: Identity) -> Permission:
        """What the caller may do with the library itself."""
        return self.access.decision(identity, ROOT_ACL_ID).rights

    def of_folder(self, folder: Folder, identity: Identity) -> Summary:
        audience = self.access.audience(folder.acl_id)
        return self._summary(audience, self.pointers.own(folder), identity, SEE_FOLDER)

    def of_item(self, item: Item, identity: Identity) -> Summary:
        acl_id = self.pointers.applying(item)
        audience = self.access.audience(acl_id, owner_id=item.uploader_id, shown=item.shown)
        summary = self._summary(audience, self.pointers.own(item), identity, SEE_ITEM)
        uploader = item.uploader
        rights = audience.rights.get(uploader.id, NOTHING) if uploader is not None else NOTHING
        named = {entry.principal for entry in audience.entries}
        if uploader is None or Permission.VIEW not in rights or user(uploader.id) in named:
            return summary
        row = Row(uploader.name, "person", Sentence(UPLOADED_IT), given_words(rights))
        return replace(summary, rows=[*summary.rows, row])

    def viewers(self, item: Item, *, shown: bool | None = None) -> int:
        """How many people see an item, or would if it were shown; administrators are not counted."""
        return self.audience(item, shown=shown).viewers

    def audience(self, item: Item, *, shown: bool | None = None) -> Audience:
        """Everybody who sees an item, or would if it were shown."""
        acl_id = self.pointers.applying(item)
        shown = item.shown if shown is None else shown
        return self.access.audience(acl_id, owner_id=item.uploader_id, shown=shown)

    def reason_for(self, item: Item, identity: Identity) -> Sentence | None:
        """Why the caller may see an item: the first reason of the explanation."""
        reader = self.session.get_one(User, identity.user_id)
        acl_id = self.pointers.applying(item)
        found = self.pointers.places({rule.acl_id for rule in self.access.rules(acl_id)}, identity)
        explanation = self.access.explain(
            reader,
            acl_id,
            {acl_id: place.words for acl_id, place in found.items()},
            here=item.acl_id,
            owner_id=item.uploader_id,
            shown=item.shown,
            is_item=True,
        )
        answer = next(answer for answer in explanation.answers if answer.permission is Permission.VIEW)
        return answer.because[0].sentence if answer.given and answer.because else None

    def on_cards(self, cards: Iterable[Card], of: Folder | None = None) -> list[Card]:
        """The cards with whom each folder or item is for; or that it is for the same people as the folder `of`."""
        cards = list(cards)
        found = self.in_a_word({card.acl_id for card in cards})
        if of is not None and of.id != ROOT_ID:
            found[of.acl_id] = Sentence(SAME_PEOPLE), "arrow-return-right"
        return [replace(card, who=found[card.acl_id][0], who_icon=found[card.acl_id][1]) for card in cards]

    def in_a_word(self, acl_ids: Collection[int]) -> dict[int, tuple[Sentence, str]]:
        """Whom the places of some lists of rules are for, in a word or two, and the icon beside it."""
        return {acl_id: _whom(who) for acl_id, who in self.access.whom_for(acl_ids).items()}

    def _summary(
        self, audience: Audience, own_acl: int | None, identity: Identity, counted: Plural
    ) -> Summary:
        count = audience.viewers
        if audience.only(identity.user_id):
            headline = Sentence(ONLY_YOU)
        elif count == 0:
            headline = Sentence(ONLY_ADMINISTRATORS)
        else:
            headline = Sentence(counted, {"count": count})
        entries = [entry for entry in audience.entries if not entry.deny]
        found = self.pointers.places({entry.acl_id for entry in entries}, identity)
        places = {acl_id: place.words for acl_id, place in found.items()}
        reasons = list(_sources(entries, own_acl, places))
        if audience.adders:
            reasons.append(Sentence(CAN_ADD, {"count": audience.adders}))
        return Summary(headline, reasons, [_row(entry, own_acl, places) for entry in entries], count)


def _whom(who: Who) -> tuple[Sentence, str]:
    """Whom a folder is for, in a word or two, and the icon beside it."""
    if who.everyone:
        return Sentence(EVERYBODY), "building"
    if len(who.groups) > 1:
        return Sentence(GROUPS, {"count": len(who.groups)}), "people"
    if who.groups:
        more = len(who.people)
        return Sentence(GROUP_AND if more else NAME, {"name": who.groups[0], "count": more}), "people"
    if len(who.people) > 1:
        return Sentence(PEOPLE, {"count": len(who.people)}), "person"
    if who.people:
        return Sentence(NAME, {"name": who.people[0]}), "person"
    return Sentence(ADMINISTRATORS), "lock"


def _sources(entries: list[Entry], own_acl: int | None, places: dict[int, Words]) -> Iterable[Sentence]:
    """Who is named where: one sentence for each place that has rules with View."""
    viewers = [entry for entry in entries if Permission.VIEW in entry.allow]
    for acl_id in dict.fromkeys(entry.acl_id for entry in viewers):
        names = listed([_name(entry) for entry in viewers if entry.acl_id == acl_id], most=NAMED)
        if acl_id == own_acl:
            yield Sentence(FROM_HERE, {"names": names})
        elif acl_id in places:
            yield Sentence(FROM_ABOVE, {"names": names, "place": places[acl_id]})
        else:
            yield Sentence(FROM_HIDDEN, {"names": names})


def _row(entry: Entry, own_acl: int | None, places: dict[int, Words]) -> Row:
    icon = "building" if entry.principal == EVERYONE else "person" if entry.people is None else "people"
    place = None if entry.acl_id == own_acl else places.get(entry.acl_id)
    template: str | Plural
    if entry.people is None:
        template = BY_NAME if place is None else THROUGH
    else:
        template = PEOPLE if place is None else PEOPLE_THROUGH
    reason = Sentence(template, {"count": entry.people or 0, "place": place or ""})
    return Row(_name(entry), icon, reason, given_words(entry.allow))


def _name(entry: Entry) -> Words:
    return Sentence(EVERYBODY) if entry.principal == EVERYONE else entry.name
