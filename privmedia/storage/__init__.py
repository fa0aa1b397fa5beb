"""Bytes on disk: durable writes and safe paths. No SQL, no Pyramid."""
from __future__ import annotations

from privmedia.storage.files import Storage

__all__ = ["Storage"]
