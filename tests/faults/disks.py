"""Disks that fail: one that refuses the n-th call, one that is full, and one whose power is cut."""
from __future__ import annotations

import fcntl
import os
import shutil
import signal
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import missing

SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN, see linux/fs/ext4/ext4.h."""
WITHOUT_THE_LOG = 2
"""EXT4_GOING_FLAGS_NOLOGFLUSH: what was not forced to the disk is gone."""


@dataclass
class Fault:
    """One call that is to fail. `met` once the fault is over: whether that call was made at all."""

    met: bool = False


@contextmanager
def failing(process: int, call: str, number: int, folder: Path, error: str = "EIO") -> Iterator[Fault]:
    """While this is in force, the `number`-th such call of a thread of the process fails, and only that one."""
    if not shutil.which("strace"):
        missing("strace is missing: apt-get install strace")
    log, fault = folder / "strace.log", Fault()
    command = ["strace", "-f", "-p", str(process), "-o", str(log), "-e", f"trace={call}"]
    command += ["-e", f"inject={call}:error={error}:when={number}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        said = strace.stderr.readline()
        assert "attached" in said, said + strace.stderr.read()
        try:
            yield fault
        finally:
            strace.send_signal(signal.SIGINT)
            strace.communicate()
    fault.met = "(INJECTED)" in log.read_text()


def _may_mount() -> None:
    if os.geteuid() != 0:
        missing("Only root may mount a file system: run it as root")


def _run(*command: str | Path) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system in memory of so many bytes, mounted in that folder."""
    _may_mount()
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    try:
        yield folder
    finally:
        _run("umount", "--lazy", folder)


class Power:
    """An ext4 file system in a file, whose power can be cut: what nobody forced to it is gone afterwards."""

    def __init__(self, folder: Path, size: int) -> None:
        _may_mount()
        self.image, self.folder = folder / "disk.img", folder / "disk"
        self.folder.mkdir()
        with self.image.open("wb") as image:
            image.truncate(size)
        _run("mkfs.ext4", "-q", "-F", self.image)
        self.on()

    def on(self) -> None:
        """Mount it, which replays its journal. Nothing is written back by itself before ten minutes are over."""
        _run("mount", "-o", "loop,commit=600", self.image, self.folder)

    def sync(self) -> None:
        """All that was written reaches the disk."""
        _run("sync", "-f", self.folder)

    def cut(self) -> None:
        """Cut the power: from here on nothing reaches the disk, and whatever is asked of it is an error."""
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(handle, SHUTDOWN, struct.pack("I", WITHOUT_THE_LOG))
        finally:
            os.close(handle)

    def again(self) -> None:
        """The power is back, once nobody has a file open there: the journal is replayed, the file system sound."""
        self.off()
        self.on()
        self.off()
        _run("e2fsck", "-fn", self.image)
        self.on()

    def off(self) -> None:
        """Take the disk off; nobody may have a file open there."""
        _run("umount", self.folder)


@contextmanager
def power(folder: Path, size: int) -> Iterator[Power]:
    """Such a file system, gone at the end."""
    made = Power(folder, size)
    try:
        yield made
    finally:
        subprocess.run(["umount", "--lazy", str(made.folder)], check=False, capture_output=True)
        made.image.unlink()
