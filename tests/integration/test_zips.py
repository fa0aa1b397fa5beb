"""A zip the whole way: asked for by a form, made by the worker, sent by real nginx, and refused at the next request."""
from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest

from privmedia.access.permissions import Permission
from privmedia.delivery.headers import PRIVATE_FILE_HEADERS
from privmedia.operations.worker import run_worker
from tests.contracts.ranges import CONTENT
from tests.sites import Answer, Site, with_a_library_of_its_own

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(params=["nginx", "builtin"])
def zip_site(request: pytest.FixtureRequest) -> Iterator[Site]:
    with with_a_library_of_its_own(request.getfixturevalue(request.param)) as site:
        site.library.add_person("Maren", allow=Permission.DOWNLOAD)
        site.library.add_person("Jonas", allow=Permission.DOWNLOAD)
        yield site


def send(site: Site, address: str, *fields: tuple[str, str]) -> Answer:
    """Send the form of a page as Maren."""
    page = site.ask(f"{address}?{urlencode(fields)}" if fields else address, "Maren").body.decode()
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    body = urlencode([("csrf_token", token), *fields]).encode()
    return site.ask(address, "Maren", method="POST", body=body, headers=FORM)


def test_the_zip_comes_whole_and_in_parts_and_ends_with_the_right(zip_site: Site) -> None:
    uids = [zip_site.library.add_item(CONTENT, filename="T4, Größe 🚒.mp4") for _each in range(2)]
    zip_site.library.set_rule("Maren", Permission.DOWNLOAD)
    asked = send(zip_site, "/download", *(("item", uid) for uid in uids))
    assert asked.status == 303
    address = urlsplit(asked.headers["Location"]).path
    assert zip_site.ask(f"{address}/file", "Maren").status == 303
    run_worker(zip_site.library.installation, once=True)
    whole = zip_site.ask(f"{address}/file", "Maren")
    assert whole.status == 200
    for name, value in PRIVATE_FILE_HEADERS.items():
        assert whole.headers[name] == value, name
    assert "attachment" in whole.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(whole.body)) as made:
        assert sorted(made.namelist()) == ["T4, Größe 🚒 (2).mp4", "T4, Größe 🚒.mp4"]
        assert {made.read(name) for name in made.namelist()} == {CONTENT}
    part = zip_site.ask(f"{address}/file", "Maren", headers={"Range": "bytes=100-199"})
    assert (part.status, part.body) == (206, whole.body[100:200])
    assert zip_site.ask(f"{address}/file", "Jonas").status == 404
    assert zip_site.ask(f"{address}/file").status == 303
    zip_site.library.set_rule("Maren", Permission.VIEW)
    refused = zip_site.ask(f"{address}/file", "Maren", headers={"Range": "bytes=100-199"})
    assert refused.status == 303
    assert CONTENT[:50] not in refused.body
    zip_site.library.set_rule("Maren", Permission.DOWNLOAD)
    assert zip_site.ask(f"{address}/file", "Maren").status == 200
