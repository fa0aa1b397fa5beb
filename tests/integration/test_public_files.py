"""Public files as the internet gets them: through real nginx, and from the built-in sender, which does the same."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from privmedia.accounts.models import User
from privmedia.db import reading
from privmedia.delivery.headers import PUBLIC_FILE_CACHING, PUBLIC_FILE_HEADERS
from privmedia.delivery.public_views import MEDIA_TYPES
from privmedia.public.service import make_public
from privmedia.sharing.shelf import SharedShelf
from tests.contracts.ranges import CONTENT
from tests.sites import Site, with_a_library_of_its_own


@pytest.fixture(params=["nginx", "builtin"])
def open_site(request: pytest.FixtureRequest) -> Iterator[Site]:
    with with_a_library_of_its_own(request.getfixturevalue(request.param)) as site:
        site.library.add_person("admin", admin=True)
        yield site


def publish(site: Site) -> tuple[str, str]:
    """An item that is public: its id and its address."""
    uid, installation = site.library.add_item(CONTENT), site.library.installation
    with reading(installation.sessions) as session:
        admin = SharedShelf(session, installation).maker(session.get_one(User, site.library.user_ids["admin"]))
    copy = make_public(installation, admin, uid)
    assert copy.path is not None
    return uid, copy.path


def test_everybody_gets_it_with_ranges_and_the_headers_of_files(open_site: Site) -> None:
    _uid, address = publish(open_site)
    whole = open_site.ask(address)
    assert (whole.status, whole.body) == (200, CONTENT)
    assert whole.headers["Content-Type"] == "video/mp4"
    assert "Content-Disposition" not in whole.headers
    for name, value in {**PUBLIC_FILE_HEADERS, "Cache-Control": PUBLIC_FILE_CACHING}.items():
        assert whole.headers[name] == value, name
    part = open_site.ask(address, headers={"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, CONTENT[10:20])
    assert open_site.ask(address, headers={"If-None-Match": whole.headers["ETag"]}).status == 304
    assert open_site.ask(address, method="HEAD").body == b""
    assert open_site.ask(address, method="POST").status == 405


def test_taken_back_the_next_request_finds_nothing(open_site: Site) -> None:
    uid, address = publish(open_site)
    assert open_site.ask(address).status == 200
    page = open_site.ask(f"/m/{uid}/public", "admin").body.decode()
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = open_site.ask(
        f"/m/{uid}/public", "admin", method="POST", body=f"csrf_token={token}&do=withdraw".encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status == 303
    assert open_site.ask(address).status == 404
    assert open_site.ask(f"/smedia/{uid}/play.mp4", "admin").status == 200


def test_nothing_else_is_found_there(open_site: Site) -> None:
    uid, address = publish(open_site)
    folder, name = address.rsplit("/", 1)
    for other in (
        "/media/", "/media", folder, f"{folder}/", f"{folder}/other.mp4", f"/media/{'0' * 32}/{name}",
        f"{folder}/../../private/{uid[:2]}/{uid[2:4]}/{uid}/v1/original", f"{folder}/%2e%2e/{name}", f"{address}/",
        f"{folder}/.new", f"/media/{uid}/{name}", f"{folder}%2f{name}"[:-1],
    ):
        assert open_site.ask(other).status in (301, 303, 400, 404), other


def test_a_pdf_is_saved_and_not_shown(open_site: Site) -> None:
    _uid, address = publish(open_site)
    public = open_site.library.installation.storage.public
    token = address.split("/")[2]
    public.link(token, "pages.pdf", public.path(*address.split("/")[2:]))
    answer = open_site.ask(f"/media/{token}/pages.pdf")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_nginx_tells_types_as_the_built_in_sender_does() -> None:
    text = (Path(__file__).parents[2] / "nginx" / "privmedia.conf").read_text()
    types = text.split("types {")[1].split("}")[0]
    told = {
        ending: words[0] for line in types.split(";") if (words := line.split()) for ending in words[1:]
    }
    assert {ending: told.get(ending) for ending in MEDIA_TYPES} == MEDIA_TYPES
