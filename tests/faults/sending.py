"""A client that notes what it was told, and asks for nothing more than that."""
from __future__ import annotations

import hashlib
import http.client
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from random import Random

from privmedia.access.permissions import Permission
from privmedia.audit.seals import seal_all
from privmedia.operations.check import check
from privmedia.operations.worker import run_worker
from privmedia.uploads.front_bodies import key_of
from tests.integration.test_resumable_uploads import KEPT_AS_IT_COMES, PNG, begun, key, tus
from tests.integration.test_uploading import upload
from tests.sites import Answer, Site

NO_ANSWER = (http.client.HTTPException, OSError)


def content_of(seed: int, size: int) -> bytes:
    """What is taken for a picture, and is like no other."""
    return PNG + Random(seed).randbytes(size - len(PNG))


@dataclass
class Sender:
    """Leila, who may add. `ledger`: the sums of all she was told to be there; `answers`: every status she got."""

    site: Site
    ledger: set[str] = field(default_factory=set)
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.site.library.add_person("leila", allow=Permission.VIEW | Permission.UPLOAD)
        self.headers = key(self.site)

    def announce(self, content: bytes) -> str:
        """The address of an upload in parts; "" without one."""
        with suppress(AssertionError, *NO_ANSWER):
            return begun(self.site, self.headers, len(content))
        return ""

    def parts(self, address: str, content: bytes, *, part: int = 300_000, kept: bool = False) -> bool:
        """Send what is missing of an upload, as a client does that goes on: whether all of it was acknowledged.

        `kept`: as nginx hands it over, which has put each part into a file.
        """
        if not address:
            return False
        with suppress(*NO_ANSWER):
            asked = self._noted(tus(self.site, "HEAD", address, self.headers))
            if asked.status != 200:
                return False
            offset = int(asked.headers["Upload-Offset"])
            answer = asked
            while offset < len(content):
                sent = {**self.headers, "Content-Type": KEPT_AS_IT_COMES, "Upload-Offset": str(offset)}
                data = content[offset : offset + part]
                with self._kept(data) if kept else nullcontext((sent, data)) as (more, body):
                    answer = self._noted(tus(self.site, "PATCH", address, sent | more, body))
                if answer.status != 204:
                    return False
                assert int(answer.headers["Upload-Offset"]) > offset
                offset = int(answer.headers["Upload-Offset"])
            if answer.headers["Location-Item"]:
                self.ledger.add(hashlib.sha256(content).hexdigest())
                return True
        return False

    def form(self, content: bytes) -> bool:
        """Send it by the plain form: whether it was acknowledged."""
        with suppress(AssertionError, *NO_ANSWER):
            answer = self._noted(upload(self.site, content))
            if answer.status == 303:
                self.ledger.add(hashlib.sha256(content).hexdigest())
                return True
        return False

    def lost(self) -> set[str]:
        """What was acknowledged and is not there, to the byte."""
        private = self.site.library.installation.storage.private
        there = {hashlib.sha256(path.read_bytes()).hexdigest() for path in private.glob("??/??/*/v1/original")}
        return self.ledger - there

    @contextmanager
    def _kept(self, data: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
        """What nginx says of a body, and the nothing that it sends along; afterwards it removes the file."""
        installation = self.site.library.installation
        path = installation.storage.incoming / "body" / f"{len(self.answers):010}"
        path.write_bytes(data)
        try:
            yield {"X-Body-Key": key_of(installation.settings.secret), "X-Body-File": str(path)}, b""
        finally:
            path.unlink()

    def _noted(self, answer: Answer) -> Answer:
        self.answers.append(answer.status)
        return answer


def problems(site: Site, *, full: bool = False) -> list[str]:
    """What `privmedia check` finds, the work that waits done before."""
    installation = site.library.installation
    if full:
        run_worker(installation, once=True)
        seal_all(installation)
    return [problem for part in check(installation, full=full) for problem in part.problems]
