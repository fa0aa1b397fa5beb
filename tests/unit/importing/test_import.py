"""Files on the disk become items: folders kept, what lies beside them taken along, nothing twice, nothing lost."""
from __future__ import annotations

import os
import socket
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select, text

from privmedia.console import Line
from privmedia.db import reading, writing
from privmedia.errors import NoSpace, NotFound, Unavailable
from privmedia.importing.commands import import_files
from privmedia.importing.service import Fate
from privmedia.installation import Installation
from privmedia.jobs.models import Job
from privmedia.library.models import Deletion, Item, State, Version
from privmedia.operations.check import check
from privmedia.operations.worker import run_worker
from privmedia.storage import adopting
from tests.conftest import FakeClock
from tests.unit.importing.conftest import VTT, Disk
from tests.unit.media.conftest import picture

TAKEN, THERE, LEFT_OUT = Fate.TAKEN, Fate.THERE, Fate.LEFT_OUT


@pytest.mark.both_databases
def test_a_tree_is_kept_as_it_is(disk: Disk) -> None:
    film, second = disk.film("a.mp4"), disk.film("2024/Talks/b.mp4", b"b")
    assert disk.take(disk.root) == {"a.mp4": TAKEN, "2024/Talks/b.mp4": TAKEN}
    assert disk.items() == {"Films/old/a": film.read_bytes(), "Films/old/2024/Talks/b": second.read_bytes()}
    assert disk.leftovers() == []


def test_a_folder_with_a_dot_behind_it_means_what_is_in_it(disk: Disk) -> None:
    disk.film("2024/b.mp4")
    disk.take(f"{disk.root}/.")
    assert set(disk.items()) == {"Films/2024/b"}


def test_a_folder_that_is_there_already_is_used_whatever_the_case_of_its_name(disk: Disk) -> None:
    disk.film("Talks/a.mp4")
    disk.film("talks/b.mp4", b"b")
    disk.film(unicodedata.normalize("NFD", "Übung/c.mp4"), b"cc")
    disk.film("übung/d.mp4", b"ddd")
    disk.take()
    assert set(disk.items()) == {"Films/Talks/a", "Films/Talks/b", "Films/Übung/c", "Films/Übung/d"}


@pytest.mark.both_databases
def test_what_lies_beside_a_film_goes_with_it(disk: Disk) -> None:
    disk.film("film.mp4")
    disk.write("film.de.vtt", VTT)
    disk.write("film.srt", b"1\n00:00:00,000 --> 00:00:01,000\nHi\n")
    disk.write("film.jpg", picture("JPEG"))
    disk.write("film.info.json", b'{"title": "The film", "description": "Of *it*.", "tags": ["one", "two"]}')
    assert disk.take() == {"film.mp4": TAKEN}
    item, files, captions, tags = disk.one()
    assert (item.title, item.description, tags) == ("The film", "Of *it*.", ["one", "two"])
    assert [(row.language, row.label, row.count) for row in captions] == [("de", "Deutsch", 1), ("en", "English", 1)]
    folder = disk.installation.storage.version_folder(item.uid, 1)
    assert b"Hello" in (folder / files["captions-de.vtt"].stored_as).read_bytes()
    assert (folder / files["poster.webp"].stored_as).read_bytes()[8:12] == b"WEBP"
    assert [part.problems for part in check(disk.installation) if part.problems] == []


def test_what_was_imported_is_prepared_and_keeps_what_came_with_it(disk: Disk) -> None:
    disk.film("film.mp4")
    disk.write("film.de.vtt", VTT)
    disk.write("film.png", picture("PNG"))
    disk.take()
    run_worker(disk.installation, once=True)
    item, files, _captions, _tags = disk.one()
    assert (item.state, item.shown) == (State.READY, True)
    assert files["poster.webp"].stored_as.startswith("cover-")
    assert {"play.mp4", "captions-de.vtt"} <= set(files)
    assert [part.problems for part in check(disk.installation, full=True) if part.problems] == []


