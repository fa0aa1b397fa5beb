"""What lies on the disk for a run: the filled databases, the files, privmedia's settings, Django's own packages."""
from __future__ import annotations

import configparser
import hashlib
import os
import secrets
import shutil
import sqlite3
import subprocess
import venv
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench import files, privmedia_seed
from tests.bench.library import Library, Plan, token_of

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PRODUCTION = ROOT / "production.ini"
SECRET = secrets.token_hex(32)
"""Of this run: nginx has a key made of it, by which the application believes what it says."""


@dataclass(frozen=True)
class Site:
    """The seeded installation below `folder`; kept from run to run while its schema and seed stay the same."""

    folder: Path
    library: Library
    database: str = "privmedia.sqlite"

    @property
    def media_root(self) -> Path:
        return self.folder / "media"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / self.database}"

    @property
    def django_venv(self) -> Path:
        return self.folder / "venv-django"

    @property
    def copyparty_venv(self) -> Path:
        return self.folder / "venv-copyparty"

    @property
    def django_uploads(self) -> Path:
        return self.folder / "django-uploads"

    @property
    def django_environment(self) -> dict[str, str]:
        return {
            "BENCH_DATABASE": str(self.folder / "django.sqlite"),
            "BENCH_PRIVATE": str(self.media_root / "private"),
            "BENCH_UPLOADS": str(self.django_uploads),
            "PYTHONPATH": str(HERE),  # it knows nothing of us but library.py
        }

    def django_cookie(self, user: int) -> str:
        """The session that the site's seed made for this person."""
        return f"sessionid=session-of-user-{user:016d}"

    def privmedia_cookie(self, user: int = 1) -> str:
        return f"session={token_of(user)}"

    def aside(self) -> Site:
        """The same with a copy of the database, for a run that adds to it."""
        copy = replace(self, database="aside.sqlite")
        for old in self.folder.glob("aside.sqlite*"):
            old.unlink()
        here, there = (sqlite3.connect(site.folder / site.database) for site in (self, copy))
        with closing(here), closing(there):
            here.backup(there)
        return copy

    def ini(self, port: int, socket: Path, front_server: str = "nginx", *, remembers: int = 0) -> Path:
        """production.ini for one port, for privmedia answers only to its own address; with one worker."""
        config = configparser.RawConfigParser()
        config.read(PRODUCTION)
        here = {
            "sqlalchemy.url": self.url,
            "privmedia.media_root": str(self.media_root),
            "privmedia.base_url": f"http://127.0.0.1:{port}",
            "privmedia.secret": SECRET,
            "privmedia.front_server": front_server,
            "privmedia.decision_cache": str(remembers),
        }
        config["app:main"].update(here)
        config["server:main"].update({"bind": f"unix:{socket}", "workers": "1"})
        config["uwsgi"].update({"socket": str(socket), "processes": "1"})
        path = socket.with_suffix(".ini")
        with path.open("w") as file:
            config.write(file)
        path.chmod(0o600)
        return path


def prepare(folder: Path, plan: Plan | None = None, *, others: bool = True) -> Site:
    """Seed what is not seeded yet; `others`: install and fill the other stacks too."""
    folder.mkdir(parents=True, exist_ok=True)
    site = Site(folder, Library.make(plan))
    files.place(site.library, site.media_root)
    site.django_uploads.mkdir(exist_ok=True)
    if others:
        _make_venv(site.django_venv, "django-requirements.txt")
        _make_venv(site.copyparty_venv, "copyparty-requirements.txt")
    stamp = folder / "seeded-from"
    if not stamp.exists() or stamp.read_text() != _fingerprint():
        print("filling the databases …", flush=True)
        for old in folder.glob("*.sqlite*"):
            old.unlink()
        privmedia_seed.seed(site.url, site.library)
        if others:
            _fill_django(site)
        stamp.write_text(_fingerprint())
    return site


def _fingerprint() -> str:
    """Of everything the databases' content follows from."""
    sources = [HERE / "library.py", HERE / "privmedia_seed.py", *sorted((HERE / "django_site").glob("*.py"))]
    sources += [HERE / "django-requirements.txt", *sorted((ROOT / "alembic" / "versions").glob("*.py"))]
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


def _make_venv(folder: Path, requirements: str) -> None:
    """A virtual environment with what a file of this folder names, and nothing of ours."""
    wanted = (HERE / requirements).read_text()
    stamp = folder / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"installing {requirements} …", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", "-r", HERE / requirements], check=True)
    stamp.write_text(wanted)


def _fill_django(site: Site) -> None:
    command = [str(site.django_venv / "bin" / "python"), "-m", "django_site.seed"]
    subprocess.run(command, cwd=ROOT, env=os.environ | site.django_environment, check=True)
