"""What a manager may answer to a question, the smallest first, each with what it would open."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privmedia.access.models import Ace, AclChain
from privmedia.access.permissions import Permission
from privmedia.access.principals import id_of
from privmedia.access.visible import item_seen
from privmedia.accounts.identity import Face, Identity
from privmedia.accounts.models import Group
from privmedia.asking.answering import A_GROUP, THE_FOLDER, THE_PLACE, Answering, place_of
from privmedia.asking.models import AccessRequest
from privmedia.installation import Installation
from privmedia.library.models import ROOT_ID, Folder, Item, Kind
from privmedia.library.pointers import Place
from privmedia.library.rules import Rules
from privmedia.text import Plural, Sentence
from privmedia.text import mark as _

MOST_GROUPS = 3
RULED_BY = func.coalesce(Item.acl_id, Folder.acl_id)

ASKS = {
    Kind.VIDEO: _("${name} asks to watch “${title}”"),
    Kind.AUDIO: _("${name} asks to listen to “${title}”"),
    Kind.IMAGE: _("${name} asks to see “${title}”"),
    Kind.DOCUMENT: _("${name} asks to read “${title}”"),
}
ASKS_FOLDER = _("${name} asks to see the folder “${title}”")
ONLY_THIS = {
    Kind.VIDEO: _("Only this video, View"),
    Kind.AUDIO: _("Only this recording, View"),
    Kind.IMAGE: _("Only this image, View"),
    Kind.DOCUMENT: _("Only this document, View"),
}
ONE_ITEM = _("${name} gains View on 1 item. Nobody else gains anything.")
FOLDER = _("The folder ${folder}, View")
FOLDER_GAIN = Plural(
    "${name} gains View on ${count} item and everything added later.",
    "${name} gains View on ${count} items and everything added later.",
)
GROUP = _("Put ${name} in ${group}")
GROUP_GAIN = Plural(
    "${name} gains all that its ${count} member has, without an end.",
    "${name} gains all that its ${count} members have, without an end.",
)
ONE_PERSON = Plural("1 person, ${count} item", "1 person, ${count} items")


@dataclass(frozen=True)
class Offer:
    """One answer: what the form sends, what it is, what it brings, and the number."""

    value: str
    label: Sentence
    effect: Sentence
    tag: Sentence


@dataclass(frozen=True)
class Card:
    """A question with all that a manager needs to answer it."""

    question: AccessRequest
    face: Face
    headline: Sentence
    groups: tuple[str, ...]
    offers: tuple[Offer, ...]
    sees: bool
    """Whoever asked can see it by now."""
    blocked: bool
    """A Block keeps them out, whatever is given."""
    place: Place


class Offers:
    """Makes cards. The numbers are of items, counted as the lists of the library count them."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._rules = Rules(session, installation)
        self._answering = Answering(session, installation)
        self._now = installation.clock()

    def card(self, question: AccessRequest, identity: Identity) -> Card:
        """A question as its card. `identity` is who would answer."""
        place, asker, decision = place_of(question), self._answering.asker(question), self._answering.decision(question)
        names = self._session.scalars(select(Group.name).where(Group.id.in_(asker.group_ids)).order_by(Group.name_key))
        sees = Permission.VIEW in decision.rights
        blocked = decision.denied and not decision.admin
        return Card(
            question=question,
            face=Face(asker.user_id, asker.name, asker.email),
            headline=headline(asker.name, place),
            groups=tuple(names),
            offers=() if sees or blocked else tuple(self._offers(place, asker, identity)),
            sees=sees,
            blocked=blocked,
            place=place,
        )

    def _offers(self, place: Place, asker: Identity, identity: Identity) -> Iterator[Offer]:
        name = {"name": asker.name}
        if isinstance(place, Item):
            yield Offer(THE_PLACE, Sentence(ONLY_THIS[place.kind]), Sentence(ONE_ITEM, name), _tag(1))
        folder = place.folder if isinstance(place, Item) else place
        if folder.id != ROOT_ID and Permission.MANAGE in self._rules.decision(identity, folder).rights:
            count = self._gained_in(folder, asker)
            value = THE_FOLDER if isinstance(place, Item) else THE_PLACE
            label = Sentence(FOLDER, {"folder": folder.name})
            yield Offer(value, label, Sentence(FOLDER_GAIN, {**name, "count": count}), _tag(count))
        if identity.is_admin:
            yield from self._groups(place, asker)

    def _groups(self, place: Place, asker: Identity) -> Iterator[Offer]:
        """The groups that see the place, those that open least first; none that would make a manager of who asks."""
        rules = [rule for rule in self._rules.reaching(place) if rule.counts and rule.is_group and not rule.deny]
        managing = {rule.principal for rule in rules if Permission.MANAGE in rule.allow}
        seeing = [rule for rule in rules if Permission.VIEW in rule.allow and rule.principal not in managing]
        smallest = sorted({rule.principal: rule for rule in seeing}.values(), key=lambda rule: (rule.people, rule.name))
        before = self._seen_by(asker) if smallest else 0
        found: list[tuple[int, Offer]] = []
        for rule in smallest[:MOST_GROUPS]:
            group_id = id_of(rule.principal)
            member = asker._replace(group_ids=asker.group_ids | {group_id or 0})
            if Permission.VIEW not in self._rules.decision(member, place).rights:
                continue
            group = self._session.get_one(Group, group_id)
            names = {"name": asker.name, "group": group.name}
            effect = Sentence(GROUP_GAIN, {**names, "count": rule.people or 0})
            gained = max(0, self._seen_by(member) - before)
            found.append((gained, Offer(f"{A_GROUP}:{group.uid}", Sentence(GROUP, names), effect, _tag(gained))))
        yield from (offer for _gained, offer in sorted(found, key=lambda each: each[0]))

    def _seen_by(self, identity: Identity) -> int:
        seen = item_seen(RULED_BY, Item.uploader_id, Item.shown, identity, now=self._now)
        items = select(func.count()).select_from(Item).join(Folder, Folder.id == Item.folder_id)
        return self._session.scalar(items.where(seen)) or 0

    def _gained_in(self, folder: Folder, asker: Identity) -> int:
        """How many items somebody would see beside those he sees, had he View on a folder."""
        tree = select(Folder.id).where(Folder.id == folder.id).cte("tree", recursive=True)
        tree = tree.union(select(Folder.id).join(tree, Folder.parent_id == tree.c.id))
        reached = select(AclChain.acl_id).where(
            AclChain.ancestor_id == folder.acl_id, AclChain.above_cut.is_(False)
        )
        blocked = (
            select(AclChain.acl_id)
            .join(Ace, Ace.acl_id == AclChain.ancestor_id)
            .where(Ace.deny, Ace.expires_at > self._now, Ace.principal.in_(sorted(asker.principals)))
        )
        seen = item_seen(RULED_BY, Item.uploader_id, Item.shown, asker, now=self._now)
        gained = (
            select(func.count())
            .select_from(Item)
            .join(Folder, Folder.id == Item.folder_id)
            .where(
                Item.folder_id.in_(select(tree.c.id)),
                Item.shown,
                RULED_BY.in_(reached),
                RULED_BY.not_in(blocked),
                ~seen,
            )
        )
        return self._session.scalar(gained) or 0


def headline(name: str, place: Place) -> Sentence:
    """`Oskar Lund asks to watch “…”`."""
    if isinstance(place, Item):
        return Sentence(ASKS[place.kind], {"name": name, "title": place.title})
    return Sentence(ASKS_FOLDER, {"name": name, "title": place.name})


def _tag(count: int) -> Sentence:
    return Sentence(ONE_PERSON, {"count": count})
