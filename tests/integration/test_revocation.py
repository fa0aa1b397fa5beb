"""A right that was taken away is gone at the very next request: every kind of change, for every kind of address.

Through the real nginx and a real application with several processes. The table of changes is below; each is tried on
the page, the poster, the film, a part of it, the original, the folder, and every list and count.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.access import principals
from privmedia.access.permissions import NOTHING, Permission
from privmedia.accounts.groups import Groups
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import Group, SignIn, User, Viewpoint
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns
from privmedia.accounts.tokens import Tokens
from privmedia.audit.service import COMMAND_LINE
from privmedia.clock import utcnow
from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Deletion, Folder, Item
from privmedia.library.pointers import Pointers
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library
from privmedia.organising.bin import Bin
from privmedia.scopes import Scope
from privmedia.sharing.models import Link
from privmedia.sharing.service import Links
from tests.private_library import PrivateLibrary
from tests.shared_links import MadeLink, make_link
from tests.sites import Answer, Site, behind_nginx

CONTENT = b"every byte of it" * 100
READER = "reader"
SOUGHT = "t4"
"""The title of every item; only some of them exist for a reader."""
GIVEN = Permission.VIEW | Permission.DOWNLOAD


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with behind_nginx(tmp_path_factory.mktemp("revocation"), "gunicorn") as site:
        yield site


@dataclass
class Scene:
    """A folder in a folder, an item in it, somebody to read it, and a group to be in."""

    session: Session
    installation: Installation
    folder: Folder
    above: Folder
    item: Item
    reader: User
    group: Group

    @property
    def rules(self) -> Rules:
        return Rules(self.session, self.installation)

    def allow(self, place: Folder | Item, principal: str, until: datetime | None = None) -> None:
        self.rules.set(place, Wanted(principal, GIVEN, until=until))

    @property
    def me(self) -> str:
        return principals.user(self.reader.id)

    @property
    def mine(self) -> str:
        return principals.group(self.group.id)

    def elsewhere(self) -> Folder:
        library = Library(self.session, self.installation)
        return library.add_folder(parent=library.root(), name=f"Elsewhere {new_uid()}")


Step = Callable[[Scene], object]


def by_name(scene: Scene) -> None:
    scene.allow(scene.folder, scene.me)


def by_group(scene: Scene) -> None:
    Groups(scene.session, scene.installation).join(group=scene.group, users=[scene.reader])
    scene.allow(scene.folder, scene.mine)


def from_above(scene: Scene) -> None:
    scene.allow(scene.above, scene.me)


def to_everyone(scene: Scene) -> None:
    scene.allow(scene.folder, principals.EVERYONE)


def on_the_item(scene: Scene) -> None:
    scene.allow(scene.item, scene.me)


def as_administrator(scene: Scene) -> None:
    scene.reader.is_admin = True


def by_upload(scene: Scene) -> None:
    scene.item.uploader_id = scene.reader.id
    scene.rules.set(scene.folder, Wanted(scene.me, Permission.DOWNLOAD | Permission.UPLOAD))


def narrowed_to_a_drop_box(scene: Scene) -> None:
    scene.rules.set(scene.folder, Wanted(scene.me, Permission.UPLOAD))
    scene.item.uploader_id = None


def own_list_of_the_item(scene: Scene) -> None:
    scene.allow(scene.item, principals.group(scene.group.id))
    scene.rules.set_inherits(scene.item, False)


def guest(scene: Scene) -> None:
    Accounts(scene.session, scene.installation).change_user(
        user=scene.reader, name=scene.reader.name, admin=False, guest=True
    )


def no_administrator(scene: Scene) -> None:
    Accounts(scene.session, scene.installation).add_user(email=f"{new_uid()}@example.test", admin=True)
    Accounts(scene.session, scene.installation).change_user(
        user=scene.reader, name=scene.reader.name, admin=False, guest=False
    )


def sees_as_somebody_without_rights(scene: Scene) -> None:
    other = Accounts(scene.session, scene.installation).add_user(email=f"{new_uid()}@example.test")
    held = scene.session.scalars(select(SignIn).where(SignIn.user_id == scene.reader.id)).one()
    scene.session.add(Viewpoint(session_id=held.id, user_id=other.id, since=utcnow()))


def one_session(scene: Scene) -> None:
    held = scene.session.scalars(select(SignIn).where(SignIn.user_id == scene.reader.id)).one()
    SignIns(scene.session, scene.installation).end(uid=held.uid, user_id=scene.reader.id, by=COMMAND_LINE)


def deleted(scene: Scene, place: Folder | Item) -> None:
    somebody = Identity(
        user_id=scene.reader.id,
        session_id=None,
        name="Somebody",
        email="somebody@example.test",
        is_admin=True,
        is_guest=False,
        group_ids=frozenset(),
        csrf_secret="",
        last_used_at=utcnow(),
    )
    Bin(scene.session, scene.installation).put(place, somebody)
    for row in scene.session.scalars(select(Deletion)):
        row.deleted_by = None


@dataclass(frozen=True)
class Change:
    """How the reader came to see it, how that ends, and whether they are signed out by it."""

    given: Step
    taken: Step
    signed_out: bool = False
    sees_more: bool = False
    """Whether the reader goes on seeing what others have: numbers do not go back to what they were before."""


CHANGES = {
    "the rule is removed": Change(by_name, lambda scene: scene.rules.clear(scene.folder, scene.me)),
    "the rule above is removed": Change(from_above, lambda scene: scene.rules.clear(scene.above, scene.me)),
    "the rule on the item is removed": Change(on_the_item, lambda scene: scene.rules.clear(scene.item, scene.me)),
    "the rule of everyone is removed": Change(
        to_everyone, lambda scene: scene.rules.clear(scene.folder, principals.EVERYONE)
    ),
    "only Upload is left": Change(by_name, narrowed_to_a_drop_box),
    "Upload is taken from the uploader": Change(by_upload, lambda scene: scene.rules.clear(scene.folder, scene.me)),
    "the group is left": Change(
        by_group,
        lambda scene: Groups(scene.session, scene.installation).leave(group=scene.group, users=[scene.reader]),
    ),
    "the group is deleted": Change(
        by_group, lambda scene: Groups(scene.session, scene.installation).delete(group=scene.group)
    ),
    "the group's rule is removed": Change(by_group, lambda scene: scene.rules.clear(scene.folder, scene.mine)),
    "a Block of the person is added": Change(
        by_group, lambda scene: scene.rules.set(scene.folder, Wanted(scene.me, NOTHING, deny=True))
    ),
    "a Block of the group is added above": Change(
        by_group, lambda scene: scene.rules.set(scene.above, Wanted(scene.mine, NOTHING, deny=True))
    ),
    "a Block is added on the item": Change(
        by_name, lambda scene: scene.rules.set(scene.item, Wanted(scene.me, NOTHING, deny=True))
    ),
    "the item gets a list of its own": Change(by_name, own_list_of_the_item),
    "inheriting is cut": Change(from_above, lambda scene: scene.rules.set_inherits(scene.folder, False)),
    "the folder is moved": Change(
        from_above,
        lambda scene: Pointers(scene.session, scene.installation.clock).put_folder(scene.folder, scene.elsewhere()),
    ),
    "the item is moved": Change(
        by_name,
        lambda scene: Pointers(scene.session, scene.installation.clock).put_item(scene.item, scene.elsewhere()),
    ),
    "the item is deleted": Change(by_name, lambda scene: deleted(scene, scene.item)),
    "its folder is deleted": Change(by_name, lambda scene: deleted(scene, scene.folder)),
    "the folder above is deleted": Change(from_above, lambda scene: deleted(scene, scene.above)),
    "the item is deleted, and its rules stay": Change(on_the_item, lambda scene: deleted(scene, scene.item)),
    "it is deleted, also for an administrator": Change(
        as_administrator, lambda scene: deleted(scene, scene.item), sees_more=True
    ),
    "the person becomes a guest": Change(to_everyone, guest),
    "the person is no administrator any more": Change(as_administrator, no_administrator),
    "the administrator sees as somebody else": Change(as_administrator, sees_as_somebody_without_rights),
    "the person is disabled": Change(
        by_name,
        lambda scene: Accounts(scene.session, scene.installation).disable(user=scene.reader),
        signed_out=True,
    ),
    "the person is deleted": Change(
        by_name, lambda scene: Accounts(scene.session, scene.installation).delete(user=scene.reader), signed_out=True
    ),
    "the session is ended": Change(by_name, one_session, signed_out=True),
    "all sessions are ended": Change(
        by_name,
        lambda scene: SignIns(scene.session, scene.installation).end_all(user_id=scene.reader.id),
        signed_out=True,
    ),
    "the password is changed": Change(
        by_name,
        lambda scene: Accounts(scene.session, scene.installation).set_password(
            user=scene.reader, password_hash="$2b$04$" + "x" * 53
        ),
        signed_out=True,
    ),
}


@dataclass
class Stage:
    """The scene in the database of the running site, and the reader's browser."""

    site: Site
    library: PrivateLibrary
    item: str
    above: str
    group: str

    def do(self, step: Step) -> Scene:
        """One step, in a transaction of its own, as another process does it."""
        installation = self.library.installation
        with writing(installation.sessions) as session:
            library = Library(session, installation)
            scene = Scene(
                session,
                installation,
                library.folder(self.library.folder),
                library.folder(self.above),
                library.item(self.item),
                self.library.user(session, READER),
                Groups(session, installation).group(self.group),
            )
            step(scene)
            return scene

    @property
    def files(self) -> list[tuple[str, dict[str, str]]]:
        film = f"/smedia/{self.item}/play.mp4"
        return [
            (film, {}),
            (film, {"Range": "bytes=16-31"}),
            (f"/smedia/{self.item}/poster.webp", {}),
            (f"/smedia/{self.item}/original/T4%20bench.mp4", {}),
        ]

    def ask(self, address: str, headers: dict[str, str] | None = None) -> Answer:
        return self.site.ask(address, READER, headers=headers)

    def lists(self) -> str:
        """Every list, card and count there is, as the reader gets them."""
        addresses = ("/", "/recent", "/mine", "/menu", "/upload/plain", *self.searches)
        return "".join(self.ask(address).body.decode() for address in addresses)

    @property
    def searches(self) -> list[str]:
        """Addresses that find the item and the folder by their names: results, their numbers, suggestions."""
        return [f"/search?q={SOUGHT}", f"/search?q={SOUGHT}&order=newest", f"/search/suggest?q={SOUGHT}"]

    def counted(self) -> str:
        """The sentence with numbers on the library page."""
        found = re.search(r"<p>([^<]*you can open)", self.ask("/").body.decode())
        return found.group(1) if found else ""

    def found(self) -> str:
        """What the page of results says was found, in numbers."""
        answer = self.ask(self.searches[0]).body.decode()
        return " ".join(re.findall(r"<h1>([^<]*)|<p>([^<]*), from what you can open", answer)[-1])


