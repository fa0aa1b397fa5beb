"""Private files through the whole application, sent by the built-in sender: who gets what, and what others see."""
from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp, TestResponse

from privmedia.access.permissions import Permission
from privmedia.installation import Installation
from tests.conftest import ADDRESS
from tests.private_library import POSTER, PrivateLibrary

CONTENT = b"every byte of the original"
MISSING = "0000000000000000"


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return {**ini, "privmedia.front_server": "builtin"}


@pytest.fixture
def library(installation: Installation) -> PrivateLibrary:
    library = PrivateLibrary(installation)
    library.add_person("stranger")
    library.add_person("viewer", allow=Permission.VIEW)
    library.add_person("downloader", allow=Permission.VIEW | Permission.DOWNLOAD)
    library.add_person("editor", allow=Permission.EDIT)
    library.add_person("blocked", deny=True)
    library.add_person("administrator", admin=True)
    return library


@pytest.fixture
def item(library: PrivateLibrary) -> str:
    return library.add_item(CONTENT)


def get(testapp: TestApp, library: PrivateLibrary, name: str, address: str, method: str = "GET") -> TestResponse:
    headers = dict(library.cookie(name))
    return testapp.request(ADDRESS + address, method=method, headers=headers, expect_errors=True)


PLAY, POSTER_FILE, ORIGINAL = "play.mp4", "poster.webp", "original/T4 bench.mp4"


@pytest.mark.parametrize(
    ("name", "file", "status"),
    [
        ("viewer", PLAY, 200),
        ("viewer", POSTER_FILE, 200),
        ("viewer", ORIGINAL, 404),
        ("downloader", PLAY, 200),
        ("downloader", ORIGINAL, 200),
        ("editor", PLAY, 200),
        ("editor", ORIGINAL, 404),
        ("administrator", PLAY, 200),
        ("administrator", ORIGINAL, 200),
        ("stranger", PLAY, 404),
        ("stranger", POSTER_FILE, 404),
        ("stranger", ORIGINAL, 404),
        ("blocked", PLAY, 404),
        ("", PLAY, 404),
        ("", POSTER_FILE, 404),
        ("", ORIGINAL, 404),
    ],
)
def test_who_gets_which_file(
    name: str, file: str, status: int, testapp: TestApp, library: PrivateLibrary, item: str
) -> None:
    answer = get(testapp, library, name, f"/smedia/{item}/{file}")
    assert answer.status_int == status
    if status == 200:
        assert answer.body == (POSTER if file == POSTER_FILE else CONTENT)


def test_every_refusal_is_the_same_to_the_byte(testapp: TestApp, library: PrivateLibrary, item: str) -> None:
    def facts(answer: TestResponse) -> tuple[object, ...]:
        return answer.status, answer.body, sorted(answer.headerlist)

    reference = facts(get(testapp, library, "viewer", f"/smedia/{MISSING}/{PLAY}"))
    for name in ("", "stranger", "blocked"):
        for file in (PLAY, POSTER_FILE, ORIGINAL):
            for which in (item, MISSING, "no-id", item.upper(), item + "a"):
                assert facts(get(testapp, library, name, f"/smedia/{which}/{file}")) == reference, (name, which)
    for file in (
        "play.webm",
        "original",
        "version.json",
        "original/other.mp4",
        "original/..",
        "..%2fversion.json",
        "p%C3%A9",
        f"{PLAY}?v=2",
        f"{PLAY}?v=x",
        f"{PLAY}?v=-1",
        f"{PLAY}?v=99999999999999999999",
    ):
        assert facts(get(testapp, library, "viewer", f"/smedia/{item}/{file}")) == reference, file
    head = get(testapp, library, "stranger", f"/smedia/{item}/{PLAY}", "HEAD")
    assert (head.status, sorted(head.headerlist)) == (reference[0], reference[2])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused_alike_whether_there_is_something_or_not(
    method: str, testapp: TestApp, library: PrivateLibrary, item: str
) -> None:
    answers = {
        (answer.status_int, answer.body, answer.headers["Allow"])
        for name in ("", "stranger", "viewer")
        for which in (item, MISSING)
        for answer in [get(testapp, library, name, f"/smedia/{which}/{PLAY}", method)]
    }
    assert {(status, allow) for status, _, allow in answers} == {(405, "GET, HEAD")}
    assert len(answers) == 1


