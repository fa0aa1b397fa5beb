"""Conditional requests (RFC 9110 section 13): whether what the client already has is still the same.

Times are compared for equality, not order, as nginx does by default: a file that replaces another may be older.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from pyramid.request import Request


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells one state of a file from another. `modified` is in whole seconds."""

    etag: str
    modified: datetime

    @classmethod
    def of(cls, modified_ns: int, size: int) -> Validators:
        """From a file's time of change in nanoseconds and its size. Files are never changed once named."""
        return cls(f'"{modified_ns:x}-{size:x}"', datetime.fromtimestamp(modified_ns // 1_000_000_000, UTC))

    @property
    def last_modified(self) -> str:
        return format_datetime(self.modified, usegmt=True)


def failed(request: Request, current: Validators) -> bool:
    """Whether If-Match or If-Unmodified-Since asked for another state than the current one: 412."""
    if_match = request.headers.get("If-Match")
    if if_match is not None:
        return not _matches(if_match, current.etag)
    if_unmodified = _date(request.headers.get("If-Unmodified-Since"))
    return if_unmodified is not None and current.modified > if_unmodified


def not_modified(request: Request, current: Validators) -> bool:
    """Whether the client has the current state: 304. If-None-Match wins over If-Modified-Since."""
    if_none_match = request.headers.get("If-None-Match")
    if if_none_match is not None:
        return _matches(if_none_match, current.etag, weakly=True)
    return _date(request.headers.get("If-Modified-Since")) == current.modified


def range_applies(request: Request, current: Validators) -> bool:
    """Whether If-Range lets a Range count: only for the same strong tag or the exact time."""
    if_range = request.headers.get("If-Range")
    if if_range is None:
        return True
    if if_range.endswith('"'):
        return bool(if_range == current.etag)
    return _date(if_range) == current.modified


def _matches(header: str, etag: str, *, weakly: bool = False) -> bool:
    tags = [tag.strip() for tag in header.split(",")]
    if weakly:
        tags = [tag.removeprefix("W/") for tag in tags]
    return tags == ["*"] or etag in tags


def _date(header: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
