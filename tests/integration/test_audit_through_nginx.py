"""The audit log behind the real servers: one name for each request, one line for each viewing, and nothing secret."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from privmedia.access.permissions import Permission
from privmedia.audit.chain import Chain
from privmedia.audit.models import Event, Stretch
from privmedia.db import reading
from tests.integration.test_uploading import wait_for
from tests.sites import Site

CONTENT = bytes(range(256)) * 400


def lines(site: Site, kind: str, target: str) -> list[Event]:
    with reading(site.library.installation.sessions) as session:
        query = select(Event).where(Event.kind == kind, Event.target == target).order_by(Event.id)
        return list(session.scalars(query).all())


def nginx_names(log_folder: Path, request_id: str) -> bool:
    """Whether nginx's log has the request; it is written after the answer."""
    return request_id in (log_folder / "privmedia-access.log").read_text()


def test_the_many_requests_of_a_player_are_one_line(site: Site, log_folder: Path) -> None:
    site.library.add_person("Maren", allow=Permission.VIEW)
    item = site.library.add_item(CONTENT)
    for start in range(0, 100_000, 2_500):
        answer = site.ask(f"/smedia/{item}/play.mp4", "Maren", headers={"Range": f"bytes={start}-{start + 2499}"})
        assert answer.status == 206
    wait_for(lambda: bool(lines(site, "item.view", f"item:{item}")))
    (line,) = lines(site, "item.view", f"item:{item}")
    assert line.address == "127.0.0.1"
    wait_for(lambda: nginx_names(log_folder, line.request_id))


def test_a_refusal_has_the_name_nginx_gave_the_request_whatever_the_client_says(
    site: Site, log_folder: Path
) -> None:
    site.library.add_person("Jonas")
    item = site.library.add_item(CONTENT)
    forged = "f" * 32
    assert site.ask(f"/smedia/{item}/play.mp4", "Jonas", headers={"X-Request-ID": forged}).status == 404
    (line,) = lines(site, "access", f"item:{item}")
    assert line.actor_id == site.library.user_ids["Jonas"]
    assert re.fullmatch(r"[0-9a-f]{32}", line.request_id)
    assert line.request_id != forged
    wait_for(lambda: nginx_names(log_folder, line.request_id))


@pytest.mark.parametrize("site", ["gunicorn"], indirect=True)  # both have the same worker
def test_a_running_worker_seals_what_was_written(site: Site) -> None:
    site.library.add_person("Ewa")
    item = site.library.add_item(CONTENT)
    assert site.ask(f"/smedia/{item}/play.mp4", "Ewa").status == 404
    (line,) = lines(site, "access", f"item:{item}")
    wait_for(lambda: is_sealed(site, line.id))
    assert Chain(site.library.installation).problems() == []


def is_sealed(site: Site, number: int) -> bool:
    with reading(site.library.installation.sessions) as session:
        covering = select(Stretch).where(Stretch.first_id <= number, Stretch.last_id >= number)
        return session.scalar(covering) is not None
