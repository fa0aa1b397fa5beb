"""Files that were made public: `public/<token>/<name>`, second names of private ones, served without a check.

Each verb is on the disk when it returns: what was taken back does not come again with a power cut.
"""
from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from privmedia.errors import Unavailable
from privmedia.storage import durable

TOKEN = re.compile(r"[0-9a-f]{32}")
NAME = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
IN_PLACE = ".new"
"""How the name begins under which a file waits to take the place of another."""


class PublicFiles:
    """What lies in the public folder of one installation."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def link(self, token: str, name: str, source: Path) -> None:
        """Give a private file this public name; what has the name gives way in one step.

        Raises NoSpace or Unavailable; of a token that was not there before nothing is left then.
        """
        folder, target = self.root / _checked(TOKEN, token), _checked(NAME, name)
        fresh = not folder.exists()
        with durable.in_our_words():
            try:
                durable.make_folder(folder)
                waiting = folder / IN_PLACE
                waiting.unlink(missing_ok=True)
                os.link(source, waiting, follow_symlinks=False)
                waiting.rename(folder / target)
                waiting.unlink(missing_ok=True)  # rename leaves both names where they are one file already
                durable.sync_folders([folder, self.root])
            except OSError:
                if fresh:
                    with contextlib.suppress(Unavailable):
                        self.remove(token)
                raise

    def keep_only(self, token: str, name: str) -> None:
        """Remove what else lies under a token. Raises Unavailable."""
        folder = self.root / _checked(TOKEN, token)
        with durable.in_our_words():
            for path in folder.iterdir():
                if path.name != name:
                    path.unlink(missing_ok=True)
            durable.sync_folders([folder])

    def remove(self, token: str) -> None:
        """Remove what has a token. Nothing there is no error. Raises Unavailable: then it may still be there."""
        folder = self.root / _checked(TOKEN, token)
        with durable.in_our_words():
            if not folder.exists():
                return
            for path in folder.iterdir():
                path.unlink(missing_ok=True)
            durable.sync_folders([folder])
            folder.rmdir()
            durable.sync_folders([self.root])

    def has(self, token: str, name: str) -> bool:
        """Whether the file is there."""
        return self.path(token, name).is_file()

    def open_file(self, token: str, name: str) -> tuple[int, os.stat_result]:
        """A handle to read a public file and its facts; the caller closes it.

        Raises FileNotFoundError, and ValueError for what can name none.
        """
        return durable.open_regular(self.path(token, name))

    def path(self, token: str, name: str) -> Path:
        """Where a public file lies. Raises ValueError for what can name none."""
        return self.root / _checked(TOKEN, token) / _checked(NAME, name)

    def paths(self) -> Iterator[tuple[Path, float]]:
        """What lies here, and in the folders of tokens; when something was last put there, in seconds since 1970."""
        for path in list(self.root.iterdir()):
            with contextlib.suppress(FileNotFoundError):
                since = path.lstat().st_mtime
                yield path, since
                if self.is_token(path):
                    yield from [(inside, since) for inside in path.iterdir()]

    def is_token(self, path: Path) -> bool:
        """Whether it is the folder of a token."""
        return path.parent == self.root and bool(TOKEN.fullmatch(path.name)) and path.is_dir() and not path.is_symlink()


def _checked(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"{text!r} can name nothing public")
    return text
