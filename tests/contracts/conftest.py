from __future__ import annotations

from collections.abc import Iterator

import pytest

from privmedia.access.permissions import Permission
from tests.contracts.front_table import COLUMNS
from tests.sites import Site, started


@pytest.fixture(scope="session", params=list(COLUMNS))
def kind(request: pytest.FixtureRequest) -> str:
    """A front server and what stands behind it, as `tests.sites.started` takes it."""
    return str(request.param)


@pytest.fixture(scope="session")
def site(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation whose files leave by this sender."""
    with started(tmp_path_factory.mktemp(kind), kind) as site:
        site.library.add_person("member", allow=Permission.VIEW | Permission.DOWNLOAD)
        site.library.add_person("stranger")
        yield site
