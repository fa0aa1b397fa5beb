"""The ladder of fixtures. Each stands on the one before; use the lowest that serves.

settings → installation (a migrated database, folders) → session → app → testapp → people

A test that takes `database_url` (directly or through `installation`) and carries the mark `both_databases` runs on
SQLite and on PostgreSQL.
"""
from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import Session
from webtest import TestApp
from xdist.scheduler import LoadScopeScheduling

from privmedia.accounts import passwords, sign_ins
from privmedia.accounts.cookies import cookie_name
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignedIn
from privmedia.db import write_mode, writing
from privmedia.installation import Installation
from privmedia.operations.migrations import migrate
from privmedia.settings import Settings
from tests import applications, missing, postgresql, sites

ADDRESS = "http://media.example.test"
WITH_SERVERS = ("browser", "contracts", "faults", "integration")

# Tests make many objects that stay for the whole run. Looking for cycles among them again and again takes long.
gc.set_threshold(100_000, 20, 20)


def pytest_collection_finish() -> None:
    """What was imported stays, and is looked at no more."""
    gc.collect()
    gc.freeze()


class Sharing(LoadScopeScheduling):
    """How workers share the tests: who begins with a folder of real servers does all of it, so that they start once.

    These folders come first, because they take longest; all other tests go one by one to whoever is free. What is done
    in a browser takes so long that each worker starts the servers, and does a file at a time.
    """

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        if folder == "browser":
            return nodeid.partition("::")[0]
        return folder if folder in WITH_SERVERS else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    return Sharing(config, log)


class FakeClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture(scope="session")
def postgresql_socket() -> Iterator[Path]:
    """One PostgreSQL cluster for the whole run (of one worker)."""
    programs = postgresql.programs()
    if programs is None:
        missing("PostgreSQL is missing: apt-get install postgresql")
    with postgresql.cluster(programs) as folder:
        yield folder


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated database to copy: migrating takes longer than copying."""
    path = tmp_path_factory.mktemp("migrated") / "empty.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_socket: Path) -> str:
    """The name of a migrated database to use as a template."""
    with psycopg.connect(host=str(postgresql_socket), user="tester", dbname="postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    migrate(f"postgresql://tester@/migrated?host={postgresql_socket}")
    return "migrated"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        both = metafunc.definition.get_closest_marker("both_databases") is not None
        names = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)] if both else ["sqlite"]
        metafunc.parametrize("database", names, indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Which database this run of the test uses: sqlite or postgresql."""
    return str(request.param)


@pytest.fixture
def database_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    if database == "sqlite":
        path = tmp_path / "privmedia.sqlite"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    socket = request.getfixturevalue("postgresql_socket")
    template = request.getfixturevalue("migrated_postgresql")
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(host=str(socket), user="tester", dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        yield f"postgresql://tester@/{name}?host={socket}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def ini(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The `[app:main]` section of a small installation behind nginx's sender."""
    root = tmp_path / "media"
    root.mkdir()
    return {
        "sqlalchemy.url": database_url,
        "privmedia.media_root": str(root),
        "privmedia.base_url": ADDRESS,
        "privmedia.secret": "8f1c0d2be5a94b6f93c1d7a0e64b2f5889d3",
        "privmedia.front_server": "nginx",
        "privmedia.bcrypt_rounds": "4",
    }


@pytest.fixture
def settings(ini: dict[str, str]) -> Settings:
    return Settings.read(ini, {})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def installation(settings: Settings, clock: FakeClock) -> Iterator[Installation]:
    """A migrated, empty installation whose clock stands still."""
    installation = Installation.open(settings, clock)
    applications.quicken(installation.engine)
    yield installation
    installation.close()


@pytest.fixture
def session(installation: Installation) -> Iterator[Session]:
    """A session in one write transaction, rolled back at the end: for testing services."""
    with installation.sessions() as session:
        yield write_mode(session)


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings by which all applications of a run share their compiled templates, those of real servers as well."""
    base = tmp_path_factory.getbasetemp()
    # Workers of one run have a folder each, side by side; beside that of a run alone lie those of other runs.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "compiled-templates"
    folder.mkdir(exist_ok=True)
    settings = {"jinja2.bytecode_caching": "true", "jinja2.bytecode_caching_directory": str(folder)}
    sites.OF_THE_RUN.update(settings)
    return settings


@pytest.fixture
def app(ini: dict[str, str], installation: Installation, compiled_templates: dict[str, str]) -> Iterator[Any]:
    """The WSGI application on that installation."""
    application = applications.application(ini | compiled_templates, installation)
    yield application
    application.registry["viewings"].settle()
    application.registry["attention"].settle()


@pytest.fixture
def browser(app: Any, settings: Settings) -> Callable[[], TestApp]:
    """A new browser: WebTest's, with its own cookies, at our own address."""
    scheme, _, host = settings.base_url.partition("://")
    more = {"HTTP_HOST": host, "REMOTE_ADDR": "192.0.2.7", "wsgi.url_scheme": scheme}
    return lambda: TestApp(app, extra_environ=dict(more))


@pytest.fixture
def testapp(browser: Callable[[], TestApp]) -> TestApp:
    """One browser, signed out."""
    return browser()


@dataclass(frozen=True)
class Person:
    """Somebody with an account, as tests sign in."""

    id: int
    email: str
    password: str


PASSWORD = "three unrelated words 7"


@pytest.fixture
def make_person(installation: Installation) -> Callable[..., Person]:
    """Make an account: `make_person("leila@example.test", admin=True)`."""

    def make(email: str, **more: Any) -> Person:
        password_hash = passwords.hash_password(PASSWORD, rounds=installation.settings.bcrypt_rounds)
        with writing(installation.sessions) as session:
            user = Accounts(session, installation).add_user(email=email, password_hash=password_hash, **more)
            return Person(user.id, user.email, PASSWORD)

    return make


@pytest.fixture
def sign_in(browser: Callable[[], TestApp], installation: Installation) -> Callable[[Person], TestApp]:
    """A browser in which this person has signed in, as the form does it."""

    def signed_in(person: Person) -> TestApp:
        app = browser()
        address = app.extra_environ["REMOTE_ADDR"]
        done = sign_ins.sign_in(installation, email=person.email, password=person.password, address=address)
        assert isinstance(done, SignedIn)
        app.set_cookie(cookie_name(installation.settings), done.token)
        (cookie,) = app.cookiejar
        cookie.value = done.token  # as it is: WebTest puts it in quotation marks
        return app

    return signed_in