def test_an_older_version_is_for_those_who_may_edit(testapp: TestApp, library: PrivateLibrary, item: str) -> None:
    library.add_person("editing downloader", allow=Permission.EDIT | Permission.DOWNLOAD)
    library.add_version(item, b"newer")
    assert get(testapp, library, "viewer", f"/smedia/{item}/{PLAY}").body == b"newer"
    assert get(testapp, library, "viewer", f"/smedia/{item}/{PLAY}?v=2").body == b"newer"
    assert get(testapp, library, "editor", f"/smedia/{item}/{PLAY}?v=1").body == CONTENT
    for name in ("viewer", "downloader"):
        assert get(testapp, library, name, f"/smedia/{item}/{PLAY}?v=1").status_int == 404
    assert get(testapp, library, "downloader", f"/smedia/{item}/original/T4 newer.mp4").body == b"newer"
    assert get(testapp, library, "downloader", f"/smedia/{item}/{ORIGINAL}?v=1").status_int == 404
    assert get(testapp, library, "editing downloader", f"/smedia/{item}/{ORIGINAL}?v=1").body == CONTENT


def test_what_is_not_shown_yet_is_for_its_uploader_and_for_those_who_may_edit(
    testapp: TestApp, library: PrivateLibrary
) -> None:
    library.add_person("uploader", allow=Permission.UPLOAD)
    library.add_person("other uploader", allow=Permission.UPLOAD | Permission.VIEW)
    item = library.add_item(CONTENT, by="uploader", shown=False)
    seen = {
        name: get(testapp, library, name, f"/smedia/{item}/{PLAY}").status_int
        for name in ("uploader", "editor", "administrator", "other uploader", "viewer")
    }
    assert seen == {"uploader": 200, "editor": 200, "administrator": 200, "other uploader": 404, "viewer": 404}


def test_an_uploader_who_may_no_longer_add_there_loses_what_he_added(testapp: TestApp, library: PrivateLibrary) -> None:
    library.add_person("uploader", allow=Permission.UPLOAD)
    item = library.add_item(CONTENT, by="uploader")
    assert get(testapp, library, "uploader", f"/smedia/{item}/{PLAY}").status_int == 200
    library.set_rule("uploader")
    assert get(testapp, library, "uploader", f"/smedia/{item}/{PLAY}").status_int == 404


def test_a_file_that_is_missing_on_the_disk_is_a_404_and_an_error_in_the_log(
    testapp: TestApp, library: PrivateLibrary, item: str, caplog: pytest.LogCaptureFixture
) -> None:
    missing = get(testapp, library, "viewer", f"/smedia/{MISSING}/{PLAY}")
    (library.installation.storage.version_folder(item, 1) / "poster.webp").unlink()
    answer = get(testapp, library, "viewer", f"/smedia/{item}/{POSTER_FILE}")
    assert (answer.status, answer.body, answer.headerlist) == (missing.status, missing.body, missing.headerlist)
    assert item in caplog.text


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_lies_there_but_is_no_file_is_not_sent(
    kind: str, testapp: TestApp, library: PrivateLibrary, item: str
) -> None:
    poster = library.installation.storage.version_folder(item, 1) / "poster.webp"
    poster.unlink()
    if kind == "folder":
        poster.mkdir()
    else:
        poster.symlink_to("/etc/hostname")
    assert get(testapp, library, "viewer", f"/smedia/{item}/{POSTER_FILE}").status_int == 404


@pytest.mark.parametrize(
    "filename", ["100% sure?.mp4", "a#b c.mp4", 'say "hi".mp4', "Prüfung 🚀.mp4", "U\u0308bung.mp4", "a+b&c;d=e.mp4"]
)
def test_an_original_downloads_under_its_own_name(filename: str, testapp: TestApp, library: PrivateLibrary) -> None:
    from urllib.parse import quote

    item = library.add_item(CONTENT, filename=filename)
    answer = get(testapp, library, "downloader", f"/smedia/{item}/original/{quote(filename)}")
    assert answer.body == CONTENT
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")


def test_a_document_is_never_shown_in_the_sites_own_name(testapp: TestApp, library: PrivateLibrary) -> None:
    item = library.add_item(b"<script>", filename="a.html", media_type="text/html", play="play.html")
    answer = get(testapp, library, "viewer", f"/smedia/{item}/play.html")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_watching_keeps_a_session_alive(testapp: TestApp, library: PrivateLibrary, item: str, clock: object) -> None:
    from tests.conftest import FakeClock

    assert isinstance(clock, FakeClock)
    hours = library.installation.settings.session_idle_hours
    for _ in range(3):
        clock.forward(hours=hours - 1)
        assert get(testapp, library, "viewer", f"/smedia/{item}/{PLAY}").status_int == 200


def test_no_request_makes_pyramid_events(app: Any) -> None:
    """A single listener, to whatever event, has Pyramid make four for each request of a file."""
    assert not app.registry.has_listeners
