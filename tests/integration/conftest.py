from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from privmedia.access.permissions import Permission
from privmedia.operations.front_servers import APP_SERVERS
from tests.sites import Site, behind_nginx, without_front_server


@pytest.fixture(scope="session", params=APP_SERVERS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The whole stack: nginx in front of this application server, and a worker."""
    with behind_nginx(tmp_path_factory.mktemp(request.param), request.param, worker=True) as site:
        site.library.add_person("member", allow=Permission.VIEW | Permission.DOWNLOAD | Permission.UPLOAD)
        site.library.add_person("stranger")
        yield site


@pytest.fixture(scope="session")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """nginx and gunicorn, and no worker: for what brings its own people and things, and breaks nothing."""
    with behind_nginx(tmp_path_factory.mktemp("nginx"), "gunicorn") as site:
        yield site


@pytest.fixture(scope="session")
def builtin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same without a front server."""
    with without_front_server(tmp_path_factory.mktemp("builtin")) as site:
        yield site


@pytest.fixture
def log_folder(site: Site) -> Path:
    assert site.stack is not None
    return site.stack.folder / "log"
