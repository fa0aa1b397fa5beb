"""Files with awkward names, all the way: sent by the form, prepared, played, saved under their own name."""
from __future__ import annotations

import html
import io
import re
import time
import unicodedata
import wave
from urllib.parse import unquote

from tests.sites import Site

PATIENCE = 60.0  # seconds
BOUNDARY = "----privmedia"


def sound() -> bytes:
    """A quarter of a second of silence that every browser plays."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(bytes(4000))
    return buffer.getvalue()


SOUND = sound()
# As browsers write them into the form, and what they are called from then on.
NAMES = {
    "100% sure.wav": "100% sure.wav",
    "%41%2e%2e%2f.wav": "%41%2e%2e%2f.wav",
    "what?.wav": "what?.wav",
    "no#1.wav": "no#1.wav",
    "two  words and more .wav": "two words and more .wav",
    "it's \\\"quoted\\\".wav": 'it\'s "quoted".wav',
    "semi;colon & more=1, two.wav": "semi;colon & more=1, two.wav",
    "Prüfstand.wav": "Prüfstand.wav",
    unicodedata.normalize("NFD", "Übung é.wav"): "Übung é.wav",
    "🚀 launch 👩‍🔧.wav": "🚀 launch 👩‍🔧.wav",
    "日本語のファイル.wav": "日本語のファイル.wav",
    "line%0D%0ASet-Cookie: evil=1.wav": "line Set-Cookie: evil=1.wav",
    "as browsers %22quote%22.wav": 'as browsers "quote".wav',
    "tab\tand\x1bescape.wav": "tab andescape.wav",
    "holiday\u202evaw.wav": "holidayvaw.wav",
    "~tilde + plus.wav": "~tilde + plus.wav",
    "-rf.wav": "-rf.wav",
    ".hidden.wav": ".hidden.wav",
    "CON.wav": "CON.wav",
    "x" * 240 + ".wav": "x" * 240 + ".wav",
    "<script>alert(1)</script>.wav": "script>.wav",
}


THROUGH_UWSGI = ("100% sure.wav", "as browsers %22quote%22.wav", "line%0D%0ASet-Cookie: evil=1.wav", "Prüfstand.wav")
"""Where only the way of the headers is another: what has to be written otherwise in them."""


def upload(site: Site, filename: str) -> str:
    """Send one file through the form; answers its item's id."""
    page = site.ask(f"/upload/plain?folder={site.library.folder}", "member").body.decode()
    token = re.search(r'name="csrf_token" value="(\w+)"', page)
    assert token is not None
    fields = {"csrf_token": token[1], "folder": site.library.folder, "title": "A title of its own"}
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'.encode()
    body += b"Content-Type: audio/wav\r\n\r\n" + SOUND + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = site.ask("/upload/plain", "member", method="POST", body=body, headers=headers)
    assert answer.status == 303, answer.body[:2000]
    item = re.search(r"/m/(\w+)$", answer.headers["Location"])
    assert item is not None, answer.headers["Location"]
    return item[1]


def page_when_ready(site: Site, item: str) -> str:
    deadline = time.monotonic() + PATIENCE
    while True:
        page = site.ask(f"/m/{item}", "member").body.decode()
        if f"/smedia/{item}/play." in page:
            return html.unescape(page)
        assert time.monotonic() < deadline, page
        time.sleep(0.1)


def test_every_name_uploads_plays_and_is_saved_as_it_was_called(site: Site) -> None:
    assert site.stack is not None
    items = {sent: upload(site, sent) for sent in (NAMES if site.stack.app == "gunicorn" else THROUGH_UWSGI)}
    for sent, item in items.items():
        page = page_when_ready(site, item)
        player = re.search(rf"/smedia/{item}/play\.\w+", page)
        assert player is not None
        played = site.ask(player[0], "member", headers={"Range": "bytes=100-199"})
        assert (played.status, played.body) == (206, SOUND[100:200]), sent

        link = re.search(rf'"(/smedia/{item}/original/[^"]+)"', page)
        assert link is not None, sent
        saved = site.ask(link[1], "member")
        assert (saved.status, saved.body) == (200, SOUND), sent
        assert saved.headers["Set-Cookie"] is None
        assert site.ask(link[1], "stranger").status == 404
        assert name_in(saved.headers["Content-Disposition"]) == NAMES[sent]


def name_in(disposition: str) -> str:
    """The name a browser saves under (RFC 6266: the encoded one wins)."""
    kind, _, rest = disposition.partition("; ")
    assert kind == "attachment"
    encoded = re.search(r"filename\*=UTF-8''([^;]+)$", rest)
    if encoded is not None:
        return unquote(encoded[1], errors="strict")
    plain = re.fullmatch(r'filename="([^"\\]*)"', rest)
    assert plain is not None
    return plain[1]
