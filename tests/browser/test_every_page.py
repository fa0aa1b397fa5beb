"""Every page there is, in either theme and in little room: the table of all routes says which they are."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from privmedia.accounts.groups import Groups
from privmedia.attention.noting import Watcher, Word, write
from privmedia.captions.models import Captions
from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.jobs.models import Job, JobState
from privmedia.library.models import PREPARE, Version
from privmedia.operations.doctor import delivery, protection
from privmedia.operations.doctor.findings import Finding, bad, poor, say
from privmedia.operations.doctor.report import keep_report
from privmedia.search.service import Passage, Search
from tests.browser.axe import violations
from tests.embeds import make_embed, make_site_key
from tests.functional.test_access_matrix import OK, TABLE
from tests.shared_links import make_link
from tests.sites import Site, without_front_server

pytestmark = pytest.mark.browser

OVER = 410
NO_PAGES = ("__static/", "smedia", "oembed", "healthz", "_csv", "suggest", "upload_known", "upload_state")
"""Parts of the names of routes that answer with something else, or with a part of a page."""
NARROW = (320, 360)
"""CSS pixels: the narrowest there is to be room for, and 1440 at 400 %."""
JOBS: dict[JobState, dict[str, Any]] = {
    JobState.RUNNING: {"progress": 0.4, "worker": "media1.skarvik.example:4711"},
    JobState.QUEUED: {"error": "The disk is full.", "attempts": 1},
    JobState.FAILED: {"error": "The file is damaged: its index is missing.", "log": "moov atom not found " * 20},
    JobState.DONE: {},
}
VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nWarm the housing.\n"


@dataclass(frozen=True)
class Signed:
    """Cookies by who has them, and the public ids that stand in addresses."""

    cookies: dict[str, dict[str, str]]
    ids: dict[str, str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with without_front_server(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def signed(site: Site) -> Signed:
    """An administrator and somebody with a link, in a library with one of everything."""
    library, installation = site.library, site.library.installation
    token = library.add_person("Ada Lind", admin=True)
    library.add_person("Jonas Bakke")
    item = library.add_item(b"abcd", by="Ada Lind")
    library.add_product(item, "captions-en.vtt", "text/vtt", VTT.encode())
    with writing(installation.sessions) as session:
        user = library.user(session, "Jonas Bakke")
        group = Groups(session, installation).add_group(name="Service engineers")
        Groups(session, installation).join(group=group, users=[user])
        version = session.query(Version).one()
        version.duration = 600
        now = installation.clock()
        session.add(Captions(version_id=version.id, language="en", label="English", count=1, updated_at=now))
        Search(session, installation).put(version.item_id, "captions-en", [Passage("Warm it.", at=1)], version=1)
        for state, more in JOBS.items():
            about = {"kind": PREPARE, "target_id": version.id, "created_at": now, "run_after": now}
            session.add(job := Job(state=state, **about, started_at=now, **more))
        session.flush()
        ids = {"folder": library.folder, "item": item, "group": group.uid, "user": user.uid, "missing": new_uid()}
        ids["job"] = str(job.id)
    watched = [Word(item, 1, Watcher.visitor(number), ((0, 3000), (4000, 6000)), now) for number in range(6)]
    write(installation, [*watched, Word(item, 1, Watcher.person(library.user_ids["Ada Lind"]), ((0, 6000),), now)])
    lines = "location ^~ /pmedia/ {\n    internal;\n}"
    ill = bad(say("It answered ${status}.", status=200), say("Add `internal;`."), lines)
    slow = poor(say("It took ${ms} ms.", ms=900), say("Look what else is busy."))
    looked = zip((*protection.CHECKS, *delivery.CHECKS), (ill, slow), strict=False)
    keep_report(installation, [Finding.of(check, outcome, now) for check, outcome in looked])
    link = make_link(installation, item, library.user_ids["Ada Lind"])
    maker = library.user_ids["Ada Lind"]
    asking = make_link(installation, library.folder, maker, folder=True, opened=link.visit, upload=True)
    ids |= {"link": link.uid, "opened": link.uid, "asking": asking.uid}
    ids["embed"] = make_embed(installation, item, maker)
    ids["key"] = make_site_key(installation)[0]
    # Players' files are no pages.
    ids |= dict.fromkeys(("watched", "administered", "for_anybody", "revoked_one"), "x" * 43)
    return Signed({"administrator": {"session": token}, "link_holder": {"visit": link.visit}, "nobody": {}}, ids)


def pages_of(visitor: str, unlike: str) -> Iterator[str]:
    """Addresses of the pages a visitor gets, without those that `unlike` gets as well."""
    for route, rows in TABLE.items():
        if any(part in route for part in NO_PAGES):
            continue
        for address, row in rows:
            answer = getattr(row, visitor)
            if answer in (OK, OVER) and answer != getattr(row, unlike, None):
                yield address


@pytest.mark.parametrize(
    ("visitor", "unlike"), [("administrator", "nobody"), ("link_holder", "nobody"), ("nobody", "")]
)
def test_every_page_is_free_of_axe_violations_in_either_theme_and_fits_where_there_is_little_room(
    visitor: str, unlike: str, chromium: Browser, site: Site, signed: Signed
) -> None:
    base = f"http://127.0.0.1:{site.port}"
    # Without motion: a colour that is on its way to another is neither.
    context = chromium.new_context(base_url=base, bypass_csp=True, reduced_motion="reduce")
    for name, value in signed.cookies[visitor].items():
        context.add_cookies([{"name": name, "value": value, "url": base}])
    page = context.new_page()
    addresses = [address.format(**signed.ids) for address in pages_of(visitor, unlike)]
    assert addresses
    wrong = [fault for address in addresses for fault in faults_of(page, address)]
    context.close()
    assert wrong == []


def faults_of(page: Page, address: str) -> Iterator[str]:
    page.goto(address)
    yield from violations(page)
    page.emulate_media(color_scheme="dark")
    for width in NARROW:
        page.set_viewport_size({"width": width, "height": 800})
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            yield f"{address} is {over} px too wide at {width}"
    # What else it looks at does not change with the theme.
    yield from violations(page, runOnly=["color-contrast"])
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
