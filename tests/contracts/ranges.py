"""The ranges of the contract, for a file of known bytes. Where RFC 9110 leaves a choice, nginx's is everybody's."""
from __future__ import annotations

from tests.private_library import pattern

SIZE = 300_001
CONTENT = pattern(SIZE)

PARTS = [
    ("bytes=0-0", 0, 1),
    ("bytes=0-1", 0, 2),
    ("bytes=0-", 0, SIZE),
    ("bytes=1-", 1, SIZE),
    ("bytes=100000-199999", 100_000, 200_000),
    (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
    (f"bytes={SIZE - 1}-{SIZE + 100}", SIZE - 1, SIZE),
    ("bytes=-1", SIZE - 1, SIZE),
    ("bytes=-1000", SIZE - 1000, SIZE),
    (f"bytes=-{SIZE}", 0, SIZE),
    (f"bytes=-{SIZE + 1}", 0, SIZE),
    ("Bytes=5-9", 5, 10),
]
WHOLE = ["bytes=0-1,10-11", "bytes=0-,0-,0-", "bytes=0-0,-1", "items=0-5", "bytes", "bytes=", "bytes 0-5"]
UNSATISFIABLE = [
    f"bytes={SIZE}-",
    f"bytes={SIZE}-{SIZE + 5}",
    "bytes=-0",
    "bytes=5-2",
    "bytes=abc",
    "bytes=-",
    "bytes=0-1x",
    "bytes=99999999999999999999-",
]
