"""From a clean checkout with one command to a library somebody uses."""
from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from queue import Empty, Queue
from urllib.parse import urlencode

import pytest

from tests.sites import free_port, is_answering

ROOT = Path(__file__).parents[2]
INSTALLED_WITHIN = 600.0  # seconds


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that git tracks, and nothing that was ever built or installed."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    folder = tmp_path / "privmedia"
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def running(checkout: Path) -> Iterator[tuple[int, Queue[str]]]:
    """`make run` in it, on a free port: the port, and what it prints line by line."""
    port, lines = free_port(), Queue[str]()
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PRIVMEDIA_", "VIRTUAL_ENV"))}
    process = subprocess.Popen(
        ["make", "run", "VAR=kept here", f"PORT={port}"],
        cwd=checkout,
        env=bare,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )

    def listen() -> None:
        for line in process.stdout or ():
            lines.put(line)

    listening = threading.Thread(target=listen)
    listening.start()
    with process:
        yield port, lines
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=30)
        listening.join(timeout=30)
    until = time.monotonic() + 30
    while is_answering(port):
        assert time.monotonic() < until, "Ctrl-C has to stop everything"


def test_make_run_serves_from_a_clean_checkout_and_sets_up(running: tuple[int, Queue[str]], checkout: Path) -> None:
    port, lines = running
    link = setup_link(lines)
    wait_until_answering(port, lines)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = opener.open(link).read().decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    form = {
        "csrf_token": token[1],
        "organisation": "Skarvik Marine",
        "name": "Ingrid Solheim",
        "email": "ingrid@skarvik.example",
        "password": "copper gannet mast 7",
    }
    home = opener.open(link, urlencode(form).encode()).read().decode()
    assert "Start your library" in home
    assert (checkout / "kept here" / "privmedia.sqlite").exists()
    stylesheet = re.search(r'href="(/static/[^"]+\.css)"', home)
    assert stylesheet is not None
    assert opener.open(f"http://127.0.0.1:{port}{stylesheet[1]}").status == 200


def setup_link(lines: Queue[str]) -> str:
    until, said = time.monotonic() + INSTALLED_WITHIN, []
    while time.monotonic() < until:
        try:
            said.append(lines.get(timeout=1))
        except Empty:
            continue
        found = re.search(r"http://127\.0\.0\.1:\d+/setup/\S+", said[-1])
        if found:
            return found[0]
    pytest.fail("no set-up link was printed:\n" + "".join(said))


def wait_until_answering(port: int, lines: Queue[str]) -> None:
    until = time.monotonic() + 60
    while not is_answering(port):
        assert time.monotonic() < until, "".join(list(lines.queue))
