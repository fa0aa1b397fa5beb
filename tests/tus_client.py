"""A client of tus 1.0.0 for tests: what it asks is seen to the byte."""
from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from webtest import TestApp

from tests.unit.media.conftest import picture

PNG = picture("PNG", size=(900, 900))
BYTES = "application/offset+octet-stream"


def in_base64(value: str | bytes) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def path_of(answer: Any) -> str:
    """Where an upload that was announced lies."""
    return urlsplit(answer.headers["Location"]).path


@dataclass
class Client:
    """A program that speaks the protocol, as one person."""

    app: TestApp
    key: dict[str, str]
    folder: str
    endpoint: str = "/uploads/"

    def ask(self, method: str, address: str, body: bytes = b"", **headers: str) -> Any:
        more = {name.replace("_", "-"): text for name, text in headers.items()}
        sent = {"Tus-Resumable": "1.0.0", **self.key, **more}
        environ = dict(self.app.extra_environ)
        return self.app.request(
            address, method=method, headers=sent, body=body, environ=environ, expect_errors=True
        )

    def begin(self, length: int | str, body: bytes = b"", *, about: Any = None, **headers: str) -> Any:
        about = {"filename": "Bench.png", "folder": self.folder, **(about or {})}
        pairs = ",".join(f"{name} {in_base64(text)}" for name, text in about.items())
        kind = {"Content_Type": BYTES} if body else {}
        return self.ask(
            "POST", self.endpoint, body, **{"Upload_Length": str(length), "Upload_Metadata": pairs, **kind, **headers}
        )

    def add(self, address: str, offset: int, body: bytes, **headers: str) -> Any:
        return self.ask("PATCH", address, body, **{"Content_Type": BYTES, "Upload_Offset": str(offset), **headers})

    def offset(self, address: str) -> int:
        return int(self.ask("HEAD", address).headers["Upload-Offset"])

    def started(self, length: int = len(PNG), **about: str) -> str:
        answer = self.begin(length, about=about)
        assert answer.status_int == 201, answer.text
        return path_of(answer)
