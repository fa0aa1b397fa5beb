"""Several originals as one zip: asked for by somebody, made by a job, handed out to nobody else, gone after a day."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.library.resources import folder_of, root_of
    from privmedia.zips.resources import zip_of

    config.add_route("download", "/download", factory=root_of)
    config.add_route("folder_download", "/f/{folder}/download", factory=folder_of)
    config.add_route("zip", "/zip/{zip}", factory=zip_of)
    config.add_route("zip_file", "/zip/{zip}/file", factory=zip_of)
    config.scan("privmedia.zips.views")
