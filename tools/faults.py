"""`make faults`: the long forms of the tests, part by part. A part that fails keeps no other from being done.

Each part is a run of pytest of its own, ended when it takes three times as long as it should. What came of each is said
at the end; the exit code is 1 if any failed. `make faults PARTS="soak kills"` does some of them.
"""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATIENCE = 3
"""Times the minutes a part should take, until it is ended."""


@dataclass(frozen=True)
class Part:
    """Some tests at full length."""

    name: str
    minutes: int
    """About as long as it takes on two processors."""
    what: str
    files: tuple[str, ...]
    options: tuple[str, ...] = ()
    """Of pytest."""


PARTS = (
    Part("disks", 6, "the n-th write, fsync or rename fails; the disk is full; the clock jumps; as root", (
        "tests/faults/test_input_output_errors.py", "tests/faults/test_disk_full.py",
        "tests/faults/test_clock_jumps.py",
    )),
    Part("power", 4, "the power is cut 20 times during uploads; as root", ("tests/faults/test_power_cut.py",)),
    Part("kills", 8, "workers, ffmpeg and their other programs are killed 100 times", ("tests/faults/test_kills.py",)),
    Part("soak", 12, "10 minutes of 200 viewers, 20 uploads, a conversion and people who browse", (
        "tests/faults/test_soak.py",
    ), ("-rP",)),
    Part("uploads", 7, "5 GB in parts, and a thousand ways to send them", (
        "tests/integration/test_resumable_uploads.py", "tests/functional/test_tus_schedules.py",
    )),
    Part("junk", 5, "10,000 requests of junk, every address for everybody, every refusal to the byte", (
        "tests/functional/test_junk.py", "tests/functional/test_access_matrix.py",
        "tests/functional/test_every_refusal.py", "tests/functional/test_checklist_frame.py",
        "tests/functional/test_numbers_do_not_leak.py",
    )),
    Part("rules", 4, "random trees of rules, and changes to them, against what is worked out by hand", (
        "tests/unit/access/test_random_trees.py", "tests/unit/library/test_effect.py",
        "tests/unit/operations/test_front_check.py",
    )),
    Part("media", 15, "every kind of file there is, and what is made of it", (
        "tests/unit/media/test_inputs.py", "tests/unit/jobs/test_prepare.py", "tests/unit/importing/test_processes.py",
    )),
    Part("hostile", 40, "thousands of damaged and hostile files, on all processors", (
        "tests/unit/media/test_hostile.py", "tests/unit/media/test_hostile_many.py",
    ), ("-n", "auto", "--dist", "load")),
    Part("browsers", 12, "every kind of file plays in Chromium; Firefox signs in, plays, seeks and uploads", (
        "tests/browser/test_inputs.py", "tests/browser/test_firefox.py",
    )),
    Part("embeds", 5, "players in pages of other sites: every place, cookies, film and person in two browsers", (
        "tests/browser/test_embeds_matrix.py", "tests/browser/test_embeds_firefox.py",
    )),
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What came of a part."""

    part: Part
    passed: bool
    words: str
    seconds: float


def run(part: Part) -> Outcome:
    """Do one part; what it prints is seen at once."""
    print(f"\n=== {part.name}: {part.what} (about {part.minutes} minutes)\n", flush=True)
    command = [sys.executable, "-m", "pytest", *part.options, *part.files]
    begun = time.monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PRIVMEDIA_FAULTS": "full"}, start_new_session=True
    )
    try:
        status = process.wait(part.minutes * 60 * PATIENCE)
        words = {0: "passed", 1: "FAILED"}.get(status, f"FAILED, pytest ended with {status}")
    except subprocess.TimeoutExpired:
        status, words = 1, f"FAILED, ended after {part.minutes * PATIENCE} minutes"
    finally:
        # Whatever is left of it: servers that its tests have started, too.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return Outcome(part, status == 0, words, time.monotonic() - begun)


def summary(outcomes: list[Outcome]) -> str:
    lines = [f"{'part':10} {'took':>8}  {'about':>8}  outcome"]
    for one in outcomes:
        lines.append(f"{one.part.name:10} {one.seconds / 60:4.1f} min  {one.part.minutes:4} min  {one.words}")
    return "\n".join(lines)


def main(names: list[str]) -> int:
    known = {part.name: part for part in PARTS}
    if unknown := [name for name in names if name not in known]:
        print(f"There is no part {', '.join(unknown)}. There are:", file=sys.stderr)
        for part in PARTS:
            print(f"  {part.name:10} about {part.minutes:2} minutes: {part.what}", file=sys.stderr)
        return 2
    outcomes: list[Outcome] = []
    try:
        for name in names or known:
            outcomes.append(run(known[name]))
    except KeyboardInterrupt:
        print("\nbroken off", file=sys.stderr)
    print(f"\n{summary(outcomes)}", flush=True)
    asked = len(names or known)
    return 0 if len(outcomes) == asked and all(one.passed for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
