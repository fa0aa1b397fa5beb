"""Organising: deleting and bringing back, moving, copying, and doing so with many at once."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.library.resources import folder_of, item_of, root_of
    from privmedia.organising.resources import deletion_of

    config.add_route("item_delete", "/m/{item}/delete", factory=item_of)
    config.add_route("folder_delete", "/f/{folder}/delete", factory=folder_of)
    config.add_route("item_copy", "/m/{item}/copy", factory=item_of)
    config.add_route("item_move", "/m/{item}/move", factory=item_of)
    config.add_route("folder_move", "/f/{folder}/move", factory=folder_of)
    config.add_route("selection", "/selection", factory=root_of)
    config.add_route("delete", "/delete", factory=root_of)
    config.add_route("tag", "/tag", factory=root_of)
    config.add_route("share", "/share", factory=root_of)
    config.add_route("move", "/move", factory=root_of)
    config.add_route("move_back", "/move/back", factory=root_of)
    config.add_route("bin", "/bin", factory=root_of)
    config.add_route("bin_undo", "/bin/undo", factory=root_of)
    config.add_route("bin_empty", "/bin/empty", factory=root_of)
    config.add_route("bin_restore", "/bin/{deletion}/restore", factory=deletion_of)
    config.add_route("bin_purge", "/bin/{deletion}/delete", factory=deletion_of)
    config.scan("privmedia.organising.bin_views")
    config.scan("privmedia.organising.copy_views")
    config.scan("privmedia.organising.delete_views")
    config.scan("privmedia.organising.move_views")
    config.scan("privmedia.organising.selection_views")
    config.scan("privmedia.organising.share_views")
