"""Asking the decoding process about one file: a question as JSON in, an answer as JSON out.

Not here: what the questions are (`decoding.__main__`), and how the process is shut in (`sandbox`).
"""
from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from privmedia.errors import NoSpace
from privmedia.media import sandbox
from privmedia.media.errors import Damaged, SandboxFailed
from privmedia.text import mark as _

CRASHES = (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV)
CRASHED = _("The file is damaged: reading it breaks the decoder.")


def ask(
    verb: str,
    path: Path,
    *,
    work: Path,
    limits: sandbox.Limits,
    on_tick: Callable[[], None] | None = None,
    **details: Any,
) -> Any:
    """What the child answers about the file at `path`; anything it makes is in `work`.

    Raises Damaged, TookTooLong, NoSpace, SandboxFailed.
    """
    path = path.absolute()
    question = json.dumps({"verb": verb, "path": str(path), **details})
    finished = sandbox.run(
        [sandbox.python(), "-I", "-m", "privmedia.media.decoding", question],
        reads=[path], work=work, limits=limits, on_tick=on_tick,
    )
    if finished.code - 128 in CRASHES:
        raise Damaged(CRASHED)
    if finished.code != 0:
        last_line = finished.stderr.strip().rpartition("\n")[2]
        raise SandboxFailed(f"Reading the file stopped with status {finished.code}. {last_line}".strip())
    try:
        answer = json.loads(finished.stdout)
        outcome, value = answer["outcome"], answer["value"]
    except (ValueError, KeyError, TypeError):
        raise SandboxFailed("Reading the file gave no answer.") from None
    if outcome == "damaged":
        raise Damaged(str(value))
    if outcome == "no space":
        raise NoSpace
    return value
