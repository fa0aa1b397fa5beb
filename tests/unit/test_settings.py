"""Settings: read once, every problem together, nothing half."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from privmedia.errors import SettingsError
from privmedia.mail_settings import parse_mail_url
from privmedia.settings import (
    ONLY_WITH_NGINX,
    Settings,
    environment_name,
    ini_key,
    parse_size,
    single_settings,
)

SECRET = "8f1c0d2be5a94b6f93c1d7a0e64b2f5889d3"


@pytest.fixture
def good(tmp_path: Path) -> dict[str, str]:
    return {
        "sqlalchemy.url": "sqlite:////data/privmedia.sqlite",
        "privmedia.media_root": str(tmp_path),
        "privmedia.base_url": "https://media.example.com",
        "privmedia.secret": SECRET,
        "privmedia.front_server": "nginx",
    }


def problems_of(ini: dict[str, str], environ: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.read(ini, environ or {})
    return caught.value.sentence


def test_good_settings_are_read_with_their_defaults(good: dict[str, str], tmp_path: Path) -> None:
    settings = Settings.read(good, {})
    assert settings.media_root == tmp_path
    assert settings.max_upload_size == 20 * 2**30
    assert settings.production
    assert settings.secure


def test_the_environment_wins_over_the_ini(good: dict[str, str]) -> None:
    settings = Settings.read(good, {"PRIVMEDIA_BASE_URL": "http://127.0.0.1:8080", "PRIVMEDIA_MAX_UPLOAD_SIZE": "3m"})
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.max_upload_size == 3 * 2**20


def test_all_problems_are_reported_at_once(good: dict[str, str]) -> None:
    said = problems_of(
        {
            **good,
            "privmedia.base_url": "media.example.com",
            "privmedia.bcrypt_rounds": "99",
            "privmedia.front_server": "iis",
            "privmedia.secret": "short",
            "privmedia.media_rooot": "/data",
        }
        | {"sqlalchemy.url": ""}
    )
    assert "6 problems" in said
    for key in ("base_url", "bcrypt_rounds", "front_server", "sqlalchemy.url", "secret"):
        assert key in said
    assert "Did you mean 'privmedia.media_root'?" in said


@pytest.mark.parametrize("secret", ["short", "change-me-change-me-change-me-change-me", "a" * 64])
def test_production_refuses_a_sample_or_short_secret(good: dict[str, str], secret: str) -> None:
    assert "privmedia.secret" in problems_of({**good, "privmedia.secret": secret})


def test_production_refuses_a_missing_media_root(good: dict[str, str], tmp_path: Path) -> None:
    said = problems_of({**good, "privmedia.media_root": str(tmp_path / "nowhere")})
    assert "which is no folder" in said


def test_production_refuses_an_incoming_folder_on_another_file_system(good: dict[str, str], tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second file system at /dev/shm")
    (tmp_path / "private").mkdir()
    (tmp_path / "incoming").symlink_to(other)
    assert "different file systems" in problems_of(good)


def test_a_development_installation_may_use_the_sample_secret(good: dict[str, str], tmp_path: Path) -> None:
    settings = Settings.read(
        {
            **good,
            "privmedia.base_url": "http://127.0.0.1:6543",
            "privmedia.front_server": "builtin",
            "privmedia.secret": "development-only",
            "privmedia.media_root": str(tmp_path / "made-later"),
        },
        {},
    )
    assert not settings.production


@pytest.mark.parametrize(
    ("text", "size"), [("512m", 512 * 2**20), ("20 GB", 20 * 2**30), ("1073741824", 2**30), ("1 KiB", 1024)]
)
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "many", "-1", "0", "1.5g"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 587, "starttls", "", "")),
        ("smtp://mail.example.com:2525?starttls=no", ("mail.example.com", 2525, "none", "", "")),
        ("smtp://me%40x:a%2Fb%3A%C3%A9@mail.example.com", ("mail.example.com", 587, "starttls", "me@x", "a/b:é")),
        ("smtps://me:secret@mail.example.com", ("mail.example.com", 465, "tls", "me", "secret")),
        ("smtp://localhost", ("localhost", 25, "none", "", "")),
        ("smtp://[::1]:2525?starttls=yes", ("::1", 2525, "starttls", "", "")),
    ],
)
def test_a_mail_server_is_read_from_its_address(text: str, server: tuple[Any, ...]) -> None:
    found = parse_mail_url(text)
    assert (found.host, found.port, found.security, found.user, found.password) == server


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.com", "http://mail.example.com", "smtp://", "smtp://h:99999", "smtp://h:0x", "smtp://h/inbox",
        "smtp://h?x=1", "smtp://h?starttls=maybe", "smtps://h?starttls=yes", "smtp://only-a-user@h",
        "smtp://me:hidden%ff@h", "smtp://me:hid/den@h", "smtp://me:hidden@h?starttls=no",
    ],
)  # fmt: skip
def test_a_mail_server_that_cannot_be_used_stops_the_start_without_showing_its_password(
    text: str, good: dict[str, str]
) -> None:
    problems = problems_of({**good, "privmedia.mail_url": text})
    assert "'privmedia.mail_url' cannot be used: " in problems
    assert "hid" not in problems


def test_the_password_of_the_mail_server_is_not_shown_with_the_settings(good: dict[str, str]) -> None:
    settings = Settings.read({**good, "privmedia.mail_url": "smtps://me:hidden@mail.example.com"}, {})
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize("text", ["media", "@example.com", "a@b, c@d", "Media library media@example.com"])
def test_a_sender_that_is_no_address_stops_the_start(text: str, good: dict[str, str]) -> None:
    assert "'privmedia.mail_from' has the value" in problems_of({**good, "privmedia.mail_from": text})


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    for item in single_settings():
        assert f"`{ini_key(item)}`" in page, f"docs/settings.md does not mention {ini_key(item)}"
        assert f"`{environment_name(item)}`" in page, f"docs/settings.md does not mention {environment_name(item)}"


@pytest.mark.parametrize("name", ONLY_WITH_NGINX)
def test_what_only_nginx_does_is_refused_with_another_front_server(name: str, good: dict[str, str]) -> None:
    assert getattr(Settings.read({**good, f"privmedia.{name}": "4"}, {}), name) == 4
    assert "works with nginx only, not with caddy" in problems_of(
        {**good, f"privmedia.{name}": "4", "privmedia.front_server": "caddy"}
    )


def test_a_decision_is_kept_for_two_to_five_seconds_or_not_at_all(good: dict[str, str]) -> None:
    assert Settings.read(good, {}).decision_cache == 0
    for wrong in ("1", "6", "-2", "5s"):
        assert "it has to be 0, or 2 to 5 seconds" in problems_of({**good, "privmedia.decision_cache": wrong})
