"""Showing another version of an item: a new one that is ready, or an older one again."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from privmedia.audit.service import Audit, Author
from privmedia.db import WITH_BIN, reading
from privmedia.errors import Conflict
from privmedia.installation import Installation
from privmedia.library.models import Item, State, Version
from privmedia.library.public_copies import bring_in_line_soon
from privmedia.text import mark as _
from privmedia.versions.carrying import Luggage
from privmedia.versions.service import Versions

TRIES = 3
CHANGED = _("Somebody changed the item at this moment. Look at it, and try again.")
NOT_READY = _("Only a version that is prepared and can be played or shown can take the place of another.")


def show(
    installation: Installation,
    version_id: int,
    *,
    by: Author,
    writing: Callable[[], AbstractContextManager[Session]],
    wanted: Callable[[Version], bool] = lambda _version: True,
) -> int | None:
    """Show a version in place of the one that is shown; answers the number of that one.

    None if there is nothing to do: it is gone, shown already, or no longer `wanted`. `writing` opens the transaction.
    Raises Conflict if it cannot be shown, NoSpace, Unavailable.
    """
    for _try in range(TRIES):
        with reading(installation.sessions) as session:
            found = _versions(session, installation, version_id, hold=False)
            if found is None or not wanted(found[2]):
                return None
            luggage = Luggage(session, installation, *found)
            placed = luggage.placed()
        with writing() as session:
            found = _versions(session, installation, version_id, hold=True)
            if found is None or not wanted(found[2]):
                return None
            item, old, new = found
            now = Luggage(session, installation, item, old, new)
            if now.pieces != luggage.pieces:
                continue  # somebody changed captions or chapters in between: what was placed is seen by nobody
            now.enter(placed)
            item.current, item.state, item.reason, item.shown = new.number, new.state, new.reason, True
            bring_in_line_soon(session, installation, item)
            # What was on its way to be shown before this one comes too late.
            earlier = update(Version).where(Version.item_id == item.id, Version.number <= new.number)
            session.execute(earlier.values(takes_over=False))
            detail = {"version": new.number, "before": old.number}
            Audit(session, installation).record("version.show", identity=by, target=f"item:{item.uid}", detail=detail)
            return old.number
    raise Conflict(CHANGED)


def _versions(
    session: Session, installation: Installation, version_id: int, *, hold: bool
) -> tuple[Item, Version, Version] | None:
    """The item with its shown version and the one to show; None if that is gone, or shown already.

    `hold`: the item stays as it is until the transaction ends. Raises Conflict if it is not ready.
    """
    query = select(Item).join(Version, Version.item_id == Item.id).where(Version.id == version_id)
    if hold:
        query = query.with_for_update(of=Item)
    item = session.scalar(query, execution_options=WITH_BIN)
    new = session.get(Version, version_id) if item is not None else None
    if item is None or new is None or item.current == new.number:
        return None
    if new.state != State.READY:
        raise Conflict(NOT_READY)
    return item, Versions(session, installation).shown(item), new
