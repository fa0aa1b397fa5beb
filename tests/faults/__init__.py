"""Faults that nobody can provoke from inside a process: a disk that errs or is full, a power cut, clocks that jump.

All of them run in a short form with the other tests, and at full length by `make faults`. After each: what a client
was told to be there is there to the byte, `privmedia check` finds nothing, and trying again succeeds.
"""
from __future__ import annotations

import os

FULL = os.environ.get("PRIVMEDIA_FAULTS") == "full"
"""Whether they run at full length, and with them what asks the same of every address for everybody."""
