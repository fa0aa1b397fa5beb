"""What the upload page's script asks before it sends a file and afterwards: truthful, and telling of nothing hidden."""
from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.access.principals import user
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Folder, Item, Kind, State
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from privmedia.uploads import preflight
from tests.conftest import Person
from tests.functional.visitors import token_of
from tests.unit.media.conftest import picture

PNG = picture("PNG", size=(60, 60))
SUM = hashlib.sha256(PNG).hexdigest()
ADD = Permission.VIEW | Permission.UPLOAD


@dataclass
class Place:
    """Two folders; somebody's rights at the first are set by each test, and at the second there are none."""

    installation: Installation
    person: Person
    open: str
    hidden: str
    app: TestApp
    token: str

    def give(self, allow: Permission, folder: str | None = None) -> None:
        with writing(self.installation.sessions) as session:
            place = Library(session, self.installation).folder(folder or self.open)
            Rules(session, self.installation).set(place, Wanted(user(self.person.id), allow))

    def put(self, folder: str, title: str, state: State = State.READY, **facts: Any) -> str:
        """An item with the picture as its file."""
        received = Received(uid=new_uid(), filename="a.png", media_type="image/png", size=len(PNG), kind=Kind.IMAGE)
        with writing(self.installation.sessions) as session:
            library = Library(session, self.installation)
            version = library.add_item(folder=library.folder(folder), title=title, received=received, by=None)
            version.sha256 = SUM
            version.state = version.item.state = state
            version.item.shown = state is State.READY
            version.item.reason = facts.get("reason", "")
        return received.uid

    def ask(self, address: str, **more: Any) -> Any:
        return self.app.get(address, headers={"Accept": "application/json"}, **more)

    def look(self, head: bytes, size: int | str, name: str = "a.png", **more: Any) -> Any:
        headers = {"X-CSRF-Token": self.token, "Content-Type": "application/octet-stream", "Accept": "application/json"}
        return self.app.post(f"/upload/look?size={size}&name={name}", head, headers=headers, **more)

    def folders(self, paths: Any, folder: str | None = None, **more: Any) -> Any:
        headers = {"X-CSRF-Token": self.token, "Accept": "application/json"}
        sent = {"folder": folder or self.open, "paths": paths}
        return self.app.post_json("/upload/folders", sent, headers=headers, **more)


@pytest.fixture
def place(
    installation: Installation, make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp]
) -> Place:
    with writing(installation.sessions) as session:
        paths = Paths(session, installation)
        folders = [paths.make_folders(name)[-1].uid for name in ("Training", "Board papers")]
    person = make_person("leila@example.test", name="Leila Haddad")
    app = sign_in(person)
    return Place(installation, person, *folders, app, token_of(app))


def test_the_page_offers_folders_one_may_add_to_and_who_will_see_it(place: Place) -> None:
    assert "There is no folder you may add to" in place.app.get("/upload")
    place.give(ADD)
    panel = place.app.get(f"/upload?folder={place.open}").html.select_one("[data-uploads]")
    assert [option["value"] for option in panel.select("option")] == [place.open]
    assert panel.select_one("option")["data-who"] == "only you and administrators will see it"
    assert "Board papers" not in place.app.get(f"/upload?folder={place.hidden}")


def test_a_file_is_refused_by_its_first_bytes_in_the_words_it_would_be_refused_with_when_sent(place: Place) -> None:
    place.give(ADD)
    answer = place.look(b"part;number\nseal;31\n" * 100, 2000, "parts.csv").json
    assert answer == {"refused": "Spreadsheets cannot be played here. Save it as PDF and add that instead."}
    limit = place.installation.settings.max_upload_size
    assert "is the most" in place.look(PNG, limit + 1).json["refused"]
    assert place.look(b"", 0).json == {"refused": "The file is empty."}
    assert place.look(PNG, len(PNG)).json == {"kind": "image", "known": False}


@pytest.mark.parametrize(("head", "size"), [(PNG, "many"), (PNG, "-1"), (PNG, ""), (b"\0" * (64 * 1024 + 1), 9)])
def test_a_question_that_cannot_be_answered_is_said_to_be_one(place: Place, head: bytes, size: Any) -> None:
    place.give(ADD)
    refused = place.look(head, size, status="4*")
    assert refused.status_int in (413, 422)
    assert refused.json["detail"]


@pytest.mark.both_databases
def test_the_same_file_is_found_among_what_exists_for_the_caller_and_nowhere_else(place: Place) -> None:
    place.give(ADD)
    place.put(place.hidden, "Budget")
    known = f"/upload/known?size={len(PNG)}&sha256={SUM}"
    assert place.look(PNG, len(PNG)).json["known"] is False
    assert place.ask(known).json == {"twin": None}
    uid = place.put(place.open, "Seal kit")
    assert place.look(PNG, len(PNG)).json["known"] is True
    assert place.ask(known).json == {"twin": {"title": "Seal kit", "url": f"/m/{uid}"}}
    assert place.ask(f"/upload/known?size={len(PNG) + 1}&sha256={SUM}").json == {"twin": None}
    assert place.ask(f"/upload/known?size={len(PNG)}&sha256={'0' * 64}").json == {"twin": None}


@pytest.mark.both_databases
def test_how_far_items_are_is_said_of_those_that_exist_for_the_caller(place: Place) -> None:
    place.give(ADD)
    hidden = place.put(place.hidden, "Budget")
    ready = place.put(place.open, "Seal kit")
    items = place.ask(f"/upload/state?item={ready}&item={hidden}&item={'z' * 16}&item=%C3%A4").json["items"]
    assert list(items) == [ready], "and the other with the same file is no twin: it does not exist for the caller"
    assert items[ready] == {"state": "ready", "final": True, "text": "", "poster": None, "twin": None}
    twin = place.put(place.open, "Seal kit, again")
    items = place.ask(f"/upload/state?item={ready}").json["items"]
    assert items[ready]["twin"] == {"title": "Seal kit, again", "url": f"/m/{twin}"}
    assert place.ask("/upload/state").json == {"items": {}}


