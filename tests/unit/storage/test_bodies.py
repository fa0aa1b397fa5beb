"""Bodies that the front server has put into files, and the bytes of uploads that are made of them."""
from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from privmedia.errors import NoSpace, Unavailable
from privmedia.ids import new_uid
from privmedia.storage import Storage, durable
from privmedia.storage.parts import Busy, Part


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    storage = Storage(tmp_path / "media")
    storage.make_folders()
    return storage


@pytest.fixture
def kept(storage: Storage) -> Callable[[bytes], Path]:
    """A body as nginx keeps it."""
    numbers = iter(range(1, 100))

    def keep(content: bytes) -> Path:
        path = storage.incoming / "body" / f"{next(numbers):010}"
        path.write_bytes(content)
        path.chmod(0o600)
        return path

    return keep


@pytest.fixture
def uid(storage: Storage) -> str:
    uid = new_uid()
    storage.parts.begin(uid)
    return uid


def add(storage: Storage, part: Part, path: Path) -> None:
    with storage.bodies.open(path) as body:
        part.take_over(body)


def content(part: Part) -> bytes:
    return part.path.read_bytes()


def refuse(number: int) -> Callable[..., Any]:
    def call(*_arguments: Any, **_more: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return call


def test_the_first_body_is_the_file_itself_and_the_front_server_may_remove_its_name(
    storage: Storage, kept: Callable[[bytes], Path], uid: str
) -> None:
    path = kept(b"beginning")
    number = path.stat().st_ino
    with storage.parts.take(uid) as part:
        add(storage, part, path)
        assert part.size == 9
        assert part.path.stat().st_ino == number
        assert part.path.stat().st_mode & 0o777 == durable.FILE_MODE
        path.unlink()
        part.append(b", and more")
        assert content(part) == b"beginning, and more"
    assert {each.suffix for each in storage.parts.files_of(uid)} == {".part", ".turn"}


def test_what_follows_is_copied_to_the_end(storage: Storage, kept: Callable[[bytes], Path], uid: str) -> None:
    with storage.parts.take(uid) as part:
        part.append(b"one ")
        add(storage, part, kept(b"two "))
        add(storage, part, kept(b""))
        add(storage, part, kept(b"three"))
        assert (content(part), part.size) == (b"one two three", 13)


@pytest.mark.parametrize("number", sorted(durable.NOT_IN_THE_KERNEL))
def test_a_file_system_that_copies_nothing_by_itself_is_helped(
    number: int, storage: Storage, kept: Callable[[bytes], Path], uid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.copy_file_range", refuse(number))
    monkeypatch.setattr(durable, "BLOCK", 4)
    with storage.parts.take(uid) as part:
        part.append(b"one ")
        add(storage, part, kept(b"two and three"))
        assert content(part) == b"one two and three"


def test_a_file_system_without_second_names_gets_a_copy(
    storage: Storage, kept: Callable[[bytes], Path], uid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.link", refuse(errno.EPERM))
    path = kept(b"beginning")
    with storage.parts.take(uid) as part:
        add(storage, part, path)
        assert content(part) == b"beginning"
        assert part.path.stat().st_ino != path.stat().st_ino


@pytest.mark.parametrize("call", ["os.link", "os.copy_file_range"])
def test_a_full_disk_is_told_and_what_was_there_stays(
    call: str, storage: Storage, kept: Callable[[bytes], Path], uid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with storage.parts.take(uid) as part:
        if call != "os.link":
            part.append(b"one ")
        before = content(part)
        with monkeypatch.context() as patch:
            patch.setattr(call, refuse(errno.ENOSPC))
            with pytest.raises(NoSpace):
                add(storage, part, kept(b"two"))
        assert content(part) == before
        assert part.size == len(before)
        add(storage, part, kept(b"two"))
        assert content(part) == before + b"two"


def test_half_a_copy_counts_as_far_as_it_came(
    storage: Storage, kept: Callable[[bytes], Path], uid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, calls = os.copy_file_range, iter([3])

    def short(source: int, target: int, _count: int, at: int, to: int) -> int:
        step = next(calls, None)
        if step is None:
            raise OSError(errno.EIO, "broken")
        return copy(source, target, step, at, to)

    with storage.parts.take(uid) as part:
        part.append(b"one ")
        with monkeypatch.context() as patch:
            patch.setattr("os.copy_file_range", short)
            with pytest.raises(Unavailable):
                add(storage, part, kept(b"two and"))
        assert (content(part), part.size) == (b"one two", 7)


def test_only_who_has_the_turn_takes_a_body_over(
    storage: Storage, kept: Callable[[bytes], Path], uid: str
) -> None:
    with storage.parts.take(uid) as older, storage.parts.take(uid) as newer:
        with pytest.raises(Busy):
            add(storage, older, kept(b"older"))
        add(storage, newer, kept(b"newer"))
        assert content(newer) == b"newer"


def test_who_opened_the_bytes_before_they_were_another_file_goes_on_with_that(
    storage: Storage, kept: Callable[[bytes], Path], uid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = Part._wait

    def another_request_is_quicker(part: Part) -> None:
        monkeypatch.setattr(Part, "_wait", wait)
        with storage.parts.take(uid) as quicker:
            add(storage, quicker, kept(b"a whole body"))
        wait(part)

    monkeypatch.setattr(Part, "_wait", another_request_is_quicker)
    with storage.parts.take(uid) as part:
        assert part.size == 12
        part.append(b", and more")
        assert content(part) == b"a whole body, and more"


def test_what_a_killed_request_left_is_in_nobodys_way(
    storage: Storage, kept: Callable[[bytes], Path], uid: str
) -> None:
    with storage.parts.take(uid) as part:
        part.path.with_suffix(".whole").write_bytes(b"left")
        add(storage, part, kept(b"beginning"))
        assert content(part) == b"beginning"
        part.path.with_suffix(".whole").write_bytes(b"left again")
    storage.parts.remove(uid)
    assert storage.parts.files_of(uid) == []


def test_nothing_but_a_body_of_ours_is_opened(storage: Storage, kept: Callable[[bytes], Path], tmp_path: Path) -> None:
    folder = storage.incoming / "body"
    outside = tmp_path / "0000000001"
    outside.write_bytes(b"outside")
    (folder / "0000000050").symlink_to(outside)
    os.mkfifo(folder / "0000000051")
    (folder / "0000000052").mkdir()
    linked = kept(b"with a second name")
    os.link(linked, folder / "0000000053")
    (folder / "named").write_bytes(b"by no number")
    names = [
        outside, Path("/etc/passwd"), folder, folder / "0000000050", folder / "0000000051", folder / "0000000052",
        linked, folder / "named", folder / "0000000099", folder / ".." / "body" / linked.name, Path("0000000001"),
    ]
    for path in names:
        with pytest.raises(Unavailable):
            storage.bodies.open(path)
    with storage.bodies.open(kept(b"ours")) as body:
        assert b"".join(body.blocks()) == b"ours"


def test_another_users_folder_is_not_ours_and_left_alone(storage: Storage, kept: Callable[[bytes], Path]) -> None:
    path = kept(b"left by a front server that was killed")
    os.utime(path, (1, 1))
    assert storage.bodies.why_not_ours() is None
    assert storage.overdue(1000) == 1
    assert storage.reap_incoming(1000) == 1
    path = kept(b"of a front server that works as somebody else")
    os.utime(path, (1, 1))
    me = os.geteuid()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.geteuid", lambda: me + 1)
        assert not storage.bodies.are_ours
        assert "Let both be one user." in str(storage.bodies.why_not_ours())
        assert storage.reap_incoming(1000) == 0
        with pytest.raises(Unavailable):
            storage.bodies.open(path)
    assert path.exists()
