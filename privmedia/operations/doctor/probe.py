"""The probe: files made for one look, and a site that is asked for them with the one token that opens them."""
from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from privmedia.accounts.cookies import cookie_name
from privmedia.accounts.identity import token_hash
from privmedia.delivery.probing import FILE, TEXT
from privmedia.ids import new_token, new_uid
from privmedia.installation import Installation
from privmedia.operations.doctor.visiting import Answer, PublicAddress
from privmedia.operations.doctor.words import printed_anew
from privmedia.storage import ORIGINAL
from privmedia.storage.probes import Record

SIZE = 2 * 2**20 + 7
"""Bytes of the probe: more than a server sends at once, and no round number."""
CAPTIONS = b"WEBVTT\n\n" + b"00:00.000 --> 00:01.000\nProbe\n\n" * 200
LIVES_FOR = 600.0
"""Seconds after which a probe opens no more and is cleared away, if whoever made it was killed."""


@dataclass
class Visit:
    """One look at one site: its address, the probe that lies behind it, and what of it was asked already."""

    installation: Installation
    site: PublicAddress
    uid: str
    token: str
    content: bytes
    patience: float
    """Seconds that a slow answer of the application may take at most, and is made to take."""
    started: float = field(default_factory=time.time)
    slow: Answer | None = None
    whole: Answer | None = None

    @property
    def path(self) -> str:
        """Of the probe's file, below `private/`."""
        return self.installation.storage.relative_path(self.uid, 1, ORIGINAL)

    @property
    def front(self) -> str:
        return self.installation.settings.front_server

    @property
    def printed(self) -> tuple[str, ...]:
        """The lines by which the front server gets our configuration as it should be."""
        uwsgi = any(note["uwsgi"] for note in self.notes)
        return printed_anew(self.front, self.installation.settings, uwsgi=uwsgi)

    @property
    def notes(self) -> list[dict[str, Any]]:
        return self.installation.storage.probes.notes(self.uid)

    def notes_of(self, file: str) -> list[dict[str, Any]]:
        return [note for note in self.notes if note["file"] == file]

    def signed_in(self, headers: Mapping[str, str] | None = None) -> dict[str, str]:
        """Request headers with which the probe is opened, as a browser's session opens files."""
        return {"Cookie": f"{cookie_name(self.installation.settings)}={self.token}", **(headers or {})}

    def fetch(self, file: str = FILE, *, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        """A file of the probe, as who may have it."""
        return self.site.ask(self.address(file), method=method, headers=self.signed_in(headers))

    def address(self, file: str = FILE) -> str:
        return f"/smedia/probe/{self.uid}/{file}"

    def is_probe(self, body: bytes) -> bool:
        """Whether something is the probe, or begins like it."""
        return len(body) >= 32 and body[:32] == self.content[:32]

    def end(self) -> None:
        """From now on the token opens nothing."""
        self.installation.storage.probes.end(self.uid)


@contextlib.contextmanager
def probing(installation: Installation, site: PublicAddress, *, patience: float) -> Iterator[Visit]:
    """A visit with a probe that is there meanwhile. Raises NoSpace or Unavailable where it cannot be written."""
    clear_away_probes(installation)
    storage, uid, token = installation.storage, new_uid(), new_token()
    visit = Visit(installation, site, uid, token, _content(uid), patience)
    until = installation.clock().timestamp() + LIVES_FOR
    try:
        with storage.receive() as incoming:
            incoming.write(visit.content)
            incoming.finish()
            storage.place(incoming, uid, 1, facts={"probe": True})  # and its mark stays: see storage.probes
        with storage.work_folder() as work:
            (work / "captions").write_bytes(CAPTIONS)
            storage.place_product(work / "captions", uid, 1, TEXT)
        storage.probes.lay_decoys(uid, visit.path)
        storage.probes.begin(uid, Record(token_hash(token), until))
        yield visit
    finally:
        _remove(installation, uid)


def clear_away_probes(installation: Installation) -> None:
    """Chore: remove probes whose makers were killed. Time is the file system's here."""
    for uid, made in list(installation.storage.probes.there()):
        if made < time.time() - LIVES_FOR:
            _remove(installation, uid)


def _remove(installation: Installation, uid: str) -> None:
    storage = installation.storage
    storage.remove_version(uid, 1)
    storage.probes.remove(uid, storage.relative_path(uid, 1, ORIGINAL))


def _content(uid: str) -> bytes:
    """Bytes of which every part differs from every other, and from those of any other probe."""
    head = json.dumps({"probe": uid}).encode().ljust(64)
    blocks = (hashlib.sha256(f"{uid} {number}".encode()).digest() for number in range(SIZE // 32))
    return (head + b"".join(blocks))[:SIZE]
