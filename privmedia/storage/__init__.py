"""Bytes on disk: durable writes and safe paths. No SQL, no Pyramid."""
from privmedia.storage.files import ORIGINAL, ZIPPED, Placed, Storage
from privmedia.storage.incoming import Incoming, Whole

__all__ = ["ORIGINAL", "ZIPPED", "Incoming", "Placed", "Storage", "Whole"]
