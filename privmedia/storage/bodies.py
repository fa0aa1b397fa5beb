"""Bodies of requests that the front server has written into files: taken as they lie, not read.

    <root>/incoming/body/<number>    written by the front server, which removes it when the request is answered

The front server makes the folder its own where it starts as root, so its owner is the user the front server works as.
Another user's files could be neither read nor kept.
"""
from __future__ import annotations

import os
import pwd
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from privmedia.errors import Unavailable
from privmedia.storage import durable
from privmedia.text import mark as _

BODY = re.compile(r"[0-9]{1,20}")
BLOCK = 1 << 20  # bytes
NOT_OURS = _("What the front server kept of the request cannot be read. Send it again; tell your administrator.")


class KeptBody:
    """A body that lies in a file, open until the `with` block ends."""

    def __init__(self, path: Path, handle: int, size: int) -> None:
        self.path = path
        self.handle = handle
        self.size = size
        """Bytes."""

    def blocks(self) -> Iterator[bytes]:
        """What is in it. Raises Unavailable."""
        offset = 0
        with durable.in_our_words():
            while block := os.pread(self.handle, BLOCK, offset):
                offset += len(block)
                yield block

    def __enter__(self) -> KeptBody:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.handle)


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


class Bodies:
    """The folder of one installation into which its front server writes bodies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def are_ours(self) -> bool:
        """Whether the front server works as the user we are."""
        try:
            return self._folder.stat().st_uid == os.geteuid()
        except OSError:
            return False

    def why_not_ours(self) -> str | None:
        """Why what lies there cannot be taken, for who runs the site; None if it can."""
        if self.are_ours:
            return None
        try:
            theirs = _name_of(self._folder.stat().st_uid)
        except OSError as error:
            return f"{self._folder}: {error.strerror}."
        return f"nginx works as {theirs}, the application as {_name_of(os.geteuid())}. Let both be one user."

    def open(self, path: Path) -> KeptBody:
        """A body by the name the front server gave. Raises Unavailable for what is no file of ours in the folder."""
        if path.parent != self._folder or not BODY.fullmatch(path.name):
            raise Unavailable(NOT_OURS)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise Unavailable(NOT_OURS) from error
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_nlink != 1:
            os.close(handle)
            raise Unavailable(NOT_OURS)
        return KeptBody(path, handle, facts.st_size)
