"""Files get their names in one step, whole and on the disk, or leave nothing behind."""
from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from privmedia.errors import Conflict, NoSpace, Unavailable
from privmedia.ids import new_uid
from privmedia.storage import Incoming, Storage
from tests.unit.storage.faults import FaultyDisk

FACTS = {"title": "Thrüster T4"}


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    storage = Storage(tmp_path / "media")
    storage.make_folders()
    return storage


@pytest.fixture
def received(storage: Storage) -> Iterator[Callable[[bytes], Incoming]]:
    kept: list[Incoming] = []

    def receive(content: bytes) -> Incoming:
        incoming = storage.receive()
        kept.append(incoming)
        incoming.write(content)
        incoming.finish()
        return incoming

    yield receive
    for incoming in kept:
        incoming.discard()


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_a_placed_file_lies_under_its_opaque_name_with_its_sidecar(storage: Storage, received: Any) -> None:
    uid = new_uid()
    storage.place(received(b"moving pictures"), uid, 1, facts=FACTS)
    folder = storage.root / "private" / uid[:2] / uid[2:4] / uid / "v1"
    assert (folder / "original").read_bytes() == b"moving pictures"
    assert json.loads((folder / "version.json").read_text()) == FACTS
    assert storage.version_folder(uid, 1) == folder
    assert storage.relative_path(uid, 1, "play.mp4") == f"{uid[:2]}/{uid[2:4]}/{uid}/v1/play.mp4"


def test_files_and_folders_are_closed_to_others_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        storage = Storage(tmp_path / "open")
        storage.make_folders()
        uid = new_uid()
        with storage.receive() as incoming:
            incoming.write(b"x")
            incoming.finish()
            storage.place(incoming, uid, 1, facts=FACTS)
        made = tmp_path / "made.webp"
        made.write_bytes(b"poster")
        storage.place_product(made, uid, 1, "poster.webp")
    finally:
        os.umask(before)
    for path in storage.root.rglob("*"):
        expected = 0o750 if path.is_dir() else 0o640
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_a_version_that_is_there_is_never_replaced(storage: Storage, received: Any) -> None:
    uid = new_uid()
    storage.place(received(b"first"), uid, 1, facts=FACTS)
    storage.settle(uid, 1)
    with pytest.raises(Conflict):
        storage.place(received(b"second"), uid, 1, facts=FACTS)
    assert (storage.version_folder(uid, 1) / "original").read_bytes() == b"first"


def test_an_upload_that_breaks_off_leaves_nothing(storage: Storage) -> None:
    with storage.receive() as incoming:
        incoming.write(b"half of it")
        assert files_below(storage.root) != []
    assert files_below(storage.root) == []


def test_an_unfinished_upload_cannot_be_placed(storage: Storage) -> None:
    with storage.receive() as incoming:
        incoming.write(b"not on the disk yet")
        with pytest.raises(ValueError, match="unfinished"):
            storage.place(incoming, new_uid(), 1, facts=FACTS)


@pytest.mark.parametrize("uid", ["../../../../etc", "0123456789abcde", "0123456789ABCDEF", "0123456789abcde/", ""])
def test_what_is_no_public_id_names_no_folder(storage: Storage, uid: str) -> None:
    with pytest.raises(ValueError, match="can name no folder"):
        storage.version_folder(uid, 1)


@pytest.mark.parametrize(
    "name", ["../original", "/etc/passwd", ".hidden", "a/b", "a\0b", "Ä.mp4", "", "..", "play.mp4\n"]
)
def test_what_we_would_not_call_a_file_is_no_stored_name(storage: Storage, name: str) -> None:
    with pytest.raises(ValueError, match="can name no stored file"):
        storage.relative_path(new_uid(), 1, name)


