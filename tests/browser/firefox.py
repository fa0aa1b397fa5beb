"""Firefox as Debian ships it, driven by WebDriver BiDi (w3.org/TR/webdriver-bidi), which it speaks itself."""
from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from tests.sites import free_port

Answer = TypeVar("Answer")
STARTS_WITHIN = 60  # seconds
WAITS = 30  # seconds
LOOKS = 0.1  # seconds
PREFERENCES = {
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "media.autoplay.default": 0,
    # No request to anybody but us.
    "browser.safebrowsing.downloads.remote.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


class Firefox:
    """One window of a running Firefox. Its loop has a thread of its own: Playwright's has the one of the tests."""

    def __init__(self, port: int) -> None:
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._session, self._socket = self._wait(self._connect(port))
        self._ask("session.new", {"capabilities": {}})
        self._window = self._ask("browsingContext.create", {"type": "tab"})["context"]

    def close(self) -> None:
        self._wait(self._hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def set_cookie(self, name: str, value: str) -> None:
        """A cookie of our site."""
        cookie = {"name": name, "value": {"type": "string", "value": value}, "domain": "127.0.0.1", "path": "/"}
        self._ask("storage.setCookie", {"cookie": cookie})

    def goto(self, address: str) -> None:
        """Open a page and wait until it is loaded."""
        self._ask("browsingContext.navigate", {"context": self._window, "url": address, "wait": "complete"})

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, a promise's once it is there. Raises RuntimeError if it throws."""
        asked = {
            "expression": f"Promise.resolve({expression}).then((value) => JSON.stringify(value ?? null))",
            "target": {"context": self._window},
            "awaitPromise": True,
        }
        answer = self._ask("script.evaluate", asked)
        if answer["type"] != "success":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def wait_for(self, expression: str) -> Any:
        """The value of an expression as soon as it is true. Raises TimeoutError."""
        until = time.monotonic() + WAITS
        while not (value := self.evaluate(expression)):
            if time.monotonic() > until:
                raise TimeoutError(expression)
            time.sleep(LOOKS)
        return value

    def _wait(self, coroutine: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(2 * WAITS)

    def _ask(self, method: str, values: dict[str, Any]) -> Any:
        return self._wait(self._answer(method, values))

    async def _answer(self, method: str, values: dict[str, Any]) -> Any:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": values})
        while True:
            answer = await self._socket.receive_json()
            if answer.get("id") == number:
                break
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['message']}")
        return answer["result"]

    async def _connect(self, port: int) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
        session = aiohttp.ClientSession()
        until = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                return session, await session.ws_connect(f"ws://127.0.0.1:{port}/session", max_msg_size=0)
            except aiohttp.ClientError:
                if time.monotonic() > until:
                    await session.close()
                    raise
                await asyncio.sleep(LOOKS)

    async def _hang_up(self) -> None:
        await self._socket.close()
        await self._session.close()


@contextmanager
def firefox(program: str, folder: Path) -> Iterator[Firefox]:
    """A Firefox with a profile of its own in an empty folder, without a window on the screen."""
    profile = folder / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    port = free_port()
    command = [program, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", str(port)]
    with (folder / "log").open("wb") as log, subprocess.Popen(
        command, stdout=log, stderr=log, env={"HOME": str(folder), "MOZ_HEADLESS": "1", "PATH": "/usr/bin:/bin"}
    ) as process:
        try:
            browser = Firefox(port)
            try:
                yield browser
            finally:
                browser.close()
        finally:
            process.terminate()
            process.wait()