def test_what_is_no_good_beside_a_film_is_named_and_costs_nothing_else(disk: Disk) -> None:
    disk.film("film.mp4")
    beside = [
        disk.write("film.de.vtt", b"WEBVTT\n\nsoon --> later\nx\n"),
        disk.write("film.fr.srt", "1\n00:00:00,000 --> 00:00:01,000\nété\n".encode("cp1252")),
        disk.write("film.json", b"{"),
        disk.write("film.jpg", b"no picture"),
    ]
    assert disk.take(move=True) == {"film.mp4": TAKEN}
    item, files, captions, _tags = disk.one()
    assert (item.title, set(files), captions) == ("film", {"original"}, [])
    assert sorted(note.partition(":")[0] for note in disk.outcomes[0].notes) == sorted(path.name for path in beside)
    assert all(path.exists() for path in beside)


@pytest.mark.both_databases
def test_what_was_taken_is_not_taken_again(disk: Disk) -> None:
    disk.film("a.mp4")
    assert disk.take() == {"a.mp4": TAKEN}
    new = disk.film("b.mp4", b"b")
    assert disk.take() == {"a.mp4": THERE, "b.mp4": TAKEN}
    os.utime(new, ns=(1, 1))
    assert disk.take() == {"a.mp4": THERE, "b.mp4": Fate.DUPLICATE}
    new.write_bytes(new.read_bytes() + b"more")
    assert disk.take() == {"a.mp4": THERE, "b.mp4": TAKEN}


@pytest.mark.both_databases
def test_the_same_bytes_under_another_name_are_reported_and_left(disk: Disk) -> None:
    disk.film("a.mp4")
    copy = disk.film("copies/a again.mp4")
    assert disk.take(dry=True) == {"a.mp4": TAKEN, "copies/a again.mp4": Fate.DUPLICATE}
    assert disk.take(move=True) == {"a.mp4": TAKEN, "copies/a again.mp4": Fate.DUPLICATE}
    assert disk.outcomes[1].sentence == "The same file is in the library as “a”."
    assert copy.exists()
    assert disk.take(again=True) == {"copies/a again.mp4": TAKEN}
    assert set(disk.items()) == {"Films/a", "Films/copies/a again"}


def test_files_of_one_length_are_told_apart_by_their_bytes(disk: Disk) -> None:
    for name in ("a", "b", "c"):
        disk.film(f"{name}.mp4", name.encode())
    assert set(disk.take().values()) == {TAKEN}
    with reading(disk.installation.sessions) as session:
        kept = [sha256 is not None for sha256 in session.scalars(select(Version.sha256).order_by(Version.id))]
    assert kept == [False, True, True]


def test_what_lies_in_the_bin_is_not_brought_back(disk: Disk, clock: FakeClock) -> None:
    film = disk.film("a.mp4")
    disk.take()
    with writing(disk.installation.sessions) as session:
        item = session.scalars(select(Item)).one()
        deletion = Deletion(uid="0" * 16, is_item=True, top_uid=item.uid, deleted_at=clock.now)
        session.add(deletion)
        session.flush()
        item.deletion_id = deletion.id
    assert disk.take(move=True) == {"a.mp4": THERE}
    assert disk.sentence() == "It lies in the bin, as “a”."
    assert film.exists()
    with writing(disk.installation.sessions) as session:
        session.execute(delete(Item))
    assert disk.take(move=True) == {"a.mp4": TAKEN}


def test_moving_removes_the_source_and_what_was_taken_along(disk: Disk) -> None:
    film = disk.film("film.mp4")
    content, inode = film.read_bytes(), film.stat().st_ino
    disk.write("film.de.vtt", VTT)
    assert disk.take(move=True) == {"film.mp4": TAKEN}
    item, _files, captions, _tags = disk.one()
    original = disk.installation.storage.version_folder(item.uid, 1) / "original"
    assert (original.stat().st_ino, original.stat().st_nlink, original.read_bytes()) == (inode, 1, content)
    assert (list(disk.root.iterdir()), len(captions)) == ([], 1)


def test_a_file_with_a_second_name_is_copied_for_nobody_may_change_ours(disk: Disk) -> None:
    film = disk.film("a.mp4")
    second = disk.root.parent / "second name.mp4"
    second.hardlink_to(film)
    disk.take(move=True)
    before = disk.items()["Films/a"]
    second.write_bytes(b"changed")
    assert (disk.items()["Films/a"], film.exists()) == (before, False)