def test_why_a_file_could_not_be_prepared_is_said_in_the_row(place: Place) -> None:
    place.give(ADD | Permission.EDIT)
    failed = place.put(place.open, "Torn", State.FAILED, reason="The file is damaged: its index is missing.")
    waiting = place.put(place.open, "Later", State.WAITING)
    items = place.ask(f"/upload/state?item={failed}&item={waiting}").json["items"]
    assert items[failed]["text"] == "The file is damaged: its index is missing."
    assert items[failed]["final"] is True
    assert (items[waiting]["final"], items[waiting]["text"]) == (
        False, "Waiting to be prepared. You can already open its page."
    )
    german = {"Accept": "application/json", "Accept-Language": "de"}
    address = f"/upload/state?item={failed}&item={waiting}"
    texts = [state["text"] for state in place.app.get(address, headers=german).json["items"].values()]
    assert sorted(texts) == [
        "Die Datei ist beschädigt: Ihr Inhaltsverzeichnis fehlt.",
        "Wartet auf die Aufbereitung. Die Seite lässt sich schon öffnen.",
    ]


@pytest.mark.both_databases
def test_folders_of_a_tree_are_made_once_each_and_written_down(place: Place) -> None:
    place.give(ADD | Permission.EDIT)
    uids = place.folders([["Crew"], ["Crew", "Day 2"], ["crew", "Day 3"], ["Crew"]]).json["folders"]
    assert len(uids) == 4
    assert uids[0] == uids[3]
    assert place.folders([["CREW", "day 2"]]).json["folders"] == [uids[1]]
    with reading(place.installation.sessions) as session:
        paths = {row.id: row.path for row in Paths(session, place.installation).folders()}
        assert {paths[uid] for uid in uids} == {"Training/Crew", "Training/Crew/Day 2", "Training/Crew/Day 3"}
        made = session.scalars(select(Event.target).where(Event.kind == "folder.add")).all()
        assert sorted(made) == sorted(f"folder:{uid}" for uid in set(uids))


def test_who_may_add_but_not_make_folders_is_told_so_and_nothing_is_made(place: Place) -> None:
    place.give(ADD)
    refused = place.folders([["Crew"]], status=403)
    assert refused.json["detail"] == "You may not make folders in “Training”: all files go to it."
    place.folders([["Crew"]], place.hidden, status=404)
    with reading(place.installation.sessions) as session:
        assert session.scalars(select(Folder.name).where(Folder.name == "Crew")).all() == []


@pytest.mark.parametrize(
    "paths", ["Crew", [["Crew", 7]], [[]], [[""]], [["a/b"]], [["x" * 300]], [["n"] * 60], {"Crew": 1}, [["Crew\0"]]]
)
def test_names_that_cannot_be_used_are_refused_and_nothing_is_made(place: Place, paths: Any) -> None:
    place.give(ADD | Permission.EDIT)
    answer = place.folders(paths, status="*")
    with reading(place.installation.sessions) as session:
        names = session.scalars(select(Folder.name).where(Folder.parent_id.is_not(None))).all()
    if answer.status_int == 200:  # a name of which something was left once it was cleaned
        assert all(name.isprintable() for name in names)
    else:
        assert answer.status_int == 422
        assert answer.json["detail"]
        assert sorted(names) == ["Board papers", "Training"]


def test_more_folders_than_fit_into_one_question_are_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.give(ADD | Permission.EDIT)
    monkeypatch.setattr(preflight, "MOST_FOLDERS", 2)
    assert "more than 2 folders" in place.folders([["a"], ["b"], ["c"]], status=422).json["detail"]


def test_a_folder_of_the_same_name_that_does_not_exist_for_the_caller_is_not_added_to(place: Place) -> None:
    place.give(ADD | Permission.EDIT)
    uid = place.folders([["Crew"]]).json["folders"][0]
    with writing(place.installation.sessions) as session:
        crew = Library(session, place.installation).folder(uid)
        Rules(session, place.installation).set_inherits(crew, False)
    place.folders([["Crew"]], status=409)


def test_json_that_is_none_is_said_to_be_none(place: Place) -> None:
    place.give(ADD)
    headers = {"X-CSRF-Token": place.token, "Content-Type": "application/json", "Accept": "application/json"}
    for body in (b"", b"{", b"[" * 100_000, b"[]", b"\xff", b'{"folder": 1, "paths": []}', b'{"folder": null}'):
        assert place.app.post("/upload/folders", body, headers=headers, status=422).json["detail"]


def test_halves_of_characters_are_no_name_of_a_folder(place: Place) -> None:
    place.give(ADD | Permission.EDIT)
    for name in ("\ud800", "\0", " ", "\u202e"):
        assert place.folders([[name]], status=422).json["detail"]
    place.folders([["Crew"]], folder="\ud800", status=404)


def test_an_item_in_a_folder_somebody_lost_is_no_longer_told_of(place: Place) -> None:
    place.give(ADD)
    uid = place.put(place.open, "Seal kit")
    assert uid in place.ask(f"/upload/state?item={uid}").json["items"]
    with writing(place.installation.sessions) as session:
        folder = Library(session, place.installation).folder(place.open)
        Rules(session, place.installation).clear(folder, user(place.person.id))
        assert session.scalars(select(Item.uid)).one() == uid
    assert place.ask(f"/upload/state?item={uid}").json == {"items": {}}
    assert place.ask(f"/upload/known?size={len(PNG)}&sha256={SUM}").json == {"twin": None}
