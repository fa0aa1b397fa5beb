"""What the gate finds for a browser that came by a share link: its maker's rights at that moment, and never more."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from privmedia.access import principals
from privmedia.access.permissions import NOTHING, Permission
from privmedia.accounts.groups import Groups
from privmedia.accounts.identity import token_hash
from privmedia.accounts.models import Group, User
from privmedia.accounts.service import Accounts
from privmedia.db import milliseconds, reading, writing
from privmedia.delivery.by_link import ByLink
from privmedia.delivery.gate import Gate
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Folder, Item
from privmedia.library.pointers import Pointers
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library
from privmedia.sharing.models import Link, Visit
from privmedia.sharing.service import Links
from tests.conftest import FakeClock
from tests.private_library import PrivateLibrary
from tests.shared_links import MadeLink, make_link, open_link

pytestmark = pytest.mark.both_databases
CONTENT = b"the original"
MAKER = "maker"
Share = Callable[..., MadeLink]
Rights = Callable[..., Permission]


@pytest.fixture
def library(installation: Installation) -> PrivateLibrary:
    library = PrivateLibrary(installation)
    library.add_person(MAKER, allow=Permission.MANAGE)
    return library


@pytest.fixture
def item(library: PrivateLibrary) -> str:
    return library.add_item(CONTENT)


@pytest.fixture
def gate(installation: Installation) -> Iterator[Gate]:
    gate = Gate(installation.settings.sqlalchemy_url)
    yield gate
    gate.close()


@pytest.fixture
def share(library: PrivateLibrary, installation: Installation) -> Share:
    def make(place: str, maker: str = MAKER, **more: object) -> MadeLink:
        return make_link(installation, place, library.user_ids[maker], **more)

    return make


@pytest.fixture
def ask(gate: Gate, installation: Installation) -> Callable[..., ByLink | None]:
    def asked(token: str, item: str, *, version: int | None = None, file: str = "play.mp4") -> ByLink | None:
        now = milliseconds(installation.clock())
        return gate.ask_by_link(token=token_hash(token), now=now, item=item, version=version, file=file)

    return asked


@pytest.fixture
def rights(ask: Callable[..., ByLink | None]) -> Rights:
    """What a browser may do with an item, by the best of its links."""

    def found(token: str, item: str, **more: object) -> Permission:
        answer = ask(token, item, **more)
        return NOTHING if answer is None else answer.rights

    return found


def test_it_may_what_it_was_made_for(share: Share, rights: Rights, item: str) -> None:
    assert rights(share(item).visit, item) == Permission.VIEW
    assert rights(share(item, download=True).visit, item) == Permission.VIEW | Permission.DOWNLOAD
    assert rights("x" * 43, item) == NOTHING


@pytest.mark.parametrize(
    ("maker_has", "link_has"),
    [
        (Permission.VIEW, Permission.VIEW),
        (Permission.DOWNLOAD, Permission.VIEW | Permission.DOWNLOAD),
        (Permission.EDIT, Permission.VIEW),
        (Permission.UPLOAD, NOTHING),
        (Permission.MANAGE, Permission.VIEW | Permission.DOWNLOAD),
    ],
)
def test_it_never_may_more_than_its_maker(
    maker_has: Permission,
    link_has: Permission,
    share: Share,
    rights: Rights,
    library: PrivateLibrary,
    item: str,
) -> None:
    link = share(item, download=True)
    library.set_rule(MAKER, maker_has)
    assert rights(link.visit, item) == link_has


def test_a_folders_link_leads_to_what_lies_in_it_and_below_and_nowhere_else(
    share: Share, rights: Rights, library: PrivateLibrary, installation: Installation
) -> None:
    inside = library.add_item(CONTENT)
    with writing(installation.sessions) as session:
        verbs = Library(session, installation)
        shared = verbs.folder(library.folder)
        below = verbs.add_folder(parent=verbs.add_folder(parent=shared, name="Below"), name="Further below")
        beside = verbs.add_folder(parent=verbs.root(), name="Beside")
        Rules(session, installation).set(beside, Wanted(principals.user(library.user_ids[MAKER]), Permission.MANAGE))
        deep, elsewhere, parent = below.uid, beside.uid, library.folder
    library.folder = deep
    further = library.add_item(CONTENT)
    library.folder = elsewhere
    outside = library.add_item(CONTENT)
    token = share(parent, folder=True).visit
    assert (rights(token, inside), rights(token, further), rights(token, outside)) == (
        Permission.VIEW,
        Permission.VIEW,
        NOTHING,
    )
    only_below = share(deep, folder=True).visit
    assert (rights(only_below, further), rights(only_below, inside)) == (Permission.VIEW, NOTHING)


def test_what_its_maker_may_not_see_in_the_folder_is_closed_to_it(
    share: Share, rights: Rights, library: PrivateLibrary, installation: Installation
) -> None:
    inside = library.add_item(CONTENT)
    token = share(library.folder, folder=True).visit
    with writing(installation.sessions) as session:
        place = Library(session, installation).item(inside)
        Rules(session, installation).set(place, Wanted(principals.user(library.user_ids[MAKER]), deny=True))
    assert rights(token, inside) == NOTHING


def test_with_the_folder_closed_to_its_maker_a_link_opens_nothing_inside_either(
    share: Share, rights: Rights, library: PrivateLibrary, installation: Installation
) -> None:
    inside = library.add_item(CONTENT)
    token = share(library.folder, folder=True).visit
    with writing(installation.sessions) as session:
        place = Library(session, installation).item(inside)
        Rules(session, installation).set(place, Wanted(principals.user(library.user_ids[MAKER]), Permission.VIEW))
    assert rights(token, inside) == Permission.VIEW
    library.set_rule(MAKER)
    assert rights(token, inside) == NOTHING


def test_a_folder_in_which_its_maker_may_only_upload_by_now_opens_not_even_their_own_uploads(
    share: Share, rights: Rights, library: PrivateLibrary
) -> None:
    own = library.add_item(CONTENT, by=MAKER)
    folder, itself = share(library.folder, folder=True, download=True), share(own, download=True)
    assert rights(folder.visit, own) == rights(itself.visit, own) == Permission.VIEW | Permission.DOWNLOAD
    library.set_rule(MAKER, Permission.UPLOAD)
    assert rights(folder.visit, own) == NOTHING
    assert rights(itself.visit, own) == Permission.VIEW


def test_a_folders_link_does_not_lead_to_what_has_cut_itself_off_from_the_folders_rules(
    share: Share, rights: Rights, library: PrivateLibrary, installation: Installation
) -> None:
    library.add_person("administrator", admin=True)
    draft, top = library.add_item(CONTENT), library.folder
    with writing(installation.sessions) as session:
        verbs = Library(session, installation)
        closed = verbs.add_folder(parent=verbs.folder(top), name="Closed")
        below = verbs.add_folder(parent=closed, name="Below it")
        closed_uid, library.folder = closed.uid, below.uid
    inside = library.add_item(CONTENT)
    tokens = [share(top, maker, folder=True).visit for maker in (MAKER, "administrator")]
    itself = share(draft, "administrator").visit
    within = share(closed_uid, "administrator", folder=True).visit
    mine = Wanted(principals.user(library.user_ids[MAKER]), Permission.MANAGE)
    for name, cut, reached in (("a rule of its own", False, Permission.VIEW), ("cut off", True, NOTHING)):
        with writing(installation.sessions) as session:
            verbs, rules = Library(session, installation), Rules(session, installation)
            for place in (verbs.item(draft), verbs.folder(closed_uid)):
                rules.set(place, mine)
                rules.set_inherits(place, not cut)
        assert [rights(token, item) for token in tokens for item in (draft, inside)] == [reached] * 4, name
        assert (rights(itself, draft), rights(within, inside)) == (Permission.VIEW, Permission.VIEW), name


def test_only_the_version_that_is_shown_and_only_once_there_is_something_to_view(
    share: Share, rights: Rights, library: PrivateLibrary, item: str
) -> None:
    token = share(library.folder, folder=True, download=True).visit
    library.add_version(item, b"newer")
    assert rights(token, item) == rights(token, item, version=2) == Permission.VIEW | Permission.DOWNLOAD
    assert rights(token, item, version=1) == NOTHING
    hidden = library.add_item(CONTENT, shown=False, by=MAKER)
    assert rights(token, hidden) == NOTHING


def test_one_browser_may_open_several_links(
    share: Share, rights: Rights, library: PrivateLibrary, installation: Installation
) -> None:
    first, second = library.add_item(CONTENT), library.add_item(CONTENT)
    token = share(first).visit
    open_link(installation, share(second, opened=None).uid, token)
    assert rights(token, first) == rights(token, second) == Permission.VIEW
    open_link(installation, share(first, opened=None, download=True).uid, token)
    assert rights(token, first) == Permission.VIEW | Permission.DOWNLOAD


def loses_the_rule(_library: PrivateLibrary, maker: User, _link: Link, place: Folder, rules: Rules) -> None:
    rules.clear(place, principals.user(maker.id))


def is_blocked(_library: PrivateLibrary, maker: User, _link: Link, place: Folder, rules: Rules) -> None:
    rules.set(place, Wanted(principals.user(maker.id), deny=True))


def is_disabled(library: PrivateLibrary, maker: User, _link: Link, _place: Folder, rules: Rules) -> None:
    Accounts(rules.session, library.installation).disable(user=maker)


def is_deleted(_library: PrivateLibrary, maker: User, _link: Link, _place: Folder, rules: Rules) -> None:
    rules.session.delete(maker)


def is_revoked(library: PrivateLibrary, _maker: User, link: Link, _place: Folder, rules: Rules) -> None:
    Links(rules.session, library.installation).revoke(uid=link.uid)


def expires(library: PrivateLibrary, _maker: User, link: Link, _place: Folder, _rules: Rules) -> None:
    link.expires_at = library.installation.clock()


def visit_ends(library: PrivateLibrary, _maker: User, link: Link, _place: Folder, rules: Rules) -> None:
    visit = rules.session.scalars(select(Visit).where(Visit.link_id == link.id)).one()
    visit.expires_at = library.installation.clock()


def moves_away(library: PrivateLibrary, _maker: User, _link: Link, place: Folder, rules: Rules) -> None:
    verbs = Library(rules.session, library.installation)
    elsewhere = verbs.add_folder(parent=verbs.root(), name=f"Elsewhere {new_uid()}")
    item = rules.session.scalars(select(Item).where(Item.folder_id == place.id)).first()
    Pointers(rules.session, library.installation.clock).put_item(item, elsewhere)


ENDS = (loses_the_rule, is_blocked, is_disabled, is_deleted, is_revoked, expires, visit_ends, moves_away)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
@pytest.mark.parametrize("folder", [False, True], ids=["item", "folder"])
def test_it_ends_with_whatever_it_hangs_on(
    end: Callable[..., None],
    folder: bool,
    share: Share,
    rights: Rights,
    library: PrivateLibrary,
    item: str,
    installation: Installation,
) -> None:
    made = share(library.folder if folder else item, folder=folder)
    assert rights(made.visit, item) == Permission.VIEW
    with writing(installation.sessions) as session:
        link = session.scalars(select(Link).where(Link.uid == made.uid)).one()
        place = Library(session, installation).folder(library.folder)
        end(library, library.user(session, MAKER), link, place, Rules(session, installation))
    assert rights(made.visit, item) == NOTHING


def test_a_makers_rule_that_ends_ends_the_link(
    share: Share,
    rights: Rights,
    library: PrivateLibrary,
    item: str,
    installation: Installation,
    clock: FakeClock,
) -> None:
    with writing(installation.sessions) as session:
        until = installation.clock() + timedelta(hours=1)
        wanted = Wanted(principals.user(library.user_ids[MAKER]), Permission.VIEW, until=until)
        Rules(session, installation).set(library.folder_row(session), wanted)
    link = share(item)
    assert rights(link.visit, item) == Permission.VIEW
    clock.forward(hours=1)
    assert rights(link.visit, item) == NOTHING


def test_a_makers_group_counts_while_the_maker_is_in_it(
    share: Share, rights: Rights, library: PrivateLibrary, item: str, installation: Installation
) -> None:
    library.add_person("member")
    with writing(installation.sessions) as session:
        groups = Groups(session, installation)
        group = groups.add_group(name="Engineers")
        groups.join(group=group, users=[library.user(session, "member")])
        Rules(session, installation).set(
            library.folder_row(session), Wanted(principals.group(group.id), Permission.VIEW)
        )
        number = group.id
    link = share(item, "member")
    assert rights(link.visit, item) == Permission.VIEW
    with writing(installation.sessions) as session:
        groups = Groups(session, installation)
        groups.leave(group=session.get_one(Group, number), users=[library.user(session, "member")])
    assert rights(link.visit, item) == NOTHING


def test_an_administrators_link_ends_when_they_are_none_any_more(
    share: Share, rights: Rights, library: PrivateLibrary, item: str, installation: Installation
) -> None:
    library.add_person("administrator", admin=True)
    link = share(item, "administrator", download=True)
    assert rights(link.visit, item) == Permission.VIEW | Permission.DOWNLOAD
    with writing(installation.sessions) as session:
        library.user(session, "administrator").is_admin = False
    assert rights(link.visit, item) == NOTHING


def test_every_step_of_the_question_is_a_search_by_an_index(
    gate: Gate, installation: Installation, database: str
) -> None:
    if database != "sqlite":
        return  # PostgreSQL chooses by statistics, which an empty database has none of
    values = {"token": "t", "now": 0, "item": "i", "version": None, "file": "f"}
    with reading(installation.sessions) as session:
        cursor = session.connection().connection.cursor()
        text, constants = gate._by_link[False]
        cursor.execute("EXPLAIN QUERY PLAN " + text, {**constants, **values})
        plan = [str(row[3]) for row in cursor.fetchall()]
    assert len(plan) >= 9
    # The folders above are gathered in a list of a dozen at most, which is read from end to end.
    assert [step for step in plan if step.startswith("SCAN") and step != "SCAN above"] == []