def test_a_move_that_was_cut_off_after_the_commit_is_brought_to_its_end(disk: Disk) -> None:
    film = disk.film("a.mp4")
    beside = disk.write("a.de.vtt", VTT)
    disk.take()
    assert disk.take(move=True) == {"a.mp4": THERE}
    assert (film.exists(), beside.exists(), len(disk.items())) == (False, False, 1)


def test_a_source_stays_if_what_is_kept_of_it_is_not_the_same(disk: Disk) -> None:
    film = disk.film("a.mp4")
    disk.take()
    item, _files, _captions, _tags = disk.one()
    (disk.installation.storage.version_folder(item.uid, 1) / "original").write_bytes(b"damaged")
    disk.take(move=True)
    assert (film.exists(), disk.outcomes[0].source_stays) == (True, True)


def test_links_are_named_and_never_followed(disk: Disk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.mp4").write_bytes(disk.studio.make("one-second.mp4").read_bytes())
    (disk.root / "way-out").symlink_to(outside)
    (disk.root / "film.mp4").symlink_to(outside / "secret.mp4")
    (disk.root / "film.de.vtt").symlink_to("/etc/hostname")
    (disk.root / "circle").symlink_to(disk.root)
    assert disk.take() == dict.fromkeys(("circle", "film.de.vtt", "film.mp4", "way-out"), LEFT_OUT)
    assert disk.items() == {}


def test_a_link_that_somebody_names_is_meant(disk: Disk) -> None:
    disk.film("real/a.mp4")
    (disk.root / "way").symlink_to(disk.root / "real")
    disk.take(disk.root / "way")
    assert set(disk.items()) == {"Films/real/a"}


def test_a_link_beside_a_film_gives_nothing_away(disk: Disk, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"title": "the secret"}')
    disk.film("film.mp4")
    (disk.root / "film.json").symlink_to(secret)
    assert disk.take() == {"film.json": LEFT_OUT, "film.mp4": TAKEN}
    assert set(disk.items()) == {"Films/film"}


def test_what_is_no_file_is_named(disk: Disk) -> None:
    os.mkfifo(disk.root / "pipe.mp4")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(disk.root / "socket.mp4"))
        assert disk.take() == {"pipe.mp4": LEFT_OUT, "socket.mp4": LEFT_OUT}


def test_hidden_files_are_left_out_unless_they_are_named(disk: Disk) -> None:
    hidden = disk.film(".trash/a.mp4")
    disk.film("._a.mp4")
    assert set(disk.take().values()) == {LEFT_OUT}
    assert set(disk.take(hidden).values()) == {TAKEN}


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("100% \"it's\" #1 ?.mp4", "100% \"it's\" #1 ?"),
        ("🎬 Film.mp4", "🎬 Film"),
        (unicodedata.normalize("NFD", "Grüße.mp4"), "Grüße"),
        ("line\nbreak\x1b[31m.mp4", "line break[31m"),
        ("gpj\u202e4pm.mp4", "gpj4pm"),
        ("-rf.mp4", "-rf"),
        ("x" * 240 + ".mp4", "x" * 240),
        (os.fsdecode("Präsentation.mp4".encode("cp1252")), "Präsentation"),
    ],
)
@pytest.mark.both_databases
def test_any_name_a_file_can_have(disk: Disk, name: str, title: str) -> None:
    disk.film(name)
    assert disk.take(move=True) == {name: TAKEN}
    assert set(disk.items()) == {f"Films/{title}"}
    assert list(disk.root.iterdir()) == []


def test_a_folder_may_have_any_name_too(disk: Disk) -> None:
    disk.film(os.fsdecode("Schöne Filme".encode("cp1252")) + "/a.mp4")
    disk.film("\x01\x02/b.mp4", b"b")
    disk.film("y" * 230 + "/c.mp4", b"cc")
    disk.take()
    assert set(disk.items()) == {"Films/Schöne Filme/a", "Films/folder/b", f"Films/{'y' * 200}/c"}