@pytest.fixture
def stage(servers: Site) -> Iterator[Stage]:
    installation = servers.library.installation
    library = PrivateLibrary(installation)
    library.add_person(READER)
    item = library.add_item(CONTENT)
    with writing(installation.sessions) as session:
        service = Library(session, installation)
        above = service.add_folder(parent=service.root(), name=f"Above {new_uid()}")
        Pointers(session, installation.clock).put_folder(service.folder(library.folder), above)
        group = Groups(session, installation).add_group(name=f"Group {new_uid()}")
        above_uid, group_uid = above.uid, group.uid
    site = replace(servers, library=library)
    yield Stage(site, library, item, above_uid, group_uid)
    site.connection.close()


def sees_everything(stage: Stage) -> bool:
    files = [stage.ask(address, headers) for address, headers in stage.files]
    page, lists = stage.ask(f"/m/{stage.item}"), stage.lists()
    return (
        {answer.status for answer in files} <= {200, 206}
        and files[0].body == CONTENT
        and page.status == 200
        and f"/m/{stage.item}" in lists
    )


def assert_gone(stage: Stage, *, signed_out: bool) -> None:
    missing = new_uid()
    for address, headers in stage.files:
        refused = stage.ask(address, headers)
        assert refused.status == 404, address
        assert CONTENT[:16] not in refused.body
    for address in (f"/m/{stage.item}", f"/m/{stage.item}/access", f"/m/{stage.item}/edit"):
        here, nowhere = stage.ask(address), stage.ask(address.replace(stage.item, missing))
        assert here.status == (303 if signed_out else 404), address
        assert masked(here, stage.item) == masked(nowhere, missing)
    lists = stage.lists()
    assert stage.item not in lists
    if signed_out:
        assert stage.library.folder not in lists
        assert stage.ask("/").status == 303


