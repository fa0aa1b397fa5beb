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
    """A running Firefox, and one tab of it. Its loop has a thread of its own: Playwright's has the one of the tests.

    Expressions are evaluated in the tab unless a `place` is named: a frame in it, or a window that a page opened.
    """

    def __init__(self, port: int) -> None:
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._session, self._socket = self._wait(self._connect(port))
        # Certificates of the tests are signed by nobody.
        self._ask("session.new", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})
        self._window = self._ask("browsingContext.create", {"type": "tab"})["context"]

    def close(self) -> None:
        self._wait(self._hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def set_cookie(self, name: str, value: str, domain: str = "127.0.0.1", *, secure: bool = False) -> None:
        """A cookie of a site, as our session's are: on https alone if `secure`, and not among others' pages."""
        cookie = {"name": name, "value": {"type": "string", "value": value}, "domain": domain, "path": "/",
                  "secure": secure, "httpOnly": True, "sameSite": "lax"}
        self._ask("storage.setCookie", {"cookie": cookie})

    def forget_cookies(self) -> None:
        """Of every site, partitioned ones as well."""
        self._ask("storage.deleteCookies", {})
        for partition in {json.dumps(one.get("partitionKey", {})) for one in self._cookies()}:
            self._ask("storage.deleteCookies", {"partition": {"type": "storageKey", **json.loads(partition)}})

    def _cookies(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("storage.getCookies", {})["cookies"]
        return found

    def frames(self, place: str | None = None) -> list[tuple[str, str]]:
        """Place and address of all frames in the tab, the outer ones first."""
        tree = self._ask("browsingContext.getTree", {"root": place or self._window})["contexts"]
        found = []
        while tree:
            one = tree.pop(0)
            found.append((one["context"], one["url"]))
            tree += one.get("children") or []
        return found[1:]

    def windows(self) -> list[tuple[str, str]]:
        """Place and address of the windows that pages opened."""
        tree = self._ask("browsingContext.getTree", {"maxDepth": 0})["contexts"]
        return [(one["context"], one["url"]) for one in tree if one.get("originalOpener")]

    def close_windows(self) -> None:
        """Those that pages opened."""
        for place, _address in self.windows():
            self._ask("browsingContext.close", {"context": place})

    def click(self, selector: str, place: str | None = None) -> None:
        """As a person does: the page may open a window then. Raises RuntimeError if nothing is there."""
        target = {"context": place or self._window}
        found = self._ask(
            "browsingContext.locateNodes", {**target, "locator": {"type": "css", "value": selector}, "maxNodeCount": 1}
        )["nodes"]
        if not found:
            raise RuntimeError(f"{selector} is not there")
        origin = {"type": "element", "element": {"sharedId": found[0]["sharedId"]}}
        moves = [{"type": "pointerMove", "x": 0, "y": 0, "origin": origin}, {"type": "pointerDown", "button": 0},
                 {"type": "pointerUp", "button": 0}]
        actions = [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves}]
        self._ask("input.performActions", {**target, "actions": actions})

    def goto(self, address: str) -> None:
        """Open a page and wait until it is loaded."""
        self._ask("browsingContext.navigate", {"context": self._window, "url": address, "wait": "complete"})

    def evaluate(self, expression: str, place: str | None = None) -> Any:
        """The value of an expression, a promise's once it is there. Raises RuntimeError if it throws."""
        asked = {
            "expression": f"Promise.resolve({expression}).then((value) => JSON.stringify(value ?? null))",
            "target": {"context": place or self._window},
            "awaitPromise": True,
        }
        answer = self._ask("script.evaluate", asked)
        if answer["type"] != "success":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def wait_for(self, expression: str, place: str | None = None) -> Any:
        """The value of an expression as soon as it is true. Raises TimeoutError."""
        until = time.monotonic() + WAITS
        while not (value := self.evaluate(expression, place)):
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
def firefox(program: str, folder: Path, **preferences: Any) -> Iterator[Firefox]:
    """A Firefox with a profile of its own in an empty folder, without a window on the screen.

    `preferences`: more of them, with `__` for each dot in their names.
    """
    chosen = PREFERENCES | {name.replace("__", "."): value for name, value in preferences.items()}
    profile = folder / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in chosen.items()]
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
