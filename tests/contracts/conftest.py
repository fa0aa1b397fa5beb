from __future__ import annotations

from collections.abc import Iterator

import pytest

from privmedia.access.permissions import Permission
from tests.sites import Site, behind_nginx, without_front_server


@pytest.fixture(scope="session", params=["builtin", "nginx"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation whose files leave by this sender: nginx before gunicorn, or the built-in one under waitress."""
    folder = tmp_path_factory.mktemp(request.param)
    with without_front_server(folder) if request.param == "builtin" else behind_nginx(folder, "gunicorn") as site:
        site.library.add_person("member", allow=Permission.VIEW | Permission.DOWNLOAD)
        site.library.add_person("stranger")
        yield site
