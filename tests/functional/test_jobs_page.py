"""The pages of background jobs, as an administrator uses them; and an item's own way to be prepared again."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState, Worker
from privmedia.jobs.presence import SAID_EVERY
from privmedia.jobs.service import Jobs
from privmedia.library.models import CONVERT, PREPARE, File, Item, Kind, State, Version
from privmedia.library.results import gave_up
from privmedia.library.service import Library, Received
from privmedia.library.urgency import WAITED_FOR
from tests.functional.visitors import World, token_of

WORDS = "[mov,mp4 @ 0x55d] moov atom not found\nmoe.mp4: Invalid data found <b>here</b>"


@pytest.fixture
def ingrid(make_person: Callable[..., Any], sign_in: Callable[..., TestApp]) -> TestApp:
    return sign_in(make_person("ingrid@example.test", name="Ingrid Solheim", admin=True))


def add(installation: Installation, title: str, *, by: int | None = None, fails: str = "", tries: int = 1) -> int:
    """An item that waits to be prepared, or whose preparation failed; the number of its job."""
    with writing(installation.sessions) as session:
        library, jobs = Library(session, installation), Jobs(session, installation)
        received = Received(uid=new_uid(), filename=f"{title}.mp4", media_type="x/y", size=1, kind=Kind.VIDEO)
        folder = library.add_folder(parent=library.root(), name=f"{title} films")
        version = library.add_item(folder=folder, title=title, received=received, by=by)
        job = jobs.enqueue(PREPARE, version.id)
        if fails:
            for _ in range(tries):
                claim = jobs.claim([PREPARE], worker="media1:4711")
                assert claim is not None
                jobs.keep_log(claim, WORDS)
                if claim.attempt < tries:
                    jobs.release(claim)
                    session.get_one(Job, job.id, populate_existing=True).attempts = claim.attempt
                    session.flush()
            jobs.give_up(claim, fails)
            gave_up(session, version.id, fails)
        return job.id


def states(installation: Installation) -> list[JobState]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Job.state).where(Job.kind == PREPARE).order_by(Job.id)))


def rows(page: Any) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in page.html.select("#items tr")]


def press(page: Any, button: str) -> Any:
    """Press a button that belongs to the form of the page, as a browser without script does it."""
    pressed, form = page.html.select_one(f"#{button}"), page.html.select_one("#job-form")
    fields = {field["name"]: field["value"] for field in form.select("input")}
    action = pressed.get("formaction") or form.get("action")
    return page.test_app.post(action, {**fields, pressed["name"]: pressed["value"]}).follow()


def test_what_waits_and_what_failed_is_listed_with_its_reason(ingrid: TestApp, installation: Installation) -> None:
    add(installation, "Interview", fails="The file is damaged: its index is missing.")
    add(installation, "Launch")
    page = ingrid.get("/admin/jobs")
    assert "Launch number 1 in line" in rows(page)[0]
    assert "Interview failed, 1 try media1:4711" in rows(page)[1]
    assert "The file is damaged: its index is missing. Trying again will not help" in rows(page)[2]
    said = page.html.select_one("details pre")
    assert said.get_text() == WORDS
    chips = [" ".join(chip.get_text(" ").split()) for chip in page.html.select(".chips .chip")]
    assert chips == ["All", "Running 0", "Waiting 1", "Failed 1", "Done today 0"]
    assert page.html.find("a", string="Interview")["href"].startswith("/m/")
    side = page.html.select_one(".snav a[aria-current]").get_text(" ", strip=True)
    assert side == "Background jobs 1 failed"


def test_nothing_to_do_says_so_and_that_no_worker_answers(ingrid: TestApp, installation: Installation) -> None:
    page = ingrid.get("/admin/jobs")
    assert "Nothing to do" in page
    assert "No worker answers." in page
    with writing(installation.sessions) as session:
        now = installation.clock()
        session.add(Worker(name="media1:4711", encoders=1, started_at=now, seen_at=now))
    page = ingrid.get("/admin/jobs")
    assert "0 of 1 worker busy." in page
    assert "No worker answers." not in page


def test_a_worker_that_says_nothing_any_more_is_not_counted(
    ingrid: TestApp, installation: Installation, clock: Any
) -> None:
    with writing(installation.sessions) as session:
        session.add(Worker(name="media1:4711", encoders=1, started_at=clock(), seen_at=clock()))
    clock.forward(seconds=4 * SAID_EVERY)
    assert "No worker answers." in ingrid.get("/admin/jobs")


def test_jobs_are_cancelled_and_tried_again_by_a_button_each(ingrid: TestApp, installation: Installation) -> None:
    number = add(installation, "Launch")
    page = press(ingrid.get("/admin/jobs"), f"cancel-{number}")
    assert "It is cancelled." in page
    assert states(installation) == [JobState.CANCELLED]
    page = press(ingrid.get(f"/admin/jobs/{number}"), f"retry-{number}")
    assert "It is tried again." in page
    assert states(installation) == [JobState.QUEUED]
    with reading(installation.sessions) as session:
        assert list(session.scalars(select(Event.kind).order_by(Event.id)))[-2:] == ["job.cancel", "job.retry"]
    sentence = ingrid.get("/admin/audit").html.select("#items tr .s-2")[1].get_text()
    assert " ".join(sentence.split()) == f"cancelled the job {number} (Opening the file, poster): Launch"


def test_a_job_that_ended_meanwhile_is_left_alone_with_a_word(ingrid: TestApp, installation: Installation) -> None:
    number = add(installation, "Launch")
    page = ingrid.get("/admin/jobs?show=waiting")
    press(page, f"cancel-{number}")
    answer = press(page, f"cancel-{number}")
    assert "It has ended meanwhile." in answer
    assert answer.request.path_qs == "/admin/jobs?show=waiting"


def test_the_queue_is_paused_and_goes_on_by_one_press(ingrid: TestApp, installation: Installation) -> None:
    page = press(ingrid.get("/admin/jobs"), "pause")
    said = " ".join(page.html.select_one(".alert.warn").get_text(" ").split())
    assert said.startswith("The queue is paused. Ingrid Solheim paused it just now .")
    assert "The queue is paused." not in press(page, "go-on")


def test_all_that_failed_is_tried_again_by_one_press(ingrid: TestApp, installation: Installation) -> None:
    add(installation, "One", fails="The disk is full.", tries=5)
    add(installation, "Two", fails="The disk is full.", tries=5)
    page = ingrid.get("/admin/jobs?show=failed")
    assert all("failed, 5 tries" in row for row in rows(page)[::2])
    assert "Trying again will not help" not in page
    assert "2 jobs are tried again." in press(page, "retry-failed")
    assert states(installation) == [JobState.QUEUED] * 2


def test_everything_is_prepared_anew_only_after_a_question(ingrid: TestApp, installation: Installation) -> None:
    number = add(installation, "Launch")
    with writing(installation.sessions) as session:
        session.delete(session.get_one(Job, number))
    form = ingrid.get("/admin/jobs/reprocess").forms["reprocess-form"]
    assert states(installation) == []
    assert "1 item is prepared anew." in form.submit().follow()
    assert states(installation) == [JobState.QUEUED]


def test_what_files_take_is_told_by_what_they_are_for(ingrid: TestApp, installation: Installation) -> None:
    add(installation, "Launch")
    with writing(installation.sessions) as session:
        version_id = session.scalars(select(File.version_id)).one()
        for name, stored, size in (
            ("play.mp4", "play-x1.mp4", 2),
            ("hls/master.m3u8", "hls-x1-master.m3u8", 4),
            ("poster.webp", "poster.webp", 1),
        ):
            session.add(File(version_id=version_id, name=name, stored_as=stored, media_type="x/y", size=size))
        session.add(File(version_id=version_id, name="play.mov", stored_as="original", media_type="x/y", size=1))
    shown = [" ".join(row.get_text(" ").split()) for row in ingrid.get("/admin/storage").html.select("#items > *")]
    assert [row.rsplit(" ", 2)[-2] for row in shown] == ["12", "25", "50", "12"]
    assert shown[1] == "Playable copies 1 file 2 bytes 25 %"


def failed_item(installation: Installation, uid: str) -> None:
    with writing(installation.sessions) as session:
        item = session.scalars(select(Item).where(Item.uid == uid)).one()
        item.state, item.reason = State.FAILED, "The disk is full."
        version = session.scalars(select(Version).where(Version.item_id == item.id)).one()
        version.state, version.reason = item.state, item.reason


def test_who_may_edit_an_item_has_it_tried_again(world: World, installation: Installation) -> None:
    failed_item(installation, world.ids["item"])
    address, editor = f"/m/{world.ids['item']}", world.browsers["editor"]
    answer = editor.get(address).forms["again-form"].submit().follow()
    assert "Waiting to be prepared" in answer
    assert states(installation) == [JobState.QUEUED]
    token = token_of(editor)
    assert "It did not fail" in editor.post(f"{address}/again", {"csrf_token": token}).follow()
    assert states(installation) == [JobState.QUEUED]


def test_who_manages_an_item_has_it_prepared_anew(world: World, installation: Installation) -> None:
    address, manager = f"/m/{world.ids['item']}", world.browsers["manager"]
    assert manager.get(address).html.select_one(f'a[href="{address}/reprocess"]') is not None
    answer = manager.get(f"{address}/reprocess").forms["reprocess-form"].submit().follow()
    assert "It is prepared anew." in answer
    assert states(installation) == [JobState.QUEUED]


def waiting_item(installation: Installation, uid: str) -> int:
    """Its preparation is done and its conversion waits behind others; the key of its version."""
    with writing(installation.sessions) as session:
        item = session.scalars(select(Item).where(Item.uid == uid)).one()
        version = session.scalars(select(Version).where(Version.item_id == item.id)).one()
        item.state = version.state = State.PREPARING
        jobs = Jobs(session, installation)
        jobs.enqueue(PREPARE, version.id)
        claim = jobs.claim([PREPARE])
        assert claim is not None
        jobs.finish(claim)
        jobs.enqueue(CONVERT, version.id, priority=130)
        return version.id


def steps(page: Any) -> list[str]:
    return [" ".join(step.get_text(" ").split()) for step in page.html.select("ol.way li")]


def test_the_page_of_an_item_tells_each_step_until_it_is_shown(
    world: World, installation: Installation, clock: Any
) -> None:
    version = waiting_item(installation, world.ids["item"])
    page = world.browsers["editor"].get(f"/m/{world.ids['item']}")
    assert "Waiting to be prepared" in page
    with writing(installation.sessions) as session:
        claim = Jobs(session, installation).claim([CONVERT])
    assert claim is not None
    assert claim.target_id == version
    clock.forward(minutes=4)
    with writing(installation.sessions) as session:
        Jobs(session, installation).report(claim, 0.4)
    page = world.browsers["editor"].get(f"/m/{world.ids['item']}")
    assert "49 %, about 6 min left" in page, "opening the file was a part of it"
    received, opened, copy, visible = steps(page)
    assert received.startswith("done Received, 4 bytes")
    assert opened.startswith("done Opening the file, poster")
    assert copy == "under way Playable copy 40 %"
    assert visible.startswith("to come Visible to 4 people")


def test_what_somebody_waits_for_is_converted_before_what_nobody_waits_for(
    world: World, installation: Installation
) -> None:
    version = waiting_item(installation, world.ids["item"])

    def priority() -> int:
        with reading(installation.sessions) as session:
            return session.scalars(select(Job.priority).where(Job.kind == CONVERT, Job.target_id == version)).one()

    world.browsers["view_as"].get(f"/m/{world.ids['item']}")
    assert priority() == 130, "who only looks changes nothing"
    world.browsers["viewer"].get(f"/m/{world.ids['item']}", status="*")
    world.browsers["editor"].get(f"/m/{world.ids['item']}")
    assert priority() == WAITED_FOR


def test_what_the_encoder_said_is_shown_to_administrators_alone(world: World, installation: Installation) -> None:
    version = waiting_item(installation, world.ids["item"])
    with writing(installation.sessions) as session:
        jobs = Jobs(session, installation)
        claim = jobs.claim([CONVERT])
        assert claim is not None
        jobs.keep_log(claim, WORDS)
        jobs.give_up(claim, "The disk is full.")
        gave_up(session, version, "The disk is full.")
    address = f"/m/{world.ids['item']}"
    assert "moov atom" in world.browsers["administrator"].get(address)
    shown = world.browsers["editor"].get(address)
    assert "moov atom" not in shown
    assert steps(shown)[2].startswith("failed Playable copy")
