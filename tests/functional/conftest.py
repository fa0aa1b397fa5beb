from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from webtest import TestApp

from privmedia.access.principals import user
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import SignIn, User, Viewpoint
from privmedia.captions.models import Captions, Chapter
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState
from privmedia.library.models import SPOKEN, File, Item, Kind, State
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from privmedia.providers.models import ProviderAccount, ProviderSession
from privmedia.search.service import Passage, Search
from tests.conftest import Person
from tests.directory import PASSWORD, RealDirectory, real_directory
from tests.embeds import key_for, make_embed, make_site_key, token_for, token_of_site
from tests.functional.access_site import Site
from tests.functional.visitors import ELSEWHERE, PEOPLE, RULES, World
from tests.shared_links import make_link

FILES = {
    "play.mp4": "video/mp4",
    "poster.webp": "image/webp",
    "poster-small.webp": "image/webp",
    "captions-en.vtt": "text/vtt",
    "chapters.vtt": "text/vtt",
    "waveform.json": "application/json",
    "page-1.webp": "image/webp",
    "storyboard.webp": "image/webp",
    "storyboard.vtt": "text/vtt",
    "hls/master.m3u8": "application/vnd.apple.mpegurl",
    "hls/720p-ab12.mp4": "video/mp4",
    "hls/sound-1-ab12.mp4": "audio/mp4",
    "hls/captions-en-ab12.m3u8": "application/vnd.apple.mpegurl",
}


def stored(name: str) -> str:
    """What a file is stored as: a version's folder has no folders in it."""
    return name.replace("/", "-")


def session_of(installation: Installation, person: Person) -> int:
    """The number of the session in which somebody is signed in."""
    with reading(installation.sessions) as session:
        return session.scalars(select(SignIn.id).where(SignIn.user_id == person.id)).one()


def players(installation: Installation, item: str, embed: str, people: dict[str, Person]) -> dict[str, str]:
    """Tokens of players of it, for each who can watch by one: a viewer, one who may everything, anybody, whom a site
    vouches for; and one whose right has ended. With the site's key.
    """
    maker, key = people["manager"].id, make_site_key(installation)
    of_people = {"watched": "viewer", "administered": "administrator", "revoked_one": "revoked"}
    return {
        **{
            name: token_for(installation, embed, session_of(installation, people[who]))[0]
            for name, who in of_people.items()
        },
        "for_anybody": token_for(installation, make_embed(installation, item, maker, audience="open"), None)[0],
        "vouched_for": token_of_site(
            installation, make_embed(installation, item, maker, audience="signed", key=key[0]), key
        ),
        "key": key[0],
    }


@pytest.fixture
def world(
    installation: Installation,
    make_person: Callable[..., Person],
    sign_in: Callable[[Person], TestApp],
    testapp: TestApp,
    browser: Callable[[], TestApp],
) -> World:
    people = {
        name: make_person(f"{name.replace('_', '-')}@example.test", admin=name in ("administrator", "view_as"))
        for name in PEOPLE
    }
    with writing(installation.sessions) as session:
        folder = Paths(session, installation).make_folders("Closed/Training")[-1]
        for name, allow in RULES.items():
            Rules(session, installation).set(folder, Wanted(user(people[name].id), allow))
        other = Groups(session, installation).add_group(name="Another group")
        stranger = session.get_one(User, people["stranger"].id)
        Groups(session, installation).join(group=other, users=[stranger])
        received = Received(
            uid=new_uid(), filename="bearing.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO
        )
        version = Library(session, installation).add_item(folder=folder, title="Bearing", received=received, by=None)
        version.state = version.item.state = State.READY
        version.item.shown = True
        version.duration = 600
        for name, media_type in FILES.items():
            session.add(
                File(version_id=version.id, name=name, stored_as=stored(name), media_type=media_type, size=4)
            )
        now = installation.clock()
        session.add(Captions(version_id=version.id, language="en", label="English", count=1, updated_at=now))
        said = [Passage("Warm the housing.", at=1)]
        Search(session, installation).put(version.item_id, "captions-en", said, version=1)
        session.add(Chapter(version_id=version.id, start=0, title="Lockout"))
        group = Groups(session, installation).add_group(name="Service engineers")
        someone = session.execute(text("SELECT uid FROM users ORDER BY id LIMIT 1")).scalar_one()
        job = Job(
            id=7_403_915, kind=SPOKEN, target_id=version.id, state=JobState.DONE, run_after=now, created_at=now,
            finished_at=now,
        )
        session.add(job)
        session.flush()
        ids = {
            "folder": folder.uid, "item": received.uid, "group": group.uid, "job": str(job.id), "missing": new_uid(),
            "user": someone,
        }
    files = installation.storage.version_folder(ids["item"], 1)
    files.mkdir(parents=True)
    for name in ("original", "version.json", *FILES):
        (files / stored(name)).write_bytes(b"abcd")
    (files / "captions-en.vtt").write_text("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nWarm the housing.\n")
    browsers = {"nobody": testapp} | {name: sign_in(person) for name, person in people.items()}
    link = make_link(installation, ids["item"], people["manager"].id)
    browsers["link_holder"] = browser()
    browsers["link_holder"].set_cookie("visit", link.visit)
    asking = make_link(
        installation, ids["folder"], people["manager"].id, folder=True, opened=link.visit, upload=True
    )
    ids |= {"link": link.uid, "opened": link.uid, "asking": asking.uid}
    ids["embed"] = make_embed(installation, ids["item"], people["manager"].id)
    ids |= players(installation, ids["item"], ids["embed"], people)
    browsers["embed_frame"] = browser()
    frame_key = key_for(installation, session_of(installation, people["administrator"]))
    browsers["embed_frame"].set_cookie("pm_frame", frame_key)
    with writing(installation.sessions) as session:
        of_view_as = session.scalars(select(SignIn).where(SignIn.user_id == people["view_as"].id)).one()
        session.add(Viewpoint(session_id=of_view_as.id, user_id=people["viewer"].id, since=installation.clock()))
        # Only the mark: that disabling also ends the sessions is not what is asked here.
        session.get_one(User, people["disabled"].id).disabled_at = installation.clock()
        Rules(session, installation).clear(
            Library(session, installation).folder(ids["folder"]), user(people["revoked"].id)
        )
        come_from_elsewhere(session, {people[name].id: issuer for name, issuer in ELSEWHERE.items()})
    return World(ids, browsers)