def masked(answer: Answer, uid: str) -> tuple[int, bytes]:
    token = re.sub(rb'value="[0-9a-f]{64,}"', b"", answer.body)
    return answer.status, token.replace(uid.encode(), b"-")


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_taken_away_is_gone_at_the_next_request(name: str, stage: Stage) -> None:
    change = CHANGES[name]
    before, found = stage.counted(), stage.found()
    stage.do(change.given)
    assert sees_everything(stage), "the test shows nothing if it was not there before"
    assert stage.counted() != before
    assert stage.found() != found
    assert all(stage.item in stage.ask(address).body.decode() for address in stage.searches)
    stage.do(change.taken)
    assert_gone(stage, signed_out=change.signed_out)
    if not (change.signed_out or change.sees_more):
        assert stage.found() == found


def test_a_rule_that_ends_by_itself_ends_at_that_moment(stage: Stage) -> None:
    end = utcnow() + timedelta(seconds=4)
    stage.do(lambda scene: scene.allow(scene.folder, scene.me, until=end))
    assert sees_everything(stage)
    assert utcnow() < end, "too slow to show anything"
    while utcnow() <= end:
        answer = stage.ask(f"/smedia/{stage.item}/poster.webp")
        assert answer.status == 200 or utcnow() > end
    assert_gone(stage, signed_out=False)


