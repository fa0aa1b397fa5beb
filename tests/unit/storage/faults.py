"""A disk that fails: the n-th of the system calls that change it returns an error instead of doing anything."""
from __future__ import annotations

import errno
import os
from collections.abc import Callable
from types import TracebackType
from typing import Any

import pytest

CALLS = ("fsync", "write", "mkdir", "rename", "chmod", "fchmod")


class FaultyDisk:
    """While this is in force the `fails_at`-th call fails, and only it; with `only`, every call of that name."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, fault: str, *, fails_at: int = 1, only: str | None = None
    ) -> None:
        self.calls = 0
        self.failed_call: str | None = None
        self._monkeypatch = monkeypatch
        self._number = getattr(errno, fault)
        self._fails_at = fails_at
        self._only = only

    @property
    def has_failed(self) -> bool:
        return self.failed_call is not None

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self._only == name or (self._only is None and self.calls == self._fails_at):
                self.failed_call = name
                raise OSError(self._number, os.strerror(self._number))
            return real(*args, **kwargs)

        return call

    def __enter__(self) -> FaultyDisk:
        self._context = self._monkeypatch.context()
        patch = self._context.__enter__()
        for name in CALLS if self._only is None else (self._only,):
            patch.setattr(os, name, self._wrapped(name, getattr(os, name)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.__exit__(kind, error, trace)