def come_from_elsewhere(session: Session, issuers: dict[int, str]) -> None:
    """Let people have come from these, without a password here."""
    for user_id, issuer in issuers.items():
        held = session.scalars(select(SignIn).where(SignIn.user_id == user_id)).one()
        session.get_one(User, user_id).password_hash = None
        known, used = {"issuer": issuer, "subject": f"somebody-{user_id}"}, held.created_at
        times = {"created_at": used, "last_used_at": used}
        session.add(ProviderAccount(id=7_403_000 + user_id, user_id=user_id, **known, **times))
        if issuer != "ldap":
            session.add(ProviderSession(session_id=held.id, id_token="", **known))


@pytest.fixture
def site(installation: Installation, make_person: Callable[..., Person], sign_in: Any) -> Site:
    people = {
        "ada": make_person("ada@example.test", name="Ada Lind", admin=True),
        "maren": make_person("maren@example.test", name="Maren Aasen"),
        "jonas": make_person("jonas@example.test", name="Jonas Bakke"),
        "oskar": make_person("oskar@example.test", name="Oskar Lund", guest=True),
    }
    with writing(installation.sessions) as session:
        groups = Groups(session, installation)
        engineers = groups.add_group(name="Service engineers")
        groups.join(group=engineers, users=[session.get_one(User, people["jonas"].id)])
        training, thruster = Paths(session, installation).make_folders("Product training/Thruster T4")
        received = Received(
            uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=1, kind=Kind.VIDEO
        )
        version = Library(session, installation).add_item(
            folder=thruster, title="Main bearing", received=received, by=None
        )
        session.flush()
        item = session.get_one(Item, version.item_id)
        item.shown = True
        places = training.uid, thruster.uid, item.uid
    return Site(installation, sign_in, people, *places)


@pytest.fixture(scope="session")
def running_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealDirectory]:
    with real_directory(tmp_path_factory.mktemp("slapd")) as running:
        yield running


@pytest.fixture
def there(running_directory: RealDirectory) -> Iterator[RealDirectory]:
    """The company's directory, with nobody in it. Name it in `ini` with `there.in_the_settings()`."""
    yield running_directory
    if running_directory.process is None:
        running_directory.start()
    running_directory.empty()


@pytest.fixture
def come_by_form(browser: Callable[[], TestApp]) -> Callable[..., TestApp]:
    """A browser in which somebody has sent the sign-in form: `come_by_form("leila")`."""

    def come(name: str, password: str = PASSWORD, *, status: int = 303) -> TestApp:
        app = browser()
        form = app.get("/login").forms["login-form"]
        form["email"], form["password"] = name, password
        app.answer = form.submit(status=status)
        return app

    return come
