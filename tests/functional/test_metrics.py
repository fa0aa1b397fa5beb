"""Numbers for Prometheus: who may read them, and that they are those of the installation."""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from webtest import TestApp

from privmedia.accounts.models import User
from privmedia.accounts.tokens import Tokens
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState, Worker
from privmedia.operations.doctor.findings import Area, Check, Finding, bad, good, poor, say
from privmedia.operations.doctor.report import keep_report
from privmedia.scopes import Scope
from tests.conftest import FakeClock, Person
from tests.functional.visitors import World

KEY = "metrics-0123456789abcdefghijklmnopqr"


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return {**ini, "privmedia.metrics_token": KEY}


def scraped(testapp: TestApp) -> dict[str, float]:
    """The numbers as Prometheus' own reader understands them, by name and labels."""
    answer = testapp.get("/metrics", headers={"Authorization": f"Bearer {KEY}"})
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"].startswith("max-age=0") or "no-store" in answer.headers["Cache-Control"]
    return {
        sample.name + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_only_who_has_the_key_learns_that_there_are_numbers(
    testapp: TestApp, installation: Installation, make_person: Callable[..., Person], sign_in: Callable[..., TestApp]
) -> None:
    ingrid = make_person("ingrid@example.test", admin=True)
    with writing(installation.sessions) as session:
        token = Tokens(session, installation).add(
            user=session.get_one(User, ingrid.id), name="script", scopes=tuple(Scope), lasts=timedelta(days=1)
        )[1]
    def asked(app: TestApp, path: str, key: str | None) -> tuple[int, str]:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        answer = app.get(path, headers=headers, expect_errors=True)
        return answer.status_int, answer.text.replace(path, "")

    signed_in = sign_in(ingrid)
    for app in (testapp, signed_in):
        for key in (None, "", KEY[:-1], KEY + "x", KEY.upper(), "é" * 36, token):
            wanted = asked(app, "/nothing", key)
            assert wanted[0] == 404
            assert asked(app, "/metrics", key) == wanted
    assert testapp.get("/metrics", headers={"Authorization": f"Basic {KEY}"}, expect_errors=True).status_int == 404
    assert testapp.get(f"/metrics?token={KEY}", expect_errors=True).status_int == 404
    assert scraped(testapp)
    assert testapp.head("/metrics", headers={"Authorization": f"Bearer {KEY}"}).status_int == 200
    assert testapp.post("/metrics", headers={"Authorization": f"Bearer {KEY}"}, expect_errors=True).status_int == 405


def test_the_numbers_are_those_of_the_installation(
    world: World, testapp: TestApp, installation: Installation, clock: FakeClock
) -> None:
    with writing(installation.sessions) as session:
        for state, count in ((JobState.QUEUED, 2), (JobState.FAILED, 1)):
            for _each in range(count):
                session.add(Job(kind="prepare", target_id=1, state=state, run_after=clock.now, created_at=clock.now))
    before = scraped(testapp)
    assert before["privmedia_items kind=video"] == 1
    assert before["privmedia_items kind=audio"] == 0
    assert before["privmedia_originals_bytes"] == 4
    assert before["privmedia_jobs state=failed"] == 1
    assert before["privmedia_workers"] == 0
    assert before["privmedia_disk_size_bytes"] > before["privmedia_disk_free_bytes"] > 0
    waiting = before["privmedia_jobs state=waiting"]
    assert waiting >= 2

    clock.forward(minutes=3)
    with writing(installation.sessions) as session:
        session.add(Worker(name="media1:1", encoders=1, started_at=clock.now, seen_at=clock.now))
    world.browsers["viewer"].get("/")
    world.browsers["manager"].get(f"/smedia/{world.ids['item']}/play.mp4")
    testapp.app.registry["viewings"].settle()
    after = scraped(testapp)
    assert after["privmedia_workers"] == 1
    assert after["privmedia_jobs state=waiting"] == waiting
    assert after["privmedia_jobs_oldest_due_seconds"] >= 180
    assert after["privmedia_events kind=item.view outcome=done"] == 1
    assert after["privmedia_people_here"] >= 1

    clock.forward(minutes=11)
    later = scraped(testapp)
    assert "privmedia_events kind=item.view outcome=done" not in later
    assert later["privmedia_people_here"] == 0


def test_each_check_of_the_doctor_is_a_number_with_its_time(
    testapp: TestApp, installation: Installation, clock: FakeClock
) -> None:
    assert not [name for name in scraped(testapp) if name.startswith("privmedia_check")]

    def found(name: str, outcome: Any) -> Finding:
        return Finding.of(Check(name, Area.PROTECTION, "", "", look=lambda _at: outcome), outcome, clock.now)

    looked = clock.now.timestamp()
    outcomes = {"ranges": good("x"), "mail": poor(say("x"), say("x")), "internal": bad(say("x"), say("x"))}
    keep_report(installation, [found(name, outcome) for name, outcome in outcomes.items()])
    clock.forward(hours=2)
    numbers = scraped(testapp)
    assert numbers["privmedia_check area=protection check=ranges"] == 0
    assert numbers["privmedia_check area=protection check=mail"] == 1
    assert numbers["privmedia_check area=protection check=internal"] == 2
    assert numbers["privmedia_check_timestamp_seconds"] == looked


def test_no_number_names_anybody_or_anything(world: World, testapp: TestApp) -> None:
    world.browsers["manager"].get(f"/smedia/{world.ids['item']}/play.mp4")
    text = testapp.get("/metrics", headers={"Authorization": f"Bearer {KEY}"}).text
    for word in ("example.test", "Bearing", "Training", *(one for one in world.ids.values() if len(one) > 3)):
        assert word not in text, word
