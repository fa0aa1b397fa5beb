"""What somebody may not see changes nothing of what they get: not a number, not a page's end, not a byte."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from privmedia.access.permissions import NOTHING, Permission
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.library.models import Item
from privmedia.library.paths import Paths
from tests.conftest import FakeClock, Person
from tests.faults import FULL
from tests.functional.why_library import Training, make_training

HIDDEN_FOLDERS, HIDDEN_ITEMS = 20, 100
# What differs from answer to answer whatever the library holds.
ALWAYS_NEW = re.compile(rb'(?<=name="csrf_token" value=")[^"]*|(?<=csrf-token" content=")[^"]*')
HEADERS_ALWAYS_NEW = {"x-request-id", "date", "set-cookie"}
SEARCHED = ("film", "hiden", "secret", "filn", "insude", "film+inside")
"""Words of what everybody sees and of what is hidden, with a letter wrong as well."""
READERS = ("stranger", "member", "uploader", "maren", "guest") if FULL else ("stranger", "uploader", "maren")


@pytest.fixture
def site(installation: Installation, clock: FakeClock, make_person: Callable[..., Person], sign_in: Any) -> Training:
    """Fifty films in an open folder, so that there are pages; a drop box; people of another group, and of none."""
    site = make_training(installation, clock, make_person, sign_in)
    site.people |= {
        "stranger": make_person("stranger@example.test", name="Stig Strand"),
        "member": make_person("member@example.test", name="Mia Melin"),
        "uploader": make_person("uploader@example.test", name="Ulla Uhl"),
        "guest": make_person("guest@example.test", name="Gerd Gast", guest=True),
    }
    with writing(installation.sessions) as session:
        groups = Groups(session, installation)
        member = session.get_one(User, site.people["member"].id)
        groups.join(group=groups.add_group(name="Another group"), users=[member])
        Paths(session, installation).make_folders("Open/Inside")
        Paths(session, installation).make_folders("Drop box")
    site.set("Open", "everyone", Permission.VIEW)
    site.set("Open", site.user("guest"), Permission.VIEW)
    site.set("Open", site.group("Another group"), Permission.VIEW | Permission.UPLOAD)
    site.set("Drop box", site.user("uploader"), Permission.UPLOAD)
    for number in range(50):
        site.add_item("Open", f"Film {number}", by="member" if number % 3 else "leila")
    site.add_item("Open/Inside", "Film inside")
    site.add_item("Drop box", "Mine", by="uploader")
    return site


def hide(site: Training) -> None:
    """Add folders and items nobody but administrators may see, beside and inside what everybody sees."""
    with writing(site.installation.sessions) as session:
        for number in range(HIDDEN_FOLDERS):
            Paths(session, site.installation).make_folders(f"{'Open/' if number % 2 else ''}Secret {number}")
    for number in range(HIDDEN_FOLDERS):
        if number % 2:
            site.cut(f"Open/Secret {number}")
    for number in range(HIDDEN_ITEMS):
        kind = number % 4
        if kind == 0:  # in a hidden folder at the top
            site.add_item(f"Secret {number % 20 // 2 * 2}", f"Hidden {number}")
        elif kind == 1:  # in a hidden folder inside an open one
            site.add_item(f"Open/Secret {number % 20 // 2 * 2 + 1}", f"Hidden {number}")
        elif kind == 2:  # in the open folder, blocked for everyone
            title = f"Hidden film {number}"
            site.add_item("Open", title)
            for principal in ("everyone", site.user("guest")):
                site.set(f"Open/{title}", principal, NOTHING, deny=True)
        else:  # in a drop box, added by somebody else
            site.add_item("Drop box", f"Hidden films, inside {number}")


def everything(browser: TestApp, addresses: list[str]) -> dict[str, tuple[int, list[tuple[str, str]], bytes]]:
    """Every answer, and those of the pages that follow."""
    answers = {}
    while addresses:
        address = addresses.pop()
        answer = browser.get(address, status="*")
        headers = [(name, value) for name, value in answer.headerlist if name.lower() not in HEADERS_ALWAYS_NEW]
        answers[address] = (answer.status_int, sorted(headers), ALWAYS_NEW.sub(b"", answer.body))
        # Taking a page apart takes longer than making it.
        after = answer.html.select_one("a#more") if b'id="more"' in answer.body else None
        if after is not None:
            addresses.append(str(after["href"]))
    return answers


def test_what_is_added_out_of_sight_changes_not_a_byte_for_anybody_who_may_not_see_it(site: Training) -> None:
    leila = site.uid("leila")
    with writing(site.installation.sessions) as session:
        paths = Paths(session, site.installation)
        names = ("Open", "Open/Inside", "Drop box", "Product training/Thruster T4")
        folders = [paths.folder(path).uid for path in names]
        shown = paths.place("Open/Film 7")
        assert isinstance(shown, Item)
        pages = ["/", "/recent", "/mine", "/menu", "/upload", "/upload/plain", "/account/reach", f"/m/{shown.uid}"]
        narrowed = ("&order=newest", "&kind=video", "&kind=folder", f"&in={folders[0]}", "&since=week", f"&by={leila}")
        pages += [f"/search?q={query}" for query in SEARCHED]
        pages += [f"/search?q=film{more}" for more in narrowed]
        pages += [f"/search/suggest?q={query}" for query in ("fi", "hid", "secr", "inside")]
        pages += [f"/f/{uid}" for uid in folders] + [f"/f/{folders[-1]}/who", f"/f/{folders[-1]}/access"]
        pages += [f"/f/{uid}/folders" for uid in folders]
    pages += ["/shared", "/starred", "/folders", "/folders?q=in", "/folders?q=secret", "/upload/plain?q=e"]
    pages += ["/?filter=on", "/?kind=video", "/recent?sort=longest", "/?tag=hidden&since=2026-01-01"]
    # The last are asked for first: how lists are shown is remembered, and grids are what it begins with.
    pages += ["/mine?state=preparing", f"/f/{folders[0]}?filter=on", "/recent?view=grid", "/?view=list&sort=title"]
    browsers = {name: site.as_(name) for name in READERS}
    before = {name: everything(browser, list(pages)) for name, browser in browsers.items()}
    assert any("after=" in address for address in before["stranger"])
    hide(site)
    after = {name: everything(browser, list(pages)) for name, browser in browsers.items()}
    for name in READERS:
        assert before[name].keys() == after[name].keys()
        for address, answer in before[name].items():
            assert after[name][address] == answer, f"{address} changed for {name}"


def test_the_same_additions_do_change_what_an_administrator_sees(site: Training) -> None:
    ada = site.as_("ada")
    pages = ["/", "/search?q=film", "/search?q=hiden", "/search/suggest?q=hidden"]
    before = everything(ada, list(pages))
    hide(site)
    after = everything(ada, list(pages))
    assert [page for page in pages if after[page] == before[page]] == []