def test_only_regular_files_are_opened(storage: Storage, received: Any, tmp_path: Path) -> None:
    uid = new_uid()
    storage.place(received(b"content"), uid, 1, facts=FACTS)
    folder = storage.version_folder(uid, 1)
    (tmp_path / "secret").write_text("secret")
    (folder / "link.mp4").symlink_to(tmp_path / "secret")
    (folder / "folder.mp4").mkdir()
    os.mkfifo(folder / "pipe.mp4")
    for name in ("link.mp4", "folder.mp4", "pipe.mp4", "missing.mp4"):
        with pytest.raises(FileNotFoundError):
            storage.open_file(uid, 1, name)
    handle, facts = storage.open_file(uid, 1, "original")
    try:
        assert os.read(handle, 100) == b"content"
        assert facts.st_size == 7
    finally:
        os.close(handle)


def test_a_derivative_made_again_replaces_the_first(storage: Storage, received: Any, tmp_path: Path) -> None:
    uid = new_uid()
    storage.place(received(b"content"), uid, 1, facts=FACTS)
    for content in (b"one", b"two"):
        made = tmp_path / "made"
        made.write_bytes(content)
        storage.place_product(made, uid, 1, "poster.webp")
    assert (storage.version_folder(uid, 1) / "poster.webp").read_bytes() == b"two"


@pytest.mark.parametrize("name", ["original", "version.json"])
def test_no_derivative_takes_the_place_of_the_original(storage: Storage, tmp_path: Path, name: str) -> None:
    made = tmp_path / "made"
    made.write_bytes(b"x")
    with pytest.raises(ValueError, match="never written twice"):
        storage.place_product(made, new_uid(), 1, name)


@pytest.mark.parametrize("fault", ["EIO", "ENOSPC", "EDQUOT"])
def test_whichever_call_to_the_disk_fails_the_upload_fails_and_nothing_stays(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Every call that changes the disk fails once, the first, the second and so on, until one run goes through."""
    expected = Unavailable if fault == "EIO" else NoSpace
    for number in range(1, 100):
        with FaultyDisk(monkeypatch, fault, fails_at=number) as disk:
            outcome = outcome_of_an_upload(storage)
        if not disk.has_failed:
            assert outcome is None
            assert number > 10
            return
        assert outcome is expected, f"call {number} ({disk.failed_call})"
        assert files_below(storage.root) == [], f"after call {number} ({disk.failed_call})"
    pytest.fail("no run went through")


def outcome_of_an_upload(storage: Storage) -> type[Exception] | None:
    try:
        with storage.receive() as incoming:
            incoming.write(b"first block")
            incoming.write(b"second block")
            incoming.finish()
            storage.place(incoming, new_uid(), 1, facts=FACTS)
    except (Unavailable, NoSpace) as error:
        return type(error)
    return None


def test_a_failed_fsync_is_not_tried_again(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultyDisk(monkeypatch, "EIO", only="fsync") as disk, storage.receive() as incoming:
        incoming.write(b"content")
        with pytest.raises(Unavailable):
            incoming.finish()
        assert disk.calls == 1
        with pytest.raises(ValueError, match="unfinished"):
            storage.place(incoming, new_uid(), 1, facts=FACTS)


def test_what_was_left_for_a_day_is_reaped_and_the_rest_is_not(storage: Storage) -> None:
    old, new = storage.incoming / "form" / "old.part", storage.incoming / "form" / "new.part"
    work = storage.incoming / "work" / "abandoned"
    work.mkdir()
    (work / "remux.mp4.part").write_bytes(b"x")
    for path in (old, new):
        path.write_bytes(b"x")
    long_ago = time.time() - 90_000
    for path in (old, work):
        os.utime(path, (long_ago, long_ago))
    assert storage.reap_incoming(time.time() - 86_400) == 2
    assert files_below(storage.incoming) == ["form/new.part"]


def test_a_placed_version_is_unsettled_until_it_is_settled(storage: Storage, received: Any) -> None:
    uid = new_uid()
    storage.place(received(b"x"), uid, 1, facts=FACTS)
    assert list(storage.unsettled(time.time() + 1)) == [(uid, 1)]
    assert list(storage.unsettled(time.time() - 3600)) == []
    storage.settle(uid, 1)
    assert list(storage.unsettled(time.time() + 1)) == []


def test_a_work_folder_is_gone_afterwards_whatever_is_in_it(storage: Storage) -> None:
    with storage.work_folder() as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_bytes(b"x")
    assert not folder.exists()
