"""Reading an upload form while it arrives: first its fields, then its files, never more than is asked for.

Until the first file begins, single bytes are asked for: servers return only when they have all that was asked for, and
the decision must not wait for bytes of a file. By `readline`, because gunicorn's `read` waits for at least 1024 bytes.
From then on it is large blocks.
"""
from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from privmedia.errors import Invalid, TooLarge
from privmedia.text import mark as _

log = logging.getLogger(__name__)

BLOCK = 1 << 20  # bytes
LONGEST_LINE = 8192
MOST_FIELD_BYTES = 64 * 1024
MOST_BYTES_BEFORE_FILES = 128 * 1024
MOST_PARTS = 1000
ENVELOPE = 1 << 20
"""What a form may be longer than its files: the fields, and what stands between the parts."""

BROKEN_OFF = _("The connection ended before everything was sent. Nothing was kept; send it again.")
NOT_A_FORM = _("That is no upload form: it has to be sent as multipart/form-data.")
GARBLED = _("The upload cannot be read: it is no complete form. Nothing was kept; send it again.")
FIELD_TOO_LONG = _("A field of the form is too long.")
FIELD_AFTER_FILE = _("The fields of the form have to come before the files.")


class Readable(Protocol):
    """The body as the server hands it over: `wsgi.input`."""

    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


class Body:
    """What is left of a request's body. `length` is None if the server knows where it ends and we do not."""

    def __init__(self, source: Readable, *, length: int | None, limit: int, too_large: TooLarge) -> None:
        self._source = source
        self._left = length
        self._allowed = limit
        self._too_large = too_large

    def read(self, size: int) -> bytes:
        """At most `size` bytes, none at the end. Raises Invalid if the client went away, TooLarge beyond the limit."""
        return self._checked(self._read(self._source.read, size))

    def read_line(self) -> bytes:
        """Bytes up to the next line feed, or the end, or more than a line may have."""
        line = bytearray()
        while len(line) <= LONGEST_LINE and not line.endswith(b"\n"):
            byte = self._checked(self._read(self._source.readline, 1))
            if not byte:
                break
            line += byte
        return bytes(line)

    def discard(self, most: int) -> None:
        """Read on for the sake of the client, which may not listen before it has sent something. Never fails."""
        try:
            while most > 0 and (data := self._read(self._source.read, min(most, 64 * 1024))):
                most -= len(data)
        except Invalid:
            return

    def _checked(self, data: bytes) -> bytes:
        self._allowed -= len(data)
        if self._allowed < 0:
            raise self._too_large
        if not data and self._left:
            raise Invalid(BROKEN_OFF)
        return data

    def _read(self, ask: Callable[[int], bytes], size: int) -> bytes:
        if self._left is not None:
            size = min(size, self._left)
        if size == 0:
            return b""
        try:
            data = ask(size)
        except Exception as error:  # every server has its own for a client that went away
            log.info("an upload broke off: %r", error)
            raise Invalid(BROKEN_OFF) from error
        if self._left is not None:
            self._left -= len(data)
        return data


@dataclass(frozen=True)
class FilePart:
    """One file of the form; its bytes are there once, in order, before the next part is asked for."""

    filename: str
    """As the client sent it."""
    blocks: Iterator[bytes]


class FormReader:
    """The parts of one form, in the order in which they come."""

    def __init__(self, body: Body, content_type: str) -> None:
        """Raises Invalid for what is no multipart form."""
        kind, options = parse_options_header(content_type)
        if kind != "multipart/form-data" or not options.get("boundary"):
            raise Invalid(NOT_A_FORM)
        self._body = body
        self._in_files = False
        try:
            self._parser = PushMultipartParser(options["boundary"], max_segment_count=MOST_PARTS)
        except MultipartError as error:
            raise Invalid(NOT_A_FORM) from error
        self._events = self._read_events()
        self._first_file: MultipartSegment | None = None

    def fields(self) -> dict[str, str]:
        """The fields before the first file, in order; of two with one name the first. Raises Invalid."""
        fields: dict[str, str] = {}
        room = MOST_FIELD_BYTES
        while (segment := self._next_part()) is not None:
            if segment.filename is not None:
                self._first_file = segment
                self._in_files = True
                break
            value = bytearray()
            for block in self._blocks():
                value += block
                if len(value) > room:
                    raise Invalid(FIELD_TOO_LONG)
            room -= len(value)
            fields.setdefault(segment.name, value.decode())
        return fields

    def files(self) -> Iterator[FilePart]:
        """The files, after `fields`. What was not read of one is passed over. Raises Invalid and TooLarge."""
        segment = self._first_file
        while segment is not None:
            if segment.filename is None:
                raise Invalid(FIELD_AFTER_FILE)
            if segment.name != "file":
                raise Invalid("Files come in the field “file”.")
            blocks = self._blocks()
            yield FilePart(segment.filename, blocks)
            for _rest in blocks:
                pass
            segment = self._next_part()

    def _next_part(self) -> MultipartSegment | None:
        """The head of the part that follows, None after the last. The one before has to be read to its end."""
        event = next(self._events, None)
        return event if isinstance(event, MultipartSegment) else None

    def _blocks(self) -> Iterator[bytes]:
        """The bytes of the part whose head came last, up to its end."""
        while isinstance(event := next(self._events, None), bytes):
            yield event

    def _read_events(self) -> Iterator[MultipartSegment | bytes | None]:
        before_files = 0
        try:
            while not self._parser.closed:
                block = self._body.read(BLOCK) if self._in_files else self._body.read_line()
                before_files += 0 if self._in_files else len(block)
                if before_files > MOST_BYTES_BEFORE_FILES:
                    raise Invalid(FIELD_TOO_LONG)
                yield from self._parser.parse(block)
        except MultipartError as error:
            raise Invalid(GARBLED) from error
