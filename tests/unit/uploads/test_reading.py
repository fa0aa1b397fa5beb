"""The form is read as it arrives: decided on its fields before a byte of a file is asked for."""
from __future__ import annotations

import io
import random
from typing import Any

import pytest

from privmedia.errors import Invalid, TooLarge
from privmedia.uploads.reading import BLOCK, BROKEN_OFF, Body, FormReader

TYPE = "multipart/form-data; boundary=xYz"
LIMIT = 10 * BLOCK


class Watched(io.BytesIO):
    """A body that remembers how much was asked for at most."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size >= 0, "a server may wait for ever on a read without a size"
        self.largest = max(self.largest, self.tell() + size)
        return super().read(size)

    def readline(self, size: int | None = -1, /) -> bytes:
        """As gunicorn does it: waits for all that is asked for."""
        assert size is not None
        self.largest = max(self.largest, self.tell() + size)
        return super().readline(size)


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    shown = f'; filename="{filename}"' if filename is not None else ""
    return f'--xYz\r\nContent-Disposition: form-data; name="{name}"{shown}\r\n\r\n'.encode() + content + b"\r\n"


END = b"--xYz--\r\n"


def reader(content: bytes, *, length: int | None = -1, limit: int = LIMIT, source: Any = None) -> FormReader:
    body = Body(
        source or io.BytesIO(content),
        length=len(content) if length == -1 else length,
        limit=limit,
        too_large=TooLarge("Too large.", limit),
    )
    return FormReader(body, TYPE)


def received(form: FormReader) -> list[tuple[str, bytes]]:
    return [(file.filename, b"".join(file.blocks)) for file in form.files()]


def test_fields_come_in_order_and_files_in_full() -> None:
    big = random.Random(7).randbytes(3 * BLOCK + 17)
    form = reader(
        part("csrf_token", b"secret") + part("folder", b"abc") + part("title", "Grün".encode())
        + part("file", big, "one.mp4") + part("file", b"\r\n--xY\r\n--", "two.mp4") + END
    )
    assert list(form.fields().items()) == [("csrf_token", "secret"), ("folder", "abc"), ("title", "Grün")]
    assert received(form) == [("one.mp4", big), ("two.mp4", b"\r\n--xY\r\n--")]


def test_no_byte_of_a_file_is_asked_for_before_the_files_are() -> None:
    before = part("csrf_token", b"secret") + part("folder", b"abc") + part("file", b"", "one.mp4")[:-2]
    source = Watched(before + b"the file itself\r\n" + END)
    form = reader(b"", length=len(source.getvalue()), source=source)
    form.fields()
    assert source.largest == len(before)
    assert received(form) == [("one.mp4", b"the file itself")]


def test_a_file_that_is_not_read_is_passed_over() -> None:
    form = reader(part("file", b"x" * 3 * BLOCK, "one.mp4") + part("file", b"two", "two.mp4") + END)
    form.fields()
    kept = []
    for file in form.files():
        if file.filename == "two.mp4":
            kept.append(b"".join(file.blocks))
    assert kept == [b"two"]


def test_quotes_and_line_ends_in_names_arrive_as_the_browser_meant_them() -> None:
    form = reader(part("file", b"x", "say %22hi%22%0D%0A.mp4") + END)
    form.fields()
    assert received(form)[0][0] == 'say "hi"\r\n.mp4'


@pytest.mark.parametrize("lost", [1, 3, 9, 40, 200, BLOCK + 5])
def test_a_client_that_goes_away_is_never_taken_for_the_end_of_its_file(lost: int) -> None:
    whole = part("folder", b"abc") + part("file", b"x" * 2 * BLOCK, "one.mp4") + END
    with pytest.raises(Invalid) as refused:
        read_all(reader(whole[:-lost], length=len(whole)))
    assert refused.value.sentence == BROKEN_OFF


def test_an_error_of_the_server_while_reading_is_a_client_that_went_away() -> None:
    class Reset:
        def read(self, size: int, /) -> bytes:
            raise ConnectionResetError

        readline = read

    with pytest.raises(Invalid) as refused:
        reader(b"", length=1000, source=Reset()).fields()
    assert refused.value.sentence == BROKEN_OFF


def read_all(form: FormReader) -> None:
    form.fields()
    received(form)


def test_without_a_length_the_server_says_where_the_body_ends_and_the_limit_still_holds() -> None:
    content = part("folder", b"abc") + part("file", b"x" * BLOCK, "one.mp4") + END
    form = reader(content, length=None)
    form.fields()
    assert len(received(form)[0][1]) == BLOCK
    with pytest.raises(TooLarge):
        read_all(reader(content, length=None, limit=BLOCK))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no form at all",
        part("folder", b"abc"),
        part("folder", b"abc") + part("file", b"x", "one.mp4"),
        part("file", b"x", "one.mp4") + part("folder", b"too late") + END,
        part("attachment", b"x", "one.mp4") + END,
        b"--xYz\r\nContent-Disposition: attachment\r\n\r\nx\r\n" + END,
        b"--xYz\r\n" + b"X: " + b"y" * 10_000 + b"\r\n\r\n" + END,
        b"\r\n" * 200_000 + END,
        part("title", b"x" * 70_000) + END,
        b"".join(part(f"field{number}", b"x" * 100) for number in range(900)) + END,
    ],
    ids=[
        "empty", "text", "fields cut off", "cut off after a file", "field after a file",
        "file in another field", "no form data", "endless header", "endless start", "long field", "many fields",
    ],
)
def test_what_is_no_complete_form_of_ours_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_all(reader(content))


@pytest.mark.parametrize(
    "kind", ["", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/mixed; boundary=x"]
)
def test_other_kinds_of_body_are_refused_unread(kind: str) -> None:
    source = Watched(b"folder=abc")
    body = Body(source, length=10, limit=LIMIT, too_large=TooLarge("", 1))
    with pytest.raises(Invalid):
        FormReader(body, kind)
    assert source.largest == 0


def test_a_body_is_read_on_for_a_while_after_the_answer_and_no_further() -> None:
    source = Watched(b"x" * 1_000_000)
    body = Body(source, length=1_000_000, limit=LIMIT, too_large=TooLarge("", 1))
    body.discard(200_000)
    assert 200_000 <= source.tell() < 300_000
