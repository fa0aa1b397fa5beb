"""How lists of rules hang below each other: the tree of ACLs, and `acl_chain`, kept in step with it.

Access knows ACLs, not folders: which folder or item points to which ACL is the library's business, in
`privmedia.library.rules`. Everything here runs in the caller's transaction: pointers and chains change together.
"""
from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.orm import Session

from privmedia.access.models import Acl, AclChain

Chain = dict[int, bool]
"""Ancestor (and itself) to whether it lies above a cut."""


class Chains:
    """The structure of rules. Verbs change `acls` and `acl_chain`; none of them reads or writes a rule."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def hold(self) -> None:
        """Keep every other structural change and new folder out until the transaction ends.

        SQLite has one writer anyway. On PostgreSQL two changes at once could each miss what the other makes, and a
        folder would stand under the wrong rules.
        """
        self.session.execute(select(Acl.id).where(Acl.parent_id.is_(None)).with_for_update())

    def hold_still(self) -> None:
        """Keep structural changes out, but not other callers of this: for a new folder or a moved item."""
        self.session.execute(select(Acl.id).where(Acl.parent_id.is_(None)).with_for_update(read=True))

    def add(self, parent_id: int, *, inherits: bool = True) -> int:
        """A new list of rules, empty, below another; answers its id."""
        self.hold()
        acl = Acl(parent_id=parent_id, inherits=inherits)
        self.session.add(acl)
        self.session.flush()
        self._rechain([acl.id])
        return acl.id

    def hang(self, acl_ids: Collection[int], parent_id: int) -> None:
        """Put lists, with all that hangs below them, under another one."""
        self.hold()
        if acl_ids:
            self.session.execute(update(Acl).where(Acl.id.in_(acl_ids)).values(parent_id=parent_id))
            self._rechain(acl_ids)

    def set_inherits(self, acl_id: int, inherits: bool) -> None:
        """Turn the switch "take over rules from above" of one list."""
        self.hold()
        self.session.execute(update(Acl).where(Acl.id == acl_id).values(inherits=inherits))
        self._rechain([acl_id])

    def remove(self, acl_id: int) -> None:
        """Take a list away with its rules; what hung below it hangs below its parent. Nothing may point to it."""
        self.hold()
        parent_id = self.session.scalar(select(Acl.parent_id).where(Acl.id == acl_id))
        if parent_id is None:
            raise ValueError("the rules of the whole library cannot be removed")
        below = self.session.scalars(select(Acl.id).where(Acl.parent_id == acl_id)).all()
        self.hang(below, parent_id)
        self.session.execute(delete(Acl).where(Acl.id == acl_id))

    def rechain(self, acl_ids: Collection[int] | None = None) -> None:
        """Work out the chains of these lists and of all below them again; of all lists, if none are named."""
        self.hold()
        self._rechain(self.session.scalars(select(Acl.id)).all() if acl_ids is None else acl_ids)

    def differences(self) -> list[str]:
        """Where `acl_chain` is not what the tree of lists says, one sentence each; empty when all is well."""
        wanted = _chains(self._lists(None), {})
        stored: dict[int, Chain] = {acl_id: {} for acl_id in wanted}
        for acl_id, ancestor_id, above_cut in self.session.execute(
            select(AclChain.acl_id, AclChain.ancestor_id, AclChain.above_cut)
        ):
            stored.setdefault(acl_id, {})[ancestor_id] = above_cut
        return [
            f"The chain of ACL {acl_id} is {_written(stored[acl_id])}; it should be {_written(wanted.get(acl_id, {}))}."
            for acl_id in sorted(stored)
            if stored[acl_id] != wanted.get(acl_id, {})
        ]

    def _rechain(self, acl_ids: Collection[int]) -> None:
        self.session.flush()
        lists = self._lists(acl_ids)
        above = {parent for parent, _ in lists.values() if parent is not None and parent not in lists}
        known: dict[int, Chain] = {acl_id: {} for acl_id in above}
        for acl_id, ancestor_id, above_cut in self.session.execute(
            select(AclChain.acl_id, AclChain.ancestor_id, AclChain.above_cut).where(AclChain.acl_id.in_(above))
        ):
            known[acl_id][ancestor_id] = above_cut
        chains = _chains(lists, known)
        self.session.execute(delete(AclChain).where(AclChain.acl_id.in_(self._below(acl_ids))))
        self.session.execute(
            insert(AclChain),
            [
                {"acl_id": acl_id, "ancestor_id": ancestor_id, "above_cut": above_cut}
                for acl_id, chain in chains.items()
                for ancestor_id, above_cut in chain.items()
            ],
        )

    def _lists(self, acl_ids: Collection[int] | None) -> dict[int, tuple[int | None, bool]]:
        """Parent and switch of these lists and of all below them."""
        query = select(Acl.id, Acl.parent_id, Acl.inherits)
        if acl_ids is not None:
            query = query.where(Acl.id.in_(self._below(acl_ids)))
        return {acl_id: (parent_id, inherits) for acl_id, parent_id, inherits in self.session.execute(query)}

    def _below(self, acl_ids: Collection[int]) -> Select[int]:
        start = select(Acl.id).where(Acl.id.in_(acl_ids)).cte("below", recursive=True)
        return select(start.union(select(Acl.id).join(start, Acl.parent_id == start.c.id)).c.id)


def _chains(lists: dict[int, tuple[int | None, bool]], known: dict[int, Chain]) -> dict[int, Chain]:
    """Chains of `lists` from their parents and switches; `known` has the chains of the lists right above them."""
    chains: dict[int, Chain] = {}
    for first in lists:
        path: list[int] = []
        acl_id: int | None = first
        while acl_id in lists and acl_id not in chains and acl_id not in path:
            path.append(acl_id)
            acl_id = lists[acl_id][0]
        for acl_id in reversed(path):
            parent_id, inherits = lists[acl_id]
            above = chains.get(parent_id, known.get(parent_id, {})) if parent_id is not None else {}
            chains[acl_id] = {acl_id: False} | {
                ancestor_id: above_cut or not inherits for ancestor_id, above_cut in above.items()
            }
    return chains


def _written(chain: Chain) -> str:
    words = [f"{ancestor_id}{' above a cut' if above_cut else ''}" for ancestor_id, above_cut in sorted(chain.items())]
    return "[" + ", ".join(words) + "]"