def test_folders_that_lie_too_deep_are_said_so(disk: Disk) -> None:
    disk.film("/".join("abcdefghijk") + "/film.mp4")
    assert set(disk.take().values()) == {Fate.FAILED}
    assert disk.sentence() == "Folders can lie 11 deep at most."


def test_what_cannot_be_played_or_shown_is_named_with_the_reason(disk: Disk) -> None:
    disk.write("empty.mp4", b"")
    disk.write("page.mp4", b"<html><body>no film</body></html>")
    disk.write("song.mp3", b"MZ\x90\x00 this program cannot be run")
    assert set(disk.take().values()) == {Fate.REFUSED}
    assert disk.outcomes[0].sentence == "The file is empty."
    assert disk.leftovers() == []


def test_a_file_that_is_still_being_written_is_left_for_the_next_time(disk: Disk) -> None:
    film = disk.film("a.mp4")
    with film.open("ab"):
        assert disk.take(move=True) == {"a.mp4": Fate.FAILED}
        assert disk.sentence() == "Some program is still writing it."
    assert disk.take(move=True) == {"a.mp4": TAKEN}


def test_a_file_that_changes_while_it_is_read_is_not_taken(disk: Disk, tmp_path: Path) -> None:
    film, out = disk.film("a.mp4"), tmp_path / "out"
    handle = os.open(film, os.O_RDONLY)
    try:
        with pytest.raises(adopting.Changed):
            adopting.copied(handle, out, on_bytes=lambda _count: film.write_bytes(b"other"))
    finally:
        os.close(handle)


def test_our_own_files_are_passed_over(disk: Disk) -> None:
    disk.film("a.mp4")
    disk.take()
    root = disk.installation.settings.media_root
    assert disk.take(root) == {str(root): LEFT_OUT}
    assert len(disk.items()) == 1


def test_a_source_that_lies_among_our_own_files_is_passed_over_too(disk: Disk) -> None:
    disk.film("a.mp4")
    disk.take()
    private = disk.installation.storage.private
    [original] = private.rglob("original")
    made = original.with_name("play.mp4")
    made.write_bytes(original.read_bytes() + b"made of it")
    assert disk.take(private, made, move=True) == {str(private): LEFT_OUT, str(made): LEFT_OUT}
    assert made.exists()
    assert len(disk.items()) == 1


def test_a_dry_run_changes_nothing(disk: Disk) -> None:
    film = disk.film("sub/a.mp4")
    assert disk.take(dry=True, move=True) == {"sub/a.mp4": TAKEN}
    assert disk.outcomes[0].where == "Films/sub/a"
    assert (disk.items(), film.exists()) == ({}, True)
    with reading(disk.installation.sessions) as session:
        assert session.scalars(select(Job)).all() == []


def test_the_library_itself_takes_folders_but_no_files(disk: Disk) -> None:
    disk.film("a.mp4")
    disk.film("sub/b.mp4", b"b")
    assert disk.take(into="/") == {"a.mp4": Fate.FAILED, "sub/b.mp4": TAKEN}
    assert set(disk.items()) == {"sub/b"}


def test_files_named_one_by_one_are_seen_together(disk: Disk) -> None:
    disk.film("film.mp4")
    disk.write("film.jpg", picture("JPEG"))
    disk.write("film.de.vtt", VTT)
    disk.film("other.mp4", b"o")
    named = sorted(disk.root.glob("film*"))
    assert disk.take(*named) == {"film.mp4": TAKEN}
    _item, files, captions, _tags = disk.one()
    assert ("poster.webp" in files, len(captions)) == (True, 1)


def test_a_source_that_is_not_there_is_said_so(disk: Disk) -> None:
    with pytest.raises(NotFound, match=r"There is no “.*gone\.mp4”"):
        disk.take(disk.root / "gone.mp4")