TOKEN_CHANGES: dict[str, Callable[[Scene, str], object]] = {
    "the token is revoked": lambda scene, uid: Tokens(scene.session, scene.installation).revoke(uid=uid),
    "the rule is removed": lambda scene, _uid: scene.rules.clear(scene.folder, scene.me),
    "the person is disabled": lambda scene, _uid: Accounts(scene.session, scene.installation).disable(
        user=scene.reader
    ),
    "the password is changed": lambda scene, _uid: Accounts(scene.session, scene.installation).set_password(
        user=scene.reader, password_hash="$2b$04$" + "x" * 53
    ),
}


@pytest.mark.parametrize("name", TOKEN_CHANGES)
def test_what_a_token_opened_is_closed_at_the_next_request(name: str, stage: Stage) -> None:
    made: dict[str, str] = {}

    def give(scene: Scene) -> None:
        by_name(scene)
        tokens = Tokens(scene.session, scene.installation)
        token, text = tokens.add(user=scene.reader, name="Script", scopes=[Scope.READ], lasts=timedelta(days=1))
        made.update(uid=token.uid, text=text)

    stage.do(give)
    bearer = {"Authorization": f"Bearer {made['text']}"}
    addresses = [address for address, _headers in stage.files] + [f"/m/{stage.item}"]
    assert [stage.site.ask(address, headers=bearer).status for address in addresses] == [200] * len(addresses)
    stage.do(lambda scene: TOKEN_CHANGES[name](scene, made["uid"]))
    assert {stage.site.ask(address, headers=bearer).status for address in addresses} <= {401, 404}


def test_a_view_as_somebody_else_loses_what_that_person_loses(stage: Stage) -> None:
    def look(scene: Scene) -> None:
        by_name(scene)
        holder = stage.library.user(scene.session, "administrator")
        held = scene.session.scalars(select(SignIn).where(SignIn.user_id == holder.id)).one()
        scene.session.add(Viewpoint(session_id=held.id, user_id=scene.reader.id, since=utcnow()))

    stage.library.add_person("administrator", admin=True)
    stage.do(look)
    watched = f"/smedia/{stage.item}/play.mp4", f"/m/{stage.item}"
    assert [stage.site.ask(address, "administrator").status for address in watched] == [200, 200]
    stage.do(lambda scene: scene.rules.clear(scene.folder, scene.me))
    assert [stage.site.ask(address, "administrator").status for address in watched] == [404, 404]


