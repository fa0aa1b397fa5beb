"""The part of the gate's questions that leads from an address to a file, whoever asks."""
from __future__ import annotations

from typing import TypeVarTuple

from sqlalchemy import Integer, Select, String, and_, bindparam, func

from privmedia.library.models import File, Folder, Item, Version

Columns = TypeVarTuple("Columns")

THE_FILE = (Version.number, Version.filename, File.stored_as, File.media_type)
RULED_BY = func.coalesce(Item.acl_id, Folder.acl_id)
"""The ACL that counts for the item."""


def to_the_file(callers: Select[*Columns]) -> Select[*Columns]:
    """The statement over callers with the one file they ask for. Parameters: item, version (None: current), file."""
    number = func.coalesce(bindparam("version", type_=Integer), Item.current)
    return (
        callers.join(Item, Item.uid == bindparam("item", type_=String))
        .join(Folder, Folder.id == Item.folder_id)
        .join(Version, and_(Version.item_id == Item.id, Version.number == number))
        .join(File, and_(File.version_id == Version.id, File.name == bindparam("file", type_=String)))
        .where(Item.deletion_id.is_(None))
    )
