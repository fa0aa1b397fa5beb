"""Where files lie. (Being written.)"""
from __future__ import annotations

from pathlib import Path


class Storage:
    def __init__(self, root: Path) -> None:
        self.root = root

    def make_folders(self) -> None:
        for name in ("incoming/body", "incoming/tus", "incoming/form", "private", "public"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