def test_every_process_of_the_application_forgets_at_once(stage: Stage) -> None:
    """Sixteen connections at the same time reach all of them; none remembers what it answered before."""
    stage.do(by_name)
    sites = [replace(stage.site) for _number in range(16)]
    address = f"/smedia/{stage.item}/play.mp4"
    assert {site.ask(address, READER).status for site in sites} == {200}
    stage.do(lambda scene: scene.rules.clear(scene.folder, scene.me))
    assert {site.ask(address, READER).status for site in sites} == {404}
    assert {site.ask(f"/m/{stage.item}", READER).status for site in sites} == {404}
    for site in sites:
        site.connection.close()


# What ends a session ends no link: it hangs on the maker's right and account.
OF_SESSIONS = {
    "the administrator sees as somebody else",
    "the session is ended",
    "all sessions are ended",
    "the password is changed",
}


def revoked(scene: Scene) -> None:
    link = scene.session.scalars(select(Link).where(Link.maker_id == scene.reader.id)).one()
    Links(scene.session, scene.installation).revoke(uid=link.uid)


def expired(scene: Scene) -> None:
    link = scene.session.scalars(select(Link).where(Link.maker_id == scene.reader.id)).one()
    link.expires_at = utcnow()


MAKERS_CHANGES = {name: change for name, change in CHANGES.items() if name not in OF_SESSIONS} | {
    "the link is revoked": Change(by_name, revoked),
    "the link has expired": Change(by_name, expired),
}


def by_link(stage: Stage, link: MadeLink) -> list[Answer]:
    """The page and the files, as a visitor's browser gets them in which the link was opened."""
    page = f"/link/{link.uid}/m/{stage.item}"
    asked = [(page, {}), *stage.files]
    return [stage.site.ask(address, headers={**link.cookie, **headers}) for address, headers in asked]


@pytest.mark.parametrize("name", MAKERS_CHANGES)
def test_with_its_makers_right_a_link_is_gone_at_the_next_request(name: str, stage: Stage) -> None:
    change = MAKERS_CHANGES[name]
    stage.do(change.given)
    link = make_link(stage.library.installation, stage.item, stage.library.user_ids[READER], download=True)
    page, film, part, *others = by_link(stage, link)
    assert (page.status, film.status, part.status) == (200, 200, 206)
    assert {answer.status for answer in others} == {200}
    assert film.body == CONTENT
    stage.do(change.taken)
    missing = stage.site.ask(f"/smedia/{new_uid()}/play.mp4", headers=link.cookie)
    ended, *files = by_link(stage, link)
    assert ended.status == 410
    assert [masked(answer, stage.item) for answer in files] == [masked(missing, stage.item)] * len(files)
    assert stage.site.ask(link.path).status == 410


def test_a_moved_folder_takes_what_its_links_open_with_it(stage: Stage) -> None:
    stage.do(from_above)
    link = make_link(
        stage.library.installation, stage.above, stage.library.user_ids[READER], folder=True, download=True
    )
    assert {answer.status for answer in by_link(stage, link)} == {200, 206}
    stage.do(
        lambda scene: Pointers(scene.session, scene.installation.clock).put_folder(scene.folder, scene.elsewhere())
    )
    page, *files = by_link(stage, link)
    assert page.status == 404
    assert {answer.status for answer in files} == {404}


def test_no_log_has_a_links_address(stage: Stage) -> None:
    stage.do(by_name)
    link = make_link(stage.library.installation, stage.item, stage.library.user_ids[READER])
    token = link.path.rpartition("/")[2]
    for address in (link.path, f"/S/{token}", f"/%73/{token}", f"/s%2f{token}", f"{link.path}/x", f"{link.path}%ff"):
        stage.site.ask(address)
    assert stage.site.stack is not None
    written = {path: path.read_text(errors="replace") for path in stage.site.ini.parent.rglob("*.log")}
    assert written
    assert [path.name for path, text in written.items() if token in text] == []
