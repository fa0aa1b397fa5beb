"""Tags: words that people put on items, equal without regard to case and form."""
from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from privmedia.access.visible import item_seen
from privmedia.accounts.identity import Identity
from privmedia.errors import Invalid
from privmedia.installation import Installation
from privmedia.library.models import Folder, Item, ItemTag
from privmedia.text import Sentence, Words, clean_line, name_key
from privmedia.text import mark as _

WOULD_HAVE = _("“${title}” would have ${count} tags; ${most} is the most.")
LONG_TAG = _("A tag has ${most} characters at most. “${tag}” has ${count}.")
MANY_TAGS = _("That is ${count} tags; ${most} is the most.")

MOST_TAGS = 30
LONGEST_TAG = 60
OFFERED = 200
"""How many tags are suggested."""
LOOKED_AT = 5000
"""Suggestions come from so many of the newest tags that one may see; counting all of them would cost more."""


class Tags:
    """The tags of items. Decides nothing about rights: whoever calls has asked `access`."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.now = installation.clock()

    def of(self, item: Item) -> list[str]:
        """An item's tags by name."""
        names = self.session.scalars(select(ItemTag.name).where(ItemTag.item_id == item.id).order_by(ItemTag.key))
        return list(names)

    def put(self, item: Item, names: Iterable[str]) -> list[str]:
        """Let an item have these tags and no others; answers them as they are kept. Raises Invalid."""
        wanted = checked_tags(names)
        self.session.execute(delete(ItemTag).where(ItemTag.item_id == item.id))
        self.session.add_all(ItemTag(item_id=item.id, key=key, name=name) for key, name in wanted.items())
        self.session.flush()
        return list(wanted.values())

    def add(self, item: Item, names: Iterable[str]) -> list[str]:
        """Give an item more tags; those it has stay as they are written. Answers the new ones. Raises Invalid."""
        has = {name_key(name): name for name in self.of(item)}
        new = {key: name for key, name in checked_tags(names).items() if key not in has}
        if len(has) + len(new) > MOST_TAGS:
            why: dict[str, Words] = {"title": item.title, "count": len(has) + len(new), "most": MOST_TAGS}
            raise Invalid(Sentence(WOULD_HAVE, why), "tags")
        self.session.add_all(ItemTag(item_id=item.id, key=key, name=name) for key, name in new.items())
        self.session.flush()
        return list(new.values())

    def offered(self, identity: Identity) -> list[str]:
        """Tags to choose from: those most used on items that exist for the caller. No other item adds to them."""
        ruled_by = func.coalesce(Item.acl_id, Folder.acl_id)
        newest = (
            select(ItemTag.key, ItemTag.name)
            .join(Item, Item.id == ItemTag.item_id)
            .join(Folder, Folder.id == Item.folder_id)
            .where(item_seen(ruled_by, Item.uploader_id, Item.shown, identity, now=self.now))
            .order_by(ItemTag.item_id.desc())
            .limit(LOOKED_AT)  # among those one may see: others would push some of them out
            .subquery()
        )
        used = (
            select(func.max(newest.c.name).label("name"))
            .group_by(newest.c.key)
            .order_by(func.count().desc(), newest.c.key)
            .limit(OFFERED)
        )
        return list(self.session.scalars(used))


def split_tags(texts: Iterable[str]) -> list[str]:
    """What was typed into the fields of a form: one tag each, or several with commas between them."""
    return [part for text in texts for part in text.split(",") if clean_line(part)]


def checked_tags(names: Iterable[str]) -> dict[str, str]:
    """The tags by what they are compared by, each once, as it was written first. Raises Invalid."""
    found: dict[str, str] = {}
    for name in names:
        line = clean_line(name)
        if not line:
            continue
        if len(line) > LONGEST_TAG:
            raise Invalid(Sentence(LONG_TAG, {"most": LONGEST_TAG, "tag": f"{line[:20]}…", "count": len(line)}), "tags")
        found.setdefault(name_key(line), line)
    if len(found) > MOST_TAGS:
        raise Invalid(Sentence(MANY_TAGS, {"count": len(found), "most": MOST_TAGS}), "tags")
    return found
