"""Public files without a front server: `/media/…` as nginx serves it. In front of the application nginx never asks."""
from __future__ import annotations

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from privmedia.delivery.disposition import content_disposition, shown_inline
from privmedia.delivery.headers import PUBLIC_FILE_CACHING, PUBLIC_FILE_HEADERS
from privmedia.delivery.refusals import nothing_here
from privmedia.delivery.senders.builtin import send_file

MEDIA_TYPES = {
    "avif": "image/avif",
    "flac": "audio/flac",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
}
"""By the end of the name, as nginx tells them: renditions have no others."""


def public_file(request: Request) -> Response:
    """The file; 404 for everything that is not one."""
    token, name = request.matchdict["token"], request.matchdict["name"]
    media_type = MEDIA_TYPES.get(name.rpartition(".")[2])
    if media_type is None:
        return nothing_here(request)
    try:
        handle, facts = request.installation.storage.public.open_file(token, name)
    except (OSError, ValueError):
        return nothing_here(request)
    headers = {**PUBLIC_FILE_HEADERS, "Cache-Control": PUBLIC_FILE_CACHING}
    disposition = {} if shown_inline(media_type) else {
        "Content-Disposition": content_disposition(name, inline=False)
    }
    return send_file(request, handle, facts, always=headers, with_bytes={"Content-Type": media_type, **disposition})


def includeme(config: Configurator) -> None:
    if config.registry["installation"].settings.front_server != "builtin":
        return
    config.outside_transaction_manager("/media/")
    config.add_route("media", "/media/{token}/{name}")
    config.add_view(public_file, route_name="media", request_method="GET", permission=NO_PERMISSION_REQUIRED)
