"""Bytes on disk: durable writes and safe paths. No SQL, no Pyramid."""
from privmedia.storage.files import ORIGINAL, ZIPPED, Storage
from privmedia.storage.incoming import Incoming

__all__ = ["ORIGINAL", "ZIPPED", "Incoming", "Storage"]
