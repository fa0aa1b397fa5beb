"""What lies in `nginx/` is what `privmedia front-config nginx` prints for production.ini's own paths."""
from __future__ import annotations

import configparser
from dataclasses import fields
from pathlib import Path

import pytest

from privmedia.operations.front_servers import APP_SERVERS, AppServer, NginxSite
from privmedia.operations.stack import PRODUCTION
from privmedia.settings import Settings
from privmedia.web.request import LONGEST_FORM

FOLDER = PRODUCTION.parent
SHIPPED: dict[AppServer, Path] = {
    "gunicorn": FOLDER / "nginx" / "privmedia.conf",
    "uwsgi": FOLDER / "nginx" / "privmedia-uwsgi.conf",
}


def production() -> configparser.RawConfigParser:
    config = configparser.RawConfigParser()
    config.read(PRODUCTION)
    return config


def site(app: AppServer) -> NginxSite:
    config = production()
    return NginxSite(
        base_url=config["app:main"]["privmedia.base_url"],
        media_root=Path(config["app:main"]["privmedia.media_root"]),
        static_root=Path("/opt/privmedia/static/dist"),
        socket=Path(config["uwsgi"]["socket"]),
        app=app,
    )


@pytest.mark.parametrize("app", APP_SERVERS)
def test_the_shipped_configuration_is_the_printed_one(app: AppServer) -> None:
    again = "write them again with: python -m tests.unit.operations.test_shipped_files"
    assert SHIPPED[app].read_text() == site(app).render(), again


def test_both_application_servers_of_production_listen_on_the_same_socket() -> None:
    config = production()
    assert config["server:main"]["bind"] == f"unix:{config['uwsgi']['socket']}"


def test_the_shipped_production_ini_has_no_secret_and_so_does_not_start_as_it_is() -> None:
    assert production()["app:main"]["privmedia.secret"] == ""


def test_the_server_of_development_takes_the_largest_file_and_the_form_around_it() -> None:
    config = configparser.RawConfigParser()
    config.read(FOLDER / "development.ini")
    most = {item.name: item.default for item in fields(Settings)}["max_upload_size"]
    # waitress refuses what is as long as its limit
    assert config.getint("server:main", "max_request_body_size") > most + LONGEST_FORM


def test_the_private_location_has_both_slashes_and_nothing_that_has_had_holes() -> None:
    text = SHIPPED["gunicorn"].read_text()
    start = text.index("location ^~ /pmedia/ {")
    location = text[start : text.index("\n    }\n", start)]
    assert "internal;" in location
    assert 'alias "/data/media/private/";' in location
    for directive in ("rewrite", "try_files", "mp4;", "expires", "dav_methods", "proxy_pass", "open_file_cache"):
        assert directive not in location


if __name__ == "__main__":
    for app, path in SHIPPED.items():
        path.write_text(site(app).render())