def test_a_full_disk_ends_the_import_and_nothing_of_the_file_stays(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.film("a.mp4")
    monkeypatch.setattr(adopting, "KEPT_FREE", 1 << 62)
    with pytest.raises(NoSpace):
        disk.take()
    assert (disk.items(), disk.leftovers(), list(disk.installation.storage.items_on_disk())) == ({}, [], [])


def test_what_was_prepared_by_hand_comes_before_what_was_imported(disk: Disk) -> None:
    disk.film("a.mp4")
    disk.take()
    with reading(disk.installation.sessions) as session:
        assert session.scalars(select(Job.priority)).all() == [55]


def run(installation: Installation, *words: str) -> tuple[int, str, str, BaseException | None]:
    line = Line("none.ini")
    line.__dict__["installation"] = installation
    ended = CliRunner().invoke(import_files, list(words), obj=line)
    return ended.exit_code, ended.stdout, ended.stderr, ended.exception


def test_the_command_counts_in_words(disk: Disk) -> None:
    disk.film("a.mp4")
    disk.film("b.mp4")
    disk.write("a.de.vtt", VTT)
    disk.write("note.txt", b"hello")
    disk.write(".hidden", b"x")
    code, said, _err, _error = run(disk.installation, str(disk.root), "--into", "Films")
    assert code == 0
    size = (disk.root / "a.mp4").stat().st_size / 1000
    assert said.splitlines() == [
        f"duplicate: {disk.root}/b.mp4: The same file is in the library as “a”.",
        f"not taken: {disk.root}/note.txt: Plain text cannot be played here. Save it as PDF and add that instead.",
        f"Taken: 1 file, {size:.0f} KB.",
        "Folders made: 2.",
        "With them: 1 file of captions.",
        "The same as something in the library, and not taken again: 1 file.",
        "Not taken, because nothing of the kind can be played or shown here: 1 file.",
        "Left out, because it is hidden: its name begins with a dot: 1.",
    ]


def test_the_dry_run_says_what_browsers_do_not_play(disk: Disk) -> None:
    disk.write("camera.avi", disk.studio.make("magicyuv.avi").read_bytes())
    disk.write("half.mp4", disk.studio.make("index-last.mp4").read_bytes()[:1000])
    code, said, _err, _error = run(disk.installation, str(disk.root), "--into", "Films", "--dry-run")
    assert code == 0
    assert "MagicYUV" in said
    assert "half.mp4 → Films/old/half" in said
    assert "damaged" in said
    assert "Would be taken: 2 files" in said
    assert disk.items() == {}


def test_a_script_hears_by_the_exit_code_that_not_all_is_done(disk: Disk) -> None:
    film = disk.film("a.mp4")
    with film.open("ab"):
        code, said, _err, error = run(disk.installation, str(disk.root), "--into", "Films")
    assert (code, type(error)) == (1, Unavailable)
    assert "Could not be taken; start the same command again once the reason is gone: 1 file." in said


def test_wrong_use_is_said_so(disk: Disk) -> None:
    assert run(disk.installation, str(disk.root))[0] == 2
    assert run(disk.installation, "--into", "Films")[0] == 2
    assert run(disk.installation, str(disk.root), "--into", "Films", "--language", "klingonese")[0] == 2


def test_names_in_no_utf8_can_be_printed(disk: Disk, unreadable: Callable[[str], bytes]) -> None:
    disk.write(os.fsdecode(unreadable("schön\x1b[2J.txt")), b"hello")
    code, said, _err, _error = run(disk.installation, str(disk.root), "--into", "Films")
    assert (code, "schön\\x1b[2J.txt" in said) == (0, True)


@pytest.mark.both_databases
def test_a_database_that_fails_ends_it_with_a_sentence_and_loses_nothing(disk: Disk) -> None:
    film = disk.film("a.mp4")
    with writing(disk.installation.sessions) as session:
        session.execute(text("ALTER TABLE item_tags RENAME TO gone"))
    disk.write("a.json", b'{"tags": ["one"]}')
    code, _said, _err, error = run(disk.installation, str(disk.root), "--into", "Films", "--move")
    assert (code, str(error).startswith("The database does not answer: ")) == (1, True)
    assert (film.exists(), list(disk.installation.storage.items_on_disk()), disk.leftovers()) == (True, [], [])
    with writing(disk.installation.sessions) as session:
        session.execute(text("ALTER TABLE gone RENAME TO item_tags"))
    assert disk.take(move=True) == {"a.mp4": TAKEN}
